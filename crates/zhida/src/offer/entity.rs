//! The table of offers.

#![expect(
    missing_docs,
    reason = "columns are named as in the table, and the slice's `mod.rs` says what they mean"
)]

use sea_orm::entity::prelude::*;

use crate::ids::{CountyId, ImportId, OfferId, PartyId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "offer")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub county: CountyId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OfferId,
    pub programme: String,
    pub title: String,
    pub provider_id: Option<PartyId>,
    pub provider: String,
    pub seats: i64,
    pub starts: Option<ChronoDate>,
    pub ends: Option<ChronoDate>,
    /// Fen a month.
    pub wage_from: Option<i64>,
    /// Fen a month.
    pub wage_to: Option<i64>,
    pub shift: String,
    pub occupation: Option<String>,
    /// Codes, joined by `;`.
    pub skills: String,
    /// Joined by `;`.
    pub tags: String,
    pub town: Option<String>,
    pub lon: Option<f64>,
    pub lat: Option<f64>,
    pub place: String,
    pub description: String,
    /// What the offer itself asks for, in CEL; empty for nothing.
    pub rule: String,
    pub origin: String,
    /// `open` or `closed`.
    pub state: String,
    pub import_id: Option<ImportId>,
    pub row_no: Option<i64>,
    pub digest: String,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The skill codes.
    pub fn skill_codes(&self) -> impl Iterator<Item = &str> {
        self.skills.split(';').filter(|s| !s.is_empty())
    }

    /// The tags.
    pub fn tag_codes(&self) -> impl Iterator<Item = &str> {
        self.tags.split(';').filter(|s| !s.is_empty())
    }

    /// The monthly wage in words: `4500–6000`, in yuan; nothing where it is not known.
    pub fn wage(&self) -> String {
        use zhida_types::Fen;
        match (self.wage_from, self.wage_to) {
            (Some(from), Some(to)) if from != to => format!("{}–{}", Fen(from), Fen(to)),
            (Some(one), _) | (None, Some(one)) => Fen(one).to_string(),
            (None, None) => String::new(),
        }
    }
}
