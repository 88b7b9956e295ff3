//! An event for anybody: what there is, and saying how many come, without a name.

use askama::Template;
use axum::Router;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::entity::Model;
use super::store;
use crate::app::App;
use crate::clock::span;
use crate::ids::EventId;
use crate::journal::{Actor, Write};
use crate::place::{self, Place};
use crate::problem::Problem;
use crate::web::extract::{Path, PublicForm};
use crate::web::{Shell, Visitor, device, page, to, with_device};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/s/{code}/events/{id}", get(show))
        .route("/s/{code}/events/{id}/come", post(come))
        .route("/s/{code}/events/{id}/leave", post(leave))
}

async fn own(app: &App, code: &str, id: EventId) -> Result<(Place, Model), Problem> {
    let place = place::public(&app.db, code).await?.ok_or(Problem::NotFound)?;
    let event = store::find(&app.db, &place.county, id).await?.filter(|e| e.place_id == place.id);
    Ok((place, event.ok_or(Problem::NotFound)?))
}

/// People of one registration at most.
const PARTY: i64 = 5;

#[derive(Template)]
#[template(path = "event/public.html")]
struct EventPage {
    shell: Shell,
    code: String,
    place: String,
    address: String,
    event: Model,
    kind: String,
    when: String,
    coming: i64,
    left: Option<i64>,
    /// The number of whoever looks, and how many they said.
    mine: Option<(i64, i64)>,
    open: bool,
    over: bool,
    party: i64,
}

async fn show(
    v: Visitor,
    Path((code, id)): Path<(String, EventId)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (place, event) = own(&v.app, &code, id).await?;
    let coming = store::coming(&v.app.db, &place.county, &[id]).await?.get(&id).copied().unwrap_or(0);
    let mine = match device(&v.app, &headers) {
        Some(device) => store::guest_of(&v.app.db, &place.county, id, &device).await?,
        None => None,
    };
    let now = v.app.clock.now();
    let network = v.app.network(&place.kind).map(|(_, n)| n);
    let kind = network.and_then(|n| zhida_pack::called(&n.events, &event.kind, v.lang)).unwrap_or_default();
    let answer = page(&EventPage {
        when: span(event.starts_at, event.ends_at),
        left: (event.seats > 0).then(|| (event.seats - coming).max(0)),
        mine: mine.map(|g| (g.number, g.people)),
        open: event.state == "planned" && now < event.ends_at,
        over: now >= event.ends_at,
        party: PARTY,
        place: place.name,
        address: place.address,
        coming,
        event,
        kind,
        code,
        shell: v.shell(),
    })?;
    with_device(&v.app, (&headers, "/s"), answer)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Coming {
    people: i64,
}

async fn come(
    v: Visitor,
    Path((code, id)): Path<(String, EventId)>,
    headers: HeaderMap,
    PublicForm(form): PublicForm<Coming>,
) -> Result<Response, Problem> {
    let (place, event) = own(&v.app, &code, id).await?;
    let here = format!("/s/{code}/events/{id}");
    if event.state != "planned" || v.app.clock.now() >= event.ends_at {
        return Err(Problem::Conflict("fault-event-over"));
    }
    if !(1..=PARTY).contains(&form.people) {
        return Err(Problem::field("people", "fault-number-within", format!("1–{PARTY}")));
    }
    let Some(device) = device(&v.app, &headers) else {
        return with_device(&v.app, (&headers, "/s"), to(&here, "once-more"));
    };
    let mut write = Write::begin(&v.app.db, &place.county, &Actor::public(), v.app.clock.now()).await?;
    store::come(&mut write, &event, &device, form.people).await?;
    write.commit().await?;
    Ok(to(&here, "event-coming"))
}

async fn leave(
    v: Visitor,
    Path((code, id)): Path<(String, EventId)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (place, _) = own(&v.app, &code, id).await?;
    if let Some(device) = device(&v.app, &headers) {
        let mut write = Write::begin(&v.app.db, &place.county, &Actor::public(), v.app.clock.now()).await?;
        store::leave(&mut write, id, &device).await?;
        write.commit().await?;
    }
    Ok(to(&format!("/s/{code}/events/{id}"), "event-left"))
}
