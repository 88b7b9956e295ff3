//! An approved plan becomes commitments: one for the county, and one for each year with a unit, a person and a day. What is
//! done of it is read off the register.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use zhida_pack::Network;
use zhida_siting::Nearest;
use zhida_types::{Comparator, Day, Force, Quantity, RegionCode};

use super::entity::layout::Model;
use super::files::Files;
use super::show_page::{STAY, Said, names, what};
use super::store;
use crate::account;
use crate::commitment::{self, NewCommitment};
use crate::ids::{AccountId, CommitmentId, CountyId};
use crate::journal::{Subject, Write};
use crate::place::{self, Place};
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

/// A commitment of a plan: so many places by a day.
fn promised(o: &Officer, row: &Model, title: String, n: usize, until: Day) -> NewCommitment {
    let t = o.shell("").t;
    NewCommitment {
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
        days: (o.app.clock.today(), until),
        indicator: String::new(),
        curve: Vec::new(),
        duties: Vec::new(),
        milestones: Vec::new(),
    }
}

/// What the form says of a year: who answers for it, if anybody, and until when.
fn share(year: &str, shares: &[Share], today: Day) -> Result<(Option<AccountId>, Day), Problem> {
    let share = shares.iter().find(|(y, ..)| y == year);
    let (_, person, until) = share.ok_or_else(|| Problem::field("year", "fault-empty", year))?;
    let until = Day::parse(until).map_err(|_bad| Problem::field("until", "fault-date", until))?;
    if until <= today {
        return Err(Problem::field("until", "fault-ends-before", until));
    }
    Ok((*person, until))
}

/// The days until which each year's changes are done, as the form says them.
fn days(o: &Officer, all: &[Said], shares: &[Share]) -> Result<BTreeMap<String, Day>, Problem> {
    let mut found = BTreeMap::new();
    for (year, ..) in years(all) {
        let (_, until) = share(&year, shares, o.app.clock.today())?;
        found.insert(year, until);
    }
    if found.is_empty() { Err(Problem::Conflict("fault-layout-nothing")) } else { Ok(found) }
}

/// The changes of a plan by the county in which each lies.
fn by_county<'a>(all: &'a [Said], files: &Files) -> BTreeMap<CountyId, Vec<&'a Said>> {
    let counties = super::area::counties(files);
    let mut found: BTreeMap<CountyId, Vec<&Said>> = BTreeMap::new();
    for said in all.iter().filter(|s| !STAY.contains(&s.decision.as_str())) {
        if let Some(county) = counties.get(&said.id) {
            found.entry(county.clone()).or_default().push(said);
        }
    }
    found
}

/// The counties to which an approved plan of several has given no list yet, with what each has to do.
pub(super) async fn not_handed_out<'a>(
    o: &Officer,
    row: &Model,
    all: &'a [Said],
    files: &Files,
) -> Result<BTreeMap<CountyId, Vec<&'a Said>>, Problem> {
    let mut lists = by_county(all, files);
    if let Some(whole) = row.commitment_id {
        for part in commitment::parts_of(&o.app.db, whole).await? {
            lists.remove(&part.county);
        }
    }
    Ok(lists)
}

/// Approves a plan of several counties, and gives each its list: a unit and a person, where the county has some, and for each
/// place a day. Lists that a power cut kept back are given when this is asked for again.
pub(super) async fn approve_area(
    o: &Officer,
    (row, answer): (&Model, &Value),
    (all, files): (&[Said], &Files),
    network: &Network,
    shares: &[Share],
) -> Result<CommitmentId, Problem> {
    let days = days(o, all, shares)?;
    let last = days.values().copied().max().unwrap_or(o.app.clock.today());
    let lists = not_handed_out(o, row, all, files).await?;
    let whole = match row.commitment_id {
        Some(whole) => whole,
        None if row.state != "ready" => return Err(Problem::Conflict("fault-layout-state")),
        None => {
            let total = lists.values().map(Vec::len).sum();
            let mut write = o.write().await?;
            let made = commitment::create(&mut write, vec![promised(o, row, row.name.clone(), total, last)]);
            let whole = made.await?.first().copied().ok_or(Problem::NotFound)?;
            if !store::approved(&write, row.id, whole).await? {
                return Err(Problem::Conflict("fault-changed"));
            }
            let detail =
                json!({ "commitment": whole, "parts": lists.len(), "changes": total, "gap": answer["gap"] });
            write.note("layout-approved", Subject::new("layout", row.id), detail).await?;
            write.commit().await?;
            whole
        }
    };
    let (t, names, today) = (o.shell("").t, names(all), o.app.clock.today());
    for (county, own) in lists {
        let unit = unit::first(&o.app.db, &county).await?.map(|u| u.id);
        let workers = account::workers(&o.app.db, &county).await?;
        let person = workers.iter().find(|a| a.role == account::Role::Supervisor);
        let name = o.app.regions.name(&county.0).unwrap_or(&county.0);
        let step = |s: &&Said| {
            let place = names.get(&s.id).cloned().unwrap_or_default();
            let until = s.year.as_ref().and_then(|y| days.get(y)).copied().unwrap_or(last);
            (format!("{place}：{}", what(&t, network, s, &names)), until)
        };
        let part = NewCommitment {
            parent: Some((o.county.clone(), whole)),
            region: RegionCode::parse(&county.0).map_err(anyhow::Error::from)?,
            unit,
            person: person.map(|a| (a.id, a.name.clone())),
            milestones: own.iter().map(step).collect(),
            ..promised(o, row, t.ab("layout-part-county", &row.name, name), own.len(), last)
        };
        // Each county's journal has its own chain: one transaction a county.
        let mut write = Write::begin(&o.app.db, &county, &o.actor(), o.app.clock.now()).await?;
        commitment::create(&mut write, vec![part]).await?;
        write.commit().await?;
        commitment::relight(&o.app, &county, today).await?;
    }
    commitment::relight(&o.app, &o.county, today).await?;
    Ok(whole)
}

/// Who answers for a year, until when.
pub(super) type Share = (String, Option<AccountId>, String);

/// Approves a plan: who answers for which year until when. Answers the commitment of the whole.
pub(super) async fn approve(
    o: &Officer,
    (row, answer): (&Model, &Value),
    network: &Network,
    all: &[Said],
    shares: &[Share],
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
        let (person, until) = share(year, shares, today)?;
        let worker = workers.iter().find(|a| Some(a.id) == person);
        let worker = worker.ok_or_else(|| Problem::field("person", "fault-none-chosen", year))?;
        let own: Vec<&Said> = all
            .iter()
            .filter(|s| !STAY.contains(&s.decision.as_str()) && s.year.as_deref().unwrap_or_default() == year)
            .collect();
        parts.push((year, *n, (worker.id, worker.name.clone()), until, own));
    }
    let last = parts.iter().map(|p| p.3).max().unwrap_or(today);
    let base = |title: String, n: usize, until: Day| promised(o, row, title, n, until);
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

/// Who answers for each year of an approved plan; for each county, by its code, where it is of several.
pub(super) async fn owners(o: &Officer, row: &Model) -> Result<BTreeMap<String, Owner>, Problem> {
    let Some(whole) = row.commitment_id else { return Ok(BTreeMap::new()) };
    let mut found = BTreeMap::new();
    for part in commitment::parts_of(&o.app.db, whole).await? {
        let unit = match part.unit_id {
            Some(id) => unit::find(&o.app.db, &part.county, id).await?.map_or_else(String::new, |u| u.name),
            None => String::new(),
        };
        let key = if part.code.is_empty() { part.county.0 } else { part.code };
        found.insert(key, Owner { unit, person: part.person_name, until: part.until_day.to_string() });
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
    let places = place::all_in_counties(&o.app.db, &o.county, &o.region, &network.kind).await?;
    let by_code: BTreeMap<&str, &Place> =
        places.iter().filter_map(|p| p.code.as_deref().map(|code| (code, p))).collect();
    let row = |code: &str| by_code.get(code);
    let open = places.iter().filter(|p| p.state == "open");
    let near = Nearest::new(open.filter_map(|p| Some([p.lon?, p.lat?])).collect());
    let changes: Vec<&Said> = all.iter().filter(|s| !STAY.contains(&s.decision.as_str())).collect();
    let (mut n, candidates) = (0, super::files::positions(files));
    for said in &changes {
        let tier = said.tier.as_deref();
        let is_done = match said.decision.as_str() {
            "upgrade" | "reopen" => {
                row(&said.id).is_some_and(|p| p.state == "open" && Some(p.tier.as_str()) == tier)
            }
            "close" | "adjust" => row(&said.id).is_some_and(|p| p.state == "closed"),
            _ => {
                candidates.get(&said.id).is_some_and(|at| !near.find(*at, 1, NEAR, &mut |_| true).is_empty())
            }
        };
        n += usize::from(is_done);
    }
    Ok((n, changes.len()))
}
