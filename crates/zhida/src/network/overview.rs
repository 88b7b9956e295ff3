//! How the places of a county are used, by town and tier: check-ins by hour of the week, devices, what people say, events. Who is
//! within reach, visits and people are three figures: this page tells visits and devices, and says so.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use chrono::Duration;
use serde::Deserialize;
use zhida_pack::{Network, called};

use super::store;
use super::uses::{Grid, grid};
use super::watch::network;
use crate::app::App;
use crate::event;
use crate::journal::Subject;
use crate::place::{self, Place};
use crate::problem::Problem;
use crate::web::extract::Query;
use crate::web::{Officer, Shell, download, page};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/places/use", get(show)).route("/places/use.xlsx", get(sheet))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    kind: String,
    town: String,
    tier: String,
    /// `town` or `tier`.
    by: String,
}

/// Days of check-ins and ratings, and of events.
const DAYS: i64 = 90;
const EVENT_DAYS: i64 = 365;

/// What is known of some places together.
#[derive(Clone, Debug, Default)]
struct Sum {
    places: i64,
    visits: i64,
    /// Devices of each place, added up: one that was at two places counts twice.
    devices: i64,
    stars: i64,
    ratings: i64,
    events: i64,
    came: i64,
}

impl Sum {
    /// The mean of the ratings in tenths; nothing where nobody rated.
    fn mean(&self) -> String {
        if self.ratings == 0 {
            return String::new();
        }
        let tenths = (self.stars * 10 + self.ratings / 2) / self.ratings;
        format!("{}.{}", tenths / 10, tenths % 10)
    }

    /// Visits of one place, in tenths.
    fn each(&self) -> String {
        let tenths = self.visits * 10 / self.places.max(1);
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}

struct Line {
    code: String,
    name: String,
    sum: Sum,
}

struct Use {
    kind: String,
    by_tier: bool,
    all: Sum,
    lines: Vec<Line>,
    grid: Grid,
}

/// The name of a place's group.
fn group(by_tier: bool, place: &Place) -> &str {
    if by_tier { &place.tier } else { place.town.as_deref().unwrap_or_default() }
}

async fn of_county(o: &Officer, network: &Network, asked: &Asked, shell: &Shell) -> Result<Use, Problem> {
    let (db, now) = (&o.app.db, o.app.clock.now());
    let since = now - Duration::days(DAYS);
    let fits = |p: &Place| {
        (asked.town.is_empty() || p.town.as_deref() == Some(asked.town.as_str()))
            && (asked.tier.is_empty() || p.tier == asked.tier)
    };
    let places = place::kept(db, &o.county, &o.region, &network.kind).await?;
    let instants = store::here_by_place(db, &o.county, since).await?;
    let devices = store::by_place(db, &o.county, "here", since).await?;
    let ratings = store::rated_by_place(db, &o.county, since).await?;
    let held = event::held(db, &o.county, (now - Duration::days(EVENT_DAYS), now)).await?;
    let by_tier = asked.by == "tier";
    let (mut all, mut sums, mut when) = (Sum::default(), BTreeMap::<&str, Sum>::new(), Vec::new());
    for place in places.iter().filter(|p| fits(p)) {
        let here = instants.get(&place.id).map_or(&[][..], Vec::as_slice);
        let (stars, n) = ratings.get(&place.id).copied().unwrap_or_default();
        let held = held.get(&place.id).copied().unwrap_or_default();
        when.extend_from_slice(here);
        for sum in [&mut all, sums.entry(group(by_tier, place)).or_default()] {
            sum.places += 1;
            sum.visits += i64::try_from(here.len()).unwrap_or(i64::MAX);
            sum.devices += devices.get(&place.id).copied().unwrap_or(0);
            sum.stars += stars;
            sum.ratings += n;
            sum.events += held.events;
            sum.came += held.people;
        }
    }
    let name = |code: &str| {
        let found = if by_tier {
            called(&network.tiers, code, o.lang)
        } else {
            o.app.regions.name(code).map(str::to_owned)
        };
        found.unwrap_or_else(|| shell.t.s("not-known"))
    };
    let lines = sums.into_iter().map(|(code, sum)| Line { code: code.to_owned(), name: name(code), sum });
    Ok(Use { kind: network.kind.clone(), by_tier, all, lines: lines.collect(), grid: grid(&when, &shell.t) })
}

#[derive(Template)]
#[template(path = "network/overview.html")]
struct OverviewPage {
    shell: Shell,
    days: i64,
    asked: Asked,
    u: Use,
    towns: Vec<(String, String)>,
    tiers: Vec<(String, String)>,
    layouts: bool,
}

async fn show(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let network = network(&o, &asked.kind)?;
    let shell = o.shell("places");
    let u = of_county(&o, network, &asked, &shell).await?;
    let layouts = o.app.network(&network.kind).is_some_and(|(pack, _)| pack.layout.is_some());
    page(&OverviewPage {
        days: DAYS,
        u,
        towns: o.app.regions.towns(&o.county.0).map(|(c, n)| (c.to_owned(), n.to_owned())).collect(),
        tiers: network.tiers.iter().map(|t| (t.code.clone(), t.label.get(o.lang).to_owned())).collect(),
        layouts,
        asked,
        shell,
    })
}

async fn sheet(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let network = network(&o, &asked.kind)?;
    let shell = o.shell("");
    let u = of_county(&o, network, &asked, &shell).await?;
    let first = if u.by_tier { "place-tier" } else { "town" };
    let head = [
        first,
        "use-places",
        "use-visits",
        "use-devices",
        "rating",
        "use-ratings",
        "use-events",
        "event-headcount",
    ];
    let row = |l: &Line| {
        let s = &l.sum;
        let numbers = [s.places, s.visits, s.devices].map(|n| n.to_string());
        let more = [s.ratings, s.events, s.came].map(|n| n.to_string());
        [l.name.clone()].into_iter().chain(numbers).chain([s.mean()]).chain(more).collect()
    };
    let rows: Vec<Vec<String>> = u.lines.iter().map(row).collect();
    let mut write = o.write().await?;
    let subject = Subject::new("county", &o.county);
    write.note("places-exported", subject, serde_json::json!({ "rows": rows.len() })).await?;
    write.commit().await?;
    download::xlsx("use", &head.map(|key| shell.t.s(key)), &rows)
}
