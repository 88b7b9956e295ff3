//! The light of a commitment: progress against the planned curve, by the rule of its pack.

use zhida_pack::Lights;
use zhida_rules::Cell;

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
    let row = |s: &State| {
        [
            Cell::Double(s.done as f64 / 10.0),
            Cell::Double(s.planned as f64 / 10.0),
            Cell::Int(s.days_left),
            Cell::Int(s.steps_overdue),
        ]
    };
    let rows: Vec<[Cell; 4]> = states.iter().map(row).collect();
    let found = lights.colours(&rows).map_err(|e| Problem::Internal(anyhow::anyhow!(e)))?;
    Ok(found.into_iter().map(|c| c.unwrap_or("grey").to_owned()).collect())
}
