//! The structure of any set of persons by any one or two fields.

use zhida_rules::{Bitmap, Cell, Lang};

use super::suppress::{Shown, suppress};
use crate::app::App;
use crate::ids::CountyId;
use crate::party::{Snapshot, buckets, groups};

/// A table of counts with names, small groups suppressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portrait {
    /// The rows' field.
    pub x: String,
    /// The columns' field; empty for one field alone.
    pub y: String,
    /// The rows' codes and names.
    pub rows: Vec<(String, String)>,
    /// The columns' codes and names; one without a code for one field alone.
    pub columns: Vec<(String, String)>,
    /// Counts, rows × columns.
    pub cells: Vec<Vec<Shown>>,
    /// Each row's total, where it may be shown.
    pub totals: Vec<Shown>,
    /// Persons in all.
    pub people: usize,
}

/// Counts persons by field `x`, and by `y` where it is not empty. Groups that nobody belongs to are left out. A person
/// with several codes of a set counts in each.
pub fn portrait(
    app: &App,
    county: &CountyId,
    snapshot: &Snapshot,
    rows: &Bitmap,
    (x, y): (&str, &str),
    lang: Lang,
) -> Portrait {
    let row_groups = groups(app, &snapshot.register, &county.0, x, lang);
    let column_groups = if y.is_empty() {
        vec![(String::new(), String::new())]
    } else {
        groups(app, &snapshot.register, &county.0, y, lang)
    };
    let mut counts = vec![vec![0_usize; column_groups.len()]; row_groups.len()];
    let mut totals = vec![0_usize; row_groups.len()];
    let place = |groups: &[(String, String)], code: &str| groups.iter().position(|(c, _)| c == code);
    for at in rows.iter() {
        let ys: Vec<usize> = if y.is_empty() {
            vec![0]
        } else {
            held(snapshot, at, y).iter().filter_map(|code| place(&column_groups, code)).collect()
        };
        for r in held(snapshot, at, x).iter().filter_map(|code| place(&row_groups, code)) {
            totals[r] += 1;
            for c in &ys {
                counts[r][*c] += 1;
            }
        }
    }
    let full_rows: Vec<usize> = (0..row_groups.len()).filter(|r| totals[*r] > 0).collect();
    let full_columns: Vec<usize> =
        (0..column_groups.len()).filter(|c| counts.iter().any(|row| row[*c] > 0)).collect();
    let kept: Vec<Vec<usize>> =
        full_rows.iter().map(|r| full_columns.iter().map(|c| counts[*r][*c]).collect()).collect();
    let sums: Vec<usize> = full_rows.iter().map(|r| totals[*r]).collect();
    let shown = if y.is_empty() { transpose(&suppress(&transpose_counts(&kept))) } else { suppress(&kept) };
    let total_line = suppress(&[sums]).into_iter().next().unwrap_or_default();
    Portrait {
        x: x.to_owned(),
        y: y.to_owned(),
        rows: full_rows.iter().map(|r| row_groups[*r].clone()).collect(),
        columns: full_columns.iter().map(|c| column_groups[*c].clone()).collect(),
        cells: shown,
        totals: total_line,
        people: rows.count(),
    }
}

fn transpose_counts(cells: &[Vec<usize>]) -> Vec<Vec<usize>> {
    vec![cells.iter().map(|row| row.first().copied().unwrap_or(0)).collect()]
}

fn transpose(cells: &[Vec<Shown>]) -> Vec<Vec<Shown>> {
    cells.first().map(|line| line.iter().map(|c| vec![*c]).collect()).unwrap_or_default()
}

fn held(snapshot: &Snapshot, at: usize, field: &str) -> Vec<String> {
    let person = snapshot.people.get(at);
    if field == "tier" {
        return vec![
            person
                .and_then(|p| p.tier.clone())
                .filter(|t| t != "none" && t != "unknown")
                .unwrap_or_else(|| "-".to_owned()),
        ];
    }
    let cell = snapshot.register.profile.find(field).map_or(Cell::Missing, |id| snapshot.table.cell(at, id));
    buckets(&snapshot.register, field, &cell)
}
