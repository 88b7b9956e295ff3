//! Making a plan: the search, its reasons, and the answer checked before it is kept.

use serde_json::{Value, json};
use zhida_siting::plan::{plan, reasons, verify_plan};
use zhida_siting::{Effort, Report, SitingError};

use super::files::{self, Files, PLAN};
use super::store;
use crate::app::App;
use crate::ids::{CountyId, LayoutId};
use crate::journal::{Actor, Subject, Write};
use crate::problem::Problem;
use crate::site::layout::{self, Layout};
use crate::task::Progress;

/// Rounds without anything better after which the search ends.
const PATIENCE: usize = 6;
/// Rounds that a search of a county takes about: what the bar of progress measures.
const ROUNDS: usize = 400;

/// Time after which the search of a plan ends with the best answer so far.
const TIME: std::time::Duration = std::time::Duration::from_secs(80);

/// What came out: the state, the answer, what lists show.
struct Outcome {
    state: &'static str,
    answer: Value,
    summary: Value,
}

fn work(files: &Files, progress: &Progress) -> anyhow::Result<Outcome> {
    let started = std::time::Instant::now();
    let folder = tempfile::tempdir()?;
    files::write(files, folder.path())?;
    let layout = Layout::read(&folder.path().join(PLAN))?;
    // Whoever stops the search, or its time, gets the best answer so far, with its gap.
    let watch = |r: Report| {
        progress.gap(r.objective, r.bound);
        progress.tick(r.round.min(ROUNDS), ROUNDS) && started.elapsed() < TIME
    };
    let effort = Effort { patience: PATIENCE, ..Effort::default() };
    let found = match plan(&layout.plan, effort, &watch) {
        Ok(found) => found,
        Err(SitingError::Infeasible(why)) => {
            let answer = json!({ "model": "plan", "infeasible": why });
            return Ok(Outcome { state: "impossible", answer, summary: json!({}) });
        }
        Err(other) => return Err(other.into()),
    };
    // Worked out anew from what went in, by code that shares nothing with the search.
    verify_plan(&layout.plan, &found).map_err(|flaw| anyhow::anyhow!("the plan does not hold: {flaw}"))?;
    let told = reasons(&layout.plan, &found);
    let seconds = started.elapsed().as_secs_f64();
    let answer = layout::value(&layout, &found, &told, None, seconds);
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for decision in answer["places"].as_array().into_iter().flatten().filter_map(|p| p["decision"].as_str()) {
        *counts.entry(decision).or_default() += 1;
    }
    let spent: f64 = told.years.iter().map(|y| y.spent).sum();
    let summary = json!({
        "gap": answer["gap"], "optimal": answer["optimal"], "seconds": seconds, "decisions": counts, "spent": spent,
        "before": share(&answer, 0), "after": share(&answer, told.years.len().saturating_sub(1)),
    });
    Ok(Outcome { state: "ready", answer, summary })
}

/// Of all hours of workers, the share within reach in a year of an answer.
fn share(answer: &Value, year: usize) -> f64 {
    let (mut served, mut all) = (0.0, 0.0);
    let layers = answer["layers"].as_array().into_iter().flatten();
    for layer in layers.filter(|l| !l["hours"].is_null()) {
        let weight = layer["counts"].as_f64().unwrap_or(0.0);
        let name = layer["name"].as_str().unwrap_or_default();
        served += weight * answer["years"][year]["served"][name].as_f64().unwrap_or(0.0);
        all += weight * layer["people"].as_f64().unwrap_or(0.0);
    }
    if all > 0.0 { served / all } else { 0.0 }
}

/// Makes a plan that waits.
///
/// # Errors
/// A plan that is not there, files that cannot be read, or the database's.
pub async fn run(
    app: &App,
    county: &CountyId,
    actor: &Actor,
    id: LayoutId,
    progress: &Progress,
) -> Result<(), Problem> {
    let row = store::find(&app.db, county, id).await?.ok_or(Problem::NotFound)?;
    let files: Files = serde_json::from_str(&row.files)?;
    let watched = progress.clone();
    let outcome = tokio::task::spawn_blocking(move || work(&files, &watched));
    let outcome = outcome.await.map_err(anyhow::Error::from)??;
    let mut write = Write::begin(&app.db, county, actor, app.clock.now()).await?;
    let (answer, summary) = (outcome.answer.to_string(), outcome.summary.to_string());
    store::answered(&write, id, outcome.state, (answer, summary)).await?;
    let detail = json!({ "state": outcome.state, "summary": outcome.summary });
    write.note("layout-planned", Subject::new("layout", id), detail).await?;
    write.commit().await?;
    Ok(())
}

/// Whether files make a plan: what is wrong with them else, with its place.
pub(super) fn readable(files: &Files) -> Result<(), Problem> {
    let folder = tempfile::tempdir().map_err(anyhow::Error::from)?;
    files::write(files, folder.path())?;
    let words = |e: anyhow::Error| format!("{e:#}").replace(&format!("{}/", folder.path().display()), "");
    Layout::read(&folder.path().join(PLAN))
        .map(|_read| ())
        .map_err(|e| Problem::field("name", "fault-layout", words(e)))
}
