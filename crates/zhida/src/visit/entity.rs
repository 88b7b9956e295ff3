//! The tables of campaigns and visits.

#![expect(
    missing_docs,
    reason = "columns are named as in the table, and the slice's `mod.rs` says what they mean"
)]

/// A round of visits.
pub(super) mod campaign {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CampaignId, CountyId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "campaign")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: CampaignId,
        pub title: String,
        pub filter: String,
        pub starts: ChronoDate,
        pub due: ChronoDate,
        pub account: String,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A visit.
pub(super) mod visit {
    use sea_orm::entity::prelude::*;

    use crate::ids::{AccountId, CampaignId, CaseId, CountyId, ImportId, PartyId, VisitId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "visit")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: VisitId,
        pub campaign_id: Option<CampaignId>,
        pub party_id: PartyId,
        pub account_id: Option<AccountId>,
        pub visitor: String,
        pub due: Option<ChronoDate>,
        pub visited_on: Option<ChronoDate>,
        pub words_sealed: Vec<u8>,
        pub case_id: Option<CaseId>,
        pub import_id: Option<ImportId>,
        pub row_no: Option<i64>,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
