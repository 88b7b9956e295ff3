//! The table of hearings.

use sea_orm::entity::prelude::*;

use crate::ids::{CountyId, HearingId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "hearing")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub county: CountyId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: HearingId,
    pub pack: String,
    /// The code of the measure, one of the pack's.
    pub sanction: String,
    pub about_kind: String,
    pub about_id: String,
    pub about_name: String,
    pub town: Option<String>,
    pub grounds: String,
    /// The last day on which the side that it hits is heard.
    pub until: Date,
    /// `open`, `answered` or `decided`.
    pub state: String,
    /// Of the link by which the side that it hits answers.
    pub token_hash: String,
    pub answer: String,
    pub answered_at: Option<ChronoDateTimeUtc>,
    /// `imposed` or `dropped`; empty before.
    pub decision: String,
    pub reasons: String,
    pub decided_by: String,
    pub decided_at: Option<ChronoDateTimeUtc>,
    /// Who proposed it.
    pub account: String,
    pub account_name: String,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
