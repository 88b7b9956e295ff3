//! Somebody is met: with or without a name, alone or several; what came of it, and what was given.

use sea_orm::ActiveValue::Set;
use serde_json::json;
use zhida_types::Day;

use super::entity::{encounter, tour};
use super::store;
use crate::app::App;
use crate::ids::{EncounterId, EntryId, HolderId, PartyId};
use crate::journal::{Subject, Write};
use crate::ledger::{self, Kind, Move, NewEntry, Receipt};
use crate::problem::Problem;
use crate::supply;

/// An encounter to be recorded.
#[derive(Clone, Debug, Default)]
pub struct NewEncounter {
    /// The name, or what stands for it; empty where the person wishes so.
    pub name: String,
    /// What came of it: a code of the kind of tour.
    pub outcome: String,
    /// How many people.
    pub persons: i64,
    /// Words.
    pub words: String,
    /// The town.
    pub town: Option<String>,
    /// The position.
    pub position: Option<(f64, f64)>,
    /// What was given: from whom, item, lot, amount in the ledger's units.
    pub given: Option<(HolderId, String, String, i64)>,
}

/// Records an encounter, and posts what was given. Answers its id.
///
/// # Errors
/// A tour that is not out or back, an outcome that its kind does not know, a number of people that cannot be, the ledger's,
/// or the database's.
pub async fn meet(
    app: &App,
    write: &mut Write,
    now: &tour::Model,
    new: NewEncounter,
) -> Result<EncounterId, Problem> {
    if !matches!(now.state.as_str(), "out" | "back") {
        return Err(Problem::Conflict("fault-tour-not-out"));
    }
    let kinds = app.packs().flat_map(|p| &p.tours);
    let kind = kinds.into_iter().find(|k| k.code == now.kind).ok_or(Problem::NotFound)?;
    let outcome = kind.encounters.iter().find(|e| e.code == new.outcome);
    let outcome = outcome.ok_or_else(|| Problem::field("outcome", "fault-value", &new.outcome))?;
    if !(1..=500).contains(&new.persons) {
        return Err(Problem::field("persons", "fault-persons", new.persons));
    }
    let id = EncounterId::new();
    let entry = match new.given {
        Some(given) => Some(give(app, write, (id, &new.name), given).await?),
        None => None,
    };
    let row = encounter::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        tour_id: Set(now.id),
        day: Set(now.day),
        at: Set(write.at()),
        name: Set(new.name.trim().chars().take(60).collect()),
        party_id: Set(None),
        outcome: Set(outcome.code.clone()),
        persons: Set(new.persons),
        helped: Set(outcome.helped),
        words: Set(new.words.trim().chars().take(500).collect()),
        town: Set(new.town),
        lon: Set(new.position.map(|p| p.0)),
        lat: Set(new.position.map(|p| p.1)),
        entry_id: Set(entry),
        account: Set(write.actor().id()),
        account_name: Set(write.actor().name.clone()),
        created_at: Set(write.at()),
    };
    store::met(write, row).await?;
    let detail = json!({ "tour": now.id, "outcome": outcome.code, "persons": new.persons });
    write.note("encounter", Subject::new("encounter", id), detail).await?;
    Ok(id)
}

/// What was given goes out of the books; whoever gave no name receives it under none.
async fn give(
    app: &App,
    write: &mut Write,
    (id, name): (EncounterId, &str),
    (from, item, batch, amount): (HolderId, String, String, i64),
) -> Result<EntryId, Problem> {
    let to = supply::spot(write, app, Kind::Given).await?;
    let unnamed = app.texts.get(zhida_rules::Lang::Zh, "encounter-unnamed", &[]);
    let entry = NewEntry {
        day: Day::at(write.at()),
        act: "give",
        words: String::new(),
        party: None,
        party_name: if name.trim().is_empty() { unnamed } else { name.trim().to_owned() },
        // Nobody in the street has to sign: the record of the encounter is the receipt.
        receipt: Receipt { kind: "code".to_owned(), value: id.to_string() },
        moves: vec![Move { from, to, item, batch, amount }],
    };
    let ids = ledger::post(write, vec![entry]).await?;
    ids.into_iter().next().ok_or(Problem::NotFound)
}

/// Says later who somebody was: a party on file.
///
/// # Errors
/// An encounter that is not there, or the database's.
pub async fn link(write: &mut Write, id: EncounterId, party: PartyId, name: &str) -> Result<(), Problem> {
    let found = store::encounter(write.tx(), write.county(), id).await?.ok_or(Problem::NotFound)?;
    store::name(write, id, party, name).await?;
    let detail = json!({ "party": party, "before": found.party_id });
    Ok(write.note("encounter-linked", Subject::new("encounter", id), detail).await?)
}
