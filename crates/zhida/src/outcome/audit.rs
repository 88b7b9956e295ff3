//! Auditing a sample of the work that was verified: drawn by the system, by somebody independent, so that anybody can draw it again.
//! Work that fails its audit does not count.

use std::collections::BTreeSet;

use axum::response::Response;
use serde::Deserialize;
use zhida_types::Day;

use super::entity::outcome;
use super::store;
use crate::account::Role;
use crate::app::App;
use crate::check::{self, NewReview, draw};
use crate::finding::About;
use crate::ids::{CountyId, OutcomeId};
use crate::journal::{self, Write};
use crate::problem::Problem;
use crate::web::extract::Form;
use crate::web::{Officer, to};
use crate::{party, provider};

/// Days that auditors have.
const DAYS: i64 = 21;

/// Verified outcomes among which a sample is drawn.
const MOST: u64 = 1_000_000;

/// The outcomes of a county that were audited, and those of them that failed.
///
/// # Errors
/// The database's.
pub async fn audited(
    app: &App,
    county: &CountyId,
    of: &[OutcomeId],
) -> Result<(BTreeSet<OutcomeId>, BTreeSet<OutcomeId>), Problem> {
    let list = &provider::terms(app)?.outcome.audit;
    let ids: Vec<String> = of.iter().map(ToString::to_string).collect();
    let (mut all, mut failed) = (BTreeSet::new(), BTreeSet::new());
    for chunk in ids.chunks(5_000) {
        for (id, stands) in check::standings(&app.db, county, ("outcome", list), chunk).await? {
            let Ok(id) = id.parse::<OutcomeId>() else { continue };
            all.insert(id);
            if stands.closed && stands.passed != Some(true) {
                failed.insert(id);
            }
        }
    }
    Ok((all, failed))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AuditForm {
    percent: u32,
}

/// `POST /outcomes/audit`: draws a share of what is verified and was not audited, and asks auditors about it in turn.
pub(super) async fn draw_audit(o: Officer, Form(form): Form<AuditForm>) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let mut write = o.write().await?;
    drawn(&o.app, &mut write, form.percent).await?;
    write.commit().await?;
    Ok(to("/checks/draws", "review-planned"))
}

/// Draws a share of what is verified and was not audited, from the hash of the journal's newest entry, and plans a review of each.
async fn drawn(app: &App, write: &mut Write, percent: u32) -> Result<(), Problem> {
    let county = write.county().clone();
    let (pack, rules) = provider::rules(app)?;
    let [least, most] = rules.outcome.audit_percent;
    if !(least..=most).contains(&percent) {
        return Err(Problem::field("percent", "fault-number-within", format!("{least}–{most}")));
    }
    let list = pack.checklist(&rules.outcome.audit).ok_or(Problem::NotFound)?;
    let auditors = check::pool(write.tx(), &county, list).await?;
    if auditors.is_empty() {
        return Err(Problem::Conflict("fault-no-auditors"));
    }
    let verified = store::in_state(write.tx(), &county, "verified", None, MOST).await?;
    let ids: Vec<OutcomeId> = verified.iter().map(|x| x.id).collect();
    let (before, _) = audited(app, &county, &ids).await?;
    let open: Vec<&outcome::Model> = verified.iter().filter(|x| !before.contains(&x.id)).collect();
    let frame: Vec<(String, String)> = open.iter().map(|x| (String::new(), x.id.to_string())).collect();
    let seed = journal::head(write.tx(), &county).await?.1;
    let drawn = draw(&seed, percent, &frame);
    let chosen: Vec<&&outcome::Model> =
        open.iter().filter(|x| drawn.ids.binary_search(&x.id.to_string()).is_ok()).collect();
    if chosen.is_empty() {
        return Err(Problem::Conflict("fault-nothing-verified"));
    }
    let parties: Vec<_> = chosen.iter().map(|x| x.party_id).collect();
    let names = party::contacts(app, write.tx(), &county, &parties).await?;
    let about = |x: &outcome::Model| About {
        kind: "outcome".to_owned(),
        id: x.id.to_string(),
        name: format!(
            "{} · {} · {}",
            names.get(&x.party_id).map_or("", |c| c.name.as_str()),
            x.employer,
            x.since
        ),
        ..About::default()
    };
    let new = chosen.iter().enumerate().map(|(n, x)| NewReview {
        about: about(x),
        reviewers: auditors.get(n % auditors.len()).cloned().into_iter().collect(),
    });
    let due = Day::at(write.at()).plus_days(DAYS);
    check::plan(write, (&pack.name, list), new.collect(), due, Some(&drawn)).await?;
    Ok(())
}
