//! What each kind of task does: the one place where tasks and the slices that do them meet.

use serde::de::DeserializeOwned;

use crate::app::App;
use crate::ids::{ImportId, LayoutId, RunId};
use crate::problem::Problem;
use crate::task::{Job, Runner};
use crate::{case, commitment, finding, import, journal, layout, result};

/// All kinds of tasks.
pub const RUNNERS: &[Runner] = &[
    ("import-check", |job| Box::pin(import_check(job))),
    ("import-apply", |job| Box::pin(import_apply(job))),
    ("import-undo", |job| Box::pin(import_undo(job))),
    ("match-run", |job| Box::pin(match_run(job))),
    ("layout-run", |job| Box::pin(layout_run(job))),
    ("match-approve", |job| Box::pin(match_approve(job))),
];

fn id<T: DeserializeOwned>(job: &Job, key: &str) -> Result<T, Problem> {
    Ok(serde_json::from_value(job.payload[key].clone())?)
}

async fn import_check(job: Job) -> Result<serde_json::Value, Problem> {
    let id: ImportId = id(&job, "import")?;
    import::check(&job.app, &job.county, id, &job.progress).await?;
    Ok(serde_json::json!({ "next": format!("/imports/{id}") }))
}

async fn import_apply(job: Job) -> Result<serde_json::Value, Problem> {
    let id: ImportId = id(&job, "import")?;
    let counts = import::apply(&job.app, &job.county, &job.actor, id, &job.progress).await?;
    Ok(serde_json::json!({ "next": format!("/imports/{id}?note=import-applied"), "counts": counts }))
}

async fn import_undo(job: Job) -> Result<serde_json::Value, Problem> {
    let id: ImportId = id(&job, "import")?;
    import::undo(&job.app, &job.county, &job.actor, id).await?;
    Ok(serde_json::json!({ "next": format!("/imports/{id}?note=import-undone") }))
}

async fn match_run(job: Job) -> Result<serde_json::Value, Problem> {
    let programme: String = id(&job, "programme")?;
    let outcome = case::run(&job.app, &job.county, &job.actor, &programme, &job.progress).await?;
    Ok(serde_json::json!({ "next": format!("/match/runs/{}", outcome.run), "outcome": outcome }))
}

async fn layout_run(job: Job) -> Result<serde_json::Value, Problem> {
    let id: LayoutId = id(&job, "layout")?;
    layout::run(&job.app, &job.county, &job.actor, id, &job.progress).await?;
    Ok(serde_json::json!({ "next": format!("/layouts/{id}") }))
}

async fn match_approve(job: Job) -> Result<serde_json::Value, Problem> {
    let id: RunId = id(&job, "run")?;
    let (cases, messages) = case::approve(&job.app, &job.county, &job.actor, id, &job.progress).await?;
    Ok(
        serde_json::json!({ "next": format!("/match/runs/{id}?note=run-approved"), "cases": cases, "messages": messages }),
    )
}

/// Takes what is overdue up a level in every county, finds units that report nothing, and works out the records of providers. Answers how
/// many findings went up and how many were raised.
///
/// # Errors
/// The database's.
pub async fn watch_once(app: &App) -> Result<(usize, usize), Problem> {
    let (mut lifted, mut raised) = (0, 0);
    for county in journal::counties(&app.db).await? {
        lifted += finding::escalate(app, &county).await?;
        raised += commitment::find_silent(app, &county).await?;
        result::keep_records(app, &county).await?;
    }
    Ok((lifted, raised))
}
