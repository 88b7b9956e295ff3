//! An approved plan becomes commitments: one for the county, and one for each year with a unit, a person and a day. What is
//! done of it is read off the register.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use zhida_pack::Network;
use zhida_siting::haversine;
use zhida_types::{Comparator, Day, Force, Quantity};

use super::entity::layout::Model;
use super::files::Files;
use super::show_page::{STAY, Said, names, what};
use super::store;
use crate::account;
use crate::commitment::{self, NewCommitment};
use crate::ids::{AccountId, CommitmentId};
use crate::journal::Subject;
use crate::place;
use crate::problem::Problem;
use crate::unit;
use crate::web::Officer;

/// The years in which something changes, each with the day until when and how many places.
pub(super) fn years(all: &[Said]) -> Vec<(String, String, usize)> {
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for said in all.iter().filter(|s| !STAY.contains(&s.decision.as_str())) {
        *found.entry(said.year.as_deref().unwrap_or_default()).or_default() += 1;
    }
    found.into_iter().map(|(year, n)| (year.to_owned(), format!("{year}-12-31"), n)).collect()
}

fn thousandths(n: usize) -> Quantity {
    Quantity(i64::try_from(n).unwrap_or(0) * 1_000)
}

/// Approves a plan: who answers for which year until when. Answers the commitment of the whole.
pub(super) async fn approve(
    o: &Officer,
    (row, answer): (&Model, &Value),
    network: &Network,
    all: &[Said],
    shares: &[(String, Option<AccountId>, String)],
) -> Result<CommitmentId, Problem> {
    if row.state != "ready" {
        return Err(Problem::Conflict("fault-layout-state"));
    }
    let t = o.shell("").t;
    let workers = account::workers(&o.app.db, &o.county).await?;
    let names = names(all);
    let today = o.app.clock.today();
    let years = years(all);
    let total: usize = years.iter().map(|(.., n)| n).sum();
    if total == 0 {
        return Err(Problem::Conflict("fault-layout-nothing"));
    }
    let mut parts = Vec::new();
    for (year, _, n) in &years {
        let share = shares.iter().find(|(y, ..)| y == year);
        let (_, person, until) = share.ok_or_else(|| Problem::field("year", "fault-empty", year))?;
        let worker = workers.iter().find(|a| Some(a.id) == *person);
        let worker = worker.ok_or_else(|| Problem::field("person", "fault-none-chosen", year))?;
        let until = Day::parse(until).map_err(|_bad| Problem::field("until", "fault-date", until))?;
        if until <= today {
            return Err(Problem::field("until", "fault-ends-before", until));
        }
        let own: Vec<&Said> = all
            .iter()
            .filter(|s| !STAY.contains(&s.decision.as_str()) && s.year.as_deref().unwrap_or_default() == year)
            .collect();
        parts.push((year, *n, (worker.id, worker.name.clone()), until, own));
    }
    let last = parts.iter().map(|p| p.3).max().unwrap_or(today);
    let base = |title: String, n: usize, until: Day| NewCommitment {
        pack: o.app.lights().map_or_else(String::new, |(p, _)| p.name.clone()),
        list: String::new(),
        code: String::new(),
        no: String::new(),
        title,
        source: t.v("layout-source", &row.name),
        counting: t.s("layout-counting"),
        evidence: t.s("layout-evidence"),
        parent: None,
        rolled_from: None,
        region: o.region.clone(),
        unit: Some(o.unit),
        person: None,
        comparator: Comparator::AtLeast,
        force: Force::Binding,
        value: (thousandths(n), "place".to_owned()),
        value2: None,
        days: (today, until),
        indicator: String::new(),
        curve: Vec::new(),
        duties: Vec::new(),
        milestones: Vec::new(),
    };
    let mut write = o.write().await?;
    let whole = commitment::create(&mut write, vec![base(row.name.clone(), total, last)]).await?;
    let whole = whole.first().copied().ok_or(Problem::NotFound)?;
    let part = |(year, n, person, until, own): (&String, usize, (AccountId, String), Day, Vec<&Said>)| {
        let step = |s: &&Said| {
            let name = names.get(&s.id).cloned().unwrap_or_default();
            (format!("{name}：{}", what(&t, network, s, &names)), until)
        };
        NewCommitment {
            parent: Some((o.county.clone(), whole)),
            code: year.clone(),
            person: Some(person),
            milestones: own.iter().map(step).collect(),
            ..base(t.ab("layout-part", &row.name, year), n, until)
        }
    };
    let made = commitment::create(&mut write, parts.into_iter().map(part).collect()).await?;
    if !store::approved(&write, row.id, whole).await? {
        return Err(Problem::Conflict("fault-changed"));
    }
    let detail = json!({ "commitment": whole, "parts": made.len(), "changes": total, "gap": answer["gap"] });
    write.note("layout-approved", Subject::new("layout", row.id), detail).await?;
    write.commit().await?;
    commitment::relight(&o.app, &o.county, today).await?;
    Ok(whole)
}

/// Who answers for a year.
pub(super) struct Owner {
    pub(super) unit: String,
    pub(super) person: String,
    pub(super) until: String,
}

/// Who answers for each year of an approved plan.
pub(super) async fn owners(o: &Officer, row: &Model) -> Result<BTreeMap<String, Owner>, Problem> {
    let Some(whole) = row.commitment_id else { return Ok(BTreeMap::new()) };
    let mut found = BTreeMap::new();
    for part in commitment::parts_of(&o.app.db, whole).await? {
        let unit = match part.unit_id {
            Some(id) => unit::find(&o.app.db, &o.county, id).await?.map_or_else(String::new, |u| u.name),
            None => String::new(),
        };
        found.insert(part.code, Owner { unit, person: part.person_name, until: part.until_day.to_string() });
    }
    Ok(found)
}

/// A place built this near to where the plan has one is that one, metres.
const NEAR: f64 = 150.0;

/// Of a plan's changes: how many the register shows as done, and how many there are.
pub(super) async fn done(
    o: &Officer,
    network: &Network,
    all: &[Said],
    files: &Files,
) -> Result<(usize, usize), Problem> {
    let places = place::all(&o.app.db, &o.county).await?;
    let row = |code: &str| places.iter().find(|p| p.code.as_deref() == Some(code));
    let changes: Vec<&Said> = all.iter().filter(|s| !STAY.contains(&s.decision.as_str())).collect();
    let (mut n, candidates) = (0, super::files::positions(files));
    for said in &changes {
        let tier = said.tier.as_deref();
        let is_done = match said.decision.as_str() {
            "upgrade" | "reopen" => {
                row(&said.id).is_some_and(|p| p.state == "open" && Some(p.tier.as_str()) == tier)
            }
            "close" | "adjust" => row(&said.id).is_some_and(|p| p.state == "closed"),
            _ => candidates.get(&said.id).is_some_and(|at| {
                places.iter().any(|p| {
                    let near = p.lon.zip(p.lat).is_some_and(|(lon, lat)| haversine([lon, lat], *at) <= NEAR);
                    near && p.kind == network.kind && p.state == "open"
                })
            }),
        };
        n += usize::from(is_done);
    }
    Ok((n, changes.len()))
}
