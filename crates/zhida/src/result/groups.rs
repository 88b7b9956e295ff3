//! Rates by groups of people, none of which is small enough to point at somebody.

use zhida_rules::{Bitmap, Lang, Shift, by_field};

use super::people::Counted;
use crate::app::App;
use crate::ids::CountyId;
use crate::outcome::Rate;
use crate::problem::Problem;
use crate::provider;

/// The groups of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Groups {
    /// What the field is called.
    pub field: String,
    /// What each group is called (nothing: not on file); who began, who found work, the share.
    pub groups: Vec<(String, [String; 3])>,
}

/// Rates by the fields that the pack names, as they are on file today.
///
/// # Errors
/// The database's.
pub(super) async fn groups(
    app: &App,
    county: &CountyId,
    people: &[Counted],
    lang: Lang,
) -> Result<Vec<Groups>, Problem> {
    let (pack, rules) = provider::rules(app)?;
    let snapshot = app.snapshot(county, pack.kind()).await?;
    let rows = snapshot.table.rows();
    let (mut started, mut placed) = (Bitmap::zeros(rows), Bitmap::zeros(rows));
    let mut gone = Rate::default();
    for one in people {
        match snapshot.row(one.party) {
            Some(row) => {
                let rate = one.rate();
                started.set(row, started.get(row) || rate.started > 0);
                placed.set(row, placed.get(row) || rate.placed > 0);
            }
            // No longer on the register: not on file in any field.
            None => gone = gone.plus(one.rate()),
        }
    }
    let shift = Shift {
        stay: placed.clone(),
        gain: Bitmap::zeros(rows),
        lose: started.and_not(&placed),
        unknown: Bitmap::zeros(rows),
    };
    let mut found = Vec::new();
    for name in &rules.outcome.groups {
        let Some(id) = pack.profile.find(name) else { continue };
        let Some(field) = pack.profile.field(id) else { continue };
        let mut all: Vec<(String, Rate)> = Vec::new();
        let mut missing = gone;
        for group in by_field(&snapshot.table, id, lang, &shift) {
            let rate = Rate { started: group.before, placed: group.after };
            if group.label.is_empty() {
                missing = missing.plus(rate);
            } else if rate.started > 0 {
                all.push((group.label, rate));
            }
        }
        if missing.started > 0 {
            all.push((String::new(), missing));
        }
        found
            .push(Groups { field: field.label.get(lang).to_owned(), groups: told(all, rules.outcome.small) });
    }
    Ok(found)
}

/// Keeps back the groups of fewer people than are told; where that is one alone, it could be worked out from the sum of all, so that the
/// next smallest is kept back, too.
fn told(all: Vec<(String, Rate)>, small: usize) -> Vec<(String, [String; 3])> {
    let mut sizes: Vec<usize> = all.iter().map(|(_, rate)| rate.started).collect();
    sizes.sort_unstable();
    let hidden = sizes.iter().filter(|n| **n < small).count();
    let least = match (hidden, sizes.get(1)) {
        (1, Some(next)) => next + 1,
        _ => small,
    };
    all.into_iter().map(|(label, rate)| (label, rate.told(least))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(sizes: &[usize], small: usize) -> Vec<bool> {
        let all = sizes.iter().map(|n| (n.to_string(), Rate { started: *n, placed: 0 })).collect();
        told(all, small).into_iter().map(|(_, [started, ..])| started != "—").collect()
    }

    #[test]
    fn a_group_that_is_kept_back_cannot_be_worked_out_from_the_others() {
        assert_eq!(shown(&[40, 30, 20], 5), [true, true, true]);
        assert_eq!(shown(&[40, 3, 20], 5), [true, false, false], "with one the next smallest");
        assert_eq!(shown(&[40, 3, 4, 20], 5), [true, false, false, true], "two hide each other");
        assert_eq!(shown(&[3], 5), [false]);
        assert_eq!(shown(&[20, 3, 20], 5), [false, false, false], "as small as each other");
    }
}
