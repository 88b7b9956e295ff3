//! Filling a table column by column from what files hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::columns::{CellFault, Column, Table};
use crate::profile::{FieldId, FieldKind, Profile};

/// A table while it is filled: each field takes one value a row, in any order of fields.
#[derive(Debug)]
pub struct Loader {
    table: Table,
    /// For each field its codes' positions.
    codes: Vec<BTreeMap<String, usize>>,
    lengths: Vec<usize>,
}

impl Loader {
    /// A loader for the profile's fields.
    pub fn new(profile: &Profile) -> Self {
        let list = |kind: &FieldKind| {
            kind.codes().iter().enumerate().map(|(at, c)| (c.code.clone(), at)).collect::<BTreeMap<_, _>>()
        };
        Self {
            table: Table::new(profile),
            codes: profile.fields().iter().map(|f| list(&f.kind)).collect(),
            lengths: vec![0; profile.fields().len()],
        }
    }

    /// A value as a file writes it: empty is missing, dates are ISO 8601, members of a set are joined by `;`.
    ///
    /// # Errors
    /// [`CellFault`] for a text that is no value of the field.
    pub fn text(&mut self, id: FieldId, text: &str) -> Result<(), CellFault> {
        let text = text.trim();
        if text.is_empty() {
            self.missing(id);
            return Ok(());
        }
        let profile = Arc::clone(&self.table.profile);
        let Some(field) = profile.field(id) else { return Ok(()) };
        let wrong = |expected| CellFault::Text { field: field.name.clone(), text: text.to_owned(), expected };
        match &field.kind {
            FieldKind::Int => self.whole(id, whole(text).ok_or_else(|| wrong("a whole number"))?),
            FieldKind::Double => {
                let number = text.parse::<f64>().ok().filter(|x| !x.is_nan());
                self.number(id, number.ok_or_else(|| wrong("a number"))?);
            }
            FieldKind::Bool => match text {
                "true" | "True" | "TRUE" | "1" => self.whole(id, 1),
                "false" | "False" | "FALSE" | "0" => self.whole(id, 0),
                _ => return Err(wrong("`true` or `false`")),
            },
            FieldKind::Date => {
                self.whole(id, day(text).ok_or_else(|| wrong("a date such as 2025-01-31"))?);
            }
            FieldKind::Code { .. } => {
                let position = self.codes.get(id.0).and_then(|c| c.get(text)).copied();
                let unknown = || CellFault::UnknownCode { field: field.name.clone(), code: text.to_owned() };
                self.whole(id, position.and_then(|p| i64::try_from(p).ok()).ok_or_else(unknown)?);
            }
            FieldKind::Text | FieldKind::Region => self.word(id, text),
            FieldKind::Set { .. } => {
                let list = self.codes.get(id.0);
                let position = |code: &str| {
                    let unknown =
                        || CellFault::UnknownCode { field: field.name.clone(), code: code.to_owned() };
                    list.and_then(|c| c.get(code)).copied().ok_or_else(unknown)
                };
                let codes = text.split(';').map(str::trim).filter(|c| !c.is_empty());
                let positions: Vec<usize> = codes.map(position).collect::<Result<_, _>>()?;
                self.members(id, &positions);
            }
        }
        Ok(())
    }

    /// A missing value.
    pub fn missing(&mut self, id: FieldId) {
        let row = self.grow(id);
        match self.table.columns.get_mut(id.0) {
            Some(Column::Whole(planes) | Column::Text { values: planes, .. }) => planes.push(None),
            Some(Column::Double { values, known }) => {
                values.push(0.0);
                known.append(row, false);
            }
            Some(Column::Set { members, known }) => {
                known.append(row, false);
                for plane in members {
                    plane.append(row, false);
                }
            }
            None => {}
        }
    }

    /// The empty set: known, and nothing in it.
    pub fn none(&mut self, id: FieldId) {
        self.members(id, &[]);
    }

    /// A whole number for an `int` field, days since 1970-01-01 for a `date`, 0 or 1 for a `bool`, a number for a
    /// `double`.
    pub fn whole(&mut self, id: FieldId, value: i64) {
        if let Some(Column::Double { .. }) = self.table.columns.get(id.0) {
            #[expect(clippy::cast_precision_loss, reason = "the file's number becomes the nearest double")]
            return self.number(id, value as f64);
        }
        self.grow(id);
        if let Some(Column::Whole(planes)) = self.table.columns.get_mut(id.0) {
            planes.push(Some(value));
        }
    }

    /// A number for a `double` field; missing if it is not a number.
    pub fn number(&mut self, id: FieldId, value: f64) {
        if value.is_nan() {
            return self.missing(id);
        }
        let row = self.grow(id);
        if let Some(Column::Double { values, known }) = self.table.columns.get_mut(id.0) {
            values.push(value);
            known.append(row, true);
        }
    }

    fn word(&mut self, id: FieldId, text: &str) {
        self.grow(id);
        if let Some(column) = self.table.columns.get_mut(id.0) {
            column.push_text(text);
        }
    }

    fn members(&mut self, id: FieldId, positions: &[usize]) {
        let row = self.grow(id);
        if let Some(Column::Set { members, known }) = self.table.columns.get_mut(id.0) {
            known.append(row, true);
            for (at, plane) in members.iter_mut().enumerate() {
                plane.append(row, positions.contains(&at));
            }
        }
    }

    /// Counts a new cell; gives its row.
    fn grow(&mut self, id: FieldId) -> usize {
        self.lengths.get_mut(id.0).map_or(0, |n| std::mem::replace(n, *n + 1))
    }

    /// The table. Fields that were given nothing are missing for every row.
    ///
    /// # Errors
    /// [`CellFault::Length`] if fields were given different numbers of cells.
    pub fn finish(mut self, rows: usize) -> Result<Table, CellFault> {
        for at in 0..self.lengths.len() {
            let found = self.lengths.get(at).copied().unwrap_or_default();
            if found == 0 {
                (0..rows).for_each(|_| self.missing(FieldId(at)));
            } else if found != rows {
                let field = self.table.profile.fields().get(at).map_or_else(String::new, |f| f.name.clone());
                return Err(CellFault::Length { field, found, expected: rows });
            }
        }
        self.table.rows = rows;
        Ok(self.table)
    }
}

/// A whole number, also one that a table program has written as `45.0`.
fn whole(text: &str) -> Option<i64> {
    let digits = text.split_once('.').filter(|(_, zeros)| zeros.bytes().all(|b| b == b'0'));
    digits.map_or(text, |(whole, _)| whole).parse().ok()
}

/// Days since 1970-01-01 of `2025-01-31`, with or without a time behind it.
fn day(text: &str) -> Option<i64> {
    let date = text.split_once(['T', ' ']).map_or(text, |(date, _)| date);
    let date = chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
    Some(i64::from(date.to_epoch_days()))
}
