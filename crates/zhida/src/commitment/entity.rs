//! The tables of commitments, duties, milestones, readings, reports of progress, changes, and measures.

#![expect(
    missing_docs,
    reason = "columns are named as in the table, and the slice's `mod.rs` says what they mean"
)]

/// A commitment.
pub(super) mod commitment {
    use sea_orm::entity::prelude::*;

    use crate::ids::{AccountId, CommitmentId, CountyId, UnitId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "commitment")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: CommitmentId,
        pub pack: String,
        pub list: String,
        pub code: String,
        pub no: String,
        pub title: String,
        pub source: String,
        pub counting: String,
        pub evidence: String,
        pub parent_county: Option<CountyId>,
        pub parent_id: Option<CommitmentId>,
        /// What was not finished last year and is carried on here.
        pub rolled_from: Option<CommitmentId>,
        pub region: String,
        pub unit_id: Option<UnitId>,
        pub person_id: Option<AccountId>,
        pub person_name: String,
        pub comparator: String,
        pub force: String,
        /// Thousandths of the unit of count.
        pub value: i64,
        pub unit: String,
        pub value2: Option<i64>,
        pub unit2: String,
        pub from_day: ChronoDate,
        pub until_day: ChronoDate,
        /// `pack/code`; empty where progress is reported.
        pub indicator: String,
        /// Days and percent, as JSON.
        pub curve: String,
        /// `open`, `done` or `dropped`.
        pub state: String,
        pub actual: i64,
        pub actual2: i64,
        pub actual_on: Option<ChronoDate>,
        /// Thousandths of the target that are planned for today.
        pub planned: i64,
        pub light: String,
        /// Whether so much more was done that the target looks soft.
        pub soft: bool,
        pub told_at: Option<ChronoDateTimeUtc>,
        pub told_by: String,
        pub explanation: String,
        pub version: i64,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who has to do with a commitment.
pub(super) mod duty {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CommitmentId, CountyId, DutyId, UnitId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "duty")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: DutyId,
        pub commitment_id: CommitmentId,
        /// `lead`, `co`, `with` or `guide`.
        pub relation: String,
        pub unit_id: Option<UnitId>,
        pub name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A step on the way.
pub(super) mod milestone {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CommitmentId, CountyId, MilestoneId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "milestone")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: MilestoneId,
        pub commitment_id: CommitmentId,
        pub title: String,
        pub due: ChronoDate,
        pub done_on: Option<ChronoDate>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What was done by the end of a day.
pub(super) mod reading {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CommitmentId, CountyId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "reading")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub commitment_id: CommitmentId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub day: ChronoDate,
        pub value: i64,
        pub value2: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A report of progress.
pub(super) mod progress {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CommitmentId, CountyId, ProgressId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "progress")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ProgressId,
        pub commitment_id: CommitmentId,
        pub day: ChronoDate,
        pub value: i64,
        pub value2: Option<i64>,
        pub words: String,
        pub photos: String,
        /// `reported`, `accepted` or `refused`.
        pub state: String,
        pub account: String,
        pub account_name: String,
        pub checked_by: String,
        pub checked_at: Option<ChronoDateTimeUtc>,
        pub cause: String,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A change of a commitment.
pub(super) mod revision {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CommitmentId, CountyId, RevisionId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "revision")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: RevisionId,
        pub commitment_id: CommitmentId,
        pub field: String,
        pub before: String,
        pub after: String,
        pub cause: String,
        pub actor_name: String,
        pub at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What an indicator counted.
pub(super) mod measure {
    use sea_orm::entity::prelude::*;

    use crate::ids::CountyId;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "measure")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        /// `pack/code`; empty for the mark up to which the journal was counted.
        #[sea_orm(primary_key, auto_increment = false)]
        pub indicator: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub dimension: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub member: String,
        /// Thousandths.
        pub value: i64,
        pub at: ChronoDateTimeUtc,
        pub seq: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
