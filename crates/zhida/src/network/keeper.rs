//! What the keeper of a place does on a phone, by a link of his own: open, close, say why. The link is made anew by an officer.

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use chrono::Duration;
use serde::Deserialize;
use serde_json::json;
use zhida_pack::Severity;
use zhida_rules::Lang;

use super::place_page::found;
use super::say::see;
use super::standing::standing;
use super::store::Sight;
use super::words::words;
use super::{Spot, store};
use crate::app::App;
use crate::clock::china;
use crate::db::seal::{sha256_hex, token};
use crate::finding::{self, About, NewFinding};
use crate::ids::PlaceId;
use crate::journal::{Actor, Subject, Write};
use crate::photo;
use crate::place::{self, Link, Place};
use crate::problem::Problem;
use crate::web::extract::{Form, Nothing, Path, PublicForm, PublicUpload};
use crate::web::{Officer, PUBLIC_BYTES, Shell, Visitor, page, to};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/keep/{code}/{token}", get(show).post(say))
        .route("/keep/{code}/{token}/low", post(low))
        .route("/keep/{code}/{token}/photos", post(photos).layer(DefaultBodyLimit::max(PUBLIC_BYTES)))
        .route("/beat/{code}/{token}", post(beat))
        .route("/places/{id}/keeper", post(renew_keeper))
        .route("/places/{id}/device", post(renew_device))
}

#[derive(Template)]
#[template(path = "network/keeper.html")]
struct KeeperPage {
    shell: Shell,
    name: String,
    words: String,
    link: String,
    /// Check-ins since midnight.
    today: u64,
    public: String,
    code: String,
    /// What the place offers and may run out of.
    services: Vec<(String, String)>,
    /// What is being put right there: what, by when.
    open: Vec<(String, String)>,
    photos: Vec<String>,
    most: usize,
}

/// The place of which the link is the keeper's.
async fn own(app: &App, code: &str, token: &str) -> Result<Place, Problem> {
    let (place, ..) = found(app, code).await?;
    let hash = sha256_hex(token.as_bytes());
    if place.keeper_hash.as_deref() == Some(hash.as_str()) { Ok(place) } else { Err(Problem::NotFound) }
}

async fn show(v: Visitor, Path((code, link)): Path<(String, String)>) -> Result<Response, Problem> {
    let place = own(&v.app, &code, &link).await?;
    let (_, network) = v.app.network(&place.kind).ok_or(Problem::NotFound)?;
    let now = v.app.clock.now();
    let midnight = Duration::seconds(i64::from(chrono::Timelike::num_seconds_from_midnight(&china(now))));
    let today = store::seen(&v.app.db, &place.county, (place.id, "here"), now - midnight).await?;
    let shell = v.shell();
    let name = place.name.clone();
    let (county, id, photos) = (place.county.clone(), place.id, place.photos());
    let spot = Spot::of(network, place).ok_or(Problem::NotFound)?;
    let words = words(&shell.t, &spot, &standing(network, &spot, now), china(now));
    let public = format!("/s/{code}");
    let open = finding::open_at(&v.app.db, &county, ("place", &id.to_string())).await?;
    let open = open.into_iter().map(|f| (f.words, f.due.to_string())).collect();
    let services = network.of_bits(spot.services).map(|s| (s.code.clone(), s.label.get(v.lang).to_owned()));
    page(&KeeperPage {
        services: services.collect(),
        open,
        photos,
        most: place::PHOTOS,
        code: code.clone(),
        words,
        link: format!("/keep/{code}/{link}"),
        today,
        public,
        name,
        shell,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    open: String,
    words: String,
}

async fn say(
    v: Visitor,
    Path((code, link)): Path<(String, String)>,
    PublicForm(form): PublicForm<Said>,
) -> Result<Response, Problem> {
    let place = own(&v.app, &code, &link).await?;
    let open = form.open == "yes";
    let said: String = form.words.trim().chars().take(200).collect();
    let mut write = Write::begin(&v.app.db, &place.county, &Actor::public(), v.app.clock.now()).await?;
    let (kind, device) = ("keeper".to_owned(), String::new());
    let sight = Sight { place: place.id, kind, open, device, words: said, at: write.at() };
    see(&mut write, &sight).await?;
    write.commit().await?;
    v.app.maps.changed();
    Ok(to(&format!("/keep/{code}/{link}"), if open { "keeper-open" } else { "keeper-closed" }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Low {
    service: Vec<String>,
}

/// Days within which what has run out is brought.
const LOW_DAYS: i64 = 3;

/// Says that something runs out: a finding for the unit that looks after the place, once until it is put right.
async fn low(
    v: Visitor,
    Path((code, link)): Path<(String, String)>,
    PublicForm(form): PublicForm<Low>,
) -> Result<Response, Problem> {
    let place = own(&v.app, &code, &link).await?;
    let (pack, network) = v.app.network(&place.kind).ok_or(Problem::NotFound)?;
    if form.service.is_empty() {
        return Err(Problem::field("service", "fault-none-chosen", ""));
    }
    let about = About::from(&place);
    // A finding is kept in the office's language, whoever reports it.
    let words = |service: &str| v.app.texts.get(Lang::Zh, "keeper-low-words", &[("v", service.into())]);
    let mut write = Write::begin(&v.app.db, &place.county, &Actor::public(), v.app.clock.now()).await?;
    let open = finding::open_at(write.tx(), &place.county, ("place", &about.id)).await?;
    let rule = |service: &str| format!("low-{service}");
    let named = network.services.iter().filter(|s| form.service.contains(&s.code));
    let new = named.filter(|s| !open.iter().any(|f| f.rule == rule(&s.code))).map(|s| NewFinding {
        review: None,
        pack: pack.name.clone(),
        rule: rule(&s.code),
        words: words(&s.label.zh),
        severity: Severity::Minor,
        about: about.clone(),
        unit: place.unit_id,
        owner: None,
        due: v.app.clock.today().plus_days(LOW_DAYS),
        escalate_days: LOW_DAYS,
        photos: Vec::new(),
    });
    let new: Vec<NewFinding> = new.collect();
    if !new.is_empty() {
        finding::raise(&mut write, new).await?;
        write.commit().await?;
    }
    Ok(to(&format!("/keep/{code}/{link}"), "keeper-low"))
}

/// Photos that a keeper takes stand on the place's page; an officer can take them off.
async fn photos(
    v: Visitor,
    Path((code, link)): Path<(String, String)>,
    PublicUpload(form): PublicUpload,
) -> Result<Response, Problem> {
    let place = own(&v.app, &code, &link).await?;
    let plain = photo::all_plain(&form.files).await?;
    if plain.is_empty() {
        return Err(Problem::field("photos", "fault-none-chosen", ""));
    }
    let mut write = Write::begin(&v.app.db, &place.county, &Actor::public(), v.app.clock.now()).await?;
    let hashes = photo::keep_all(&v.app, &mut write, plain).await?;
    place::add_photos(&mut write, place.id, &hashes).await?;
    write.commit().await?;
    Ok(to(&format!("/keep/{code}/{link}"), "keeper-photos"))
}

/// What a device at the door says. The same again within half of the span for which a sight counts is not written down again.
async fn beat(
    v: Visitor,
    Path((code, link)): Path<(String, String)>,
    PublicForm(form): PublicForm<Said>,
) -> Result<Response, Problem> {
    let (place, _, network) = found(&v.app, &code).await?;
    if place.device_hash.as_deref() != Some(sha256_hex(link.as_bytes()).as_str()) {
        return Err(Problem::NotFound);
    }
    let open = match form.open.as_str() {
        "yes" => true,
        "no" => false,
        other => return Err(Problem::field("open", "fault-value", other)),
    };
    let now = v.app.clock.now();
    let fresh = place.seen_at.is_some_and(|at| now - at < Duration::minutes(network.sure_minutes / 2));
    if !(fresh && place.seen_by == "device" && place.seen_open == Some(open)) {
        let mut write = Write::begin(&v.app.db, &place.county, &Actor::system(), now).await?;
        let (kind, device) = ("device".to_owned(), String::new());
        let sight = Sight { place: place.id, kind, open, device, words: String::new(), at: write.at() };
        see(&mut write, &sight).await?;
        write.commit().await?;
        v.app.maps.changed();
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Template)]
#[template(path = "network/link.html")]
struct LinkPage {
    shell: Shell,
    id: PlaceId,
    name: String,
    link: String,
    /// The link as a code to be read by a phone; nothing for a device.
    picture: String,
}

async fn renew_keeper(
    o: Officer,
    Path(id): Path<PlaceId>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Problem> {
    renew(&o, id, Link::Keeper).await
}

async fn renew_device(
    o: Officer,
    Path(id): Path<PlaceId>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Problem> {
    renew(&o, id, Link::Device).await
}

/// Makes a link of a place anew and shows it, this once.
async fn renew(o: &Officer, id: PlaceId, of: Link) -> Result<Response, Problem> {
    let place = place::find(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
    let code = place.code.ok_or(Problem::NotFound)?;
    let secret = token()?;
    let mut write = o.write().await?;
    place::renew_link(&write, id, of, &sha256_hex(secret.as_bytes())).await?;
    let (path, act) = match of {
        Link::Keeper => ("keep", "keeper-link"),
        Link::Device => ("beat", "device-link"),
    };
    write.note(act, Subject::new("place", id), json!({})).await?;
    write.commit().await?;
    let base = o.app.config.base_url.trim_end_matches('/');
    let link = format!("{base}/{path}/{code}/{secret}");
    let picture = if of == Link::Keeper { crate::web::qr(&link)? } else { String::new() };
    page(&LinkPage { shell: o.shell("places"), id, name: place.name, link, picture })
}
