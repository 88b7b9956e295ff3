//! Every query on parties, facts, tiers and learned words.

mod learned;
mod read;
mod tiers;
mod write;

use std::collections::BTreeMap;

use serde_json::Value;

use super::facts::{Sheet, known};
use crate::ids::CountyId;

pub use learned::learn;
pub(super) use learned::learned;
pub use read::{
    Brief, Contact, Found, briefs, by_identity, by_phone, contacts, find, identities, names, profiles,
    same_phone,
};
pub(super) use read::{Row, changed_since};
pub(super) use tiers::set_tiers;
pub use tiers::{TierSpan, tier_history};
pub use write::{NewParty, add_sheets, create_many, firm, merge, remove_import, update_identity};

const FIRM: &str = "enterprise";

fn about(county: &CountyId, id: impl std::fmt::Display) -> String {
    format!("{county}/{id}")
}

fn values_of(sheets: &[Sheet]) -> BTreeMap<String, Value> {
    known(sheets).0.into_iter().map(|(field, held)| (field, held.value)).collect()
}
