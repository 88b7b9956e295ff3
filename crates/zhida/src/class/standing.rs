//! How a class stands: who is on its roster and came how often, who waits for a seat, and what about it makes somebody look.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use zhida_pack::{Providers, StageKind};
use zhida_rules::{At, RuleSet};
use zhida_types::Day;

use super::acts::rules;
use super::entity::{attendance, class, lesson};
use super::signals::{Mark, Signal, Slot, Taught, signals};
use super::store;
use crate::app::App;
use crate::case::{self, Case};
use crate::ids::{CaseId, CountyId, OfferId, PartyId};
use crate::outcome;
use crate::photo;
use crate::problem::Problem;

/// Years within which classes without work count.
const YEARS: i64 = 2;

/// Days before the first lesson from which whoever is employed was not looking for work.
const EMPLOYED_DAYS: i64 = 90;

/// Words of so many characters are not the same by chance.
const SAME_WORDS: usize = 8;

/// A class in figures.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    /// Cases on the roster: enrolled, or farther.
    pub roster: Vec<Case>,
    /// Cases that said yes and have no seat yet, in order.
    pub waiting: Vec<Case>,
    /// Lessons that were held until now.
    pub held: usize,
    /// Those of them of which nobody of the office kept a record.
    pub unseen: usize,
    /// How often each came.
    pub came: BTreeMap<CaseId, usize>,
    /// How many of the roster have finished, as far as the class has ended.
    pub finished: usize,
}

/// What a stage means for a class.
pub(super) fn kind(app: &App, case: &Case) -> Option<StageKind> {
    let (_, programme) = app.programme(&case.programme).ok()?;
    programme.stage(&case.stage).map(|s| s.kind)
}

/// Counts a class from its cases, lessons and marks.
pub fn counted(
    app: &App,
    rules: &Providers,
    (cases, lessons, marks): (&[Case], &[lesson::Model], &[attendance::Model]),
    now: DateTime<Utc>,
) -> Counted {
    let held: Vec<&lesson::Model> =
        lessons.iter().filter(|l| l.state != "cancelled" && l.ends_at <= now).collect();
    let ids: BTreeSet<_> = held.iter().map(|l| l.id).collect();
    let mut counted = Counted {
        held: held.len(),
        unseen: held.iter().filter(|l| l.observed_at.is_none()).count(),
        ..Counted::default()
    };
    for mark in marks.iter().filter(|m| ids.contains(&m.lesson_id)) {
        *counted.came.entry(mark.case_id).or_default() += 1;
    }
    for case in cases {
        match kind(app, case) {
            Some(StageKind::Open | StageKind::Done) => {
                counted.finished += usize::from(case.stage != rules.course.enrolled);
                counted.roster.push(case.clone());
            }
            Some(StageKind::Accepted) => counted.waiting.push(case.clone()),
            // Who left after coming was on the roster.
            _ if counted.came.contains_key(&case.id) => counted.roster.push(case.clone()),
            _ => {}
        }
    }
    counted.waiting.sort_by_key(|c| (c.updated_at, c.id));
    counted
}

fn slot(l: &lesson::Model) -> Slot {
    Slot {
        id: l.id,
        class: l.class_id,
        number: l.number,
        from: l.starts_at,
        to: l.ends_at,
        room: l.room.clone(),
        certificate: l.certificate.clone(),
        teacher: l.teacher.clone(),
        observed: l.observed,
    }
}

fn mark(m: &attendance::Model) -> Mark {
    Mark { lesson: m.lesson_id, party: m.party_id, device: m.device.clone(), at: m.at }
}

/// How many of the roster a rule names, by its code.
async fn suspects(
    app: &App,
    of: &class::Model,
    roster: &BTreeSet<PartyId>,
) -> Result<BTreeMap<String, i64>, Problem> {
    let rules = rules(app)?;
    let (pack, _) = crate::provider::rules(app).ok_or(Problem::NotFound)?;
    let snapshot = app.snapshot(&of.county, pack.kind()).await?;
    let at = At { day: snapshot.day.epoch(), region: of.county.to_string() };
    let whens = rules.running.suspects.iter().map(|s| (s.code.as_str(), s.when.as_str()));
    let register = &snapshot.register;
    let set =
        RuleSet::compile(&register.profile, &register.params, &at, whens).map_err(anyhow::Error::from)?;
    let rows: Vec<usize> = roster.iter().filter_map(|p| snapshot.row(*p)).collect();
    let count = |v: zhida_rules::Verdicts| {
        i64::try_from(rows.iter().filter(|r| v.at(**r) == zhida_rules::Truth::True).count()).unwrap_or(0)
    };
    let verdicts = set.evaluate(&snapshot.table).into_iter().map(count);
    Ok(rules.running.suspects.iter().map(|s| s.code.clone()).zip(verdicts).collect())
}

/// How many of the roster finished how many other classes within two years, without work after any.
async fn repeaters(
    app: &App,
    of: &class::Model,
    roster: &BTreeSet<PartyId>,
    elsewhere: &[attendance::Model],
) -> Result<BTreeMap<i64, i64>, Problem> {
    let rules = rules(app)?;
    let since = app.clock.now() - Duration::days(YEARS * 365);
    let others: BTreeSet<OfferId> = elsewhere.iter().filter(|m| m.at >= since).map(|m| m.class_id).collect();
    let others: Vec<OfferId> = others.into_iter().collect();
    let cases = case::of_offers(&app.db, &of.county, &others).await?;
    let mut without: BTreeMap<PartyId, i64> = BTreeMap::new();
    let mut worked = BTreeSet::new();
    for case in cases.iter().filter(|c| roster.contains(&c.party_id)) {
        if rules.course.work.contains(&case.stage) || case.stage == rules.course.verified {
            worked.insert(case.party_id);
        } else if elsewhere.iter().any(|m| m.case_id == case.id) {
            *without.entry(case.party_id).or_default() += 1;
        }
    }
    let mut times = BTreeMap::new();
    for (_, n) in without.into_iter().filter(|(party, _)| !worked.contains(party)) {
        *times.entry(n).or_default() += 1;
    }
    Ok(times)
}

/// How many of the roster were insured as employed from three months before the first lesson until the last.
async fn employed(
    app: &App,
    of: &class::Model,
    roster: &BTreeSet<PartyId>,
    span: Option<(DateTime<Utc>, DateTime<Utc>)>,
) -> Result<i64, Problem> {
    let Some((first, last)) = span else { return Ok(0) };
    let (from, to) = (Day::at(first).plus_days(-EMPLOYED_DAYS).0, Day::at(last).0);
    let times = outcome::insured(&app.db, &of.county, roster).await?;
    let all_along = times.iter().filter(|i| i.from_day <= from && i.to_day.is_none_or(|d| d >= to));
    let people: BTreeSet<PartyId> = all_along.map(|i| i.party_id).collect();
    Ok(i64::try_from(people.len()).unwrap_or(i64::MAX))
}

/// The most questionnaires of a class with the very same words of some length.
async fn sheets(app: &App, of: &class::Model) -> Result<i64, Problem> {
    let mut words: BTreeMap<String, i64> = BTreeMap::new();
    for said in store::opinions(&app.db, &of.county, &[of.id]).await? {
        if said.words.chars().count() >= SAME_WORDS {
            *words.entry(said.words).or_default() += 1;
        }
    }
    Ok(words.into_values().max().unwrap_or(0))
}

/// Everything about a class that makes somebody look, by its id.
///
/// # Errors
/// A class that is not there, or the database's.
pub async fn seen(app: &App, county: &CountyId, id: OfferId) -> Result<Vec<Signal>, Problem> {
    let class = store::find(&app.db, county, id).await?.ok_or(Problem::NotFound)?;
    let cases = case::of_offers(&app.db, county, &[id]).await?;
    let lessons = store::lessons(&app.db, county, &[id]).await?;
    let marks = store::marks(&app.db, county, &[id]).await?;
    let counted = counted(app, rules(app)?, (&cases, &lessons, &marks), app.clock.now());
    looked_at(app, &class, &lessons, &marks, &counted).await
}

/// Everything about a class that makes somebody look.
pub(super) async fn looked_at(
    app: &App,
    of: &class::Model,
    lessons: &[lesson::Model],
    marks: &[attendance::Model],
    counted: &Counted,
) -> Result<Vec<Signal>, Problem> {
    let now = app.clock.now();
    let held: Vec<&lesson::Model> =
        lessons.iter().filter(|l| l.state != "cancelled" && l.starts_at <= now).collect();
    let span = held.iter().map(|l| l.starts_at).min().zip(held.iter().map(|l| l.ends_at).max());
    let others = match span {
        Some(span) => store::others(&app.db, &of.county, of.id, span).await?,
        None => Vec::new(),
    };
    let roster: BTreeSet<PartyId> = counted.roster.iter().map(|c| c.party_id).collect();
    let elsewhere = store::elsewhere(&app.db, &of.county, of.id, &roster).await?;
    let mut pictures = Vec::new();
    for lesson in &held {
        let hashes: Vec<String> = serde_json::from_str(&lesson.photos).unwrap_or_default();
        let mut there = 0;
        for hash in &photo::alike(&app.db, &of.county, &hashes).await? {
            there += store::with_photo(&app.db, &of.county, of.id, hash).await?.len();
        }
        if there > 0 {
            pictures.push((lesson.number, i64::try_from(there).unwrap_or(i64::MAX)));
        }
    }
    let mut suspects = suspects(app, of, &roster).await?;
    suspects.insert("employed".to_owned(), employed(app, of, &roster, span).await?);
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let taught = Taught {
        lessons: held.into_iter().map(slot).collect(),
        marks: marks.iter().map(mark).collect(),
        others: others.iter().map(slot).collect(),
        elsewhere: elsewhere.iter().map(mark).collect(),
        roster: number(counted.roster.len()),
        finished: (of.state == "ended").then(|| number(counted.finished)),
        suspects,
        sheets: sheets(app, of).await?,
        repeaters: repeaters(app, of, &roster, &elsewhere).await?,
        pictures,
    };
    Ok(signals(&taught, &rules(app)?.running))
}
