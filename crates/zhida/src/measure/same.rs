//! The same people in two households: found across the county, by the numbers of heads and members.

use std::collections::BTreeMap;

use zhida_pack::{Programme, StageKind};
use zhida_rules::Cell;
use zhida_types::IdNumber;

use crate::app::App;
use crate::case;
use crate::ids::PartyId;
use crate::journal::Write;
use crate::party::{self, Snapshot};
use crate::problem::Problem;

/// The numbers that stand in a text, one after another.
fn numbers(text: &str) -> impl Iterator<Item = String> + '_ {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric());
    parts.filter_map(|part| IdNumber::parse(part).ok()).map(|n| n.reveal().to_owned())
}

/// Parties of whom somebody stands in another party that holds the clause, or has asked for it: with that party's name and
/// town. Nothing for a register whose parties have no members.
///
/// # Errors
/// The database's.
pub(super) async fn doubled(
    app: &App,
    write: &Write,
    snapshot: &Snapshot,
    programme: &Programme,
) -> Result<BTreeMap<PartyId, String>, Problem> {
    let field = snapshot.register.uses.members.as_ref().and_then(|name| snapshot.register.profile.find(name));
    let Some(field) = field else { return Ok(BTreeMap::new()) };
    let stages = programme
        .stages
        .iter()
        .filter(|s| matches!(s.kind, StageKind::Applied | StageKind::Granted | StageKind::Done));
    let stages: Vec<&str> = stages.map(|s| s.code.as_str()).collect();
    let held = case::at_stages(write.tx(), write.county(), &programme.code, &stages, 1_000_000).await?;
    // The keyed hashes of everybody in the households that have it: their heads as the register knows them, and members.
    let heads = party::identities(write.tx(), write.county(), snapshot.register.kind()).await?;
    let mut taken: BTreeMap<String, PartyId> = BTreeMap::new();
    let hashes = |row: usize| -> Vec<String> {
        match snapshot.table.cell(row, field) {
            Cell::Text(text) => numbers(&text).map(|n| app.keys.lookup("identity", &n)).collect(),
            _ => Vec::new(),
        }
    };
    for case in &held {
        let Some(row) = snapshot.row(case.party_id) else { continue };
        let own = heads.get(&case.party_id).cloned();
        taken.extend(own.into_iter().chain(hashes(row)).map(|hash| (hash, case.party_id)));
    }
    let mut doubled = BTreeMap::new();
    if taken.is_empty() {
        return Ok(doubled);
    }
    for (row, person) in snapshot.people.iter().enumerate() {
        let own = heads.get(&person.id).cloned();
        let other = own.into_iter().chain(hashes(row)).find_map(|hash| taken.get(&hash).copied());
        if let Some(other) = other.filter(|other| *other != person.id)
            && let Some(at) = snapshot.row(other).and_then(|row| snapshot.people.get(row))
        {
            let town = app.regions.name(&at.town).unwrap_or_default();
            doubled.insert(person.id, format!("{} {town}", at.name).trim().to_owned());
        }
    }
    Ok(doubled)
}
