//! Moving a case on: only along the programme's stages, with evidence where a stage wants it, and never past somebody else's move.

use sea_orm::ActiveValue::Set;
use serde_json::json;
use zhida_pack::StageKind;

use super::entity::case;
use super::grant::{Grant, grants, settle};
use super::store;
use crate::app::App;
use crate::check;
use crate::ids::{CaseId, PartyId};
use crate::journal::{Subject, Write};
use crate::problem::Problem;

/// A move that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// The stage.
    pub to: &'a str,
    /// Evidence or cause.
    pub words: &'a str,
}

/// Moves a case and notes it.
///
/// # Errors
/// A stage that may not follow, missing evidence, a move by somebody else in between, or the database's.
pub async fn step(app: &App, write: &mut Write, case: &case::Model, step: &Step<'_>) -> Result<(), Problem> {
    steps(app, write, std::slice::from_ref(case), step).await
}

/// Moves cases to one stage and notes each: all of them or none.
///
/// # Errors
/// As [`step`], for the first case that cannot be moved.
pub async fn steps(
    app: &App,
    write: &mut Write,
    cases: &[case::Model],
    step: &Step<'_>,
) -> Result<(), Problem> {
    let mut days = None;
    for case in cases {
        let (_, programme) = app.programme(&case.programme)?;
        let now = programme.stage(&case.stage).ok_or(Problem::NotFound)?;
        let next = programme.stage(step.to).ok_or_else(|| Problem::field("to", "fault-stage", step.to))?;
        if !now.next.iter().any(|code| code == step.to) {
            return Err(Problem::Conflict("fault-stage-order"));
        }
        if next.evidence && step.words.trim().is_empty() {
            return Err(Problem::field("words", "fault-evidence", ""));
        }
        // Cases of several programmes may have other deadlines in a stage of the same name: one act, one programme.
        if days.replace((&case.programme, next.days)).is_some_and(|(other, _)| *other != case.programme) {
            return Err(Problem::Conflict("fault-other-programme"));
        }
    }
    for case in cases {
        pass_gates(app, write, case, step.to).await?;
    }
    let granted = match cases.first().map(|c| app.programme(&c.programme)).transpose()? {
        Some((_, p)) if p.stage(step.to).is_some_and(|s| s.kind == StageKind::Granted) => Some(p),
        _ => None,
    };
    if let Some(programme) = granted {
        for Grant { case, amount, facts } in grants(app, write, programme, cases).await? {
            store::decide(write, case, amount, facts).await?;
        }
        settle(app, write, programme, cases).await?;
    }
    let due = days.and_then(|(_, days)| days).map(|days| app.clock.today().plus_days(days));
    if !store::advance(write, cases, step.to, due, step.words.trim()).await? {
        return Err(Problem::Conflict("fault-moved"));
    }
    let note = |case: &case::Model| {
        let detail = json!({ "from": case.stage, "to": step.to, "words": step.words.trim() });
        (Subject::new("case", case.id), detail)
    };
    write.note_many("case-moved", cases.iter().map(note)).await?;
    Ok(())
}

/// Refuses a stage that lies behind a gate without a check that was passed and is still good: of the case's offer, or of
/// its programme.
async fn pass_gates(app: &App, write: &Write, case: &case::Model, to: &str) -> Result<(), Problem> {
    let gates = app.packs().flat_map(|p| &p.gates);
    for gate in gates.filter(|g| g.programme == case.programme && g.before == to) {
        let offer = case.offer_id.map(|id| id.to_string());
        let about = offer.as_deref().map_or(("programme", case.programme.as_str()), |id| ("offer", id));
        let today = app.clock.today();
        match check::gate(write.tx(), write.county(), &gate.checklist, about, today).await? {
            check::Gate::Open(_) => {}
            check::Gate::Expired(_) => return Err(Problem::Conflict("fault-gate-expired")),
            check::Gate::Failed(_) => return Err(Problem::Conflict("fault-gate-failed")),
            check::Gate::Unchecked => return Err(Problem::Conflict("fault-gate-unchecked")),
        }
    }
    Ok(())
}

/// Opens a case for a need that was found on a visit; whoever found it owns it. Nothing where the pack has no programme for it.
///
/// # Errors
/// The database's.
pub async fn open_need(
    app: &App,
    write: &mut Write,
    party: PartyId,
    need: &str,
) -> Result<Option<CaseId>, Problem> {
    let Some(programme) =
        app.packs().flat_map(|p| &p.programmes).find(|p| p.offer.is_none() && p.gives.is_none())
    else {
        return Ok(None);
    };
    let Some(first) = programme.first(StageKind::Open) else { return Ok(None) };
    let id = CaseId::new();
    let row = case::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        programme: Set(programme.code.clone()),
        party_id: Set(party),
        offer_id: Set(None),
        run_id: Set(None),
        stage: Set(first.code.clone()),
        owner_id: Set(write.actor().account),
        reason: Set(json!({ "need": need }).to_string()),
        score: Set(0),
        due: Set(first.days.map(|days| app.clock.today().plus_days(days).0)),
        words: Set(need.to_owned()),
        amount: Set(None),
        facts_sealed: Set(None),
        version: Set(1),
        created_at: Set(write.at()),
        updated_at: Set(write.at()),
    };
    let first_step = store::step_row(write, id, "", &first.code, need);
    store::insert(write, vec![row], vec![first_step]).await?;
    write.note("need-found", Subject::new("case", id), json!({ "party": party })).await?;
    Ok(Some(id))
}
