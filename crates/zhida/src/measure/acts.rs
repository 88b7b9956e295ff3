//! Telling, proposing, applying.

use std::collections::BTreeMap;

use zhida_pack::{Programme, Stage, StageKind};
use zhida_rules::{Bitmap, Truth};
use zhida_types::RegionCode;

use super::same;
use crate::app::App;
use crate::case::{self, NewCase, Step};
use crate::ids::{CaseId, PartyId};
use crate::journal::Write;
use crate::message::Queued;
use crate::party::{Filter, Snapshot};
use crate::problem::Problem;
use crate::programme::{self, Clauses};

/// Parties that one act tells or proposes: more in another act.
const TOGETHER: usize = 5_000;

fn stage(programme: &Programme, kind: StageKind) -> Result<&Stage, Problem> {
    programme.first(kind).ok_or(Problem::Conflict("fault-stage-order"))
}

/// Those who qualify in a region, with what each would get.
fn who(
    write: &Write,
    snapshot: &Snapshot,
    code: &str,
    region: &RegionCode,
) -> Result<Vec<(usize, PartyId, Option<i64>)>, Problem> {
    let rows = Filter::default().rows(snapshot, region)?;
    let clauses = Clauses::one(write.county(), snapshot, code)?;
    let reach = clauses.reach(&rows)?.into_iter().next().ok_or(Problem::NotFound)?;
    let amounts = clauses.amounts(0, &reach.eligible)?;
    let one = |(row, amount): (usize, Option<i64>)| Some((row, snapshot.people.get(row)?.id, amount));
    Ok(amounts.into_iter().filter_map(one).collect())
}

/// The cases of a clause that have not ended, by party.
async fn under_way(write: &Write, programme: &Programme) -> Result<BTreeMap<PartyId, case::Case>, Problem> {
    let open = programme.stages.iter().filter(|s| s.kind != StageKind::Ended).map(|s| s.code.as_str());
    let open: Vec<&str> = open.collect();
    let cases = case::at_stages(write.tx(), write.county(), &programme.code, &open, 1_000_000).await?;
    Ok(cases.into_iter().map(|c| (c.party_id, c)).collect())
}

fn new_case(
    write: &Write,
    programme: &Programme,
    snapshot: &Snapshot,
    (row, party, amount): (usize, PartyId, Option<i64>),
    words: &str,
) -> Result<NewCase, Problem> {
    let (_, reason) = case::why(write.county(), programme, snapshot, row)?;
    Ok(NewCase { party, offer: None, amount, reason, words: words.to_owned() })
}

/// Tells those who qualify and have not come: a case each, and a message. Answers how many cases, and where messages went.
///
/// # Errors
/// A clause that is not there or has no text, a window that is closed, or the database's.
pub async fn tell(
    app: &App,
    write: &mut Write,
    code: &str,
    region: &RegionCode,
) -> Result<(usize, Queued), Problem> {
    let (register, programme) = app.programme(code)?;
    window(app, programme)?;
    let told = stage(programme, StageKind::Invited)?;
    let snapshot = app.snapshot(write.county(), register.kind()).await?;
    let has = under_way(write, programme).await?;
    let who = who(write, &snapshot, code, region)?;
    let who: Vec<_> = who.into_iter().filter(|(_, id, _)| !has.contains_key(id)).take(TOGETHER).collect();
    let amounts: BTreeMap<PartyId, Option<i64>> = who.iter().map(|(_, id, n)| (*id, *n)).collect();
    let new = who.into_iter().map(|one| new_case(write, programme, &snapshot, one, ""));
    let new: Vec<NewCase> = new.collect::<Result<_, _>>()?;
    let opened = case::open_many(app, write, (code, &told.code), new).await?;
    let queued = case::tell(app, write, code, &opened, &amounts).await?;
    Ok((opened.len(), queued))
}

/// Proposes those who qualify for a clause that nobody need apply for: a second person grants. Answers how many.
///
/// # Errors
/// A clause that wants to be applied for, a window that is closed, or the database's.
pub async fn propose(
    app: &App,
    write: &mut Write,
    code: &str,
    region: &RegionCode,
    words: &str,
) -> Result<usize, Problem> {
    let (register, programme) = app.programme(code)?;
    if !programme.gives.as_ref().is_some_and(|g| g.auto) {
        return Err(Problem::Conflict("fault-not-auto"));
    }
    window(app, programme)?;
    let applied = stage(programme, StageKind::Applied)?;
    let snapshot = app.snapshot(write.county(), register.kind()).await?;
    let has = under_way(write, programme).await?;
    let barred = barred(app, write, &snapshot, programme).await?;
    let doubled = same::doubled(app, write, &snapshot, programme).await?;
    let who = who(write, &snapshot, code, region)?;
    let free = |id: &PartyId| !barred.contains_key(id) && !doubled.contains_key(id);
    let who: Vec<_> = who.into_iter().filter(|(_, id, _)| free(id)).collect();
    let told: Vec<case::Case> = who
        .iter()
        .filter_map(|(_, id, _)| has.get(id))
        .filter(|c| programme.stage(&c.stage).is_some_and(|s| s.kind == StageKind::Invited))
        .take(TOGETHER)
        .cloned()
        .collect();
    if !told.is_empty() {
        case::steps(app, write, &told, &Step { to: &applied.code, words }).await?;
    }
    let fresh = who.into_iter().filter(|(_, id, _)| !has.contains_key(id)).take(TOGETHER);
    let new: Vec<NewCase> =
        fresh.map(|one| new_case(write, programme, &snapshot, one, words)).collect::<Result<_, _>>()?;
    let opened = case::open_many(app, write, (code, &applied.code), new).await?;
    Ok(opened.len() + told.len())
}

/// Takes an application of one party, by an officer or by the party itself. Answers its case.
///
/// # Errors
/// A window that is closed; a party that does not qualify, with why; a fact that is missing, with which; something that
/// excludes it; the same people in another household; a case that is under way; the database's.
pub async fn apply(
    app: &App,
    write: &mut Write,
    code: &str,
    party: PartyId,
    words: &str,
) -> Result<CaseId, Problem> {
    let (register, programme) = app.programme(code)?;
    window(app, programme)?;
    let applied = stage(programme, StageKind::Applied)?;
    let snapshot = app.snapshot(write.county(), register.kind()).await?;
    let row = snapshot.row(party).ok_or(Problem::NotFound)?;
    let has = under_way(write, programme).await?;
    if let Some(other) = barred(app, write, &snapshot, programme).await?.get(&party) {
        return Err(Problem::field("clause", "fault-excluded-by", other));
    }
    if let Some(other) = same::doubled(app, write, &snapshot, programme).await?.get(&party) {
        return Err(Problem::field("clause", "fault-same-people", other));
    }
    let amount = eligible(write, &snapshot, programme, row)?;
    if let Some(now) = has.get(&party) {
        if programme.stage(&now.stage).is_none_or(|s| s.kind != StageKind::Invited) {
            return Err(Problem::Conflict("fault-has-case"));
        }
        case::step(app, write, now, &Step { to: &applied.code, words }).await?;
        return Ok(now.id);
    }
    let new = new_case(write, programme, &snapshot, (row, party, amount), words)?;
    let opened = case::open_many(app, write, (code, &applied.code), vec![new]).await?;
    opened.get(&party).copied().ok_or(Problem::Conflict("fault-has-case"))
}

/// What a party that qualifies would get.
fn eligible(
    write: &Write,
    snapshot: &Snapshot,
    programme: &Programme,
    row: usize,
) -> Result<Option<i64>, Problem> {
    let clauses = Clauses::one(write.county(), snapshot, &programme.code)?;
    let verdict = clauses.of_row(row)?.into_iter().next().ok_or(Problem::NotFound)?;
    match verdict.truth {
        Truth::True => Ok(verdict.amount),
        truth => {
            let explained = programme::explain(write.county(), programme, snapshot, row)?;
            let lines = explained.iter().flat_map(|(_, e)| e.deciding());
            let lines: Vec<String> = lines
                .map(|c| format!("{} ({})", c.words(zhida_rules::Lang::Zh), c.words(zhida_rules::Lang::En)))
                .collect();
            let key = if truth == Truth::False { "fault-refused" } else { "fault-open-facts" };
            Err(Problem::field("clause", key, lines.join("；")))
        }
    }
}

/// Refuses an act outside the window of a clause: with its days.
fn window(app: &App, programme: &Programme) -> Result<(), Problem> {
    if programme::open_on(programme, app.clock.today()) {
        return Ok(());
    }
    let gives = programme.gives.as_ref().ok_or(Problem::NotFound)?;
    let day = |d: Option<zhida_types::Day>| d.map_or_else(|| "…".to_owned(), |d| d.to_string());
    Err(Problem::field("clause", "fault-window", format!("{} – {}", day(gives.from), day(gives.until))))
}

/// Parties that hold or have asked for something that excludes a clause, with what it is.
async fn barred(
    app: &App,
    write: &Write,
    snapshot: &Snapshot,
    programme: &Programme,
) -> Result<BTreeMap<PartyId, String>, Problem> {
    let mut barred = BTreeMap::new();
    for code in programme::excluded(snapshot, programme) {
        let (_, other) = app.programme(code)?;
        let stages = other
            .stages
            .iter()
            .filter(|s| matches!(s.kind, StageKind::Applied | StageKind::Granted | StageKind::Done));
        let stages: Vec<&str> = stages.map(|s| s.code.as_str()).collect();
        for held in case::at_stages(write.tx(), write.county(), code, &stages, 1_000_000).await? {
            barred.insert(held.party_id, other.title.zh.clone());
        }
    }
    Ok(barred)
}

/// Rows of a region that qualify and have no case under way.
pub(super) fn not_come(eligible: &Bitmap, snapshot: &Snapshot, has: &dyn Fn(PartyId) -> bool) -> Vec<usize> {
    eligible.iter().filter(|row| snapshot.people.get(*row).is_some_and(|p| !has(p.id))).collect()
}
