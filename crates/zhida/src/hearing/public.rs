//! The side that a measure hits: what is proposed, why, and its own words, by a link.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use sea_orm::sea_query::Expr;
use serde::Deserialize;
use serde_json::json;

use super::entity::{Column, Model};
use super::pages::{sanction, state};
use super::store;
use crate::app::App;
use crate::db::seal::sha256_hex;
use crate::ids::CountyId;
use crate::journal::{Actor, Subject, Write};
use crate::problem::Problem;
use crate::web::extract::{Path, PublicForm};
use crate::web::{Shell, Visitor, page, to};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/hear/{token}", get(show).post(answer))
}

async fn own(app: &App, link: &str) -> Result<Model, Problem> {
    let county = CountyId::leading(link).ok_or(Problem::NotFound)?;
    store::by_token(&app.db, &county, &sha256_hex(link.as_bytes())).await?.ok_or(Problem::NotFound)
}

#[derive(Template)]
#[template(path = "hearing/hear.html")]
struct HearPage {
    shell: Shell,
    h: Model,
    sanction: String,
    source: String,
    state: String,
    link: String,
    /// Whether words are still taken.
    open: bool,
}

async fn show(v: Visitor, Path(link): Path<String>) -> Result<Response, Problem> {
    let h = own(&v.app, &link).await?;
    let sanction = sanction(&v.app, &h)?;
    let (shell, today) = (v.shell(), v.app.clock.today());
    page(&HearPage {
        sanction: sanction.label.get(v.lang).to_owned(),
        source: sanction.source.clone(),
        state: shell.t.s(state(&h, today)),
        open: h.state != "decided" && today.0 <= h.until,
        link: format!("/hear/{link}"),
        h,
        shell,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    words: String,
}

/// Words at most.
const MOST: usize = 3_000;

async fn answer(
    v: Visitor,
    Path(link): Path<String>,
    PublicForm(form): PublicForm<Said>,
) -> Result<Response, Problem> {
    let h = own(&v.app, &link).await?;
    if h.state == "decided" || v.app.clock.today().0 > h.until {
        return Err(Problem::Conflict("fault-heard-over"));
    }
    let words: String = form.words.trim().chars().take(MOST).collect();
    if words.is_empty() {
        return Err(Problem::field("words", "fault-empty", ""));
    }
    let mut write = Write::begin(&v.app.db, &h.county, &Actor::public(), v.app.clock.now()).await?;
    let values = vec![
        (Column::State, Expr::value("answered")),
        (Column::Answer, Expr::value(words.clone())),
        (Column::AnsweredAt, Expr::value(Some(write.at()))),
    ];
    crate::db::change(write.tx(), &h, values).await?;
    // What was said before stands in the journal, whatever is said later.
    write.note("hearing-answered", Subject::new("hearing", h.id), json!({ "words": words })).await?;
    write.commit().await?;
    Ok(to(&format!("/hear/{link}"), "heard"))
}
