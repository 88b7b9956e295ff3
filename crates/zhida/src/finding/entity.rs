//! The tables of findings and their steps.

#![expect(
    missing_docs,
    reason = "columns are named as in the table, and the slice's `mod.rs` says what they mean"
)]

/// A finding.
pub(super) mod finding {
    use sea_orm::entity::prelude::*;

    use crate::ids::{AccountId, CountyId, FindingId, ReviewId, UnitId};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "finding")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: FindingId,
        pub review_id: Option<ReviewId>,
        pub pack: String,
        /// The checklist's finding rule; empty for one that was written by hand.
        pub rule: String,
        pub words: String,
        /// 1 minor, 2 serious, 3 grave.
        pub severity: i64,
        pub unit_id: Option<UnitId>,
        pub owner_id: Option<AccountId>,
        pub owner_name: String,
        pub due: ChronoDate,
        /// `open`, `fixed`, `verified` or `handed-over`.
        pub state: String,
        pub escalate_days: i64,
        /// The day on which it goes up a level unless it is put right.
        pub next_level: Option<ChronoDate>,
        pub level: i64,
        pub level_unit_id: Option<UnitId>,
        /// How many times this was found here, this one included.
        pub nth: i64,
        pub fixed_by: Option<AccountId>,
        pub closed_at: Option<ChronoDateTimeUtc>,
        pub version: i64,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
        /// What is settled about putting it right, as JSON.
        pub plan: String,
        pub about_kind: String,
        pub about_id: String,
        pub about_name: String,
        pub town: Option<String>,
        pub lon: Option<f64>,
        pub lat: Option<f64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A step of a finding.
pub(super) mod step {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, FindingId, FindingStepId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "finding_step")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: FindingStepId,
        pub finding_id: FindingId,
        pub act: String,
        pub words: String,
        /// The hashes of photos, as JSON.
        pub photos: String,
        pub actor: String,
        pub actor_name: String,
        pub at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
