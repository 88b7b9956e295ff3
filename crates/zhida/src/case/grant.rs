//! Granting what is given by right: by somebody else than who asked or proposed, on the facts of the day, which are kept.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use zhida_pack::{Benefit, Programme, StageKind};
use zhida_rules::{Cell, Truth};

use super::entity::case;
use super::store;
use crate::app::App;
use crate::ids::{CaseId, PartyId};
use crate::journal::Write;
use crate::party::{self, Sheet, Snapshot, json_of};
use crate::problem::Problem;
use crate::programme::{self, Clauses};

/// What is decided about a case on the day of its grant.
pub(super) struct Grant {
    pub(super) case: CaseId,
    pub(super) amount: Option<i64>,
    pub(super) facts: Vec<u8>,
}

fn named(problem: &'static str, name: &str) -> Problem {
    Problem::field("to", problem, name)
}

/// Checks that cases of one clause may be granted, and works out what they give.
///
/// # Errors
/// A case that the same person proposed, a party that does not qualify today or for whom a fact is missing, or that holds
/// something which excludes it; the database's.
pub(super) async fn grants(
    app: &App,
    write: &Write,
    programme: &Programme,
    cases: &[case::Model],
) -> Result<Vec<Grant>, Problem> {
    let (register, _) = app.programme(&programme.code)?;
    let snapshot = app.snapshot(write.county(), register.kind()).await?;
    let applied: Vec<&str> =
        programme.stages.iter().filter(|s| s.kind == StageKind::Applied).map(|s| s.code.as_str()).collect();
    let ids: Vec<CaseId> = cases.iter().map(|c| c.id).collect();
    let movers = store::movers(write.tx(), write.county(), &ids, &applied).await?;
    let barred = barred(write, &snapshot, programme).await?;
    let clauses = Clauses::one(write.county(), &snapshot, &programme.code)?;
    let mut all = zhida_rules::Bitmap::zeros(snapshot.people.len());
    let mut rows = Vec::new();
    for case in cases {
        if movers.get(&case.id) == Some(&write.actor().id()) {
            return Err(Problem::Conflict("fault-own-grant"));
        }
        let row = snapshot.row(case.party_id).ok_or(Problem::NotFound)?;
        all.set(row, true);
        rows.push((case, row));
    }
    let reach = clauses.reach(&all)?.into_iter().next().ok_or(Problem::NotFound)?;
    let amounts: BTreeMap<usize, Option<i64>> = clauses.amounts(0, &all)?.into_iter().collect();
    let mut grants = Vec::new();
    for (case, row) in rows {
        let name = snapshot.people.get(row).map_or("", |p| p.name.as_str());
        if barred.contains(&case.party_id) {
            return Err(named("fault-excluded", name));
        }
        if !reach.eligible.get(row) {
            let unknown = reach.unknown.get(row);
            return Err(named(if unknown { "fault-facts-missing" } else { "fault-not-eligible" }, name));
        }
        let amount = amounts.get(&row).copied().flatten();
        let counted = programme.gives.as_ref().is_some_and(|g| !g.amount.is_empty());
        if counted && amount.is_none() {
            return Err(named("fault-facts-missing", name));
        }
        let facts = serde_json::to_vec(&facts(&snapshot, row))?;
        let facts = app.keys.seal(&format!("{}/{}", write.county(), case.id), &facts)?;
        grants.push(Grant { case: case.id, amount, facts });
    }
    Ok(grants)
}

/// What is known of a row, as JSON by field.
fn facts(snapshot: &Snapshot, row: usize) -> Value {
    let fields = snapshot.register.profile.fields().iter().enumerate();
    let known = fields.filter_map(|(at, field)| {
        let cell: Cell = snapshot.table.cell(row, zhida_rules::FieldId(at));
        json_of(&cell).map(|value| (field.name.clone(), value))
    });
    Value::Object(known.collect())
}

/// Parties that hold, or have asked for, something that excludes the clause.
pub(super) async fn barred(
    write: &Write,
    snapshot: &Snapshot,
    programme: &Programme,
) -> Result<BTreeSet<PartyId>, Problem> {
    let mut barred = BTreeSet::new();
    for code in programme::excluded(snapshot, programme) {
        if let Some(other) = snapshot.register.programme(code) {
            barred.extend(store::held(write.tx(), write.county(), other).await?);
        }
    }
    Ok(barred)
}

/// Sets the standing that a granted clause gives.
///
/// # Errors
/// The database's.
pub(super) async fn settle(
    app: &App,
    write: &Write,
    programme: &Programme,
    cases: &[case::Model],
) -> Result<(), Problem> {
    let Some(gives) = programme.gives.as_ref().filter(|g| g.benefit == Benefit::Standing) else {
        return Ok(());
    };
    let Some(field) = &gives.sets else { return Ok(()) };
    let sheet = |party: PartyId| {
        let sheet = Sheet {
            source: "grant".to_owned(),
            purpose: programme.title.zh.clone(),
            as_of: zhida_types::Day::at(write.at()),
            import: None,
            values: BTreeMap::from([(field.clone(), Value::from(true))]),
        };
        (party, sheet)
    };
    let sheets: Vec<(PartyId, Sheet)> = cases.iter().map(|c| sheet(c.party_id)).collect();
    party::add_sheets(app, write, &sheets).await?;
    Ok(())
}

/// The facts that a case was decided on, by field; nothing for one that was not.
///
/// # Errors
/// A value that does not open.
pub fn facts_of(app: &App, case: &case::Model) -> Result<BTreeMap<String, Value>, Problem> {
    let Some(sealed) = &case.facts_sealed else { return Ok(BTreeMap::new()) };
    let plain = app.keys.open(&format!("{}/{}", case.county, case.id), sealed)?;
    Ok(serde_json::from_slice(&plain)?)
}

/// Why a party qualifies, in both languages, for a case that is opened.
///
/// # Errors
/// A pack whose rule does not pass the type check.
pub fn why(
    county: &crate::ids::CountyId,
    programme: &Programme,
    snapshot: &Snapshot,
    row: usize,
) -> Result<(Truth, Value), Problem> {
    let explained = programme::explain(county, programme, snapshot, row)?;
    Ok(explained.map_or((Truth::Unknown, json!([])), |(truth, e)| (truth, party::reason(&e))))
}
