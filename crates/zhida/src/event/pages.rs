//! What officers do with events: the list, planning one, how many came.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Deserialize;
use zhida_pack::Coded as _;

use super::calendar::places;
use super::entity::Model;
use super::store::{self, Asked, NewEvent};
use crate::app::App;
use crate::clock::{self, china, span};
use crate::ids::{EventId, PlaceId};
use crate::journal::Subject;
use crate::place::{self, Place};
use crate::problem::{FieldFault, Problem};
use crate::web::extract::{Form, Path, Query, chosen};
use crate::web::{Officer, Shell, download, page, to};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/events", get(list).post(create))
        .route("/events.xlsx", get(sheet))
        .route("/events/new", get(blank))
        .route("/events/{id}", get(show).post(change))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Of {
    place: Option<PlaceId>,
    past: String,
}

struct Line {
    id: EventId,
    title: String,
    kind: String,
    when: String,
    place: String,
    town: Option<String>,
    coming: i64,
    seats: i64,
    headcount: Option<i64>,
    cancelled: bool,
}

/// Events that a list shows.
const MOST: u64 = 500;

async fn lines(o: &Officer, of: &Of) -> Result<Vec<Line>, Problem> {
    let now = o.app.clock.now();
    let past = of.past == "yes";
    let (after, before) = if past { (None, Some(now)) } else { (Some(now), None) };
    let asked = Asked { place: of.place, after, before, cancelled: true };
    let found = store::list(&o.app.db, &o.county, asked, MOST).await?;
    let places = places(&o.app, &o.county, &found).await?;
    let ids: Vec<EventId> = found.iter().map(|e| e.id).collect();
    let coming = store::coming(&o.app.db, &o.county, &ids).await?;
    let whole = o.region.as_str().len() <= 6;
    let line = |e: Model| {
        let place = places.get(&e.place_id)?;
        let mine = whole || place.town.as_deref() == Some(o.region.as_str());
        let network = o.app.network(&place.kind).map(|(_, n)| n);
        mine.then(|| Line {
            id: e.id,
            kind: network.and_then(|n| zhida_pack::called(&n.events, &e.kind, o.lang)).unwrap_or_default(),
            when: span(e.starts_at, e.ends_at),
            place: place.name.clone(),
            town: place.town.as_deref().and_then(|t| o.app.regions.name(t)).map(str::to_owned),
            coming: coming.get(&e.id).copied().unwrap_or(0),
            seats: e.seats,
            headcount: e.headcount,
            cancelled: e.state == "cancelled",
            title: e.title,
        })
    };
    Ok(found.into_iter().filter_map(line).collect())
}

#[derive(Template)]
#[template(path = "event/list.html")]
struct ListPage {
    shell: Shell,
    past: bool,
    place: Option<(PlaceId, String)>,
    lines: Vec<Line>,
}

async fn list(o: Officer, Query(of): Query<Of>) -> Result<Response, Problem> {
    let lines = lines(&o, &of).await?;
    let place = match of.place {
        Some(id) => place::find(&o.app.db, &o.county, &o.region, id).await?.map(|p| (id, p.name)),
        None => None,
    };
    page(&ListPage { past: of.past == "yes", place, lines, shell: o.shell("places") })
}

async fn sheet(o: Officer, Query(of): Query<Of>) -> Result<Response, Problem> {
    let lines = lines(&o, &of).await?;
    let t = o.shell("").t;
    let head =
        ["event-title", "kind", "time", "place", "town", "event-coming", "event-seats", "event-headcount"];
    let row = |l: &Line| {
        let title = if l.cancelled {
            format!("{}（{}）", l.title, t.s("event-cancelled"))
        } else {
            l.title.clone()
        };
        let n = |n: i64| if n == 0 { String::new() } else { n.to_string() };
        vec![
            title,
            l.kind.clone(),
            l.when.clone(),
            l.place.clone(),
            l.town.clone().unwrap_or_default(),
            l.coming.to_string(),
            n(l.seats),
            l.headcount.map_or_else(String::new, |n| n.to_string()),
        ]
    };
    let rows: Vec<Vec<String>> = lines.iter().map(row).collect();
    let mut write = o.write().await?;
    let subject = Subject::new("county", &o.county);
    write.note("events-exported", subject, serde_json::json!({ "rows": rows.len() })).await?;
    write.commit().await?;
    download::xlsx("events", &head.map(|key| t.s(key)), &rows)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EventForm {
    place: String,
    kind: String,
    title: String,
    words: String,
    from: String,
    to: String,
    seats: String,
    state: String,
    headcount: String,
    version: i64,
}

#[derive(Template)]
#[template(path = "event/edit.html")]
struct EditPage {
    shell: Shell,
    id: Option<EventId>,
    /// The place: chosen already, or one of these.
    place: Option<(PlaceId, String)>,
    places: Vec<(PlaceId, String)>,
    kinds: Vec<(String, String, bool)>,
    now: EventForm,
    /// Whether it has begun, so that people can be counted.
    begun: bool,
    coming: i64,
    public: String,
}

/// A time of China as a form shows and sends it.
const LOCAL: &str = "%Y-%m-%dT%H:%M";

fn local(at: DateTime<Utc>) -> String {
    china(at).format(LOCAL).to_string()
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(text.get(..16)?, LOCAL).ok().map(clock::instant)
}

/// The places of networks at which events are held.
async fn open_places(o: &Officer) -> Result<Vec<Place>, Problem> {
    let mut all = Vec::new();
    for network in o.app.packs().filter_map(|p| p.network.as_ref()).filter(|n| !n.events.is_empty()) {
        all.extend(place::kept(&o.app.db, &o.county, &o.region, &network.kind).await?);
    }
    Ok(all)
}

async fn form(o: &Officer, event: Option<&Model>, now: EventForm) -> Result<Response, Problem> {
    let chosen = match now.place.parse::<PlaceId>() {
        Ok(id) => place::find(&o.app.db, &o.county, &o.region, id).await?,
        Err(_) => None,
    };
    let places = if chosen.is_some() { Vec::new() } else { open_places(o).await? };
    let kind = chosen.as_ref().or(places.first()).map(|p| p.kind.clone()).unwrap_or_default();
    let network = o.app.network(&kind).map(|(_, n)| n).ok_or(Problem::NotFound)?;
    let kinds = network.events.iter();
    let kinds =
        kinds.map(|k| (k.code.clone(), k.label().get(o.lang).to_owned(), k.code == now.kind)).collect();
    let coming = match event {
        Some(e) => store::coming(&o.app.db, &o.county, &[e.id]).await?.get(&e.id).copied().unwrap_or(0),
        None => 0,
    };
    let code = chosen.as_ref().and_then(|p| p.code.clone()).unwrap_or_default();
    page(&EditPage {
        id: event.map(|e| e.id),
        public: event.map_or_else(String::new, |e| format!("/s/{code}/events/{}", e.id)),
        begun: event.is_some_and(|e| e.starts_at <= o.app.clock.now()),
        place: chosen.map(|p| (p.id, p.name)),
        places: places.into_iter().map(|p| (p.id, p.name)).collect(),
        kinds,
        now,
        coming,
        shell: o.shell("places"),
    })
}

async fn blank(o: Officer, Query(of): Query<Of>) -> Result<Response, Problem> {
    let place = of.place.map_or_else(String::new, |id| id.to_string());
    form(&o, None, EventForm { place, ..EventForm::default() }).await
}

async fn found(o: &Officer, id: EventId) -> Result<(Model, Place), Problem> {
    let event = store::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let place = place::find(&o.app.db, &o.county, &o.region, event.place_id).await?;
    Ok((event, place.ok_or(Problem::NotFound)?))
}

async fn show(o: Officer, Path(id): Path<EventId>) -> Result<Response, Problem> {
    let (e, _) = found(&o, id).await?;
    let now = EventForm {
        place: e.place_id.to_string(),
        kind: e.kind.clone(),
        title: e.title.clone(),
        words: e.words.clone(),
        from: local(e.starts_at),
        to: local(e.ends_at),
        seats: if e.seats > 0 { e.seats.to_string() } else { String::new() },
        state: e.state.clone(),
        headcount: e.headcount.map_or_else(String::new, |n| n.to_string()),
        version: e.version,
    };
    form(&o, Some(&e), now).await
}

/// The event that a form describes.
fn checked(o: &Officer, place: &Place, form: &EventForm) -> Result<NewEvent, Problem> {
    let network = o.app.network(&place.kind).map(|(_, n)| n).ok_or(Problem::NotFound)?;
    let mut faults = Vec::new();
    let mut fault = |field: &str, key, value: &str| {
        faults.push(FieldFault { field: field.to_owned(), key, value: value.to_owned() });
    };
    if form.title.trim().is_empty() {
        fault("title", "fault-empty", "");
    }
    if !network.events.iter().any(|k| k.code == form.kind) {
        fault("kind", "fault-none-chosen", "");
    }
    let span = instant(&form.from).zip(instant(&form.to));
    match span {
        None => fault("from", "fault-date", &format!("{} {}", form.from, form.to)),
        Some((from, to)) if from >= to => fault("to", "fault-event-order", ""),
        Some(_) => {}
    }
    let mut number = |field: &str, text: &str| match text.trim() {
        "" => None,
        text => match text.parse::<i64>() {
            Ok(n) if (0..=100_000).contains(&n) => Some(n),
            _ => {
                fault(field, "fault-number-within", "0–100000");
                None
            }
        },
    };
    let (seats, headcount) = (number("seats", &form.seats), number("headcount", &form.headcount));
    let (Some((from, to)), true) = (span, faults.is_empty()) else { return Err(Problem::Invalid(faults)) };
    Ok(NewEvent {
        place: place.id,
        kind: form.kind.clone(),
        title: form.title.trim().chars().take(100).collect(),
        words: form.words.trim().chars().take(1_000).collect(),
        from,
        to,
        seats: seats.unwrap_or(0),
        state: if form.state == "cancelled" { "cancelled" } else { "planned" }.to_owned(),
        headcount,
        origin: o.app.config.origin().to_owned(),
    })
}

async fn create(o: Officer, Form(form): Form<EventForm>) -> Result<Response, Problem> {
    let id: PlaceId = chosen("place", &form.place)?;
    let place = place::find(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
    let new = checked(&o, &place, &form)?;
    let mut write = o.write().await?;
    store::create(&mut write, vec![new]).await?;
    write.commit().await?;
    Ok(to(&format!("/events?place={id}"), "saved"))
}

async fn change(
    o: Officer,
    Path(id): Path<EventId>,
    Form(form): Form<EventForm>,
) -> Result<Response, Problem> {
    let (event, place) = found(&o, id).await?;
    if event.version != form.version {
        return Err(Problem::Conflict("fault-changed"));
    }
    let new = checked(&o, &place, &form)?;
    if new.headcount.is_some() && new.from > o.app.clock.now() {
        return Err(Problem::field("headcount", "fault-event-early", ""));
    }
    let mut write = o.write().await?;
    store::update(&mut write, &event, new).await?;
    write.commit().await?;
    Ok(to(&format!("/events/{id}"), "saved"))
}
