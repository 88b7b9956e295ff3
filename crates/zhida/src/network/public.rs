//! What anybody sees of a place, and how to say something of it.

use askama::Template;
use axum::Router;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{Duration, NaiveDateTime};
use serde::Deserialize;
use serde_json::json;
use zhida_pack::{Network, Pack};

use super::standing::{Standing, local, standing};
use super::{Spot, store};
use crate::app::App;
use crate::db::seal::token;
use crate::ids::CountyId;
use crate::journal::{Actor, Subject, Write};
use crate::place::{self, Place};
use crate::problem::Problem;
use crate::texts::T;
use crate::web::extract::{Path, PublicForm};
use crate::web::{Shell, Visitor, page, to};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/s/{code}", get(show))
        .route("/s/{code}/here", post(here))
        .route("/s/{code}/locked", post(locked))
        .route("/s/{code}/rate", post(rate))
}

/// The network at an address, and its pack.
pub(super) fn at<'a>(app: &'a App, address: &str) -> Result<(&'a Pack, &'a Network), Problem> {
    let all = app.packs().filter_map(|p| p.network.as_ref().map(|n| (p, n)));
    all.into_iter().find(|(_, n)| n.address == address).ok_or(Problem::NotFound)
}

/// A time as people say it: the hour today, the day with it otherwise.
fn clock(now: NaiveDateTime, at: NaiveDateTime) -> String {
    if now.date() == at.date() {
        at.format("%H:%M").to_string()
    } else {
        at.format("%m-%d %H:%M").to_string()
    }
}

/// How a place stands, in words.
pub(super) fn words(t: &T, spot: &Spot, stands: &Standing, now: NaiveDateTime) -> String {
    if spot.state != "open" {
        return t.s(format!("place-{}", spot.state));
    }
    let until = stands.until.map(|at| clock(now, at));
    match (&stands.seen, stands.open, until) {
        (Some((by, minutes)), ..) => t.n(format!("seen-{by}"), *minutes),
        (None, Some(true), Some(until)) => t.v("open-until", until),
        (None, Some(true), None) => t.s("open-always"),
        (None, Some(false), Some(until)) => t.v("closed-until", until),
        (None, Some(false), None) => t.s("closed-now"),
        (None, None, _) => t.s("hours-unknown"),
    }
}

pub(super) fn mark(stands: &Standing) -> &'static str {
    match stands.open {
        Some(true) => "open",
        Some(false) => "shut",
        None => "unsure",
    }
}

/// Lets a browser keep a page for the time without network: it holds nothing personal.
pub(super) fn keepable(mut answer: Response) -> Response {
    answer.headers_mut().insert("x-offline", HeaderValue::from_static("keep"));
    answer
}

pub(super) fn named(network: &Network, spot: &Spot, v: &Visitor) -> Vec<String> {
    let all = network.services.iter().enumerate().filter(|(n, _)| spot.services & (1 << n) != 0);
    all.map(|(_, s)| s.label.get(v.lang).to_owned()).collect()
}

/// The place with a code, its network and pack.
pub(super) async fn found<'a>(app: &'a App, code: &str) -> Result<(Place, &'a Pack, &'a Network), Problem> {
    let county = code.split('-').next().filter(|c| c.len() == 6 && c.bytes().all(|b| b.is_ascii_digit()));
    let county = CountyId(county.ok_or(Problem::NotFound)?.to_owned());
    let place = place::by_code(&app.db, &county, code).await?.ok_or(Problem::NotFound)?;
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
    /// Times and devices of the last 30 days.
    visits: (i64, i64),
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
        let hours = hours.collect::<Vec<_>>().join("，");
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
    let stars = (!ratings.is_empty()).then(|| {
        let sum: i64 = ratings.iter().map(|r| r.stars).sum();
        let n = i64::try_from(ratings.len()).unwrap_or(1);
        let tenths = (sum * 10 + n / 2) / n;
        (format!("{}.{}", tenths / 10, tenths % 10), ratings.len())
    });
    (stars, said)
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
    let label = |list: Vec<(&String, &zhida_rules::Label)>, code: &str| {
        list.iter().find(|(c, _)| *c == code).map_or_else(String::new, |(_, l)| l.get(v.lang).to_owned())
    };
    let tier = label(network.tiers.iter().map(|t| (&t.code, &t.label)).collect(), &place.tier);
    let class = label(network.classes.iter().map(|t| (&t.code, &t.label)).collect(), &place.class);
    let entry = label(network.entries.iter().map(|t| (&t.code, &t.label)).collect(), &place.entry);
    let repair =
        pack.tips.as_ref().map(|_| format!("/tell/{}?county={}&place={}", pack.name, place.county, place.id));
    let (partner, phone) = (place.partner.clone(), place.phone.clone());
    let closed_for_good = place.state == "closed";
    let spot = Spot::of(network, place).ok_or(Problem::NotFound)?;
    let stands = standing(network, &spot, now);
    let lacks =
        network.services.iter().enumerate().filter(|(n, s)| s.minimum && spot.services & (1 << n) == 0);
    let answer = page(&PlacePage {
        open: mark(&stands),
        words: words(&shell.t, &spot, &stands, local(now)),
        title: network.title.get(v.lang).to_owned(),
        map: format!("/{}?lon={}&lat={}", network.address, spot.at[0], spot.at[1]),
        tier,
        class,
        entry,
        partner,
        phone,
        services: named(network, &spot, &v),
        missing: lacks.map(|(_, s)| s.label.get(v.lang).to_owned()).collect(),
        days: week(&shell.t, &spot, local(now).date()),
        maps: ways(&v, network, &spot),
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
    Ok(keepable(with_device(&v.app, &headers, answer)?))
}

/// The cookie by which a device counts once. It is a random number, made here, and says nothing of the person.
const COOKIE: &str = "seen";

fn signed(app: &App, token: &str) -> String {
    app.keys.lookup("device-cookie", token).chars().take(16).collect()
}

/// The mark of the device that asks: of the number that it was given here before.
fn device(app: &App, headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let prefix = format!("{COOKIE}=");
    let own = cookies.flat_map(|c| c.split(';')).find_map(|c| c.trim().strip_prefix(&prefix))?;
    let (number, sign) = own.split_once('.')?;
    (signed(app, number) == sign).then(|| app.keys.lookup("device", number).chars().take(24).collect())
}

fn with_device(app: &App, headers: &HeaderMap, mut answer: Response) -> Result<Response, Problem> {
    if device(app, headers).is_none() {
        let number = token()?;
        let cookie = format!(
            "{COOKIE}={number}.{}; Path=/s; Max-Age=31536000; HttpOnly; SameSite=Lax",
            signed(app, &number)
        );
        let value = HeaderValue::from_str(&cookie).map_err(anyhow::Error::from)?;
        answer.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(answer)
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
        return with_device(&v.app, headers, to(&format!("/s/{code}"), "once-more"));
    };
    let mut write = Write::begin(&v.app.db, &place.county, &Actor::public(), v.app.clock.now()).await?;
    let since = write.at() - Duration::minutes(network.once_minutes);
    if store::was_here(write.tx(), write.county(), (place.id, kind, &device), since).await? {
        return Ok(to(&format!("/s/{code}"), "counted-already"));
    }
    store::saw(&write, place.id, (kind, open), (&device, "")).await?;
    place::seen(&write, place.id, open, kind).await?;
    write.note("place-seen", Subject::new("place", place.id), json!({ "kind": kind })).await?;
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
        return with_device(&v.app, &headers, to(&format!("/s/{code}"), "once-more"));
    };
    let known: Vec<String> =
        network.praise.iter().map(|p| p.code.clone()).filter(|c| form.praise.contains(c)).collect();
    let words: String = form.words.trim().chars().take(300).collect();
    let mut write = Write::begin(&v.app.db, &place.county, &Actor::public(), v.app.clock.now()).await?;
    let since = write.at() - Duration::days(1);
    if store::has_rated(write.tx(), write.county(), (place.id, &device), since).await? {
        return Ok(to(&format!("/s/{code}"), "rated-already"));
    }
    store::rate(&write, place.id, (form.stars, &known, &words), &device).await?;
    write.note("place-rated", Subject::new("place", place.id), json!({ "stars": form.stars })).await?;
    write.commit().await?;
    Ok(to(&format!("/s/{code}"), "rated"))
}
