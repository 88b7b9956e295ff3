//! Number, quality and use of a network by town: three scores from 0 to 100 side by side, never added up.
//!
//! *Number* is the share of people, in the hours in which most of their kind are out, who have a place within reach. *Quality* is
//! the share of places whose tier's checklist was passed and is still good. *Use* is the share of places at which somebody
//! checked in within the network's idle days.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use chrono::Duration;
use zhida_pack::{Network, Pack};

use super::planned;
use super::reach_page::{Asked, standing};
use crate::app::App;
use crate::check;
use crate::network;
use crate::place::Place;
use crate::problem::Problem;
use crate::site::layout::reach;
use crate::web::extract::Query;
use crate::web::{Officer, Shell, download, page};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/layouts/scores", get(show)).route("/layouts/scores.xlsx", get(sheet))
}

/// Days of ratings.
const DAYS: i64 = 90;

/// What is known of the places and people of a town.
#[derive(Clone, Debug, Default)]
struct Sum {
    people: f64,
    served: f64,
    places: usize,
    good: usize,
    used: usize,
    stars: i64,
    ratings: i64,
}

/// A share in whole percent; nothing where there is nothing to share.
fn score(part: f64, all: f64) -> Option<String> {
    (all > 0.0).then(|| format!("{:.0}", part / all * 100.0))
}

#[expect(clippy::cast_precision_loss, reason = "counts of places")]
fn of_places(part: usize, all: usize) -> Option<String> {
    score(part as f64, all as f64)
}

impl Sum {
    fn number(&self) -> Option<String> {
        score(self.served, self.people)
    }

    fn quality(&self) -> Option<String> {
        of_places(self.good, self.places)
    }

    fn used(&self) -> Option<String> {
        of_places(self.used, self.places)
    }

    fn mean(&self) -> String {
        network::mean(self.stars, self.ratings).unwrap_or_default()
    }

    fn people(&self) -> String {
        format!("{:.0}", self.people)
    }
}

struct Line {
    name: String,
    sum: Sum,
}

/// The town of each cell of a table of people, in its order; none where the table does not say.
fn towns_of(body: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(body.as_bytes());
    let column = reader
        .headers()
        .ok()
        .and_then(|h| h.iter().position(|name| ["town", "county"].contains(&name.trim())));
    let Some(column) = column else { return Vec::new() };
    reader.records().flatten().map(|r| r.get(column).unwrap_or_default().trim().to_owned()).collect()
}

/// The codes of the places whose tier's checklist was passed and is still good.
async fn good(
    o: &Officer,
    (pack, network): (&Pack, &Network),
    places: &[Place],
) -> Result<std::collections::BTreeSet<crate::ids::PlaceId>, Problem> {
    let mut good = std::collections::BTreeSet::new();
    for tier in network.tiers.iter().filter(|t| pack.checklist(&t.checklist).is_some()) {
        let passed = check::passed(&o.app.db, (&o.county, &o.region), &tier.checklist, o.app.clock.today());
        let passed = passed.await?;
        let own = places.iter().filter(|p| p.tier == tier.code);
        good.extend(own.filter(|p| passed.contains(&p.id.to_string())).map(|p| p.id));
    }
    Ok(good)
}

/// The sums by town (by county above one), and of all.
async fn sums(o: &Officer, kind: &str) -> Result<(Sum, BTreeMap<String, Sum>), Problem> {
    let (network, _) = planned(&o.app, kind)?;
    let pack = o.app.network(&network.kind).ok_or(Problem::NotFound)?.0;
    let (input, layout) = standing(o, kind).await?;
    let (now, scope) = (o.app.clock.now(), (&o.county, &o.region));
    let visits = network::visits(&o.app.db, scope, now - Duration::days(network.idle_days)).await?;
    let rated = network::rated_by_place(&o.app.db, scope, now - Duration::days(DAYS)).await?;
    let good = good(o, (pack, network), &input.places).await?;
    let above = o.region.as_str().len() < 6;
    let (mut all, mut towns) = (Sum::default(), BTreeMap::<String, Sum>::new());
    for place in input.places.iter().filter(|p| p.state == "open") {
        let town = if above { place.county.0.clone() } else { place.town.clone().unwrap_or_default() };
        let (stars, ratings) = rated.get(&place.id).copied().unwrap_or_default();
        for sum in [&mut all, towns.entry(town).or_default()] {
            sum.places += 1;
            sum.good += usize::from(good.contains(&place.id));
            sum.used += usize::from(visits.get(&place.id).is_some_and(|n| *n > 0));
            sum.stars += stars;
            sum.ratings += ratings;
        }
    }
    if let (Some(layout), Some(demand)) = (&layout, &input.demand) {
        let found = reach(layout);
        let cells = towns_of(&demand.body);
        for (at, (people, share)) in found.people.iter().zip(&found.share).enumerate() {
            let town = cells.get(at).map_or("", String::as_str);
            let regions = &o.app.regions;
            let known = if above { town.get(..6) } else { regions.name(town).map(|_| town) };
            let town = known.or(regions.town_of(&o.county.0, town)).unwrap_or_default();
            for sum in [&mut all, towns.entry(town.to_owned()).or_default()] {
                sum.people += people;
                sum.served += people * share;
            }
        }
    }
    Ok((all, towns))
}

fn lines(o: &Officer, towns: BTreeMap<String, Sum>, unknown: &str) -> Vec<Line> {
    let name = |code: &str| o.app.regions.name(code).unwrap_or(unknown).to_owned();
    towns.into_iter().map(|(code, sum)| Line { name: name(&code), sum }).collect()
}

#[derive(Template)]
#[template(path = "layout/scores.html")]
struct ScoresPage {
    shell: Shell,
    kind: String,
    idle_days: i64,
    all: Sum,
    lines: Vec<Line>,
}

async fn show(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let (network, _) = planned(&o.app, &asked.kind)?;
    let (all, towns) = sums(&o, &asked.kind).await?;
    let shell = o.shell("places");
    let lines = lines(&o, towns, &shell.t.s("not-known"));
    page(&ScoresPage { kind: network.kind.clone(), idle_days: network.idle_days, all, lines, shell })
}

async fn sheet(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let (_, towns) = sums(&o, &asked.kind).await?;
    let t = o.shell("").t;
    let head =
        ["use-region", "score-number", "score-quality", "score-use", "rating", "use-places", "reach-people"];
    let row = |l: Line| {
        let scores = [l.sum.number(), l.sum.quality(), l.sum.used()].map(Option::unwrap_or_default);
        let more = [l.sum.mean(), l.sum.places.to_string(), l.sum.people()];
        [l.name].into_iter().chain(scores).chain(more).collect()
    };
    let rows: Vec<Vec<String>> = lines(&o, towns, &t.s("not-known")).into_iter().map(row).collect();
    download::xlsx("scores", &head.map(|key| t.s(key)), &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_shares_and_nothing_where_nothing_is_known() {
        let sum = Sum { people: 200.0, served: 150.0, places: 3, good: 1, used: 3, ..Sum::default() };
        assert_eq!([sum.number(), sum.quality(), sum.used()].map(Option::unwrap), ["75", "33", "100"]);
        assert_eq!(Sum::default().number(), None);
        assert_eq!(towns_of("id,lon,lat,town\na,1,2, 330424001\nb,1,2,\n"), ["330424001", ""]);
        assert_eq!(towns_of("id,lon,lat\na,1,2\n").len(), 0);
    }
}
