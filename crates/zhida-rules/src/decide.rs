//! Fields that follow from rules: the first code whose rule holds.

use crate::Truth;
use crate::columns::{Cell, Table};
use crate::fault::Faults;
use crate::params::{At, Params};
use crate::profile::{Derive, FieldId, Profile};
use crate::ruleset::RuleSet;

/// Fills in the decided fields of rows, in the order of the profile, so that one may name those before it. Cost: that of
/// the rules over the whole table, however few the rows.
///
/// # Errors
/// Rules that do not pass the check.
pub fn decide(
    profile: &Profile,
    (params, at): (&Params, &At),
    table: &mut Table,
    rows: impl IntoIterator<Item = usize> + Clone,
) -> Result<(), Faults> {
    for (id, field) in profile.fields().iter().enumerate() {
        let Some(Derive::Decide(rules)) = &field.derive else { continue };
        let texts = rules.iter().map(|(code, when)| (code.as_str(), when.as_str()));
        let verdicts = RuleSet::compile(profile, params, at, texts)?.evaluate(table);
        for row in rows.clone() {
            let decided = rules.iter().zip(&verdicts).find(|(_, v)| v.at(row) != Truth::False);
            let cell = match decided {
                Some(((code, _), v)) if v.at(row) == Truth::True => Cell::Code(code.clone()),
                _ => Cell::Missing,
            };
            // A code of the field's own list always fits its column.
            let fits = table.set(row, FieldId(id), &cell);
            debug_assert!(fits.is_ok(), "{fits:?}");
        }
    }
    Ok(())
}
