//! Running tasks: one after another, with a sign of life while they run.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use super::entity::State;
use super::store;
use crate::app::App;
use crate::ids::{CountyId, TaskId};
use crate::journal::Actor;
use crate::problem::Problem;

/// A claimed task.
#[derive(Clone, Debug)]
pub struct Job {
    /// The state.
    pub app: App,
    /// The county.
    pub county: CountyId,
    /// Who wanted it.
    pub actor: Actor,
    /// What it is to do.
    pub payload: serde_json::Value,
    /// Where it reports.
    pub progress: Progress,
}

/// What a kind of task does.
pub type Runner =
    (&'static str, fn(Job) -> Pin<Box<dyn Future<Output = Result<serde_json::Value, Problem>> + Send>>);

/// How far a task is; cheap to clone, to be told and asked from any thread.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Counter>);

#[derive(Debug)]
struct Counter {
    done: AtomicI64,
    total: AtomicI64,
    stop: AtomicBool,
    /// Hundred-thousandths by which the best answer so far may still be worse than the best there is; below 0 where no search runs.
    gap: AtomicI64,
}

impl Default for Counter {
    fn default() -> Self {
        let zero = || AtomicI64::new(0);
        Self { done: zero(), total: zero(), stop: AtomicBool::new(false), gap: AtomicI64::new(-1) }
    }
}

impl Progress {
    /// Tells how good the best answer of a search is so far, and what no answer exceeds.
    pub fn gap(&self, objective: f64, bound: f64) {
        let share = (bound - objective).abs() / objective.abs().max(1e-12) * 1e5;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a share in hundred-thousandths, at most a hundredfold"
        )]
        let share = share.clamp(0.0, 1e7).round() as i64;
        self.0.gap.store(share, Ordering::Relaxed);
    }

    /// By how many percent the best answer so far may be worse than the best there is; none where nothing is searched for.
    pub(super) fn percent_to_go(&self) -> Option<String> {
        let share = self.0.gap.load(Ordering::Relaxed);
        (share >= 0).then(|| format!("{}.{:02}", share / 1_000, share / 10 % 100))
    }

    /// Tells how far it is; answers `false` once somebody wants it stopped.
    pub fn tick(&self, done: usize, total: usize) -> bool {
        self.0.done.store(i64::try_from(done).unwrap_or(i64::MAX), Ordering::Relaxed);
        self.0.total.store(i64::try_from(total).unwrap_or(i64::MAX), Ordering::Relaxed);
        !self.0.stop.load(Ordering::Relaxed)
    }

    /// Tells how far it is.
    ///
    /// # Errors
    /// [`STOPPED`] once somebody wants it stopped.
    pub fn go_on(&self, done: usize, total: usize) -> Result<(), Problem> {
        if self.tick(done, total) { Ok(()) } else { Err(Problem::Conflict(STOPPED)) }
    }

    /// Steps done and steps in all.
    pub(super) fn read(&self) -> (i64, i64) {
        (self.0.done.load(Ordering::Relaxed), self.0.total.load(Ordering::Relaxed))
    }

    fn stop(&self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }
}

/// What runs here, for pages that show progress: a second copy of the server shows the state alone.
static RUNNING: LazyLock<Mutex<BTreeMap<TaskId, Progress>>> = LazyLock::new(Mutex::default);

pub(super) fn progress(id: TaskId) -> Option<Progress> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
}

/// The conflict that a runner answers when somebody stopped it.
pub(crate) const STOPPED: &str = "fault-stopped";

/// Works off tasks for ever.
pub async fn work(app: App, runners: &'static [Runner]) {
    let worker = TaskId::new().to_string();
    loop {
        match store::claim(&app.db, &worker, app.clock.now()).await {
            Ok(Some(task)) => {
                if let Err(error) = run(&app, task, runners).await {
                    tracing::error!(%error, "the end of a task could not be written");
                }
            }
            Ok(None) => app.clock.wait(Duration::from_millis(250)).await,
            Err(error) => {
                tracing::error!(%error, "no task could be claimed");
                app.clock.wait(Duration::from_secs(2)).await;
            }
        }
    }
}

/// Runs one task here and now: the command line's way.
///
/// # Errors
/// What the task answered, or the database's.
pub async fn run_now(
    app: &App,
    county: &CountyId,
    id: TaskId,
    runners: &'static [Runner],
) -> Result<serde_json::Value, Problem> {
    let task = store::take(&app.db, county, id, app.clock.now()).await?.ok_or(Problem::NotFound)?;
    run(app, task, runners).await?
}

async fn run(
    app: &App,
    task: super::entity::Model,
    runners: &'static [Runner],
) -> Result<Result<serde_json::Value, Problem>, sea_orm::DbErr> {
    let progress = Progress::default();
    let (county, id) = (task.county.clone(), task.id);
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).insert(id, progress.clone());
    let alive = tokio::spawn(beat(app.clone(), county.clone(), id, progress.clone()));
    let runner = runners.iter().find(|(kind, _)| *kind == task.kind).map(|(_, run)| run);
    let outcome = match (runner, serde_json::from_str(&task.payload)) {
        (Some(run), Ok(payload)) => {
            let job = Job { app: app.clone(), county, actor: store::actor(&task), payload, progress };
            // A panic in a task must not end the worker.
            match tokio::spawn(run(job)).await {
                Ok(outcome) => outcome,
                Err(error) => Err(Problem::Internal(error.into())),
            }
        }
        (None, _) => Err(Problem::Internal(anyhow::anyhow!("nobody can do a task of kind {}", task.kind))),
        (_, Err(error)) => Err(error.into()),
    };
    alive.abort();
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    let (state, note, result) = match &outcome {
        Ok(value) => (State::Done, String::new(), value.clone()),
        Err(Problem::Conflict(key)) if *key == STOPPED => {
            (State::Cancelled, String::new(), serde_json::Value::Null)
        }
        Err(Problem::Conflict(key) | Problem::TooBusy(key)) => {
            (State::Failed, (*key).to_owned(), serde_json::Value::Null)
        }
        Err(error) => {
            tracing::error!(error = format!("{error:?}"), kind = task.kind, "a task failed");
            (State::Failed, "fault-task".to_owned(), serde_json::Value::Null)
        }
    };
    store::finish(&app.db, task, state, note, &result, app.clock.now()).await?;
    Ok(outcome)
}

async fn beat(app: App, county: CountyId, id: TaskId, progress: Progress) {
    loop {
        app.clock.wait(Duration::from_secs(3)).await;
        match store::beat(&app.db, &county, id, app.clock.now()).await {
            Ok(true) => progress.stop(),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "a sign of life could not be written"),
        }
    }
}
