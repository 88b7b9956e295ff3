//! Ages and spans that follow from dates: one place for pack cases, files and the county's columns.

use zhida_rules::{Cell, Derive, Profile};
use zhida_types::Day;

/// Fills in what follows from dates on a day, where nothing is said of it. `cells` are in the order of the profile's fields.
pub fn derive(profile: &Profile, cells: &mut [Cell], day: Day) {
    for (at, field) in profile.fields().iter().enumerate() {
        let Some(Derive::Years(from) | Derive::Months(from)) = &field.derive else { continue };
        let since = match profile.find(from).and_then(|id| cells.get(id.0)) {
            Some(Cell::Date(days)) => Day::from_epoch(*days),
            _ => None,
        };
        if let (Some(since), Some(cell @ Cell::Missing)) = (since, cells.get_mut(at)) {
            let years = matches!(field.derive, Some(Derive::Years(_)));
            *cell =
                Cell::Int(i64::from(if years { since.years_until(day) } else { since.months_until(day) }));
        }
    }
}
