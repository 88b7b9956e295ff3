//! The light of a commitment: progress against the planned curve, by the rule of its pack.

use zhida_pack::{Lights, light_profile};
use zhida_rules::{At, Cell, Params, RuleSet, Table, Truth};

use crate::problem::Problem;

/// What a light depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct State {
    /// Thousandths of the target that are done.
    pub(super) done: i64,
    /// Thousandths that are planned.
    pub(super) planned: i64,
    pub(super) days_left: i64,
    pub(super) steps_overdue: i64,
}

/// The colours of many commitments under one rule; `grey` where none of its conditions holds.
#[expect(clippy::cast_precision_loss, reason = "percentages")]
pub(super) fn colours(lights: &Lights, states: &[State]) -> Result<Vec<String>, Problem> {
    let profile = light_profile();
    let rules = lights.lights.iter().map(|l| (l.colour.as_str(), l.when.as_str()));
    let set = RuleSet::compile(&profile, &Params::default(), &At::day(0), rules)
        .map_err(|faults| Problem::Internal(anyhow::anyhow!("{faults}")))?;
    let mut table = Table::new(&profile);
    for s in states {
        let row = [
            Cell::Double(s.done as f64 / 10.0),
            Cell::Double(s.planned as f64 / 10.0),
            Cell::Int(s.days_left),
            Cell::Int(s.steps_overdue),
        ];
        table.push(&row).map_err(|e| Problem::Internal(e.into()))?;
    }
    let verdicts = set.evaluate(&table);
    let colour = |row: usize| {
        let first = verdicts.iter().position(|v| v.at(row) == Truth::True);
        let light = first.and_then(|at| lights.lights.get(at));
        light.map_or_else(|| "grey".to_owned(), |l| l.colour.clone())
    };
    Ok((0..states.len()).map(colour).collect())
}
