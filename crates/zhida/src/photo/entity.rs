//! The table of photos.

use sea_orm::entity::prelude::*;

use crate::ids::{CountyId, PhotoId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "photo")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub county: CountyId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PhotoId,
    /// SHA-256 of the bytes.
    pub hash: String,
    pub kind: String,
    pub bytes: i64,
    pub width: i64,
    pub height: i64,
    /// What it looks like, as 64 bits (see `alike`); nothing of a picture without contours.
    pub look: Option<i64>,
    pub account: String,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
