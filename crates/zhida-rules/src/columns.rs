//! A county's parties as typed columns: narrow, with a bit for "known".

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::planes::{Plane, Planes};
use crate::profile::{Field, FieldId, FieldKind, Profile};

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
    /// A text that is no value of the field.
    #[error("field `{field}`: `{text}` is not {expected}")]
    Text {
        /// The field.
        field: String,
        /// What stands there.
        text: String,
        /// What should stand there.
        expected: &'static str,
    },
    /// The columns of a table have different numbers of cells.
    #[error("field `{field}` has {found} cells, others have {expected}")]
    Length {
        /// The field.
        field: String,
        /// Its cells.
        found: usize,
        /// The other fields' cells.
        expected: usize,
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
pub(crate) enum Column {
    /// Whole numbers; dates as days since 1970-01-01; codes as their position in the list; no and yes as 0 and 1.
    Whole(Planes),
    /// Numbers.
    Double {
        /// A value a row, 0 where unknown.
        values: Vec<f64>,
        known: Plane,
    },
    Text {
        /// Positions in the dictionary.
        values: Planes,
        /// The distinct texts in order of first appearance.
        dictionary: Vec<String>,
        /// Where a text stands in the dictionary.
        index: BTreeMap<String, usize>,
    },
    Set {
        /// For each code of the list, who has it.
        members: Vec<Plane>,
        known: Plane,
    },
}

/// All rows as one column a field, in the order of the profile.
#[derive(Clone, Debug)]
pub struct Table {
    pub(crate) profile: Arc<Profile>,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: usize,
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

    pub(crate) fn column(&self, id: FieldId) -> Option<&Column> {
        self.columns.get(id.0)
    }

    /// Adds a row: one cell a field, in the profile's order. On a fault the table stays as it was.
    ///
    /// # Errors
    /// [`CellFault`] names the field.
    pub fn push(&mut self, row: &[Cell]) -> Result<(), CellFault> {
        self.check_row(row)?;
        for (column, (field, cell)) in self.columns.iter_mut().zip(self.profile.fields().iter().zip(row)) {
            column.put(None, self.rows, &field.kind, cell);
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
        if at >= self.rows {
            return Ok(());
        }
        for (column, (field, cell)) in self.columns.iter_mut().zip(self.profile.fields().iter().zip(row)) {
            column.put(Some(at), self.rows, &field.kind, cell);
        }
        Ok(())
    }

    /// Puts one value in its place. On a fault the table stays as it was; a place outside is ignored.
    ///
    /// # Errors
    /// [`CellFault`] names the field.
    pub fn set(&mut self, at: usize, id: FieldId, cell: &Cell) -> Result<(), CellFault> {
        let Some(field) = self.profile.field(id).filter(|_| at < self.rows) else { return Ok(()) };
        check_cell(field, cell)?;
        if let Some(column) = self.columns.get_mut(id.0) {
            column.put(Some(at), self.rows, &field.kind, cell);
        }
        Ok(())
    }

    /// A table of one row of this one: what explaining a single party looks at.
    pub(crate) fn single(&self, row: usize) -> Self {
        let columns = self.profile.fields().iter().map(|f| Column::new(&f.kind)).collect();
        let mut one = Self { profile: Arc::clone(&self.profile), columns, rows: 1 };
        for (column, (at, field)) in one.columns.iter_mut().zip(self.profile.fields().iter().enumerate()) {
            column.put(None, 0, &field.kind, &self.cell(row, FieldId(at)));
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

    /// The whole number that a cell is stored as; `None` where it is missing or no such number.
    pub(crate) fn whole(&self, row: usize, id: FieldId) -> Option<i64> {
        match self.columns.get(id.0)? {
            Column::Whole(planes) => planes.get(row),
            _ => None,
        }
    }

    fn check_row(&self, row: &[Cell]) -> Result<(), CellFault> {
        let fields = self.profile.fields();
        if row.len() != fields.len() {
            return Err(CellFault::RowLength { found: row.len(), expected: fields.len() });
        }
        fields.iter().zip(row).try_for_each(|(field, cell)| check_cell(field, cell))
    }
}

/// Refuses a value that does not fit its field.
fn check_cell(field: &Field, cell: &Cell) -> Result<(), CellFault> {
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
        | (FieldKind::Bool, Cell::Bool(_))
        | (FieldKind::Text | FieldKind::Region, Cell::Text(_))
        | (FieldKind::Date, Cell::Date(_)) => Ok(()),
        (FieldKind::Double, Cell::Double(x)) if !x.is_nan() => Ok(()),
        (FieldKind::Code { .. }, Cell::Code(code)) => known(code),
        (FieldKind::Set { .. }, Cell::Set(codes)) => codes.iter().try_for_each(known),
        _ => Err(CellFault::Type { field: field.name.clone(), kind: field.kind.as_str() }),
    }
}

impl Column {
    fn new(kind: &FieldKind) -> Self {
        match kind {
            FieldKind::Int | FieldKind::Date | FieldKind::Bool | FieldKind::Code { .. } => {
                Self::Whole(Planes::default())
            }
            FieldKind::Double => Self::Double { values: Vec::new(), known: Plane::default() },
            FieldKind::Text | FieldKind::Region => {
                Self::Text { values: Planes::default(), dictionary: Vec::new(), index: BTreeMap::new() }
            }
            FieldKind::Set { codes } => {
                Self::Set { members: vec![Plane::default(); codes.len()], known: Plane::default() }
            }
        }
    }

    /// Adds or replaces the cell of a row that `check_row` has found to fit.
    fn put(&mut self, row: Option<usize>, rows: usize, kind: &FieldKind, cell: &Cell) {
        let whole = |planes: &mut Planes, value| match row {
            Some(row) => planes.set(row, value),
            None => planes.push(value),
        };
        match self {
            Self::Whole(planes) => whole(planes, whole_number(kind, cell)),
            Self::Double { values, known } => {
                let value = if let Cell::Double(x) = cell { Some(*x) } else { None };
                if row.is_none() {
                    values.push(0.0);
                }
                let at = row.unwrap_or(rows);
                if let Some(slot) = values.get_mut(at) {
                    *slot = value.unwrap_or(0.0);
                }
                known.set(at, value.is_some());
            }
            Self::Text { values, dictionary, index } => {
                let at =
                    if let Cell::Text(text) = cell { Some(intern(dictionary, index, text)) } else { None };
                whole(values, at);
            }
            Self::Set { members, known } => {
                let at = row.unwrap_or(rows);
                known.set(at, *cell != Cell::Missing);
                for plane in members.iter_mut() {
                    plane.set(at, false);
                }
                if let Cell::Set(codes) = cell {
                    for position in codes.iter().filter_map(|c| position(kind, c)) {
                        if let Some(plane) = members.get_mut(position) {
                            plane.set(at, true);
                        }
                    }
                }
            }
        }
    }

    pub(crate) fn push_text(&mut self, text: &str) {
        if let Self::Text { values, dictionary, index } = self {
            values.push(Some(intern(dictionary, index, text)));
        }
    }

    fn cell(&self, row: usize, kind: &FieldKind) -> Cell {
        let code = |at: usize| kind.codes().get(at).map(|c| c.code.clone());
        match self {
            Self::Whole(planes) => match (planes.get(row), kind) {
                (None, _) => Cell::Missing,
                (Some(n), FieldKind::Date) => i32::try_from(n).map_or(Cell::Missing, Cell::Date),
                (Some(n), FieldKind::Bool) => Cell::Bool(n != 0),
                (Some(n), FieldKind::Code { .. }) => {
                    usize::try_from(n).ok().and_then(code).map_or(Cell::Missing, Cell::Code)
                }
                (Some(n), _) => Cell::Int(n),
            },
            Self::Double { values, known } if known.get(row) => {
                Cell::Double(values.get(row).copied().unwrap_or_default())
            }
            Self::Text { values, dictionary, .. } => values
                .get(row)
                .and_then(|at| dictionary.get(usize::try_from(at).ok()?))
                .map_or(Cell::Missing, |t| Cell::Text(t.clone())),
            Self::Set { members, known } if known.get(row) => {
                let held = members.iter().enumerate().filter(|(_, plane)| plane.get(row));
                Cell::Set(held.filter_map(|(at, _)| code(at)).collect())
            }
            _ => Cell::Missing,
        }
    }

    /// Who has a value.
    pub(crate) fn known(&self) -> &Plane {
        match self {
            Self::Whole(planes) | Self::Text { values: planes, .. } => planes.known(),
            Self::Double { known, .. } | Self::Set { known, .. } => known,
        }
    }
}

fn whole_number(kind: &FieldKind, cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Int(n) => Some(*n),
        Cell::Date(d) => Some(i64::from(*d)),
        Cell::Bool(b) => Some(i64::from(*b)),
        Cell::Code(code) => position(kind, code).and_then(|p| i64::try_from(p).ok()),
        _ => None,
    }
}

fn position(kind: &FieldKind, code: &str) -> Option<usize> {
    kind.codes().iter().position(|c| c.code == code)
}

fn intern(dictionary: &mut Vec<String>, index: &mut BTreeMap<String, usize>, text: &str) -> i64 {
    let at = index.get(text).copied().unwrap_or_else(|| {
        dictionary.push(text.to_owned());
        index.insert(text.to_owned(), dictionary.len() - 1);
        dictionary.len() - 1
    });
    i64::try_from(at).unwrap_or(i64::MAX)
}
