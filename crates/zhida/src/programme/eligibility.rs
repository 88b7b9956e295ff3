//! Who may take part: verdicts over all persons, why not, and what is not known.

use std::collections::BTreeMap;

use zhida_pack::Programme;
use zhida_rules::{At, Bitmap, Explained, RuleSet, Truth, Verdicts};

use crate::app::App;
use crate::ids::CountyId;
use crate::party::Snapshot;
use crate::problem::Problem;

/// A condition and how many persons it decides for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reason {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Persons.
    pub count: usize,
}

/// A programme's verdicts on the persons in question.
#[derive(Clone, Debug)]
pub struct Eligibility {
    /// Persons for whom the rule holds.
    pub eligible: Bitmap,
    /// How many it does not hold for.
    pub refused: usize,
    /// How many cannot be decided.
    pub unknown: usize,
    /// The conditions on which most were refused, most first.
    pub why_not: Vec<Reason>,
    /// The fields that are missing for most, most first.
    pub missing: Vec<Reason>,
}

/// At most so many persons of each verdict are explained one by one for the ranking of reasons.
const EXPLAINED: usize = 2_000;

/// Compiles a programme's rule for a day.
///
/// # Errors
/// A pack whose rule does not pass the type check.
pub fn rule(
    app: &App,
    county: &CountyId,
    programme: &Programme,
    snapshot: &Snapshot,
) -> Result<RuleSet, Problem> {
    let at = At { day: snapshot.day.epoch(), region: county.to_string() };
    let rules = [(programme.code.as_str(), programme.when.as_str())];
    Ok(RuleSet::compile(&app.pack.profile, &app.pack.params, &at, rules).map_err(anyhow::Error::from)?)
}

/// Decides who of `rows` may take part, and ranks the reasons.
///
/// # Errors
/// As [`rule`].
pub fn assess(
    app: &App,
    county: &CountyId,
    programme: &Programme,
    snapshot: &Snapshot,
    rows: &Bitmap,
) -> Result<Eligibility, Problem> {
    let set = rule(app, county, programme, snapshot)?;
    let Some(verdicts) = set.evaluate(&snapshot.table).into_iter().next() else {
        return Err(Problem::NotFound);
    };
    let Verdicts { truth, known } = &verdicts;
    let refused = rows.and(&known.and_not(truth));
    let unknown = rows.and_not(known);
    let explain = |row: usize| set.explain(0, &snapshot.table, row);
    let why_not = counted(refused.iter().take(EXPLAINED).filter_map(explain).map(|e| {
        let deciding = e.deciding().into_iter().map(|leaf| (leaf.words[0].clone(), leaf.words[1].clone()));
        deciding.collect()
    }));
    let missing = counted(unknown.iter().take(EXPLAINED).filter_map(|row| {
        let fields = explain(row)?.missing(&snapshot.table, row);
        let labels = fields.into_iter().filter_map(|id| app.pack.profile.field(id));
        Some(labels.map(|f| (f.label.zh.clone(), f.label.en.clone())).collect())
    }));
    Ok(Eligibility {
        eligible: rows.and(truth),
        refused: refused.count(),
        unknown: unknown.count(),
        why_not,
        missing,
    })
}

fn counted(all: impl Iterator<Item = Vec<(String, String)>>) -> Vec<Reason> {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for one in all.flat_map(|mut reasons| {
        reasons.sort();
        reasons.dedup();
        reasons
    }) {
        *counts.entry(one).or_default() += 1;
    }
    let mut reasons: Vec<Reason> =
        counts.into_iter().map(|((zh, en), count)| Reason { zh, en, count }).collect();
    reasons.sort_by(|a, b| b.count.cmp(&a.count).then(a.zh.cmp(&b.zh)));
    reasons.truncate(6);
    reasons
}

/// A programme's rule explained for one person.
///
/// # Errors
/// As [`rule`].
pub fn explain(
    app: &App,
    county: &CountyId,
    programme: &Programme,
    snapshot: &Snapshot,
    row: usize,
) -> Result<Option<(Truth, Explained)>, Problem> {
    let set = rule(app, county, programme, snapshot)?;
    Ok(set.explain(0, &snapshot.table, row).map(|e| (e.truth, e)))
}
