//! A unit that reports nothing is itself a finding.

use std::collections::BTreeSet;

use zhida_pack::Severity;
use zhida_rules::Lang;

use super::store;
use crate::app::App;
use crate::finding::{self, About, NewFinding};
use crate::ids::CountyId;
use crate::journal::{Actor, Write};
use crate::problem::Problem;

/// The rule of such a finding.
const RULE: &str = "silent";

/// Days within which the unit must report.
const DAYS: i64 = 7;

/// Raises a finding about every commitment of a county that nobody has reported on for too long, once. Answers how many.
///
/// # Errors
/// The database's.
pub async fn find_silent(app: &App, county: &CountyId) -> Result<usize, Problem> {
    let Some(days) = app.lights().map(|(_, l)| l.silent_days) else { return Ok(0) };
    let today = app.clock.today();
    let silent = store::silent(&app.db, county, today.plus_days(-days), 2_000).await?;
    if silent.is_empty() {
        return Ok(0);
    }
    let parents: BTreeSet<_> = store::children(&app.db, &silent.iter().map(|c| c.id).collect::<Vec<_>>())
        .await?
        .into_keys()
        .collect();
    let open: BTreeSet<String> = finding::open_about(&app.db, county, "commitment", RULE).await?;
    let words = app.texts.get(Lang::Zh, "silent-finding", &[("n", days.into())]);
    let new: Vec<NewFinding> = silent
        .into_iter()
        .filter(|c| !parents.contains(&c.id) && !open.contains(&c.id.to_string()))
        .map(|c| NewFinding {
            review: None,
            pack: c.pack,
            rule: RULE.to_owned(),
            words: words.clone(),
            severity: Severity::Minor,
            about: About {
                kind: "commitment".to_owned(),
                id: c.id.to_string(),
                name: c.title,
                town: Some(c.region).filter(|r| r.len() > 6),
                position: None,
            },
            unit: c.unit_id,
            owner: c.person_id.map(|id| (id, c.person_name)),
            due: today.plus_days(DAYS),
            escalate_days: 3,
            photos: Vec::new(),
        })
        .collect();
    let raised = new.len();
    if raised > 0 {
        let mut write = Write::begin(&app.db, county, &Actor::system(), app.clock.now()).await?;
        finding::raise(&mut write, new).await?;
        write.commit().await?;
    }
    Ok(raised)
}
