//! The tables of demand and of layout plans.

/// Where people work, as a file says it; the newest counts.
pub(super) mod demand {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, DemandId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "demand")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: DemandId,
        /// The kind of place that is for them.
        pub kind: String,
        pub file_name: String,
        /// Whether it is invented.
        pub origin: String,
        pub cells: i64,
        /// The table: `id,lon,lat[,town,name]` and `KIND@BAND` columns.
        pub body: String,
        pub account: String,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A layout plan with what went in and what came out: what went in is never changed, another try is another plan.
pub(super) mod layout {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CommitmentId, CountyId, LayoutId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "layout")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: LayoutId,
        pub kind: String,
        pub name: String,
        /// `waiting`, `ready`, `impossible` or `approved`.
        pub state: String,
        pub origin: String,
        /// The plan's files by name, as JSON: `PLAN.toml` and its tables.
        pub files: String,
        /// The answer of `zhida site plan`, as JSON; empty before there is one.
        pub answer: String,
        /// What lists show of it, as JSON.
        pub summary: String,
        /// The plan that this one is another try of.
        pub from_id: Option<LayoutId>,
        pub commitment_id: Option<CommitmentId>,
        pub account: String,
        pub version: i64,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
