//! The table of units.

#![expect(
    missing_docs,
    reason = "columns are named as in the table, and the slice's `mod.rs` says what they mean"
)]

use sea_orm::entity::prelude::*;

use crate::ids::{CountyId, UnitId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unit")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub county: CountyId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UnitId,
    pub name: String,
    pub region: String,
    pub parent_id: Option<UnitId>,
    pub created_at: ChronoDateTimeUtc,
    /// The day from which another does its work.
    pub dissolved_on: Option<ChronoDate>,
    pub successor_id: Option<UnitId>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
