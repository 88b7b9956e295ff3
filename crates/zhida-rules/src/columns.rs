//! A county's parties as typed columns: narrow, with a bit for "known".

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Bitmap;
use crate::profile::{FieldId, FieldKind, Profile};

/// One value on its way into a column.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell {
    /// Nothing is known.
    #[default]
    Missing,
    /// For `int` fields.
    Int(i64),
    /// For `double` fields.
    Double(f64),
    /// For `bool` fields.
    Bool(bool),
    /// For `string` and `region` fields.
    Text(String),
    /// For `date` fields: days since 1970-01-01.
    Date(i32),
    /// For `code` fields.
    Code(String),
    /// For `set<code>` fields.
    Set(Vec<String>),
}

/// Why a value does not fit its column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CellFault {
    /// The value is of another type.
    #[error("field `{field}` holds `{kind}` values, not this one")]
    Type {
        /// The field.
        field: String,
        /// Its type.
        kind: &'static str,
    },
    /// The list does not hold the code.
    #[error("field `{field}`: the code `{code}` is not in its list")]
    UnknownCode {
        /// The field.
        field: String,
        /// The code.
        code: String,
    },
    /// More or fewer cells than the profile has fields.
    #[error("a row has {found} cells, the profile {expected} fields")]
    RowLength {
        /// Cells in the row.
        found: usize,
        /// Fields in the profile.
        expected: usize,
    },
}

/// One field of all rows.
#[derive(Clone, Debug)]
pub enum Column {
    /// Whole numbers; dates as days since 1970-01-01.
    Int {
        /// A value a row, 0 where unknown.
        values: Vec<i64>,
        /// Which rows are known.
        known: Bitmap,
    },
    /// Numbers.
    Double {
        /// A value a row, 0 where unknown.
        values: Vec<f64>,
        /// Which rows are known.
        known: Bitmap,
    },
    /// Yes or no.
    Bool {
        /// A bit a row.
        values: Bitmap,
        /// Which rows are known.
        known: Bitmap,
    },
    /// The position in the field's list, plus one; 0 where unknown.
    Code(Vec<u16>),
    /// The position in the dictionary, plus one; 0 where unknown.
    Text {
        /// A position a row.
        values: Vec<u32>,
        /// The distinct texts in order of first appearance.
        dictionary: Vec<String>,
        /// Where a text stands in the dictionary.
        index: BTreeMap<String, u32>,
    },
    /// A row of bits over the field's list, `stride` words each.
    Set {
        /// `stride` words a row.
        values: Vec<u64>,
        /// Words a row.
        stride: usize,
        /// Which rows are known.
        known: Bitmap,
    },
}

/// All rows as one column a field, in the order of the profile.
#[derive(Clone, Debug)]
pub struct Table {
    profile: Arc<Profile>,
    columns: Vec<Column>,
    rows: usize,
}

impl Table {
    /// An empty table with the profile's columns.
    pub fn new(profile: &Profile) -> Self {
        let columns = profile.fields().iter().map(|f| Column::new(&f.kind)).collect();
        Self { profile: Arc::new(profile.clone()), columns, rows: 0 }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The profile whose fields the columns are.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// A column.
    pub fn column(&self, id: FieldId) -> Option<&Column> {
        self.columns.get(id.0)
    }

    /// Adds a row: one cell a field, in the profile's order. On a fault the table stays as it was.
    ///
    /// # Errors
    /// [`CellFault`] names the field.
    pub fn push(&mut self, row: &[Cell]) -> Result<(), CellFault> {
        self.check_row(row)?;
        for (column, (field, cell)) in self.columns.iter_mut().zip(self.profile.fields().iter().zip(row)) {
            column.grow();
            column.set(self.rows, &field.kind, cell);
        }
        self.rows += 1;
        Ok(())
    }

    /// Replaces a row. On a fault the table stays as it was; a row behind the end is ignored.
    ///
    /// # Errors
    /// [`CellFault`] names the field.
    pub fn replace(&mut self, at: usize, row: &[Cell]) -> Result<(), CellFault> {
        self.check_row(row)?;
        for (column, (field, cell)) in self.columns.iter_mut().zip(self.profile.fields().iter().zip(row)) {
            column.set(at, &field.kind, cell);
        }
        Ok(())
    }

    /// A table of one row of this one: what explaining a single party looks at.
    pub(crate) fn single(&self, row: usize) -> Self {
        let columns = self.profile.fields().iter().map(|f| Column::new(&f.kind)).collect();
        let mut one = Self { profile: Arc::clone(&self.profile), columns, rows: 1 };
        for (column, (at, field)) in one.columns.iter_mut().zip(self.profile.fields().iter().enumerate()) {
            column.grow();
            column.set(0, &field.kind, &self.cell(row, FieldId(at)));
        }
        one
    }

    /// The value in one place.
    pub fn cell(&self, row: usize, id: FieldId) -> Cell {
        let kind = self.profile.field(id).map(|f| &f.kind);
        match (self.columns.get(id.0), kind) {
            (Some(column), Some(kind)) if row < self.rows => column.cell(row, kind),
            _ => Cell::Missing,
        }
    }

    fn check_row(&self, row: &[Cell]) -> Result<(), CellFault> {
        let fields = self.profile.fields();
        if row.len() != fields.len() {
            return Err(CellFault::RowLength { found: row.len(), expected: fields.len() });
        }
        for (field, cell) in fields.iter().zip(row) {
            let known = |code: &String| {
                if field.kind.codes().iter().any(|c| c.code == *code) {
                    Ok(())
                } else {
                    Err(CellFault::UnknownCode { field: field.name.clone(), code: code.clone() })
                }
            };
            match (&field.kind, cell) {
                (_, Cell::Missing)
                | (FieldKind::Int, Cell::Int(_))
                | (FieldKind::Double, Cell::Double(_))
                | (FieldKind::Bool, Cell::Bool(_))
                | (FieldKind::Text | FieldKind::Region, Cell::Text(_))
                | (FieldKind::Date, Cell::Date(_)) => {}
                (FieldKind::Code { .. }, Cell::Code(code)) => known(code)?,
                (FieldKind::Set { .. }, Cell::Set(codes)) => codes.iter().try_for_each(known)?,
                _ => return Err(CellFault::Type { field: field.name.clone(), kind: field.kind.as_str() }),
            }
        }
        Ok(())
    }
}

impl Column {
    fn new(kind: &FieldKind) -> Self {
        match kind {
            FieldKind::Int | FieldKind::Date => Self::Int { values: Vec::new(), known: Bitmap::default() },
            FieldKind::Double => Self::Double { values: Vec::new(), known: Bitmap::default() },
            FieldKind::Bool => Self::Bool { values: Bitmap::default(), known: Bitmap::default() },
            FieldKind::Code { .. } => Self::Code(Vec::new()),
            FieldKind::Text | FieldKind::Region => {
                Self::Text { values: Vec::new(), dictionary: Vec::new(), index: BTreeMap::new() }
            }
            FieldKind::Set { codes } => {
                Self::Set { values: Vec::new(), stride: codes.len().div_ceil(64), known: Bitmap::default() }
            }
        }
    }

    fn grow(&mut self) {
        match self {
            Self::Int { values, known } => {
                values.push(0);
                known.push(false);
            }
            Self::Double { values, known } => {
                values.push(0.0);
                known.push(false);
            }
            Self::Bool { values, known } => {
                values.push(false);
                known.push(false);
            }
            Self::Code(values) => values.push(0),
            Self::Text { values, .. } => values.push(0),
            Self::Set { values, stride, known } => {
                values.resize(values.len() + *stride, 0);
                known.push(false);
            }
        }
    }

    /// Writes a cell that `check_row` has found to fit.
    fn set(&mut self, row: usize, kind: &FieldKind, cell: &Cell) {
        match self {
            Self::Int { values, known } => {
                let value = match cell {
                    Cell::Int(n) => Some(*n),
                    Cell::Date(d) => Some(i64::from(*d)),
                    _ => None,
                };
                put(values, row, value.unwrap_or(0));
                known.set(row, value.is_some());
            }
            Self::Double { values, known } => {
                let value = if let Cell::Double(x) = cell { Some(*x) } else { None };
                put(values, row, value.unwrap_or(0.0));
                known.set(row, value.is_some());
            }
            Self::Bool { values, known } => {
                values.set(row, *cell == Cell::Bool(true));
                known.set(row, *cell != Cell::Missing);
            }
            Self::Code(values) => {
                let at = if let Cell::Code(code) = cell { position(kind, code) } else { None };
                put(values, row, at.map_or(0, |p| p + 1));
            }
            Self::Text { values, dictionary, index } => {
                let at = if let Cell::Text(text) = cell { intern(dictionary, index, text) } else { 0 };
                put(values, row, at);
            }
            Self::Set { values, stride, known } => {
                let start = row * *stride;
                if let Some(words) = values.get_mut(start..start + *stride) {
                    words.fill(0);
                    if let Cell::Set(codes) = cell {
                        for p in codes.iter().filter_map(|c| position(kind, c)).map(usize::from) {
                            if let Some(word) = words.get_mut(p / 64) {
                                *word |= 1 << (p % 64);
                            }
                        }
                    }
                }
                known.set(row, *cell != Cell::Missing);
            }
        }
    }

    fn cell(&self, row: usize, kind: &FieldKind) -> Cell {
        match self {
            Self::Int { values, known } if known.get(row) => {
                let value = values.get(row).copied().unwrap_or_default();
                match kind {
                    FieldKind::Date => i32::try_from(value).map_or(Cell::Missing, Cell::Date),
                    _ => Cell::Int(value),
                }
            }
            Self::Double { values, known } if known.get(row) => {
                Cell::Double(values.get(row).copied().unwrap_or_default())
            }
            Self::Bool { values, known } if known.get(row) => Cell::Bool(values.get(row)),
            Self::Code(values) => values
                .get(row)
                .and_then(|at| usize::from(*at).checked_sub(1))
                .and_then(|p| kind.codes().get(p))
                .map_or(Cell::Missing, |c| Cell::Code(c.code.clone())),
            Self::Text { values, dictionary, .. } => values
                .get(row)
                .and_then(|at| (*at as usize).checked_sub(1))
                .and_then(|p| dictionary.get(p))
                .map_or(Cell::Missing, |t| Cell::Text(t.clone())),
            Self::Set { values, stride, known } if known.get(row) => {
                let words = values.get(row * stride..(row + 1) * stride).unwrap_or_default();
                let held = |p: &usize| words.get(p / 64).is_some_and(|w| w >> (p % 64) & 1 == 1);
                let codes = kind.codes().iter().enumerate().filter(|(p, _)| held(p));
                Cell::Set(codes.map(|(_, c)| c.code.clone()).collect())
            }
            _ => Cell::Missing,
        }
    }
}

fn put<T>(values: &mut [T], row: usize, value: T) {
    if let Some(slot) = values.get_mut(row) {
        *slot = value;
    }
}

fn position(kind: &FieldKind, code: &str) -> Option<u16> {
    kind.codes().iter().position(|c| c.code == code).and_then(|p| u16::try_from(p).ok())
}

fn intern(dictionary: &mut Vec<String>, index: &mut BTreeMap<String, u32>, text: &str) -> u32 {
    if let Some(at) = index.get(text) {
        return *at;
    }
    dictionary.push(text.to_owned());
    let at = u32::try_from(dictionary.len()).unwrap_or(0);
    index.insert(text.to_owned(), at);
    at
}
