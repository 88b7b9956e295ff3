//! The tables of runs, proposals, cases and their steps.

#![expect(
    missing_docs,
    reason = "columns are named as in the table, and the slice's `mod.rs` says what they mean"
)]

pub use case::Model as Case;
pub use proposal::Model as Proposal;
pub use run::Model as Run;

/// A matching run.
pub(super) mod run {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, RunId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "run")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: RunId,
        pub programme: String,
        pub pack_version: String,
        pub day: ChronoDate,
        /// `proposed`, `approving`, `approved` or `discarded`.
        pub state: String,
        pub counts: String,
        pub reasons: String,
        pub fairness: String,
        pub objective: i64,
        pub bound: i64,
        pub prices: String,
        pub account: String,
        pub created_at: ChronoDateTimeUtc,
        pub approved_at: Option<ChronoDateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A pair that a run proposes.
pub(super) mod proposal {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, OfferId, PartyId, ProposalId, RunId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "proposal")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ProposalId,
        pub run_id: RunId,
        pub party_id: PartyId,
        pub offer_id: OfferId,
        pub score: i64,
        pub terms: String,
        /// 1 for the party's best offer.
        pub position: i64,
        pub chosen: bool,
        pub by_hand: bool,
        pub cause: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A case.
pub(super) mod case {
    use sea_orm::entity::prelude::*;

    use crate::ids::{AccountId, CaseId, CountyId, OfferId, PartyId, RunId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "case")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: CaseId,
        pub programme: String,
        pub party_id: PartyId,
        pub offer_id: Option<OfferId>,
        pub run_id: Option<RunId>,
        pub stage: String,
        pub owner_id: Option<AccountId>,
        pub reason: String,
        pub score: i64,
        pub due: Option<ChronoDate>,
        pub words: String,
        /// What it gives: fen, or thousandths of the goods' unit.
        pub amount: Option<i64>,
        /// The facts as of the decision, sealed.
        pub facts_sealed: Option<Vec<u8>>,
        pub version: i64,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A step of a case.
pub(super) mod step {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CaseId, CountyId, StepId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "step")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: StepId,
        pub case_id: CaseId,
        pub from_stage: String,
        pub to_stage: String,
        pub words: String,
        pub actor: String,
        pub actor_name: String,
        pub at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
