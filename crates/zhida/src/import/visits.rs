//! Rows that become visits: who was visited is found by the identity number.

use std::collections::BTreeMap;

use zhida_types::{Day, IdNumber};

use super::check::{BadRow, Context, Good, Lines};
use super::value::{day, field_value, is_nothing};
use crate::party::{Identity, Numbers};
use crate::problem::Problem;
use crate::task::Progress;

/// A row that can be taken in, if the person is on file.
#[derive(Clone, Debug)]
pub(super) struct VisitRow {
    pub(super) row: usize,
    pub(super) numbers: Numbers,
    pub(super) on: Day,
    pub(super) visitor: String,
    pub(super) words: String,
    pub(super) need: String,
    pub(super) values: BTreeMap<String, serde_json::Value>,
}

/// Sorts the rows: gives the good ones to `taken`, and answers the others.
///
/// # Errors
/// A stop by somebody.
pub(super) fn sort(
    context: &Context<'_>,
    lines: &Lines<'_>,
    progress: &Progress,
    taken: &mut dyn FnMut(Good) -> Result<(), Problem>,
) -> Result<Vec<BadRow>, Problem> {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    let total = lines.grid.rows.len();
    for (done, (number, row)) in lines.grid.rows.iter().enumerate() {
        progress.go_on(done, total)?;
        let mut problems = Vec::new();
        let text = |target: &str| lines.text(row, target);
        let identity = IdNumber::parse(text("id_number"));
        if identity.is_err() {
            problems.push(lines.problem(
                "id_number",
                text("id_number"),
                "row-id-form",
                text("id_number").chars().count(),
            ));
        }
        let on = match day(text("visited_on")) {
            Ok(Some(on)) if on > context.today => {
                problems.push(lines.problem("visited_on", text("visited_on"), "row-future", ""));
                None
            }
            Ok(Some(on)) => Some(on),
            Ok(None) => {
                problems.push(lines.problem("visited_on", "", "row-empty", ""));
                None
            }
            Err((key, arg)) => {
                problems.push(lines.problem("visited_on", text("visited_on"), key, arg));
                None
            }
        };
        let mut values = BTreeMap::new();
        for field in context.kind.fields.iter().filter_map(|f| context.register.profile.named(f)) {
            match field_value(context.app, &context.county.0, field, text(&field.name)) {
                Ok(value) => values.extend(value.map(|v| (field.name.clone(), v))),
                Err((key, arg)) => problems.push(lines.problem(&field.name, text(&field.name), key, arg)),
            }
        }
        match (identity, on) {
            (Ok(identity), Some(on)) if problems.is_empty() => good.push(VisitRow {
                row: *number,
                numbers: Identity::person(text("name"), Some(&identity), None, None)
                    .numbers(&context.app.keys),
                on,
                visitor: text("visitor").to_owned(),
                words: text("words").to_owned(),
                need: if is_nothing(text("need")) { String::new() } else { text("need").to_owned() },
                values,
            }),
            _ => bad.push(BadRow { row: *number, problems }),
        }
    }
    taken(Good::Visits(good))?;
    Ok(bad)
}
