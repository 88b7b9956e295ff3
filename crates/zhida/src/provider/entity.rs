//! The tables of providers, their papers and their teachers.

#![expect(
    missing_docs,
    reason = "columns are named as in the table, and the slice's `mod.rs` says what they mean"
)]

/// A provider.
pub(super) mod provider {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, ProviderId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "provider")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ProviderId,
        /// The unified social credit code.
        pub code: String,
        pub name: String,
        pub contact: String,
        pub phone: String,
        /// What is known of its record.
        pub words: String,
        /// `active` or `barred`.
        pub state: String,
        /// The last day of a bar that was imposed after a hearing.
        pub barred_until: Option<ChronoDate>,
        /// Who began its classes and who found work that was verified, up to `record_day`.
        pub record_started: i64,
        pub record_placed: i64,
        pub record_day: Option<ChronoDate>,
        pub origin: String,
        pub account: String,
        pub version: i64,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A paper that a provider shows.
pub(super) mod paper {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, PaperId, ProviderId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "paper")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: PaperId,
        pub provider_id: ProviderId,
        /// A code of the pack's papers.
        pub kind: String,
        pub number: String,
        pub expires: Option<ChronoDate>,
        /// Its hash; empty for none.
        pub photo: String,
        /// `valid` or `gone`.
        pub state: String,
        pub account: String,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A teacher.
pub(super) mod teacher {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, ProviderId, TeacherId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "teacher")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: TeacherId,
        pub provider_id: ProviderId,
        pub name: String,
        /// The number of the certificate: the same with two providers is the same person.
        pub certificate: String,
        pub subject: String,
        pub expires: Option<ChronoDate>,
        /// `here` or `gone`.
        pub state: String,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
