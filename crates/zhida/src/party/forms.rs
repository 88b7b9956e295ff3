//! What officers send about persons.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use zhida_rules::{Cell, Field, FieldKind, Profile};
use zhida_types::Day;

use super::facts::json_of;
use crate::problem::{FieldFault, Problem};

/// The reason for looking at a number.
#[derive(Debug, Deserialize)]
pub(super) struct Reveal {
    pub(super) reason: String,
}

/// What a title means.
#[derive(Debug, Deserialize)]
pub(super) struct Learn {
    pub(super) text: String,
    pub(super) code: String,
}

/// The fields of a form as facts; empty ones are left out, faulty ones are named.
pub(super) fn facts(
    profile: &Profile,
    form: &[(String, String)],
) -> Result<BTreeMap<String, Value>, Problem> {
    let (mut values, mut faults) = (BTreeMap::new(), Vec::new());
    for field in profile.fields().iter().filter(|f| !f.follows()) {
        let sent: Vec<&str> = form
            .iter()
            .filter(|(name, _)| *name == field.name)
            .map(|(_, v)| v.trim())
            .filter(|v| !v.is_empty())
            .collect();
        if sent.is_empty() {
            continue;
        }
        match cell(field, &sent) {
            Some(cell) => {
                values.extend(json_of(&cell).map(|value| (field.name.clone(), value)));
            }
            None => faults.push(FieldFault {
                field: field.name.clone(),
                key: "fault-value",
                value: sent.join(" "),
            }),
        }
    }
    match (faults.is_empty(), values.is_empty()) {
        (false, _) => Err(Problem::Invalid(faults)),
        (true, true) => Err(Problem::field("", "fault-nothing", "")),
        (true, false) => Ok(values),
    }
}

fn cell(field: &Field, sent: &[&str]) -> Option<Cell> {
    let first = sent.first()?;
    let code = |text: &str| field.kind.codes().iter().find(|c| c.code == text).map(|c| c.code.clone());
    Some(match &field.kind {
        FieldKind::Int => Cell::Int(first.parse().ok()?),
        FieldKind::Double => Cell::Double(first.parse().ok().filter(|x: &f64| x.is_finite())?),
        FieldKind::Bool => Cell::Bool(match *first {
            "yes" => true,
            "no" => false,
            _ => return None,
        }),
        FieldKind::Text | FieldKind::Region => Cell::Text((*first).to_owned()),
        FieldKind::Date => Cell::Date(Day::parse(first).ok()?.epoch()),
        FieldKind::Code { .. } => Cell::Code(code(first)?),
        FieldKind::Set { .. } => Cell::Set(sent.iter().map(|c| code(c)).collect::<Option<_>>()?),
    })
}
