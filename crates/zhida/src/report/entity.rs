//! The table of published reports.

use sea_orm::entity::prelude::*;

use crate::ids::{CountyId, PublishedId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "published")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub county: CountyId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PublishedId,
    pub report: String,
    pub region: String,
    pub period: String,
    /// SHA-256 of the body.
    pub digest: String,
    /// The document as JSON.
    pub body: String,
    pub account_name: String,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
