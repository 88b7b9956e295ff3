//! The list of notes, and the one way to write one.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use serde::Deserialize;

use super::entity::{ActiveModel, Column, Entity};
use crate::account::Role;
use crate::app::App;
use crate::clock::shown;
use crate::ids::NoteId;
use crate::journal::Subject;
use crate::problem::Problem;
use crate::web::extract::{Form, Query};
use crate::web::{NOTES, Officer, Shell, page, to};

/// The page of notes.
pub fn routes() -> Router<App> {
    Router::new().route("/notes", get(list).post(write))
}

struct Line {
    at: String,
    who: String,
    path: String,
    words: String,
}

#[derive(Template)]
#[template(path = "note/list.html")]
struct ListPage {
    shell: Shell,
    lines: Vec<Line>,
    next: Option<NoteId>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Before {
    before: Option<NoteId>,
}

async fn list(o: Officer, Query(query): Query<Before>) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let mut found = Entity::find().filter(Column::County.eq(o.county.clone()));
    if let Some(before) = query.before {
        found = found.filter(Column::Id.lt(before));
    }
    let found = found.order_by_desc(Column::Id).limit(100).all(&o.app.db).await?;
    let next = (found.len() == 100).then(|| found.last().map(|n| n.id)).flatten();
    let line = |n: super::entity::Model| Line {
        at: shown(n.created_at),
        who: n.account_name,
        path: n.path,
        words: n.words,
    };
    page(&ListPage { shell: o.shell("notes"), lines: found.into_iter().map(line).collect(), next })
}

#[derive(Debug, Deserialize)]
struct NoteForm {
    path: String,
    words: String,
}

async fn write(o: Officer, Form(form): Form<NoteForm>) -> Result<Response, Problem> {
    if o.role != Role::Inspector {
        return Err(Problem::Forbidden);
    }
    if form.words.trim().is_empty() {
        return Err(Problem::field("words", "fault-empty", ""));
    }
    let path =
        if form.path.starts_with('/') && !form.path.starts_with("//") { form.path } else { NOTES.to_owned() };
    let id = NoteId::new();
    let mut write = o.write().await?;
    let row = ActiveModel {
        county: Set(o.county.clone()),
        id: Set(id),
        path: Set(path.clone()),
        words: Set(form.words.trim().to_owned()),
        account: Set(o.actor().id()),
        account_name: Set(o.name.clone()),
        created_at: Set(write.at()),
    };
    Entity::insert(row).exec_without_returning(write.tx()).await?;
    write.note("noted", Subject::new("note", id), serde_json::json!({ "path": path })).await?;
    write.commit().await?;
    Ok(to(&path, "noted"))
}
