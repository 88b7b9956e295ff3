//! What anybody sees of a place: the page behind its QR code.

use askama::Template;
use axum::Router;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use chrono::Duration;
use zhida_pack::{Network, Pack, Service, called};

use super::near::Spot;
use super::near_page::keepable;
use super::standing::standing;
use super::store;
use super::uptime::uptime;
use super::words::{mark, mean, words};
use crate::app::App;
use crate::clock::china;
use crate::event;
use crate::photo;
use crate::place::{self, Place};
use crate::problem::Problem;
use crate::texts::T;
use crate::web::extract::Path;
use crate::web::{Shell, Visitor, page, with_device};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/s/{code}", get(show))
        .route("/s/{code}/photos/{hash}", get(whole))
        .route("/s/{code}/photos/{hash}/small", get(small))
}

/// The place with a code, its network and pack.
pub(super) async fn found<'a>(app: &'a App, code: &str) -> Result<(Place, &'a Pack, &'a Network), Problem> {
    let place = place::public(&app.db, code).await?.ok_or(Problem::NotFound)?;
    let (pack, network) = app.network(&place.kind).ok_or(Problem::NotFound)?;
    Ok((place, pack, network))
}

struct DayLine {
    day: String,
    hours: String,
    today: bool,
    note: String,
}

#[derive(Template)]
#[template(path = "network/place.html")]
struct PlacePage {
    shell: Shell,
    code: String,
    name: String,
    address: String,
    title: String,
    map: String,
    open: &'static str,
    words: String,
    tier: String,
    class: String,
    entry: String,
    partner: String,
    phone: String,
    services: Vec<String>,
    missing: Vec<String>,
    days: Vec<DayLine>,
    maps: Vec<(String, String)>,
    praise: Vec<(String, String)>,
    workers: Vec<(String, String)>,
    /// What is not there and may be missed.
    absent: Vec<(String, String)>,
    /// Check-ins of the last 30 days.
    visits: u64,
    /// How often it was open when somebody looked: the share, of how many hours.
    uptime: Option<(i64, i64)>,
    photos: Vec<String>,
    /// What is held there next: address, title, when.
    events: Vec<(String, String, String)>,
    /// The mean of the ratings of the last 90 days in tenths, and how many.
    stars: Option<(String, usize)>,
    said: Vec<(String, usize)>,
    repair: Option<String>,
    closed_for_good: bool,
}

/// The hours of a week from today.
fn week(t: &T, spot: &Spot, today: chrono::NaiveDate) -> Vec<DayLine> {
    let day = |n: u64| {
        let day = today.checked_add_days(chrono::Days::new(n))?;
        let hours = spot.hours.as_ref()?.on(day).into_iter().map(|(a, b)| format!("{a}–{b}"));
        let hours = t.list(&hours.collect::<Vec<_>>());
        let note = if place::is_working_weekend(day) {
            t.s("working-weekend")
        } else if place::is_holiday(day) {
            t.s("holiday")
        } else {
            String::new()
        };
        let weekday = chrono::Datelike::weekday(&day).num_days_from_monday();
        Some(DayLine {
            day: format!("{} {}", day.format("%m-%d"), t.s(format!("weekday-{weekday}"))),
            hours: if hours.is_empty() { t.s("closed-day") } else { hours },
            today: n == 0,
            note,
        })
    };
    (0..7).filter_map(day).collect()
}

/// What people say: the mean in tenths with how many, and the quick words said most.
type Opinion = (Option<(String, usize)>, Vec<(String, usize)>);

fn opinion(v: &Visitor, network: &Network, ratings: &[super::entity::rating::Model]) -> Opinion {
    let said = network.praise.iter().map(|word| {
        let n = ratings.iter().filter(|r| r.praise.contains(&format!("\"{}\"", word.code))).count();
        (word.label.get(v.lang).to_owned(), n)
    });
    let mut said: Vec<(String, usize)> = said.filter(|(_, n)| *n > 0).collect();
    said.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    said.truncate(4);
    let sum = ratings.iter().map(|r| r.stars).sum();
    let mean = mean(sum, i64::try_from(ratings.len()).unwrap_or(i64::MAX));
    (mean.map(|mean| (mean, ratings.len())), said)
}

/// The maps of people's phones with the way to a place, in the datum of each.
fn ways(v: &Visitor, network: &Network, spot: &Spot) -> Vec<(String, String)> {
    let encoded = crate::web::urlencode(&spot.name);
    let way = |m: &zhida_pack::MapApp| {
        let [lon, lat] = m.datum.of_wgs84(spot.at);
        let link = m.link.replace("{lon}", &format!("{lon:.6}")).replace("{lat}", &format!("{lat:.6}"));
        (m.label.get(v.lang).to_owned(), link.replace("{name}", &encoded))
    };
    network.maps.iter().map(way).collect()
}

async fn show(v: Visitor, Path(code): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let (place, pack, network) = found(&v.app, &code).await?;
    let shell = v.shell();
    let now = v.app.clock.now();
    let visits = store::seen(&v.app.db, &place.county, (place.id, "here"), now - Duration::days(30)).await?;
    let ratings = store::ratings(&v.app.db, &place.county, place.id, now - Duration::days(90)).await?;
    let (stars, said) = opinion(&v, network, &ratings);
    let sights = store::sights(&v.app.db, &place.county, place.id, now - Duration::days(90)).await?;
    let photos = place.photos();
    let events = event::next_at(&v.app.db, &place.county, place.id, now).await?;
    let events = events
        .into_iter()
        .map(|(id, title, at)| {
            (format!("/s/{code}/events/{id}"), title, china(at).format("%m-%d %H:%M").to_string())
        })
        .collect();
    let tier = called(&network.tiers, &place.tier, v.lang).unwrap_or_default();
    let class = called(&network.classes, &place.class, v.lang).unwrap_or_default();
    let entry = called(&network.entries, &place.entry, v.lang).unwrap_or_default();
    let repair =
        pack.tips.as_ref().map(|_| format!("/tell/{}?county={}&place={}", pack.name, place.county, place.id));
    let (partner, phone) = (place.partner.clone(), place.phone.clone());
    let closed_for_good = place.state == "closed";
    let spot = Spot::of(network, place).ok_or(Problem::NotFound)?;
    let stands = standing(network, &spot, now);
    let labels = |services: &mut dyn Iterator<Item = &Service>| {
        services.map(|s| s.label.get(v.lang).to_owned()).collect()
    };
    let up = uptime(spot.hours.as_ref(), &sights);
    let answer = page(&PlacePage {
        uptime: up.percent().map(|percent| (percent, up.seen)),
        photos,
        events,
        open: mark(&stands),
        words: words(&shell.t, &spot, &stands, china(now)),
        title: network.title.get(v.lang).to_owned(),
        map: format!("/{}?lon={}&lat={}", network.address, spot.at[0], spot.at[1]),
        tier,
        class,
        entry,
        partner,
        phone,
        services: labels(&mut network.of_bits(spot.services)),
        missing: labels(&mut network.lacking(spot.services)),
        days: week(&shell.t, &spot, china(now).date()),
        maps: ways(&v, network, &spot),
        workers: network.workers.iter().map(|w| (w.code.clone(), w.label.get(v.lang).to_owned())).collect(),
        absent: network
            .of_bits(!spot.services)
            .map(|s| (s.code.clone(), s.label.get(v.lang).to_owned()))
            .collect(),
        praise: network.praise.iter().map(|p| (p.code.clone(), p.label.get(v.lang).to_owned())).collect(),
        visits,
        stars,
        said,
        repair,
        closed_for_good,
        code,
        name: spot.name.clone(),
        address: spot.address.clone(),
        shell,
    })?;
    Ok(keepable(with_device(&v.app, (&headers, "/s"), answer)?))
}

/// A photo of a place, for anybody: only those that the place shows.
async fn picture(v: &Visitor, code: &str, hash: &str, small: bool) -> Result<Response, Problem> {
    let (place, ..) = found(&v.app, code).await?;
    if !place.photos().iter().any(|h| h == hash) {
        return Err(Problem::NotFound);
    }
    let (kind, bytes) = photo::open(&v.app, &place.county, hash, small).await?;
    let head = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=86400, immutable".to_owned()),
    ];
    Ok((head, bytes).into_response())
}

async fn whole(v: Visitor, Path((code, hash)): Path<(String, String)>) -> Result<Response, Problem> {
    picture(&v, &code, &hash, false).await
}

async fn small(v: Visitor, Path((code, hash)): Path<(String, String)>) -> Result<Response, Problem> {
    picture(&v, &code, &hash, true).await
}
