//! Claiming once, taking up again, stopping.

use super::store;
use super::*;
use crate::app::App;
use crate::clock::Clock;
use crate::ids::CountyId;
use crate::journal::{Actor, Subject, Write};
use crate::problem::Problem;

async fn app() -> (tempfile::TempDir, App) {
    let folder = tempfile::tempdir().unwrap();
    let db = crate::db::trial(folder.path()).await.unwrap();
    let app = App::with(folder.path(), Clock::system(), db).unwrap();
    (folder, app)
}

fn county() -> CountyId {
    CountyId("330424".to_owned())
}

async fn queue(app: &App) -> crate::ids::TaskId {
    let mut write = Write::begin(&app.db, &county(), &Actor::system(), app.clock.now()).await.unwrap();
    let id = start(&write, "double", &serde_json::json!({ "n": 21 })).await.unwrap();
    write.note("task", Subject::new("task", id), serde_json::json!({})).await.unwrap();
    write.commit().await.unwrap();
    id
}

const RUNNERS: &[Runner] = &[("double", |job| {
    Box::pin(async move {
        if !job.progress.tick(1, 2) {
            return Err(Problem::Conflict(STOPPED));
        }
        Ok(serde_json::json!(job.payload["n"].as_i64().unwrap_or(0) * 2))
    })
})];

#[tokio::test]
async fn a_task_is_claimed_once_and_again_only_after_its_lease() {
    let (_folder, app) = app().await;
    let id = queue(&app).await;
    let now = app.clock.now();
    assert_eq!(store::claim(&app.db, "a", now).await.unwrap().unwrap().id, id);
    assert!(store::claim(&app.db, "b", now).await.unwrap().is_none());
    let later = now + chrono::Duration::seconds(store::LEASE_SECONDS + 1);
    assert_eq!(store::claim(&app.db, "b", later).await.unwrap().unwrap().attempts, 2);
}

#[tokio::test]
async fn a_task_runs_and_keeps_its_result() {
    let (_folder, app) = app().await;
    let id = queue(&app).await;
    assert_eq!(run_now(&app, &county(), id, RUNNERS).await.unwrap(), serde_json::json!(42));
    let task = find(&app.db, &county(), id).await.unwrap().unwrap();
    assert!(!task.open());
    assert_eq!(task.result, serde_json::json!(42));
}

#[tokio::test]
async fn a_task_that_waits_can_be_stopped_and_is_not_claimed() {
    let (_folder, app) = app().await;
    let id = queue(&app).await;
    let mut write = Write::begin(&app.db, &county(), &Actor::system(), app.clock.now()).await.unwrap();
    assert!(store::cancel(&write, id).await.unwrap());
    write.note("task-cancelled", Subject::new("task", id), serde_json::json!({})).await.unwrap();
    write.commit().await.unwrap();
    assert!(store::claim(&app.db, "a", app.clock.now()).await.unwrap().is_none());
}
