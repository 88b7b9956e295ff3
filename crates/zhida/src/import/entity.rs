//! The tables of imports and of remembered columns.

/// A file that was taken in.
pub(super) mod import {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, ImportId, UnitId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "import")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ImportId,
        pub kind: String,
        pub file_name: String,
        pub file_hash: String,
        pub unit_id: UnitId,
        pub account: String,
        pub origin: String,
        /// In what positions are written.
        pub datum: String,
        pub sheet: String,
        pub header_row: i64,
        pub mapping: String,
        /// `staged`, `checked`, `faulty`, `applied`, `undone` or `discarded`.
        pub state: String,
        pub fault: String,
        pub counts: String,
        pub report_sealed: Vec<u8>,
        pub created_at: ChronoDateTimeUtc,
        pub applied_at: Option<ChronoDateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// How a unit's files of a kind were mapped the last time.
pub(super) mod column_map {
    use sea_orm::entity::prelude::*;

    use crate::ids::{CountyId, UnitId};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "column_map")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub county: CountyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub unit_id: UnitId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub headers: String,
        pub mapping: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
