//! The progress page, its stream of events, and the button that stops a task.

use std::convert::Infallible;
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use tokio_stream::{Stream, StreamExt as _};

use super::entity::State;
use super::run;
use super::store::{self, Task};
use crate::app::App;
use crate::ids::TaskId;
use crate::journal::Subject;
use crate::problem::Problem;
use crate::web::extract::{Form, Nothing, Path};
use crate::web::{Officer, Shell, page};

/// The task pages.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/tasks/{id}", get(show))
        .route("/tasks/{id}/events", get(events))
        .route("/tasks/{id}/cancel", post(cancel))
}

#[derive(Template)]
#[template(path = "task/task.html")]
struct TaskPage {
    shell: Shell,
    task: Task,
    percent: i64,
    /// By how many percent the best answer so far may fall short, while one is searched for.
    gap: String,
}

impl TaskPage {
    fn note(&self) -> String {
        self.shell.t.s(&self.task.note)
    }
}

async fn show(o: Officer, Path(id): Path<TaskId>) -> Result<Response, Problem> {
    let task = current(&o.app, &o.county, id).await?;
    if task.state == State::Done
        && let Some(next) = task.result.get("next").and_then(|n| n.as_str())
    {
        return Ok(Redirect::to(next).into_response());
    }
    let percent = percent(&task);
    page(&TaskPage { shell: o.shell(""), gap: gap(id), task, percent })
}

fn gap(id: TaskId) -> String {
    run::progress(id).and_then(|p| p.percent_to_go()).unwrap_or_default()
}

fn percent(task: &Task) -> i64 {
    if task.total > 0 { task.done * 100 / task.total } else { 0 }
}

async fn current(app: &App, county: &crate::ids::CountyId, id: TaskId) -> Result<Task, Problem> {
    let mut task = store::find(&app.db, county, id).await?.ok_or(Problem::NotFound)?;
    if let Some(progress) = run::progress(id) {
        (task.done, task.total) = progress.read();
    }
    Ok(task)
}

async fn events(
    o: Officer,
    Path(id): Path<TaskId>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    current(&o.app, &o.county, id).await?;
    let ticks = tokio_stream::iter(std::iter::successors(Some(0_u32), |n| n.checked_add(1)));
    let stream = ticks.then(move |n| {
        let (app, county) = (o.app.clone(), o.county.clone());
        async move {
            if n > 0 {
                app.clock.wait(Duration::from_millis(400)).await;
            }
            current(&app, &county, id).await.ok()
        }
    });
    let mut ended = false;
    let stream = stream.map_while(move |task| {
        let task = task.filter(|_| !ended)?;
        ended = !task.open();
        let body = serde_json::json!({ "done": task.done, "total": task.total, "percent": percent(&task), "open": task.open(), "gap": gap(task.id) });
        Some(Ok(Event::default().data(body.to_string())))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}

async fn cancel(
    o: Officer,
    Path(id): Path<TaskId>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Problem> {
    let mut write = o.write().await?;
    if !store::cancel(&write, id).await? {
        return Err(Problem::NotFound);
    }
    write.note("task-cancelled", Subject::new("task", id), serde_json::json!({})).await?;
    write.commit().await?;
    Ok(Redirect::to(&format!("/tasks/{id}")).into_response())
}
