//! Approval: the chosen pairs become cases, and each case a message, in one transaction.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use serde_json::json;
use zhida_pack::{Programme, StageKind};

use super::entity::case;
use super::invite::{What, invitation};
use super::store;
use crate::app::App;
use crate::ids::{CaseId, CountyId, OfferId, PartyId, RunId};
use crate::journal::{Actor, Subject, Write};
use crate::message::{self, Queued};
use crate::offer;
use crate::party::{self, Snapshot};
use crate::problem::Problem;
use crate::programme;
use crate::task::Progress;

/// Approves a run: makes the cases, writes the messages to the outbox. A run is approved once.
///
/// # Errors
/// A run that does not exist or was approved or discarded already, or the database's.
pub async fn approve(
    app: &App,
    county: &CountyId,
    actor: &Actor,
    id: RunId,
    progress: &Progress,
) -> Result<(usize, Queued), Problem> {
    let run = store::run_by_id(&app.db, county, id).await?.ok_or(Problem::NotFound)?;
    let (register, programme) = app.programme(&run.programme)?;
    let key = programme.message.as_deref().ok_or(Problem::Conflict("fault-no-message"))?;
    let invited = programme.first(StageKind::Invited).ok_or(Problem::Conflict("fault-no-invited-stage"))?;
    let snapshot = app.snapshot(county, register.kind()).await?;
    let chosen = store::chosen(&app.db, county, id).await?;
    let offers: Vec<OfferId> = chosen.iter().map(|p| p.offer_id).collect();
    let offers = offer::list(&app.db, county, &offers).await?;
    let parties: Vec<PartyId> = chosen.iter().map(|p| p.party_id).collect();
    let contacts = party::contacts(app, &app.db, county, &parties).await?;
    let today = app.clock.today();
    let due = today.plus_days(invited.days.unwrap_or(programme.answer_days));
    let mut write = Write::begin(&app.db, county, actor, app.clock.now()).await?;
    if !store::set_run_state(&write, id, &["proposed", "approving"], "approved").await? {
        return Err(Problem::Conflict("fault-run-decided"));
    }
    let (mut cases, mut steps, mut messages) = (Vec::new(), Vec::new(), Vec::new());
    for (done, proposal) in chosen.iter().enumerate() {
        // A person who was merged or removed since the run is passed over.
        let (Some(offer), Some(row)) = (offers.get(&proposal.offer_id), snapshot.row(proposal.party_id))
        else {
            continue;
        };
        let Some(contact) = contacts.get(&proposal.party_id) else { continue };
        let case = CaseId::new();
        cases.push(case::ActiveModel {
            county: Set(county.clone()),
            id: Set(case),
            programme: Set(run.programme.clone()),
            party_id: Set(proposal.party_id),
            offer_id: Set(Some(proposal.offer_id)),
            run_id: Set(Some(id)),
            stage: Set(invited.code.clone()),
            owner_id: Set(actor.account),
            reason: Set(reason(county, programme, &snapshot, row, &proposal.terms)?.to_string()),
            score: Set(proposal.score),
            due: Set(Some(due.0)),
            words: Set(String::new()),
            amount: Set(None),
            facts_sealed: Set(None),
            version: Set(1),
            created_at: Set(write.at()),
            updated_at: Set(write.at()),
        });
        steps.push(store::step_row(&write, case, "", &invited.code, ""));
        let lang = snapshot.speaks(row);
        messages.push(invitation(
            app,
            county,
            (&run.programme, key),
            &What::from(offer),
            (case, proposal.party_id, contact, lang),
        )?);
        progress.go_on(done + 1, chosen.len())?;
    }
    let made = cases.len();
    store::insert(&write, cases, steps).await?;
    let queued = message::queue(app, &write, messages).await?;
    let detail = json!({ "cases": made, "messages": queued });
    write.note("run-approved", Subject::new("run", id), detail).await?;
    write.commit().await?;
    Ok((made, queued))
}

/// Why this person, kept with the case: the terms with their values, and the conditions of the rule that held.
fn reason(
    county: &CountyId,
    programme: &Programme,
    snapshot: &Snapshot,
    row: usize,
    terms: &str,
) -> Result<serde_json::Value, Problem> {
    let values: BTreeMap<String, f64> = serde_json::from_str(terms)?;
    let terms: Vec<serde_json::Value> = programme
        .terms
        .iter()
        .filter_map(|t| Some(json!({ "name": t.name, "zh": t.label.zh, "en": t.label.en, "why": t.why.as_ref().map(|w| json!({ "zh": w.zh, "en": w.en })), "weight": t.weight, "value": values.get(&t.name)? })))
        .collect();
    let rule = programme::explain(county, programme, snapshot, row)?;
    let rule = rule.map_or(serde_json::Value::Null, |(_, explained)| party::reason(&explained));
    Ok(json!({ "terms": terms, "rule": rule }))
}
