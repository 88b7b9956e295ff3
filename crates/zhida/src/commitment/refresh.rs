//! Keeping what is done up to date: indicators are counted after every act, commitments follow them, parents follow their
//! parts, lights follow the day.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use zhida_pack::Lights;
use zhida_types::{Day, Quantity};

use super::entity::commitment;
use super::light::{State, colours};
use super::{curve, indicator, store};
use crate::app::App;
use crate::ids::{CommitmentId, CountyId};
use crate::journal;
use crate::problem::Problem;

/// Between two looks at the journal.
const PAUSE: Duration = Duration::from_secs(15);

/// Levels of a tree at most: province, city, county, town, unit, person, and one to spare.
const LEVELS: usize = 7;

/// Keeps everything up to date for ever.
pub async fn work(app: App) {
    loop {
        if let Err(error) = refresh(&app).await {
            tracing::error!(error = format!("{error:?}"), "the commitments could not be counted");
        }
        app.clock.wait(PAUSE).await;
    }
}

/// Counts what changed since the last time, in every county. Answers how many counties were counted.
///
/// # Errors
/// The database's.
pub async fn refresh(app: &App) -> Result<usize, Problem> {
    let today = app.clock.today();
    let (mut counted, mut stale) = (0, BTreeSet::new());
    for county in journal::counties(&app.db).await? {
        let (seq, _) = journal::head(&app.db, &county).await?;
        let mark = store::counted_up_to(&app.db, &county).await?;
        if mark.is_some_and(|(at, when)| at == seq && Day::at(when) == today) {
            continue;
        }
        count(app, &county, seq).await?;
        counted += 1;
        stale.insert(county);
    }
    if counted == 0 {
        return Ok(0);
    }
    stale.extend(settle(app, today).await?);
    for county in &stale {
        relight(app, county, today).await?;
    }
    Ok(counted)
}

/// Lets parents follow their parts, level by level, as of a day. Answers the counties where something changed.
///
/// # Errors
/// The database's.
pub async fn settle(app: &App, day: Day) -> Result<BTreeSet<CountyId>, Problem> {
    let mut all = BTreeSet::new();
    for _ in 0..LEVELS {
        let changed = roll_up(app, day).await?;
        if changed.is_empty() {
            break;
        }
        all.extend(changed);
    }
    Ok(all)
}

/// Counts a county's indicators, and sets what they say is done.
async fn count(app: &App, county: &CountyId, seq: i64) -> Result<(), Problem> {
    let measures = indicator::count(app, &app.db, county).await?;
    let value = |name: &str, dimension: &str, member: &str| {
        let key = (name.to_owned(), dimension.to_owned(), member.to_owned());
        measures.get(&key).copied().unwrap_or(0)
    };
    let by = |name: &str, dimension: &str| {
        app.indicators().any(|(n, i)| n == name && i.by.iter().any(|b| b == dimension))
    };
    let mut done = Vec::new();
    for c in store::open_of(&app.db, county).await?.iter().filter(|c| !c.indicator.is_empty()) {
        let actual = match c.person_id {
            Some(person) if by(&c.indicator, "owner") => value(&c.indicator, "owner", &person.to_string()),
            _ if c.region.len() > 6 && by(&c.indicator, "town") => value(&c.indicator, "town", &c.region),
            _ => value(&c.indicator, "", ""),
        };
        if actual != c.actual || c.actual_on.is_none() {
            done.push((c.id, actual, c.actual2));
        }
    }
    let tx = crate::db::begin(&app.db).await?;
    store::replace_measures(&tx, county, &measures, (seq, app.clock.now())).await?;
    store::set_actual(&tx, county, &done, app.clock.today()).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether a commitment is counted by itself although it has parts: its county can count distinct things better than its
/// parts can be added up.
fn counts_itself(c: &commitment::Model) -> bool {
    !c.indicator.is_empty() && !c.county.0.ends_with("00")
}

/// Sets what parents have done to what their parts have. Answers the counties where something changed.
async fn roll_up(app: &App, today: Day) -> Result<BTreeSet<CountyId>, Problem> {
    let mut by_county: BTreeMap<CountyId, Vec<(CommitmentId, i64, i64)>> = BTreeMap::new();
    for (county, sums) in store::sums_by_parent(&app.db).await? {
        let parents: Vec<CommitmentId> = sums.keys().copied().collect();
        for c in store::by_ids(&app.db, &county, &parents).await? {
            let Some((actual, actual2)) = sums.get(&c.id).copied() else { continue };
            if c.state == "open" && !counts_itself(&c) && (actual, actual2) != (c.actual, c.actual2) {
                by_county.entry(c.county).or_default().push((c.id, actual, actual2));
            }
        }
    }
    for (county, done) in &by_county {
        let tx = crate::db::begin(&app.db).await?;
        store::set_actual(&tx, county, done, today).await?;
        tx.commit().await?;
    }
    Ok(by_county.into_keys().collect())
}

/// The lights of a pack, or of the first pack that has some.
pub(super) fn lights<'a>(app: &'a App, pack: &str) -> Option<&'a Lights> {
    let own = app.packs().find(|p| p.name == pack).and_then(|p| p.lights.as_ref());
    own.or_else(|| app.lights().map(|(_, l)| l))
}

/// How far a commitment is: the lesser of its two values' shares, in thousandths.
pub(super) fn share_done(c: &commitment::Model) -> i64 {
    let first = Quantity(c.actual).per_mille_of(Quantity(c.value)).unwrap_or(1_000);
    let second = c.value2.and_then(|v| Quantity(c.actual2).per_mille_of(Quantity(v)));
    second.map_or(first, |s| s.min(first))
}

/// Works out the lights of a county's open commitments, and sets those that changed.
///
/// # Errors
/// The database's.
pub async fn relight(app: &App, county: &CountyId, today: Day) -> Result<(), Problem> {
    let late = store::overdue_milestones(&app.db, county, today).await?;
    let mut by_pack: BTreeMap<String, Vec<commitment::Model>> = BTreeMap::new();
    for c in store::open_of(&app.db, county).await? {
        by_pack.entry(c.pack.clone()).or_default().push(c);
    }
    let mut groups: BTreeMap<(String, i64, bool), Vec<CommitmentId>> = BTreeMap::new();
    for (pack, all) in &by_pack {
        let Some(rule) = lights(app, pack) else { continue };
        let states: Vec<State> = all
            .iter()
            .map(|c| State {
                done: share_done(c),
                planned: curve::planned(&curve::read(&c.curve), Day(c.from_day), Day(c.until_day), today),
                days_left: i64::from(Day(c.until_day).epoch() - today.epoch()),
                steps_overdue: late.get(&c.id).copied().unwrap_or(0),
            })
            .collect();
        for ((c, state), colour) in all.iter().zip(&states).zip(colours(rule, &states)?) {
            let soft = state.done >= rule.soft_percent * 10;
            if (c.light.as_str(), c.planned, c.soft) != (colour.as_str(), state.planned, soft) {
                groups.entry((colour, state.planned, soft)).or_default().push(c.id);
            }
        }
    }
    if groups.is_empty() {
        return Ok(());
    }
    let tx = crate::db::begin(&app.db).await?;
    for ((colour, planned, soft), ids) in &groups {
        store::set_light(&tx, county, ids, (colour, *planned, *soft)).await?;
    }
    tx.commit().await?;
    Ok(())
}
