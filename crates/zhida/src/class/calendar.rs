//! The timetable of a class as anybody sees it: a page, and iCalendar (RFC 5545) to be subscribed to.

use askama::Template;
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use icalendar::{Calendar, Component as _, Event, EventLike as _, EventStatus};

use super::entity::{class, lesson};
use super::store;
use crate::app::App;
use crate::clock::span;
use crate::ids::{CountyId, OfferId};
use crate::offer::{self, Offer};
use crate::problem::Problem;
use crate::provider;
use crate::web::extract::Path;
use crate::web::{Shell, Visitor, page};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/timetable/{county}/{id}", get(show))
        .route("/timetable/{county}/{id}/lessons.ics", get(subscribe))
}

async fn found(app: &App, county: &str, id: OfferId) -> Result<(class::Model, Offer), Problem> {
    let county = CountyId::parse(county).ok_or(Problem::NotFound)?;
    let class = store::find(&app.db, &county, id).await?.ok_or(Problem::NotFound)?;
    let offer = offer::find(&app.db, &county, id).await?.ok_or(Problem::NotFound)?;
    Ok((class, offer))
}

struct Line {
    number: i64,
    when: String,
    room: String,
    teacher: String,
    topic: String,
    cancelled: bool,
}

impl From<&lesson::Model> for Line {
    fn from(l: &lesson::Model) -> Self {
        Self {
            number: l.number,
            when: span(l.starts_at, l.ends_at),
            room: l.room.clone(),
            teacher: l.teacher.clone(),
            topic: l.topic.clone(),
            cancelled: l.state == "cancelled",
        }
    }
}

#[derive(Template)]
#[template(path = "class/timetable.html")]
struct TimetablePage {
    shell: Shell,
    title: String,
    provider: String,
    stopped: bool,
    lines: Vec<Line>,
    subscribe: String,
}

async fn show(v: Visitor, Path((county, id)): Path<(String, OfferId)>) -> Result<Response, Problem> {
    let (class, offer) = found(&v.app, &county, id).await?;
    let lessons = store::lessons(&v.app.db, &class.county, &[id]).await?;
    let by = provider::find(&v.app.db, &class.county, class.provider_id).await?;
    page(&TimetablePage {
        title: offer.title,
        provider: by.map(|p| p.name).unwrap_or_default(),
        stopped: class.state == "stopped",
        lines: lessons.iter().map(Line::from).collect(),
        subscribe: format!("/timetable/{county}/{id}/lessons.ics"),
        shell: v.shell(),
    })
}

async fn subscribe(v: Visitor, Path((county, id)): Path<(String, OfferId)>) -> Result<Response, Problem> {
    let (class, offer) = found(&v.app, &county, id).await?;
    let mut calendar = Calendar::new();
    calendar.name(&offer.title);
    for l in store::lessons(&v.app.db, &class.county, &[id]).await? {
        let mut event = Event::new();
        let summary =
            if l.topic.is_empty() { offer.title.clone() } else { format!("{} · {}", offer.title, l.topic) };
        event.uid(&l.id.to_string()).summary(&summary).starts(l.starts_at).ends(l.ends_at).location(&l.room);
        event.timestamp(class.created_at).sequence(u32::try_from(l.version).unwrap_or(u32::MAX));
        event.status(if l.state == "cancelled" { EventStatus::Cancelled } else { EventStatus::Confirmed });
        calendar.push(event.done());
    }
    let head = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=900"),
    ];
    Ok((head, calendar.to_string()).into_response())
}
