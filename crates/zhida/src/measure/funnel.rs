//! The life of a clause: known, applied, granted, paid, effect; with how many came so far and how many days each step took.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use zhida_pack::{Programme, StageKind};

use crate::app::App;
use crate::case;
use crate::ids::{CaseId, CountyId};
use crate::message;
use crate::problem::Problem;

/// A step of the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The key of its text: `known`, `applied`, `granted`, `paid`, `effect`.
    pub key: &'static str,
    /// Cases that came so far.
    pub cases: i64,
    /// The median of days from the step before, of those that came from there.
    pub days: Option<i64>,
}

/// A clause's way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Funnel {
    /// The steps.
    pub steps: Vec<Reached>,
    /// Messages that went out.
    pub sent: i64,
    /// Messages that were looked at.
    pub read: i64,
}

fn median(mut days: Vec<i64>) -> Option<i64> {
    days.sort_unstable();
    days.get(days.len().checked_sub(1)? / 2).copied()
}

/// The steps that stages stand for, in order: the second stage that ends a case well is its effect.
fn steps(programme: &Programme) -> Vec<(&'static str, Vec<&str>)> {
    let of = |kind: StageKind| -> Vec<&str> {
        programme.stages.iter().filter(|s| s.kind == kind).map(|s| s.code.as_str()).collect()
    };
    let done = of(StageKind::Done);
    let mut steps = vec![
        ("known", of(StageKind::Invited)),
        ("applied", of(StageKind::Applied)),
        ("granted", of(StageKind::Granted)),
        ("paid", done.iter().take(1).copied().collect()),
    ];
    if done.len() > 1 {
        steps.push(("effect", done.into_iter().skip(1).collect()));
    }
    steps
}

/// Counts a clause's way in a county.
///
/// # Errors
/// The database's.
pub async fn funnel(app: &App, county: &CountyId, programme: &Programme) -> Result<Funnel, Problem> {
    let arrivals = case::arrivals(&app.db, county, &programme.code).await?;
    let ids: Vec<CaseId> = arrivals.keys().copied().collect();
    let (sent, read) = message::tally(&app.db, county, &ids).await?;
    let reached = |at: &BTreeMap<String, DateTime<Utc>>, stages: &[&str]| {
        stages.iter().filter_map(|s| at.get(*s)).min().copied()
    };
    let mut found = Vec::new();
    let mut before: Option<Vec<&str>> = None;
    for (key, stages) in steps(programme) {
        let came: Vec<_> =
            arrivals.values().filter_map(|at| reached(at, &stages).map(|when| (at, when))).collect();
        let days = before.as_ref().map(|before| {
            let spans = came.iter().filter_map(|(at, when)| Some((*when - reached(at, before)?).num_days()));
            spans.collect::<Vec<i64>>()
        });
        let cases = i64::try_from(came.len()).unwrap_or(i64::MAX);
        found.push(Reached { key, cases, days: days.and_then(median) });
        before = Some(stages);
    }
    Ok(Funnel { steps: found, sent, read })
}
