//! Two rule sets on the same people: who gains, who loses, and what it costs.

use crate::bitmap::Bitmap;
use crate::columns::{Cell, Table};
use crate::eval::Plan;
use crate::fault::{Fault, FaultCode, Faults};
use crate::graph::{Edge, Graph, Node, Value};
use crate::params::{At, Params};
use crate::profile::{FieldId, FieldKind, Lang, Profile};
use crate::ruleset::Verdicts;
use crate::typed::{Kind, Type, Typed};

/// What becomes of the rows between two verdicts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// True before and after.
    pub stay: Bitmap,
    /// True after, not before.
    pub gain: Bitmap,
    /// True before, not after.
    pub lose: Bitmap,
    /// Unknown after, whatever it was before.
    pub unknown: Bitmap,
}

impl Shift {
    /// The shift from one verdict to the other, both on the same rows.
    pub fn between(before: &Verdicts, after: &Verdicts) -> Self {
        let (a, b) = (&before.truth, &after.truth);
        let all = Bitmap::ones(after.known.len());
        Self { stay: a.and(b), gain: b.and_not(a), lose: a.and_not(b), unknown: all.and_not(&after.known) }
    }
}

/// One group of people in a shift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The group's value as files write it; empty where it is missing.
    pub value: String,
    /// What people read.
    pub label: String,
    /// Rows in the group.
    pub people: usize,
    /// True before.
    pub before: usize,
    /// True after.
    pub after: usize,
    /// Newly true.
    pub gain: usize,
    /// No longer true.
    pub lose: usize,
}

/// A shift counted by the values of a field: codes and yes or no in the order of their list, numbers by the field's
/// bands, texts by themselves. A person with several codes of a set counts for each. Empty groups are left out.
pub fn by_field(table: &Table, field: FieldId, lang: Lang, shift: &Shift) -> Vec<Group> {
    let Some(about) = table.profile().field(field) else { return Vec::new() };
    let mut groups: std::collections::BTreeMap<(usize, String), Group> = std::collections::BTreeMap::new();
    let place = |code: &str| about.kind.codes().iter().position(|c| c.code == code).unwrap_or_default();
    for row in 0..table.rows() {
        let cell = table.cell(row, field);
        let keys: Vec<(usize, String, String)> = match &cell {
            Cell::Missing => vec![(usize::MAX, String::new(), String::new())],
            Cell::Int(n) if !about.bands.is_empty() => {
                let at = about.bands.partition_point(|from| from <= n);
                let low = at.checked_sub(1).and_then(|at| about.bands.get(at));
                let text = match (low, about.bands.get(at)) {
                    (Some(low), Some(high)) => format!("{low}–{}", high - 1),
                    (Some(low), None) => format!("{low}+"),
                    (None, Some(high)) => format!("< {high}"),
                    (None, None) => n.to_string(),
                };
                vec![(at, text.clone(), text)]
            }
            Cell::Set(codes) => codes
                .iter()
                .map(|c| (place(c), c.clone(), about.display(&Cell::Code(c.clone()), lang)))
                .collect(),
            Cell::Code(code) => vec![(place(code), code.clone(), about.display(&cell, lang))],
            Cell::Int(n) => {
                let order = usize::try_from(i128::from(*n) - i128::from(i64::MIN)).unwrap_or_default();
                vec![(order, n.to_string(), about.display(&cell, lang))]
            }
            other => {
                let text = about.display(other, lang);
                vec![(0, text.clone(), text)]
            }
        };
        for (order, value, label) in keys {
            let group = groups.entry((order, value.clone())).or_insert_with(|| Group {
                value,
                label,
                people: 0,
                before: 0,
                after: 0,
                gain: 0,
                lose: 0,
            });
            let (stay, gain, lose) = (shift.stay.get(row), shift.gain.get(row), shift.lose.get(row));
            group.people += 1;
            group.before += usize::from(stay || lose);
            group.after += usize::from(stay || gain);
            group.gain += usize::from(gain);
            group.lose += usize::from(lose);
        }
    }
    groups.into_values().collect()
}

/// What people get: a number computed from their fields, for instance `params.subsidy * 12`.
#[derive(Clone, Debug)]
pub struct Amount {
    typed: Typed,
}

/// A sum over the rows for which a rule holds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Total {
    /// The sum over the rows whose amount is known.
    pub sum: f64,
    /// Rows whose amount is known.
    pub rows: usize,
    /// Rows whose amount is not.
    pub unknown: usize,
}

impl Amount {
    /// Reads an expression that gives a number.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn compile(profile: &Profile, params: &Params, at: &At, text: &str) -> Result<Self, Faults> {
        let typed = crate::check::expression("amount", text, profile, params, at)
            .map_err(|fault| Faults(vec![*fault]))?;
        if matches!(typed.ty, Type::Int | Type::Double) && !matches!(typed.kind, Kind::Failing(_)) {
            return Ok(Self { typed });
        }
        Err(Faults(vec![Fault {
            rule: "amount".to_owned(),
            code: FaultCode::Type,
            span: typed.span,
            cause: "an amount is a number".to_owned(),
            action: None,
            text: text.to_owned(),
        }]))
    }

    /// The amounts of rows; nothing for a row whose amount is not known.
    pub fn each(&self, table: &Table, rows: &Bitmap) -> Vec<(usize, Option<f64>)> {
        let mut found = Vec::new();
        self.visit(table, rows, |row, amount| found.push((row, amount)));
        found
    }

    /// The amount of one row.
    pub fn of(&self, table: &Table, row: usize) -> Option<f64> {
        let mut rows = Bitmap::zeros(table.rows());
        rows.set(row, true);
        self.each(table, &rows).into_iter().next().and_then(|(_, amount)| amount)
    }

    /// The sum of the amounts of some rows.
    pub fn total(&self, table: &Table, rows: &Bitmap) -> Total {
        let mut total = Total::default();
        self.visit(table, rows, |_, amount| match amount {
            Some(x) => {
                total.sum += x;
                total.rows += 1;
            }
            None => total.unknown += 1,
        });
        total
    }

    fn visit(&self, table: &Table, rows: &Bitmap, mut found: impl FnMut(usize, Option<f64>)) {
        let mut graph = Graph::default();
        let value = graph.value(table.profile(), &self.typed);
        // The conditions inside the amount are computed for its sake.
        let holder = Node::Compare(crate::typed::Cmp::Eq, value.clone(), Value::Int(0));
        let roots: Vec<Edge> = holder.edges();
        let plan = Plan::kept(&graph, &roots, table);
        plan.each_value(&value, |row, amount| {
            if rows.get(row) {
                found(row, amount);
            }
        });
    }
}

/// Whether a field can be counted by: everything but free numbers without bands.
pub fn is_countable(kind: &FieldKind, bands: &[i64]) -> bool {
    match kind {
        FieldKind::Double | FieldKind::Date => false,
        FieldKind::Int => !bands.is_empty(),
        _ => true,
    }
}
