//! What anybody says of a place without a login: that they are there, that it is locked, how it is.

use axum::Router;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use chrono::Duration;
use serde::Deserialize;
use serde_json::json;

use super::place_page::found;
use super::store::{self, Opinion, Sight};
use crate::app::App;
use crate::journal::{Actor, Subject, Write};
use crate::place;
use crate::problem::Problem;
use crate::web::extract::{Path, PublicForm};
use crate::web::{Visitor, device, to, with_device};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/s/{code}/here", post(here))
        .route("/s/{code}/locked", post(locked))
        .route("/s/{code}/rate", post(rate))
}

/// Keeps something that was seen of a place, and as what was seen of it last.
///
/// # Errors
/// The database's.
pub async fn see(write: &mut Write, sight: &Sight) -> Result<(), Problem> {
    store::keep(write, std::slice::from_ref(sight)).await?;
    place::seen(write, sight.place, (sight.open, &sight.kind), sight.at).await?;
    let detail = json!({ "kind": sight.kind, "open": sight.open, "words": sight.words });
    write.note("place-seen", Subject::new("place", sight.place), detail).await?;
    Ok(())
}

/// Keeps a sight of a place by a device, once within the network's span.
async fn sight(
    v: &Visitor,
    code: &str,
    headers: &HeaderMap,
    (kind, open): (&str, bool),
) -> Result<Response, Problem> {
    let (place, _, network) = found(&v.app, code).await?;
    if place.state == "closed" {
        return Err(Problem::Conflict("fault-place-closed"));
    }
    let Some(device) = device(&v.app, headers) else {
        // Without the number that the page gives out a device cannot be told from another: it gets one now.
        return with_device(&v.app, (headers, "/s"), to(&format!("/s/{code}"), "once-more"));
    };
    let mut write = Write::begin(&v.app.db, &place.county, &Actor::public(), v.app.clock.now()).await?;
    let since = write.at() - Duration::minutes(network.once_minutes);
    if store::was_here(write.tx(), write.county(), (place.id, kind, &device), since).await? {
        return Ok(to(&format!("/s/{code}"), "counted-already"));
    }
    let hour = write.at() - Duration::hours(1);
    let of_hour = store::seen(write.tx(), write.county(), (place.id, kind), hour).await?;
    if i64::try_from(of_hour).unwrap_or(i64::MAX) >= network.most_per_hour {
        return Ok(to(&format!("/s/{code}"), "counted-enough"));
    }
    let (kind, words) = (kind.to_owned(), String::new());
    let sight = Sight { place: place.id, kind, open, device, words, at: write.at() };
    see(&mut write, &sight).await?;
    write.commit().await?;
    v.app.maps.changed();
    Ok(to(&format!("/s/{code}"), if open { "seen" } else { "locked-noted" }))
}

async fn here(v: Visitor, Path(code): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    sight(&v, &code, &headers, ("here", true)).await
}

async fn locked(v: Visitor, Path(code): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    sight(&v, &code, &headers, ("locked", false)).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rate {
    stars: i64,
    praise: Vec<String>,
    words: String,
    who: String,
    wish: String,
}

/// A device rates a place once a day.
async fn rate(
    v: Visitor,
    Path(code): Path<String>,
    headers: HeaderMap,
    PublicForm(form): PublicForm<Rate>,
) -> Result<Response, Problem> {
    let (place, _, network) = found(&v.app, &code).await?;
    if !(1..=5).contains(&form.stars) {
        return Err(Problem::field("stars", "fault-none-chosen", ""));
    }
    let Some(device) = device(&v.app, &headers) else {
        return with_device(&v.app, (&headers, "/s"), to(&format!("/s/{code}"), "once-more"));
    };
    let own = |code: &String, known: bool| if known { code.clone() } else { String::new() };
    let said = Opinion {
        stars: form.stars,
        praise: network.praise.iter().map(|p| p.code.clone()).filter(|c| form.praise.contains(c)).collect(),
        words: form.words.trim().chars().take(300).collect(),
        who: own(&form.who, network.workers.iter().any(|w| w.code == form.who)),
        wish: own(&form.wish, network.service(&form.wish).is_some()),
    };
    let mut write = Write::begin(&v.app.db, &place.county, &Actor::public(), v.app.clock.now()).await?;
    let since = write.at() - Duration::days(1);
    if store::has_rated(write.tx(), write.county(), (place.id, &device), since).await? {
        return Ok(to(&format!("/s/{code}"), "rated-already"));
    }
    store::rate(&write, place.id, &said, &device).await?;
    write.note("place-rated", Subject::new("place", place.id), json!({ "stars": form.stars })).await?;
    write.commit().await?;
    Ok(to(&format!("/s/{code}"), "rated"))
}
