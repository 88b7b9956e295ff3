//! How a class stands: who is on its roster and came how often, who waits for a seat, and what about it makes somebody look.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use sea_orm::{ConnectionTrait, DbErr};
use zhida_pack::{Course, StageKind};
use zhida_rules::{At, RuleSet};
use zhida_types::Day;

use super::entity::{attendance, class, lesson};
use super::signals::{Mark, Signal, Slot, Taught, signals};
use super::store;
use crate::app::App;
use crate::case::{self, Case};
use crate::check::{self, Gate};
use crate::ids::{CaseId, CountyId, OfferId, PartyId};
use crate::offer::Offer;
use crate::problem::Problem;
use crate::{outcome, photo, provider};

/// Years within which classes without work count.
const YEARS: i64 = 2;

/// Days before the first lesson from which whoever is employed was not looking for work.
const EMPLOYED_DAYS: i64 = 90;

/// Words of so many characters are not the same by chance.
const SAME_WORDS: usize = 8;

/// What hangs on a class.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Everybody who was invited to it, or asked for it.
    pub cases: Vec<Case>,
    /// Its lessons, by their beginning.
    pub lessons: Vec<lesson::Model>,
    /// Who came to them.
    pub marks: Vec<attendance::Model>,
}

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

impl Counted {
    /// The share of the lessons that were held to which somebody came, in percent, rounded down.
    pub fn share(&self, case: CaseId) -> i64 {
        let came = self.came.get(&case).copied().unwrap_or(0);
        i64::try_from(came * 100 / self.held.max(1)).unwrap_or(i64::MAX)
    }
}

/// What a stage means for a class.
pub(super) fn kind(app: &App, case: &Case) -> Option<StageKind> {
    let (_, programme) = app.programme(&case.programme).ok()?;
    programme.stage(&case.stage).map(|s| s.kind)
}

/// Whether somebody has a seat.
pub(super) fn on_roster(app: &App, case: &Case) -> bool {
    matches!(kind(app, case), Some(StageKind::Open | StageKind::Done))
}

/// What hangs on classes of a county, by their ids.
///
/// # Errors
/// The database's.
pub async fn held(
    db: &impl ConnectionTrait,
    county: &CountyId,
    ids: &[OfferId],
) -> Result<BTreeMap<OfferId, Held>, DbErr> {
    let mut own: BTreeMap<OfferId, Held> = BTreeMap::new();
    for case in case::of_offers(db, county, ids).await? {
        if let Some(id) = case.offer_id {
            own.entry(id).or_default().cases.push(case);
        }
    }
    for lesson in store::lessons(db, county, ids).await? {
        own.entry(lesson.class_id).or_default().lessons.push(lesson);
    }
    for mark in store::marks(db, county, ids).await? {
        own.entry(mark.class_id).or_default().marks.push(mark);
    }
    Ok(own)
}

impl Held {
    /// The lessons that were not cancelled.
    fn kept(&self) -> impl Iterator<Item = &lesson::Model> {
        self.lessons.iter().filter(|l| l.state != "cancelled")
    }

    /// Whether there were lessons, and all are over.
    pub fn over(&self, now: DateTime<Utc>) -> bool {
        self.kept().next().is_some() && self.kept().all(|l| l.ends_at <= now)
    }

    /// The day of the last lesson.
    pub fn last_day(&self) -> Option<Day> {
        self.kept().map(|l| Day::at(l.ends_at)).max()
    }

    /// Counts a class as it stands.
    pub fn count(&self, app: &App, course: &Course, now: DateTime<Utc>) -> Counted {
        let over: Vec<&lesson::Model> = self.kept().filter(|l| l.ends_at <= now).collect();
        let ids: BTreeSet<_> = over.iter().map(|l| l.id).collect();
        let mut counted = Counted {
            held: over.len(),
            unseen: over.iter().filter(|l| l.observed_at.is_none()).count(),
            ..Counted::default()
        };
        for mark in self.marks.iter().filter(|m| ids.contains(&m.lesson_id)) {
            *counted.came.entry(mark.case_id).or_default() += 1;
        }
        for case in &self.cases {
            if on_roster(app, case) {
                counted.finished += usize::from(case.stage != course.enrolled);
                counted.roster.push(case.clone());
            } else if kind(app, case) == Some(StageKind::Accepted) {
                counted.waiting.push(case.clone());
            } else if counted.came.contains_key(&case.id) {
                // Who left after coming was on the roster.
                counted.roster.push(case.clone());
            }
        }
        counted.waiting.sort_by_key(|c| (c.updated_at, c.id));
        counted
    }
}

/// How the assessment of a class stands that its programme's gate asks for; nothing where its programme has none.
///
/// # Errors
/// The database's.
pub async fn assessment(app: &App, of: &Offer) -> Result<Option<Gate>, Problem> {
    let (pack, _) = app.programme(&of.programme)?;
    let Some(gate) = pack.gates.iter().find(|g| g.programme == of.programme) else { return Ok(None) };
    let id = of.id.to_string();
    let today = app.clock.today();
    check::gate(&app.db, &of.county, &gate.checklist, ("offer", &id), today).await.map(Some)
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
    Mark { lesson: m.lesson_id, party: m.party_id, device: m.device.clone(), metres: m.metres, at: m.at }
}

/// How many of the roster a rule names, by its code.
async fn suspects(
    app: &App,
    of: &class::Model,
    roster: &BTreeSet<PartyId>,
) -> Result<BTreeMap<String, i64>, Problem> {
    let rules = provider::terms(app)?;
    let (pack, _) = provider::rules(app)?;
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
    let rules = provider::terms(app)?;
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

/// How many of the roster were insured as employed from three months before the first lesson until the last, and how many were enrolled
/// in a school at any time between the first lesson and the last.
async fn busy(
    app: &App,
    of: &class::Model,
    roster: &BTreeSet<PartyId>,
    span: Option<(DateTime<Utc>, DateTime<Utc>)>,
) -> Result<(i64, i64), Problem> {
    let Some((first, last)) = span else { return Ok((0, 0)) };
    let (from, to) = (Day::at(first), Day::at(last).0);
    let early = from.plus_days(-EMPLOYED_DAYS).0;
    let times = outcome::insured(&app.db, &of.county, roster).await?;
    let people = |wanted: &dyn Fn(&&outcome::Insured) -> bool| {
        let people: BTreeSet<PartyId> = times.iter().filter(wanted).map(|i| i.party_id).collect();
        i64::try_from(people.len()).unwrap_or(i64::MAX)
    };
    let lasts = |i: &outcome::Insured, day| i.to_day.is_none_or(|d| d >= day);
    let employed = people(&|i| i.kind == "work" && i.from_day <= early && lasts(i, to));
    let enrolled = people(&|i| i.kind == "school" && i.from_day <= to && lasts(i, from.0));
    Ok((employed, enrolled))
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

/// The lessons of a class, by number, of which a picture is one of another class, too, or looks like one.
async fn pictures(
    app: &App,
    of: &class::Model,
    lessons: &[&lesson::Model],
) -> Result<BTreeSet<i64>, Problem> {
    let of_lesson =
        |l: &lesson::Model| -> Vec<String> { serde_json::from_str(&l.photos).unwrap_or_default() };
    let own: Vec<String> = lessons.iter().flat_map(|l| of_lesson(l)).collect();
    if own.is_empty() {
        return Ok(BTreeSet::new());
    }
    let alike = photo::alike(&app.db, &of.county, &own).await?;
    let others = store::pictured(&app.db, &of.county, of.id).await?;
    let there = |l: &&&lesson::Model| {
        let like: BTreeSet<&String> = of_lesson(l).iter().filter_map(|h| alike.get(h)).flatten().collect();
        others.iter().flatten().any(|h| like.contains(h))
    };
    Ok(lessons.iter().filter(there).map(|l| l.number).collect())
}

/// Everything about a class that makes somebody look.
///
/// # Errors
/// The database's.
pub async fn seen(
    app: &App,
    of: &class::Model,
    own: &Held,
    counted: &Counted,
) -> Result<Vec<Signal>, Problem> {
    let now = app.clock.now();
    let lessons: Vec<&lesson::Model> = own.kept().filter(|l| l.starts_at <= now).collect();
    let span = lessons.iter().map(|l| l.starts_at).min().zip(lessons.iter().map(|l| l.ends_at).max());
    let others = match span {
        Some(span) => store::others(&app.db, &of.county, of.id, span).await?,
        None => Vec::new(),
    };
    let roster: BTreeSet<PartyId> = counted.roster.iter().map(|c| c.party_id).collect();
    let elsewhere = store::elsewhere(&app.db, &of.county, of.id, &roster).await?;
    let mut suspects = suspects(app, of, &roster).await?;
    let (employed, enrolled) = busy(app, of, &roster, span).await?;
    suspects.insert("employed".to_owned(), employed);
    suspects.insert("enrolled".to_owned(), enrolled);
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let taught = Taught {
        pictures: pictures(app, of, &lessons).await?,
        lessons: lessons.into_iter().map(slot).collect(),
        marks: own.marks.iter().map(mark).collect(),
        others: others.iter().map(slot).collect(),
        elsewhere: elsewhere.iter().map(mark).collect(),
        roster: number(counted.roster.len()),
        finished: (of.state == "ended").then(|| number(counted.finished)),
        suspects,
        sheets: sheets(app, of).await?,
        repeaters: repeaters(app, of, &roster, &elsewhere).await?,
    };
    Ok(signals(&taught, &provider::terms(app)?.running))
}
