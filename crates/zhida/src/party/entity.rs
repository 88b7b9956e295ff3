//! The tables of parties: who they are, what each source says of them, their tiers, and learned words.

/// Somebody who is served.
pub(super) mod party {
    use sea_orm::entity::prelude::*;

    use super::State;
    use crate::ids::{CountyId, PartyId};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "party")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: PartyId,
        pub kind: String,
        pub name: String,
        pub identity_hash: Option<String>,
        pub alike_hash: Option<String>,
        pub phone_hash: Option<String>,
        pub identity_mask: String,
        pub phone_mask: String,
        pub town: Option<String>,
        pub profile_sealed: Vec<u8>,
        pub lon: Option<f64>,
        pub lat: Option<f64>,
        pub tier: Option<String>,
        pub origin: String,
        pub state: State,
        pub merged_into: Option<PartyId>,
        pub rev: i64,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What one source says of a party, sealed.
pub(super) mod fact {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, FactId, ImportId, PartyId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "fact")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: FactId,
        pub party_id: PartyId,
        pub source: String,
        pub purpose: String,
        pub as_of: ChronoDate,
        pub import_id: Option<ImportId>,
        pub row_no: Option<i64>,
        pub values_sealed: Vec<u8>,
        pub digest: String,
        pub account: String,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The verdicts of the tier rule over time.
pub(super) mod tier {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, PartyId, TierId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tier")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: TierId,
        pub party_id: PartyId,
        pub tier: String,
        pub version: String,
        pub from_day: ChronoDate,
        pub until_day: Option<ChronoDate>,
        pub reason: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What officers have said a text means.
pub(super) mod alias {
    use sea_orm::entity::prelude::*;

    use crate::ids::CountyId;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "alias")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub classification: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub text: String,
        pub code: String,
        pub account: String,
        pub rev: i64,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Whether a party is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sea_orm::EnumIter, sea_orm::DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum State {
    /// On the register.
    #[sea_orm(string_value = "active")]
    Active,
    /// Merged into another, whose history it joined.
    #[sea_orm(string_value = "merged")]
    Merged,
    /// Taken back with the import that brought it.
    #[sea_orm(string_value = "removed")]
    Removed,
}
