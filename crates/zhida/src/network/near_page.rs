//! The map and list of a network for anybody: what is near and open.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::json;
use zhida_pack::{Network, Pack, called};
use zhida_types::LonLat;

use super::Spot;
use super::near::{Filter, Kept};
use super::standing::Standing;
use super::words::{mark, words};
use crate::app::App;
use crate::clock::china;
use crate::problem::Problem;
use crate::texts::T;
use crate::web::extract::Query;
use crate::web::{Shell, Visitor, page};

/// Adds the map of a network at its address.
pub(super) fn map_of(router: Router<App>, address: &str) -> Router<App> {
    let (own, manifest_of) = (address.to_owned(), address.to_owned());
    let near = move |v: Visitor, query: Query<Asked>| near(v, own.clone(), query);
    let manifest = move |v: Visitor| std::future::ready(manifest(&v, &manifest_of));
    router
        .route(&format!("/{address}"), get(near))
        .route(&format!("/{address}/manifest.webmanifest"), get(manifest))
}

/// The network at an address, and its pack.
pub(super) fn at<'a>(app: &'a App, address: &str) -> Result<(&'a Pack, &'a Network), Problem> {
    let all = app.packs().filter_map(|p| p.network.as_ref().map(|n| (p, n)));
    all.into_iter().find(|(_, n)| n.address == address).ok_or(Problem::NotFound)
}

/// Lets a browser keep a page for the time without network: it holds nothing personal.
pub(super) fn keepable(mut answer: Response) -> Response {
    answer.headers_mut().insert("x-offline", HeaderValue::from_static("keep"));
    answer
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    lon: String,
    lat: String,
    town: String,
    need: Vec<String>,
    open: String,
    more: String,
}

struct Line {
    code: String,
    name: String,
    address: String,
    minutes: i64,
    open: &'static str,
    words: String,
    tier: String,
    entry: String,
    services: String,
}

struct Chip {
    label: String,
    on: bool,
    link: String,
}

#[derive(Template)]
#[template(path = "network/near.html")]
struct NearPage {
    shell: Shell,
    address: String,
    title: String,
    intro: String,
    chips: Vec<Chip>,
    towns: Vec<(String, String, bool)>,
    lines: Vec<Line>,
    /// From where it was looked.
    from: String,
    at: [f64; 2],
    own: bool,
    need: Vec<String>,
    open: bool,
    more: Option<String>,
    suggest: Option<String>,
    geojson: String,
}

/// Of a page; of the longer one.
const LINES: (usize, usize) = (12, 60);
/// How far one looks, metres.
const WITHIN: f64 = 100_000.0;

fn link(address: &str, asked: &Asked, at: Option<[f64; 2]>) -> String {
    let mut parts = Vec::new();
    if let Some([lon, lat]) = at {
        parts.push(format!("lon={lon}&lat={lat}"));
    } else if !asked.town.is_empty() {
        parts.push(format!("town={}", asked.town));
    }
    parts.extend(asked.need.iter().map(|n| format!("need={n}")));
    if !asked.open.is_empty() {
        parts.push("open=1".to_owned());
    }
    if parts.is_empty() { format!("/{address}") } else { format!("/{address}?{}", parts.join("&")) }
}

/// From where one looks: a position of one's own, rounded to some ten metres before anything else is done with it; else a
/// town's seat, the county's, or the first place there is.
struct From {
    own: Option<[f64; 2]>,
    town: Option<String>,
    middle: [f64; 2],
}

impl From {
    fn of(app: &App, asked: &Asked, kept: &Kept) -> Self {
        let (regions, county) = (&app.regions, &app.config.county);
        let round = |x: f64| (x * 10_000.0).round() / 10_000.0;
        let own = asked.lon.parse().ok().zip(asked.lat.parse().ok());
        let own = own.and_then(|(lon, lat)| LonLat::new(lon, lat).ok()).map(|p| [round(p.lon), round(p.lat)]);
        let seat = |code: &str| regions.seat(code).map(|(lon, lat)| [lon, lat]);
        let town = regions.towns(county).map(|(code, _)| code).find(|code| *code == asked.town);
        let first = || {
            let all = kept.all();
            all.iter().find(|s| s.county.0 == *county).or(all.first()).map(|s| s.at)
        };
        let middle = own.or_else(|| town.and_then(seat)).or_else(|| seat(county)).or_else(first);
        Self { own, town: town.map(str::to_owned), middle: middle.unwrap_or([120.0, 30.0]) }
    }

    fn words(&self, v: &Visitor, t: &T) -> String {
        let region = self.town.as_ref().unwrap_or(&v.app.config.county);
        match self.own {
            Some(_) => t.s("from-you"),
            None => v.app.regions.name(region).unwrap_or_default().to_owned(),
        }
    }
}

/// The filters: each with whether it is on, and the address that turns it round.
fn chips(v: &Visitor, t: &T, network: &Network, asked: &Asked, own: Option<[f64; 2]>) -> Vec<Chip> {
    let address = &network.address;
    let turned = if asked.open.is_empty() { "1" } else { "" };
    let other = Asked { open: turned.to_owned(), ..asked.clone() };
    let open = Chip { label: t.s("open-now"), on: !asked.open.is_empty(), link: link(address, &other, own) };
    let need = network.services.iter().filter(|s| s.need).map(|service| {
        let on = asked.need.contains(&service.code);
        let mut other = asked.clone();
        other.need.retain(|c| *c != service.code);
        if !on {
            other.need.push(service.code.clone());
        }
        Chip { label: service.label.get(v.lang).to_owned(), on, link: link(address, &other, own) }
    });
    std::iter::once(open).chain(need).collect()
}

/// A line of the list. The plainest tier is not named: it says nothing that helps to choose.
fn line(v: &Visitor, t: &T, network: &Network, (metres, spot, stands): &(f64, Arc<Spot>, Standing)) -> Line {
    let better = network.tiers.get(1..).unwrap_or_default();
    Line {
        code: spot.code.clone(),
        name: spot.name.clone(),
        address: spot.address.clone(),
        minutes: network.walk_minutes(*metres),
        open: mark(stands),
        words: words(t, spot, stands, china(v.app.clock.now())),
        tier: called(better, &spot.tier, v.lang).unwrap_or_default(),
        entry: called(&network.entries, &spot.entry, v.lang).unwrap_or_default(),
        services: t.list(&network.of_bits(spot.services).map(|s| s.label.get(v.lang)).collect::<Vec<_>>()),
    }
}

async fn near(v: Visitor, address: String, Query(mut asked): Query<Asked>) -> Result<Response, Problem> {
    let (pack, network) = at(&v.app, &address)?;
    let shell = v.shell();
    asked.need.retain(|code| network.service(code).is_some());
    let kept = v.app.maps.get(&v.app, network).await?;
    let from = From::of(&v.app, &asked, &kept);
    let open = !asked.open.is_empty();
    let filter = Filter { services: network.bits(&asked.need), open };
    let count = if asked.more.is_empty() { LINES.0 } else { LINES.1 };
    let found = kept.find(network, (from.middle, count + 1, WITHIN), filter, v.app.clock.now());
    let more = (found.len() > count && asked.more.is_empty()).then(|| {
        let all = link(&address, &asked, from.own);
        format!("{all}{}more=1", if all.contains('?') { '&' } else { '?' })
    });
    let county = &v.app.config.county;
    let suggest = (!network.suggest.is_empty()).then(|| {
        let here = from.own.map_or_else(String::new, |at| format!("&lon={}&lat={}", at[0], at[1]));
        format!("/tell/{}?county={county}&kind={}{here}", pack.name, network.suggest)
    });
    let towns = v.app.regions.towns(county);
    let answer = page(&NearPage {
        title: network.title.get(v.lang).to_owned(),
        intro: network.intro.get(v.lang).to_owned(),
        chips: chips(&v, &shell.t, network, &asked, from.own),
        towns: towns.map(|(c, n)| (c.to_owned(), n.to_owned(), Some(c) == from.town.as_deref())).collect(),
        lines: found.iter().take(count).map(|f| line(&v, &shell.t, network, f)).collect(),
        from: from.words(&v, &shell.t),
        at: from.middle,
        own: from.own.is_some(),
        need: asked.need.clone(),
        open,
        more,
        suggest,
        geojson: format!("/api/v1/places?format=geojson&network={address}"),
        address,
        shell,
    })?;
    Ok(keepable(answer))
}

fn manifest(v: &Visitor, address: &str) -> Result<Response, Problem> {
    let (_, network) = at(&v.app, address)?;
    let icon = format!("/assets/icon.svg?v={}", crate::web::version());
    let body = json!({
        "name": network.title.get(v.lang), "short_name": network.title.get(v.lang), "start_url": format!("/{address}"),
        "display": "standalone", "background_color": "#ffffff", "theme_color": "#123f75",
        "icons": [{ "src": icon, "sizes": "any", "type": "image/svg+xml" }],
    });
    Ok(([(header::CONTENT_TYPE, "application/manifest+json")], body.to_string()).into_response())
}
