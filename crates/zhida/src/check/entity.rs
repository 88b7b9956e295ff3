//! The tables of checklists in their versions, reviews, and checks.

/// A checklist as it stood when it was used.
pub(super) mod checklist {
    use sea_orm::entity::prelude::*;

    use crate::ids::{ChecklistId, CountyId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "checklist")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ChecklistId,
        pub pack: String,
        pub code: String,
        pub version: String,
        /// SHA-256 of the body.
        pub digest: String,
        pub body: String,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A checklist to be filled in about one thing.
pub(super) mod review {
    use sea_orm::entity::prelude::*;

    use crate::ids::{ChecklistId, CountyId, ReviewId};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "review")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ReviewId,
        pub checklist_id: ChecklistId,
        pub pack: String,
        pub code: String,
        /// How it was drawn, where it was, as JSON.
        pub draw: String,
        pub due: ChronoDate,
        /// How many reviewers must fill it in.
        pub wanted: i64,
        /// `open` or `closed`.
        pub state: String,
        pub score: Option<i64>,
        pub passed: Option<bool>,
        pub closed_at: Option<ChronoDateTimeUtc>,
        /// Until when a passed one is good, the last day.
        pub valid_until: Option<ChronoDate>,
        pub account: String,
        pub created_at: ChronoDateTimeUtc,
        pub about_kind: String,
        pub about_id: String,
        pub about_name: String,
        pub town: Option<String>,
        pub lon: Option<f64>,
        pub lat: Option<f64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// One reviewer's share.
pub(super) mod check {
    use sea_orm::entity::prelude::*;

    use crate::ids::{AccountId, CheckId, CountyId, ReviewId};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "check")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: CheckId,
        pub review_id: ReviewId,
        pub account_id: AccountId,
        pub name: String,
        /// `asked`, `filled` or `recused`.
        pub state: String,
        pub answers: String,
        pub score: Option<i64>,
        pub passed: Option<bool>,
        pub lon: Option<f64>,
        pub lat: Option<f64>,
        /// When it was filled in, the phone's clock put right.
        pub filled_at: Option<ChronoDateTimeUtc>,
        pub received_at: Option<ChronoDateTimeUtc>,
        /// By how much the phone's clock was behind.
        pub skew_seconds: i64,
        /// Why the reviewer is out.
        pub cause: String,
        pub version: i64,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
