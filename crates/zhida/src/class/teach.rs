//! What a teacher has on the screen, by a link: the lessons, and during one of them a code that changes every few seconds. The page
//! loads itself anew when the code changes, without a script.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use chrono::Duration;

use super::acts::going;
use super::code::code;
use super::entity::{class, lesson};
use super::store;
use crate::app::App;
use crate::clock::span;
use crate::db::seal::sha256_hex;
use crate::ids::{CountyId, LessonId};
use crate::offer;
use crate::problem::Problem;
use crate::provider;
use crate::web::extract::Path;
use crate::web::{Shell, Visitor, page, qr};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/teach/{token}", get(list)).route("/teach/{token}/{lesson}", get(screen))
}

async fn own(app: &App, link: &str) -> Result<class::Model, Problem> {
    let county = CountyId::leading(link).ok_or(Problem::NotFound)?;
    store::by_token(&app.db, &county, &sha256_hex(link.as_bytes())).await?.ok_or(Problem::NotFound)
}

/// Whether the code of a lesson can be shown now.
pub(super) fn showing(app: &App, l: &lesson::Model) -> Result<bool, Problem> {
    let (now, margin) = (app.clock.now(), Duration::minutes(provider::terms(app)?.running.code_minutes));
    Ok(l.state != "cancelled" && l.starts_at - margin <= now && now <= l.ends_at + margin)
}

struct Line {
    link: String,
    number: i64,
    when: String,
    room: String,
    topic: String,
    now: bool,
    came: usize,
}

#[derive(Template)]
#[template(path = "class/teach.html")]
struct TeachPage {
    shell: Shell,
    title: String,
    stopped: bool,
    lines: Vec<Line>,
}

async fn list(v: Visitor, Path(token): Path<String>) -> Result<Response, Problem> {
    let class = own(&v.app, &token).await?;
    let offer = offer::find(&v.app.db, &class.county, class.id).await?.ok_or(Problem::NotFound)?;
    let marks = store::marks(&v.app.db, &class.county, &[class.id]).await?;
    let mut lines = Vec::new();
    for l in store::lessons(&v.app.db, &class.county, &[class.id]).await? {
        lines.push(Line {
            link: format!("/teach/{token}/{}", l.id),
            number: l.number,
            when: span(l.starts_at, l.ends_at),
            now: showing(&v.app, &l)?,
            came: marks.iter().filter(|m| m.lesson_id == l.id).count(),
            room: l.room,
            topic: l.topic,
        });
    }
    page(&TeachPage { title: offer.title, stopped: class.state == "stopped", lines, shell: v.shell() })
}

#[derive(Template)]
#[template(path = "class/screen.html")]
struct ScreenPage {
    shell: Shell,
    title: String,
    number: i64,
    when: String,
    picture: String,
    link: String,
    /// Seconds until the code changes.
    left: i64,
    came: usize,
    back: String,
}

async fn screen(v: Visitor, Path((token, id)): Path<(String, LessonId)>) -> Result<Response, Problem> {
    let class = own(&v.app, &token).await?;
    going(&class)?;
    let l = store::lesson(&v.app.db, &class.county, id).await?.filter(|l| l.class_id == class.id);
    let l = l.ok_or(Problem::NotFound)?;
    if !showing(&v.app, &l)? {
        return Err(Problem::Conflict("fault-lesson-now"));
    }
    let offer = offer::find(&v.app.db, &class.county, class.id).await?.ok_or(Problem::NotFound)?;
    let (now, seconds) = (v.app.clock.now(), provider::terms(&v.app)?.running.code_seconds);
    let code = code(&v.app, &l, &class.secret, (now, seconds, 0));
    let link = v.app.config.address(&format!("/in/{}/{id}/{code}", class.county));
    let marks = store::marks(&v.app.db, &class.county, &[class.id]).await?;
    page(&ScreenPage {
        title: offer.title,
        number: l.number,
        when: span(l.starts_at, l.ends_at),
        picture: qr(&link)?,
        link,
        left: seconds - now.timestamp().rem_euclid(seconds),
        came: marks.iter().filter(|m| m.lesson_id == id).count(),
        back: format!("/teach/{token}"),
        shell: v.shell(),
    })
}
