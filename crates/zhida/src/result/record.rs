//! What the classes of providers came to, kept with them: it is a part of the score of their next bids.

use std::collections::BTreeMap;

use super::kept::figures;
use super::people::{Counted, by};
use crate::app::App;
use crate::ids::{CountyId, ProviderId};
use crate::problem::Problem;
use crate::provider;

/// Works out the record of every provider of a county from the classes that ended within the months that the pack names.
///
/// # Errors
/// The database's.
pub async fn keep_records(app: &App, county: &CountyId) -> Result<(), Problem> {
    let all = provider::all(&app.db, county).await?;
    if all.is_empty() {
        return Ok(());
    }
    let rules = provider::terms(app)?;
    let today = app.clock.today();
    let since = today.0.checked_sub_months(chrono::Months::new(rules.record.months));
    let f = figures(app, county, None).await?;
    let late = |one: &&Counted| one.end.is_some_and(|d| d < today && since.is_none_or(|since| d.0 >= since));
    let rates = by(f.people.iter().filter(late), |one| one.provider);
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let of = |id: ProviderId| {
        let rate = rates.get(&id).copied().unwrap_or_default();
        (id, (number(rate.started), number(rate.placed)))
    };
    let records: BTreeMap<ProviderId, (i64, i64)> = all.iter().map(|p| of(p.id)).collect();
    let tx = crate::db::begin(&app.db).await?;
    provider::keep_records(&tx, county, &records, today).await?;
    Ok(tx.commit().await?)
}
