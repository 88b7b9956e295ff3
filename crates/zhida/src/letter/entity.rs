//! The table of letters.

#![expect(
    missing_docs,
    reason = "columns are named as in the table, and the slice's `mod.rs` says what they mean"
)]

use sea_orm::entity::prelude::*;

use crate::ids::{CountyId, FindingId, LetterId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "letter")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub county: CountyId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LetterId,
    pub pack: String,
    pub code: String,
    /// `〔2026〕3 号`.
    pub no: String,
    pub finding_id: Option<FindingId>,
    pub to_name: String,
    /// The paragraphs as they were sent, as JSON.
    pub words: String,
    pub due: ChronoDate,
    /// `sent` or `answered`.
    pub state: String,
    pub answer: String,
    pub account_name: String,
    pub answered_at: Option<ChronoDateTimeUtc>,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
