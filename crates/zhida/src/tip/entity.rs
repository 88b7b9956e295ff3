//! The table of tips.

#![expect(
    missing_docs,
    reason = "columns are named as in the table, and the slice's `mod.rs` says what they mean"
)]

use sea_orm::entity::prelude::*;

use crate::ids::{CountyId, FindingId, PlaceId, TipId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tip")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub county: CountyId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TipId,
    pub pack: String,
    pub kind: String,
    pub place_id: Option<PlaceId>,
    /// Where, in words.
    pub about: String,
    pub town: Option<String>,
    pub lon: Option<f64>,
    pub lat: Option<f64>,
    pub words: String,
    /// The hashes of photos, as JSON.
    pub photos: String,
    /// How the reporter can be reached, where they said so; sealed, and empty where not.
    pub contact_sealed: Vec<u8>,
    pub token_hash: String,
    /// `new`, `accepted` or `closed`.
    pub state: String,
    pub answer: String,
    pub finding_id: Option<FindingId>,
    pub answered_by: String,
    pub answered_at: Option<ChronoDateTimeUtc>,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
