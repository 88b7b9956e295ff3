//! The tables of classes, lessons and who came.

#![expect(
    missing_docs,
    reason = "columns are named as in the table, and the slice's `mod.rs` says what they mean"
)]

/// A class: its id is the offer's.
pub(super) mod class {
    use sea_orm::entity::prelude::*;

    use crate::ids::{ContractId, CountyId, OfferId, ProviderId, TenderId};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "class")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: OfferId,
        pub provider_id: ProviderId,
        pub tender_id: Option<TenderId>,
        /// The contract that it is held to; none in classes that are older than contracts.
        pub contract_id: Option<ContractId>,
        /// Fen for one trainee.
        pub price: i64,
        pub room: String,
        /// Where the room is; nothing where nobody has said.
        pub lon: Option<f64>,
        pub lat: Option<f64>,
        /// `planned`, `running`, `ended` or `stopped`.
        pub state: String,
        /// Why it was stopped.
        pub stop: String,
        pub stopped_by: String,
        /// A key of the roles' names.
        pub stopped_role: String,
        /// Of the teacher's link.
        pub token_hash: String,
        /// From which the changing codes are made.
        pub secret: String,
        pub account: String,
        pub version: i64,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A lesson.
pub(super) mod lesson {
    use sea_orm::entity::prelude::*;

    use crate::ids::{AccountId, CountyId, LessonId, OfferId, TeacherId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "lesson")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: LessonId,
        pub class_id: OfferId,
        pub number: i64,
        pub starts_at: ChronoDateTimeUtc,
        pub ends_at: ChronoDateTimeUtc,
        pub room: String,
        pub teacher_id: Option<TeacherId>,
        pub teacher: String,
        pub certificate: String,
        pub topic: String,
        /// `planned` or `cancelled`.
        pub state: String,
        pub observer_id: Option<AccountId>,
        pub observer: String,
        pub observed_at: Option<ChronoDateTimeUtc>,
        /// How many the observer counted.
        pub observed: Option<i64>,
        pub observed_words: String,
        /// Hashes, as a JSON list.
        pub photos: String,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Somebody at a lesson.
pub(super) mod attendance {
    use sea_orm::entity::prelude::*;

    use crate::ids::{AttendanceId, CaseId, CountyId, LessonId, OfferId, PartyId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "attendance")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AttendanceId,
        pub lesson_id: LessonId,
        pub class_id: OfferId,
        pub case_id: CaseId,
        pub party_id: PartyId,
        /// `code`, `paper` or `made-up`.
        pub how: String,
        /// The mark of the phone; empty for none.
        pub device: String,
        /// How far from the class the phone said to be, where its owner let it; where that is, is not kept.
        pub metres: Option<i64>,
        pub account: String,
        pub at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a trainee says of a class.
pub(super) mod opinion {
    use sea_orm::entity::prelude::*;

    use crate::ids::{ClassOpinionId, CountyId, OfferId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "class_opinion")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ClassOpinionId,
        pub class_id: OfferId,
        /// From 1 to 5, as the three below.
        pub stars: i64,
        pub course: i64,
        pub teacher: i64,
        pub useful: i64,
        pub words: String,
        pub device: String,
        pub at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What says that somebody finished a class.
pub(super) mod certificate {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CaseId, CertificateId, CountyId, OfferId, PartyId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "certificate")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: CertificateId,
        pub class_id: OfferId,
        pub case_id: CaseId,
        pub party_id: PartyId,
        pub number: String,
        pub course: String,
        /// Of the lessons that were held, in percent.
        pub share: i64,
        pub issued_on: ChronoDate,
        /// `in-force` or `withdrawn`.
        pub state: String,
        /// Why it was withdrawn.
        pub words: String,
        pub account: String,
        pub version: i64,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
