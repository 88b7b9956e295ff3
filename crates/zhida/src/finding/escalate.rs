//! What is overdue goes one level up: to the unit above the one that has it, and again until it is put right.

use std::collections::BTreeMap;

use serde_json::json;

use super::store;
use crate::app::App;
use crate::ids::{CountyId, FindingId, UnitId};
use crate::journal::{Actor, Subject, Write};
use crate::problem::Problem;
use crate::unit;

/// Findings taken up in one transaction.
const AT_ONCE: u64 = 2_000;

/// Takes every overdue finding of a county up that is due to go. Answers how many went.
///
/// # Errors
/// The database's.
pub async fn escalate(app: &App, county: &CountyId) -> Result<usize, Problem> {
    let (today, mut all) = (app.clock.today(), 0);
    loop {
        if store::to_escalate(&app.db, county, today, 1).await?.is_empty() {
            return Ok(all);
        }
        let mut write = Write::begin(&app.db, county, &Actor::system(), app.clock.now()).await?;
        let found = store::to_escalate(write.tx(), county, today, AT_ONCE).await?;
        let above: BTreeMap<UnitId, Option<UnitId>> = unit::parents(write.tx(), county).await?;
        let mut groups: BTreeMap<(Option<UnitId>, i64), Vec<FindingId>> = BTreeMap::new();
        let (mut steps, mut notes) = (Vec::new(), Vec::new());
        for f in &found {
            let has = f.level_unit_id.or(f.unit_id);
            // At the top there is nobody above: it stays there, and is said again.
            let to = has.and_then(|unit| above.get(&unit).copied().flatten().or(Some(unit)));
            groups.entry((to, f.escalate_days)).or_default().push(f.id);
            steps.push(store::step_row(&write, f.id, "escalated", &(f.level + 1).to_string(), &[]));
            notes.push((Subject::new("finding", f.id), json!({ "level": f.level + 1, "unit": to })));
        }
        for ((unit, days), ids) in &groups {
            store::lift(&write, ids, *unit, today.plus_days(*days)).await?;
        }
        store::insert(&write, Vec::new(), steps).await?;
        all += notes.len();
        write.note_many("finding-escalated", notes.into_iter()).await?;
        write.commit().await?;
    }
}
