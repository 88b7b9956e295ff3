//! What the keeper of a place does on a phone, by a link of his own: open, close, say why. The link is made anew by an officer.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::Duration;
use serde::Deserialize;
use serde_json::json;

use super::place_page::found;
use super::say::see;
use super::standing::{local, standing};
use super::store::Sight;
use super::words::words;
use super::{Spot, store};
use crate::app::App;
use crate::db::seal::{sha256_hex, token};
use crate::ids::PlaceId;
use crate::journal::{Actor, Subject, Write};
use crate::place::{self, Place};
use crate::problem::Problem;
use crate::web::extract::{Form, Path, PublicForm};
use crate::web::{Officer, Shell, Visitor, page, to};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/keep/{code}/{token}", get(show).post(say)).route("/places/{id}/keeper", post(renew))
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
    let midnight = Duration::seconds(i64::from(chrono::Timelike::num_seconds_from_midnight(&local(now))));
    let today = store::seen(&v.app.db, &place.county, (place.id, "here"), now - midnight).await?;
    let shell = v.shell();
    let name = place.name.clone();
    let spot = Spot::of(network, place).ok_or(Problem::NotFound)?;
    let words = words(&shell.t, &spot, &standing(network, &spot, now), local(now));
    let public = format!("/s/{code}");
    page(&KeeperPage { words, link: format!("/keep/{code}/{link}"), today, public, name, shell })
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

#[derive(Debug, Deserialize)]
struct Nothing {}

#[derive(Template)]
#[template(path = "network/link.html")]
struct LinkPage {
    shell: Shell,
    id: PlaceId,
    name: String,
    link: String,
    picture: String,
}

/// Makes the keeper's link anew and shows it, this once.
async fn renew(
    o: Officer,
    Path(id): Path<PlaceId>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Problem> {
    let place = place::find(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
    let code = place.code.ok_or(Problem::NotFound)?;
    let secret = token()?;
    let mut write = o.write().await?;
    place::keeper_link(&write, id, &sha256_hex(secret.as_bytes())).await?;
    write.note("keeper-link", Subject::new("place", id), json!({})).await?;
    write.commit().await?;
    let base = o.app.config.base_url.trim_end_matches('/');
    let link = format!("{base}/keep/{code}/{secret}");
    let picture = crate::web::qr(&link)?;
    page(&LinkPage { shell: o.shell("places"), id, name: place.name, link, picture })
}
