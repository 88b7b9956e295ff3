//! What trainees say of a class, by a link: four questions from 1 to 5 and words, without a name, once from a phone.

use askama::Template;
use axum::Router;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::entity::class;
use super::store::{self, NewOpinion};
use crate::app::App;
use crate::ids::{CountyId, OfferId};
use crate::journal::{Actor, Subject, Write};
use crate::offer::{self, Offer};
use crate::problem::Problem;
use crate::web::extract::{Path, PublicForm};
use crate::web::{Shell, Visitor, device, page, to, with_device};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/rate/{county}/{class}", get(show).post(say))
}

/// The questions: a field and a key of the texts.
const ASKED: [&str; 4] = ["stars", "course", "teacher", "useful"];

async fn found(app: &App, county: &str, id: OfferId) -> Result<(class::Model, Offer), Problem> {
    let county = CountyId::parse(county).ok_or(Problem::NotFound)?;
    let class = store::find(&app.db, &county, id).await?.ok_or(Problem::NotFound)?;
    let offer = offer::find(&app.db, &county, id).await?.ok_or(Problem::NotFound)?;
    Ok((class, offer))
}

#[derive(Template)]
#[template(path = "class/opinion.html")]
struct OpinionPage {
    shell: Shell,
    title: String,
    link: String,
    asked: [&'static str; 4],
}

async fn show(
    v: Visitor,
    headers: HeaderMap,
    Path((county, id)): Path<(String, OfferId)>,
) -> Result<Response, Problem> {
    let (_, offer) = found(&v.app, &county, id).await?;
    let link = format!("/rate/{county}/{id}");
    let answer = page(&OpinionPage { title: offer.title, link, asked: ASKED, shell: v.shell() })?;
    with_device(&v.app, (&headers, "/rate"), answer)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    stars: i64,
    course: i64,
    teacher: i64,
    useful: i64,
    words: String,
}

async fn say(
    v: Visitor,
    headers: HeaderMap,
    Path((county, id)): Path<(String, OfferId)>,
    PublicForm(said): PublicForm<Said>,
) -> Result<Response, Problem> {
    let (class, _) = found(&v.app, &county, id).await?;
    let given = [said.stars, said.course, said.teacher, said.useful];
    if let Some((field, _)) = ASKED.iter().zip(given).find(|(_, n)| !(1..=5).contains(n)) {
        return Err(Problem::field(field, "fault-none-chosen", ""));
    }
    // A phone that keeps no number cannot be counted once.
    let device = device(&v.app, &headers).ok_or(Problem::Conflict("fault-no-device"))?;
    let Said { stars, course, teacher, useful, words } = said;
    let new = NewOpinion { stars, course, teacher, useful, words };
    let mut write = Write::begin(&v.app.db, &class.county, &Actor::public(), v.app.clock.now()).await?;
    store::say(&write, id, &new, &device).await?;
    write.note("class-rated", Subject::new("offer", id), serde_json::json!({ "stars": stars })).await?;
    write.commit().await?;
    Ok(to(&format!("/rate/{county}/{id}"), "thanks"))
}
