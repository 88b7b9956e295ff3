//! One lesson: who came, the list on paper, make-ups, and the record of somebody of the office.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::acts;
use super::entity::{attendance, class, lesson};
use super::pages::found;
use super::standing::on_roster;
use super::store;
use crate::app::App;
use crate::case::{self, Case};
use crate::clock::span;
use crate::ids::{CaseId, LessonId, OfferId, PartyId};
use crate::photo;
use crate::problem::Problem;
use crate::web::extract::{Form, Nothing, Path, Upload};
use crate::web::{Officer, Shell, UPLOAD_BYTES, page, to};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/classes/{id}/lessons/{lesson}", get(show))
        .route("/classes/{id}/lessons/{lesson}/attend", post(attend))
        .route("/classes/{id}/lessons/{lesson}/cancel", post(cancel))
        .route(
            "/classes/{id}/lessons/{lesson}/observe",
            post(observe).layer(DefaultBodyLimit::max(UPLOAD_BYTES)),
        )
}

struct Line {
    case: CaseId,
    name: String,
    /// How and when, where the one came.
    came: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "class/lesson.html")]
struct LessonPage {
    shell: Shell,
    id: OfferId,
    title: String,
    l: lesson::Model,
    when: String,
    lines: Vec<Line>,
    came: usize,
    observed: String,
    photos: Vec<String>,
    /// Whether it has begun.
    begun: bool,
    stopped: bool,
}

async fn own(
    o: &Officer,
    id: OfferId,
    lesson: LessonId,
) -> Result<(class::Model, String, lesson::Model), Problem> {
    let (class, offer) = found(o, id).await?;
    let l = store::lesson(&o.app.db, &o.county, lesson).await?.filter(|l| l.class_id == id);
    Ok((class, offer.title, l.ok_or(Problem::NotFound)?))
}

async fn show(o: Officer, Path((id, lesson)): Path<(OfferId, LessonId)>) -> Result<Response, Problem> {
    let (class, title, l) = own(&o, id, lesson).await?;
    let cases = case::of_offers(&o.app.db, &o.county, &[id]).await?;
    let marks = store::marks(&o.app.db, &o.county, &[id]).await?;
    let marks: BTreeMap<CaseId, attendance::Model> =
        marks.into_iter().filter(|m| m.lesson_id == lesson).map(|m| (m.case_id, m)).collect();
    let parties: Vec<PartyId> = cases.iter().map(|c| c.party_id).collect();
    let names = o.app.seen((&o.county, &o.region), parties).await?;
    let shell = o.shell("classes");
    let on = |c: &&Case| marks.contains_key(&c.id) || on_roster(&o.app, c);
    let line = |c: &Case| {
        let how = |m: &attendance::Model| (shell.t.s(format!("came-{}", m.how)), crate::clock::shown(m.at));
        Some(Line { case: c.id, name: names.get(&c.party_id)?.name.clone(), came: marks.get(&c.id).map(how) })
    };
    let lines: Vec<Line> = cases.iter().filter(on).filter_map(line).collect();
    page(&LessonPage {
        id,
        title,
        when: span(l.starts_at, l.ends_at),
        came: marks.len(),
        lines,
        observed: l.observed_at.map_or_else(String::new, crate::clock::shown),
        photos: serde_json::from_str(&l.photos).unwrap_or_default(),
        begun: l.starts_at <= o.app.clock.now(),
        stopped: class.state == "stopped",
        l,
        shell,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Paper {
    case: Vec<CaseId>,
    how: String,
}

/// Those whom a list on paper names, or who made a lesson up.
async fn attend(
    o: Officer,
    Path((id, lesson)): Path<(OfferId, LessonId)>,
    Form(form): Form<Paper>,
) -> Result<Response, Problem> {
    let (class, _, l) = own(&o, id, lesson).await?;
    let cases = case::of_offers(&o.app.db, &o.county, &[id]).await?;
    let chosen: Vec<&Case> =
        cases.iter().filter(|c| form.case.contains(&c.id)).filter(|c| on_roster(&o.app, c)).collect();
    if chosen.is_empty() {
        return Err(Problem::field("case", "fault-none-chosen", ""));
    }
    let how = if form.how == "made-up" { "made-up" } else { "paper" };
    let mut write = o.write().await?;
    if acts::attend(&mut write, (&class, &l), &chosen, how, ("", None)).await? > 0 {
        write.commit().await?;
    }
    Ok(to(&format!("/classes/{id}/lessons/{lesson}"), "saved"))
}

async fn cancel(
    o: Officer,
    Path((id, lesson)): Path<(OfferId, LessonId)>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Problem> {
    let (class, _, l) = own(&o, id, lesson).await?;
    let mut write = o.write().await?;
    acts::cancel(&mut write, &class, &l).await?;
    write.commit().await?;
    Ok(to(&format!("/classes/{id}"), "saved"))
}

async fn observe(
    o: Officer,
    Path((id, lesson)): Path<(OfferId, LessonId)>,
    form: Upload,
) -> Result<Response, Problem> {
    let (_, _, l) = own(&o, id, lesson).await?;
    let count = form.one("count").trim();
    let count = count.parse().map_err(|_none| Problem::field("count", "fault-number-within", "0–10000"))?;
    let mut write = o.write().await?;
    let mut photos = Vec::new();
    for file in form.files.iter().filter(|f| f.field == "photos" && !f.bytes.is_empty()) {
        photos.push(photo::keep(&o.app, &mut write, file.bytes.to_vec()).await?);
    }
    acts::observe(&mut write, &l, (count, form.one("words")), &photos).await?;
    write.commit().await?;
    Ok(to(&format!("/classes/{id}/lessons/{lesson}"), "saved"))
}
