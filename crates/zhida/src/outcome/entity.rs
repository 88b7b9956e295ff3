//! The tables of work that was found, and of later looks at it.

#![expect(
    missing_docs,
    reason = "columns are named as in the table, and the slice's `mod.rs` says what they mean"
)]

/// Work that was found.
pub(super) mod outcome {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CaseId, CountyId, OutcomeId, PartyId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "outcome")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: OutcomeId,
        pub case_id: CaseId,
        pub party_id: PartyId,
        pub programme: String,
        /// `claimed`, `evidenced`, `verified` or `refused`.
        pub state: String,
        pub since: ChronoDate,
        pub employer: String,
        /// `person`, `employer` or `officer`.
        pub claimed_by: String,
        /// A code of the kinds of evidence.
        pub evidence: String,
        /// The number of the evidence.
        pub number: String,
        pub photo: String,
        pub evidenced_by: String,
        pub evidenced_at: Option<ChronoDateTimeUtc>,
        pub verified_by: String,
        pub verified_at: Option<ChronoDateTimeUtc>,
        pub words: String,
        /// Whether it is work of the kind that was taught.
        pub fits: Option<bool>,
        pub version: i64,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A later look.
pub(super) mod follow_up {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, FollowUpId, OutcomeId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "follow_up")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: FollowUpId,
        pub outcome_id: OutcomeId,
        pub months: i64,
        pub in_work: bool,
        pub words: String,
        pub account: String,
        pub at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A time in which somebody was insured as employed, or enrolled in a school, from an extract of the register of that.
pub(super) mod insured {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, InsuredId, PartyId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "insured")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: InsuredId,
        pub party_id: PartyId,
        /// `work` or `school`.
        pub kind: String,
        /// The employer, or the school.
        pub employer: String,
        pub from_day: ChronoDate,
        pub to_day: Option<ChronoDate>,
        /// The SHA-256 of the file that says so.
        pub file: String,
        pub at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
