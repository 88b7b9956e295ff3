//! The rows of the monthly sheet: what is promised, who owes it, how far it was last month and is now.

use std::collections::BTreeMap;

use zhida_types::{Comparator, Day, Force, Period, Quantity, RegionCode};

use super::entity::commitment;
use super::store::{self, Wanted};
use super::{curve, refresh};
use crate::app::App;
use crate::ids::{CommitmentId, CountyId, UnitId};
use crate::problem::Problem;
use crate::texts::T;

/// A row of the sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetRow {
    /// The number.
    pub no: String,
    /// What is promised.
    pub task: String,
    /// The year's target in words.
    pub target: String,
    /// Who leads it.
    pub leader: String,
    /// The lead unit.
    pub lead: String,
    /// The other units.
    pub co: String,
    /// What was done by the end of the month before.
    pub before: String,
    /// What is done by the end of the month.
    pub now: String,
    /// Whether it is on schedule.
    pub on_schedule: bool,
    /// The explanation.
    pub explanation: String,
    /// Whether the target looks soft.
    pub soft: bool,
}

/// A promised figure in words: 力争, 以上 and 约 where the promise is meant so, the unit of count behind it.
pub(super) fn figure(t: &T, value: Quantity, unit: &str, comparator: Comparator, force: Force) -> String {
    let counted = t.ab("figure-counted", t.quantity(value), t.unit_of_count(unit));
    let meant = t.v(format!("figure-{}", comparator.as_str()), counted);
    if force == Force::Striving { t.v("figure-striving", meant) } else { meant }
}

/// An actual number with its unit of count.
pub(super) fn done(t: &T, value: i64, unit: &str) -> String {
    t.ab("figure-counted", t.quantity(Quantity(value)), t.unit_of_count(unit))
}

/// The target of a commitment in words, both values where it has two.
pub(super) fn target(t: &T, c: &commitment::Model) -> String {
    let comparator = Comparator::named(&c.comparator).unwrap_or_default();
    let force = Force::named(&c.force).unwrap_or_default();
    let first = figure(t, Quantity(c.value), &c.unit, comparator, force);
    match c.value2 {
        Some(second) => t.ab("figure-both", first, figure(t, Quantity(second), &c.unit2, comparator, force)),
        None => first,
    }
}

/// What is done, both values where there are two.
pub(super) fn both_done(t: &T, c: &commitment::Model, (value, value2): (i64, i64)) -> String {
    let first = done(t, value, &c.unit);
    if c.value2.is_some() { t.ab("figure-both", first, done(t, value2, &c.unit2)) } else { first }
}

/// The rows of the sheet for a month: the commitments that a region owes itself, not their parts.
///
/// # Errors
/// The database's.
pub async fn sheet(
    app: &App,
    t: &T,
    (county, region): (&CountyId, &RegionCode),
    lists: &[String],
    period: Period,
) -> Result<Vec<SheetRow>, Problem> {
    let wanted = Wanted { roots: true, ..Wanted::default() };
    let mut all = Vec::new();
    let mut after: Option<(Day, CommitmentId)> = None;
    loop {
        let page = store::list(&app.db, (county, region), &wanted, after, 2_000).await?;
        let Some(last) = page.last() else { break };
        after = Some((Day(last.until_day), last.id));
        all.extend(page);
    }
    let (first, last) = (period.first(), period.last());
    all.retain(|c| {
        c.county == *county
            && c.state != "dropped"
            && (lists.is_empty() || lists.contains(&c.list))
            && c.from_day <= last.0
            && c.until_day >= first.0
    });
    all.sort_by(|a, b| number(&a.no).cmp(&number(&b.no)).then(a.id.cmp(&b.id)));
    let ids: Vec<CommitmentId> = all.iter().map(|c| c.id).collect();
    let duties = store::duties(&app.db, county, &ids).await?;
    let before = store::readings_on(&app.db, county, &ids, period.before().last()).await?;
    let now = store::readings_on(&app.db, county, &ids, last).await?;
    let units: BTreeMap<UnitId, String> =
        crate::unit::list(&app.db, county).await?.into_iter().map(|u| (u.id, u.name)).collect();
    let names = |id: CommitmentId, relation: &str| {
        let all = duties.get(&id).into_iter().flatten().filter(|d| d.relation == relation);
        all.map(|d| d.name.clone()).collect::<Vec<_>>()
    };
    let day = last.min(app.clock.today());
    let row = |c: &commitment::Model| {
        let reached = now.get(&c.id).copied().unwrap_or_default();
        let share =
            refresh::share_done(&commitment::Model { actual: reached.0, actual2: reached.1, ..c.clone() });
        let planned = curve::planned(&curve::read(&c.curve), Day(c.from_day), Day(c.until_day), day);
        let lead = names(c.id, "lead");
        let own = c.unit_id.and_then(|u| units.get(&u).cloned());
        let co = [names(c.id, "co"), names(c.id, "with"), names(c.id, "guide")].concat();
        SheetRow {
            no: c.no.clone(),
            task: c.title.clone(),
            target: target(t, c),
            leader: c.person_name.clone(),
            lead: if lead.is_empty() { own.unwrap_or_default() } else { lead.join("、") },
            co: co.join("、"),
            before: both_done(t, c, before.get(&c.id).copied().unwrap_or_default()),
            now: both_done(t, c, reached),
            on_schedule: share >= planned,
            explanation: c.explanation.clone(),
            soft: refresh::lights(app, &c.pack).is_some_and(|l| share >= l.soft_percent * 10),
        }
    };
    Ok(all.iter().map(row).collect())
}

/// Numbers of a document in their order: 2 before 10, 3.1 before 3.2.
fn number(no: &str) -> Vec<u64> {
    no.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect()
}
