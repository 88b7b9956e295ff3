//! The calendar of a county: a page for anybody, and iCalendar (RFC 5545) to be subscribed to.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use chrono::Duration;
use icalendar::{Calendar, Component as _, Event, EventLike as _, EventStatus};
use serde::Deserialize;

use super::entity::Model;
use super::store::{self, Asked};
use crate::app::App;
use crate::clock::span;
use crate::ids::{CountyId, PlaceId};
use crate::place::{self, Place};
use crate::problem::Problem;
use crate::web::extract::{Path, Query};
use crate::web::{Shell, Visitor, page};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/calendar", get(show))
        .route("/calendar.ics", get(subscribe))
        .route("/s/{code}/events.ics", get(of_place))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Of {
    county: String,
    town: String,
}

/// Events that the calendar holds.
const MOST: u64 = 500;

/// The places of events, by id.
pub(super) async fn places(
    app: &App,
    county: &CountyId,
    of: &[Model],
) -> Result<BTreeMap<PlaceId, Place>, Problem> {
    let ids = of.iter().map(|e| e.place_id).collect();
    let found = place::of_ids(&app.db, county, &ids).await?;
    Ok(found.into_iter().map(|p| (p.id, p)).collect())
}

struct Line {
    link: String,
    title: String,
    when: String,
    place: String,
    address: String,
}

#[derive(Template)]
#[template(path = "event/calendar.html")]
struct CalendarPage {
    shell: Shell,
    county: String,
    name: String,
    town: String,
    towns: Vec<(String, String)>,
    lines: Vec<Line>,
    subscribe: String,
}

async fn show(v: Visitor, Query(of): Query<Of>) -> Result<Response, Problem> {
    let county = v.county(&of.county);
    let asked = Asked { after: Some(v.app.clock.now()), ..Asked::default() };
    let events = store::list(&v.app.db, &county, asked, MOST).await?;
    let places = places(&v.app, &county, &events).await?;
    let line = |e: Model| {
        let place = places.get(&e.place_id)?;
        let code = place.code.as_ref()?;
        let here = of.town.is_empty() || place.town.as_deref() == Some(of.town.as_str());
        here.then(|| Line {
            link: format!("/s/{code}/events/{}", e.id),
            title: e.title,
            when: span(e.starts_at, e.ends_at),
            place: place.name.clone(),
            address: place.address.clone(),
        })
    };
    let lines = events.into_iter().filter_map(line).collect();
    let base = v.app.config.base_url.trim_end_matches('/');
    let towns = v.app.regions.towns(&county.0).map(|(c, n)| (c.to_owned(), n.to_owned())).collect();
    page(&CalendarPage {
        name: v.app.regions.name(&county.0).unwrap_or_default().to_owned(),
        subscribe: format!("{base}/calendar.ics?county={county}"),
        town: of.town,
        towns,
        lines,
        county: county.0,
        shell: v.shell(),
    })
}

/// Events as iCalendar; cancelled ones say so, that a phone takes them out.
fn ics(app: &App, name: &str, events: Vec<Model>, places: &BTreeMap<PlaceId, Place>) -> Response {
    let base = app.config.base_url.trim_end_matches('/');
    let mut calendar = Calendar::new();
    calendar.name(name);
    for e in events {
        let place = places.get(&e.place_id);
        let mut event = Event::new();
        event.uid(&e.id.to_string()).summary(&e.title).starts(e.starts_at).ends(e.ends_at);
        event.timestamp(e.created_at).sequence(u32::try_from(e.version).unwrap_or(u32::MAX));
        if !e.words.is_empty() {
            event.description(&e.words);
        }
        if let Some(place) = place {
            event.location(&format!("{} {}", place.name, place.address));
            if let Some(code) = &place.code {
                event.url(&format!("{base}/s/{code}/events/{}", e.id));
            }
        }
        event.status(if e.state == "cancelled" { EventStatus::Cancelled } else { EventStatus::Confirmed });
        calendar.push(event.done());
    }
    let head = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=900"),
    ];
    (head, calendar.to_string()).into_response()
}

/// What was held lately stays in a subscription for a while.
fn lately(v: &Visitor, place: Option<PlaceId>) -> Asked {
    Asked { place, after: Some(v.app.clock.now() - Duration::days(30)), cancelled: true, ..Asked::default() }
}

async fn subscribe(v: Visitor, Query(of): Query<Of>) -> Result<Response, Problem> {
    let county = v.county(&of.county);
    let events = store::list(&v.app.db, &county, lately(&v, None), MOST).await?;
    let places = places(&v.app, &county, &events).await?;
    let name = v.shell().t.v("calendar-of", v.app.regions.name(&county.0).unwrap_or_default());
    Ok(ics(&v.app, &name, events, &places))
}

async fn of_place(v: Visitor, Path(code): Path<String>) -> Result<Response, Problem> {
    let place = place::public(&v.app.db, &code).await?.ok_or(Problem::NotFound)?;
    let events = store::list(&v.app.db, &place.county, lately(&v, Some(place.id)), MOST).await?;
    let name = place.name.clone();
    Ok(ics(&v.app, &name, events, &BTreeMap::from([(place.id, place)])))
}
