//! Facts with their source, purpose and date; what is known is made of them, and where sources differ both are shown.

use std::collections::BTreeMap;

use serde_json::Value;
use zhida_rules::{Cell, Field, FieldKind, Profile};
use zhida_types::Day;

use crate::ids::ImportId;

/// What one source says of a party on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// The source: the kind of file, a visit, an officer.
    pub source: String,
    /// What it may be used for.
    pub purpose: String,
    /// The day as of which it holds.
    pub as_of: Day,
    /// The import and the row that brought it.
    pub import: Option<(ImportId, i64)>,
    /// Field to value; the program's own fields (`name`, `id_number`, `phone`, `address`, `village`) stand among them.
    pub values: BTreeMap<String, Value>,
}

/// A field's value and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// The value.
    pub value: Value,
    /// The source.
    pub source: String,
    /// The purpose.
    pub purpose: String,
    /// The day.
    pub as_of: Day,
}

/// A field on which sources differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// The field.
    pub field: String,
    /// What the other source says.
    pub other: Held,
}

/// What is known, made of all sheets (oldest first): the newest wins; a source's newer sheet replaces its older one; a
/// differing value of another source is a conflict, which is shown and settled by people.
pub fn known(sheets: &[Sheet]) -> (BTreeMap<String, Held>, Vec<Conflict>) {
    let mut latest: BTreeMap<(&str, &str), Held> = BTreeMap::new();
    let mut order: Vec<(&str, &str)> = Vec::new();
    for sheet in sheets {
        for (field, value) in &sheet.values {
            let key = (field.as_str(), sheet.source.as_str());
            order.retain(|k| *k != key);
            order.push(key);
            let held = Held {
                value: value.clone(),
                source: sheet.source.clone(),
                purpose: sheet.purpose.clone(),
                as_of: sheet.as_of,
            };
            latest.insert(key, held);
        }
    }
    let mut winners: BTreeMap<String, Held> = BTreeMap::new();
    let mut conflicts = Vec::new();
    for key in order.iter().rev() {
        let Some(held) = latest.get(key) else { continue };
        match winners.get(key.0) {
            None => {
                winners.insert(key.0.to_owned(), held.clone());
            }
            Some(winner) if winner.value != held.value => {
                conflicts.push(Conflict { field: key.0.to_owned(), other: held.clone() });
            }
            Some(_) => {}
        }
    }
    (winners, conflicts)
}

/// A person's values as the profile's cells, with the ages and spans that dates give on a day.
pub fn cells_of(profile: &Profile, values: &BTreeMap<String, Value>, day: Day) -> Vec<Cell> {
    let mut cells: Vec<Cell> = profile.fields().iter().map(|f| cell_of(f, values.get(&f.name))).collect();
    zhida_pack::derive(profile, &mut cells, day);
    cells
}

/// A stored value as a cell of the field's column; a value that no longer fits the profile is missing.
pub fn cell_of(field: &Field, value: Option<&Value>) -> Cell {
    let Some(value) = value else { return Cell::Missing };
    let in_list = |code: &str| field.kind.codes().iter().any(|c| c.code == code);
    let cell = match &field.kind {
        FieldKind::Int => value.as_i64().map(Cell::Int),
        FieldKind::Double => value.as_f64().map(Cell::Double),
        FieldKind::Bool => value.as_bool().map(Cell::Bool),
        FieldKind::Text | FieldKind::Region => value.as_str().map(|s| Cell::Text(s.to_owned())),
        FieldKind::Date => value.as_str().and_then(|s| Day::parse(s).ok()).map(|d| Cell::Date(d.epoch())),
        FieldKind::Code { .. } => value.as_str().filter(|c| in_list(c)).map(|c| Cell::Code(c.to_owned())),
        FieldKind::Set { .. } => value.as_array().and_then(|items| {
            let known = items.iter().filter_map(Value::as_str).filter(|c| in_list(c)).map(str::to_owned);
            let known: Vec<String> = known.collect();
            // Where none of the codes exists any more it is not known that there are none.
            (items.is_empty() || !known.is_empty()).then_some(Cell::Set(known))
        }),
    };
    cell.unwrap_or_default()
}

/// A cell as it is stored; nothing for a missing one.
pub fn json_of(cell: &Cell) -> Option<Value> {
    Some(match cell {
        Cell::Missing => return None,
        Cell::Int(n) => Value::from(*n),
        Cell::Double(x) => Value::from(*x),
        Cell::Bool(b) => Value::from(*b),
        Cell::Text(t) | Cell::Code(t) => Value::from(t.clone()),
        Cell::Date(d) => Value::from(Day::from_epoch(*d)?.to_string()),
        Cell::Set(codes) => Value::from(codes.clone()),
    })
}
