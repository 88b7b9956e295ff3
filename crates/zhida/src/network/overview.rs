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
use super::words::mean;
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
    /// `tier`; by region else.
    by: String,
}

/// Days of check-ins and ratings, and of events.
const DAYS: i64 = 90;
const EVENT_DAYS: i64 = 365;
/// Days of check-ins and ratings where an office sees many counties.
const DAYS_ABOVE: i64 = 30;

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
    /// The mean of the ratings; nothing where nobody rated.
    fn mean(&self) -> String {
        mean(self.stars, self.ratings).unwrap_or_default()
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

/// By what places are put together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Town,
    County,
    Tier,
}

impl By {
    /// What it is called: a key of the texts.
    fn key(self) -> &'static str {
        match self {
            Self::Town => "town",
            Self::County => "county",
            Self::Tier => "place-tier",
        }
    }

    /// The fields of the address at which one group is shown further.
    fn further(self) -> &'static str {
        match self {
            Self::Town => "by=tier&town",
            Self::County => "town",
            Self::Tier => "tier",
        }
    }

    /// The group of a place.
    fn of(self, place: &Place) -> &str {
        match self {
            Self::Town => place.town.as_deref().unwrap_or_default(),
            Self::County => &place.county.0,
            Self::Tier => &place.tier,
        }
    }
}

struct Use {
    kind: String,
    by: By,
    days: i64,
    all: Sum,
    lines: Vec<Line>,
    /// What people of each kind say: kind, how many, mean, what they miss most with how many.
    kinds: Vec<(String, i64, String, String)>,
    /// When people come; only of one county, whose check-ins can be looked at one by one.
    grid: Option<Grid>,
}

async fn of_office(o: &Officer, network: &Network, asked: &Asked, shell: &Shell) -> Result<Use, Problem> {
    let (db, now, scope) = (&o.app.db, o.app.clock.now(), (&o.county, &o.region));
    let above = o.region.as_str().len() < 6;
    let days = if above { DAYS_ABOVE } else { DAYS };
    let since = now - Duration::days(days);
    let fits = |p: &Place| {
        let here =
            [p.county.0.as_str(), p.town.as_deref().unwrap_or_default()].contains(&asked.town.as_str());
        (asked.town.is_empty() || here) && (asked.tier.is_empty() || p.tier == asked.tier)
    };
    let places = place::kept_in_counties(db, &o.county, &o.region, &network.kind).await?;
    let visited = store::visited(db, scope, since).await?;
    let ratings = store::rated_by_place(db, scope, since).await?;
    let held = event::held(db, scope, (now - Duration::days(EVENT_DAYS), now)).await?;
    let instants = if above { BTreeMap::new() } else { store::here_by_place(db, &o.county, since).await? };
    let by = match asked.by.as_str() {
        "tier" => By::Tier,
        _ if above && asked.town.is_empty() => By::County,
        _ => By::Town,
    };
    let (mut all, mut sums, mut when) = (Sum::default(), BTreeMap::<&str, Sum>::new(), Vec::new());
    for place in places.iter().filter(|p| fits(p)) {
        let (visits, devices) = visited.get(&place.id).copied().unwrap_or_default();
        let (stars, n) = ratings.get(&place.id).copied().unwrap_or_default();
        let held = held.get(&place.id).copied().unwrap_or_default();
        when.extend(instants.get(&place.id).into_iter().flatten().copied());
        for sum in [&mut all, sums.entry(by.of(place)).or_default()] {
            sum.places += 1;
            sum.visits += visits;
            sum.devices += devices;
            sum.stars += stars;
            sum.ratings += n;
            sum.events += held.events;
            sum.came += held.people;
        }
    }
    let name = |code: &str| {
        let found = if by == By::Tier {
            called(&network.tiers, code, o.lang)
        } else {
            o.app.regions.name(code).map(str::to_owned)
        };
        found.unwrap_or_else(|| shell.t.s("not-known"))
    };
    let lines = sums.into_iter().map(|(code, sum)| Line { code: code.to_owned(), name: name(code), sum });
    let lines = lines.collect();
    let kinds = kinds(o, network, &store::opinions(db, scope, since).await?, &shell.t);
    let grid = (!above).then(|| grid(&when, &shell.t));
    Ok(Use { kind: network.kind.clone(), by, days, all, lines, kinds, grid })
}

#[derive(Template)]
#[template(path = "network/overview.html")]
struct OverviewPage {
    shell: Shell,
    asked: Asked,
    u: Use,
    towns: Vec<(String, String)>,
    tiers: Vec<(String, String)>,
    layouts: bool,
}

/// What people of each kind say, those who do not say what they do last.
fn kinds(
    o: &Officer,
    network: &Network,
    said: &[(String, i64, String)],
    t: &crate::texts::T,
) -> Vec<(String, i64, String, String)> {
    const WISHES: usize = 3;
    let named = network.workers.iter().map(|w| (w.code.as_str(), w.label.get(o.lang).to_owned()));
    let of = |(code, label): (&str, String)| {
        let own: Vec<_> = said.iter().filter(|(who, ..)| who == code).collect();
        let sum = Sum {
            stars: own.iter().map(|(_, stars, _)| stars).sum(),
            ratings: i64::try_from(own.len()).unwrap_or(i64::MAX),
            ..Sum::default()
        };
        let mut wishes: BTreeMap<&str, usize> = BTreeMap::new();
        for (.., wish) in own.iter().filter(|(.., wish)| !wish.is_empty()) {
            *wishes.entry(wish).or_default() += 1;
        }
        let mut wishes: Vec<(&str, usize)> = wishes.into_iter().collect();
        wishes.sort_by_key(|(code, n)| (std::cmp::Reverse(*n), code.to_owned()));
        let wish = |(code, n): &(&str, usize)| {
            format!("{} {n}", called(&network.services, code, o.lang).unwrap_or_default())
        };
        let wishes: Vec<String> = wishes.iter().take(WISHES).map(wish).collect();
        (sum.ratings > 0).then(|| (label, sum.ratings, sum.mean(), t.list(&wishes)))
    };
    named.chain([("", t.s("not-known"))]).filter_map(of).collect()
}

/// The towns of a county, or the counties below an office.
fn regions(o: &Officer) -> Vec<(String, String)> {
    let (all, above) = (&o.app.regions, o.region.as_str());
    let named = |(code, name): (&str, &str)| (code.to_owned(), name.to_owned());
    if above.len() < 6 {
        return all.all_counties(above).into_iter().map(named).collect();
    }
    all.towns(&o.county.0).map(named).collect()
}

async fn show(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let network = network(&o, &asked.kind)?;
    let shell = o.shell("places");
    let u = of_office(&o, network, &asked, &shell).await?;
    let layouts = o.app.network(&network.kind).is_some_and(|(pack, _)| pack.layout.is_some());
    page(&OverviewPage {
        u,
        towns: regions(&o),
        tiers: network.tiers.iter().map(|t| (t.code.clone(), t.label.get(o.lang).to_owned())).collect(),
        layouts,
        asked,
        shell,
    })
}

async fn sheet(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let network = network(&o, &asked.kind)?;
    let shell = o.shell("");
    let u = of_office(&o, network, &asked, &shell).await?;
    let head = [
        u.by.key(),
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
