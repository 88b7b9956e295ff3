//! A province of service stations for a layout plan: towns by their real names, everything in them invented around them.
//!
//! People: the residents of each city (census of 2020) spread over its towns and cells, of whom 6.2 % work outdoors (4 million
//! of 64.6 million, as published for Zhejiang). Positions, tiers, costs and hours are drawn from the seed.

use std::path::Path;

use anyhow::Context as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

use crate::regions::Regions;

const CITIES: &str = include_str!("../../../../data/places/zhejiang-population-2020.csv");
/// Residents who work outdoors: 4 million of 64,567,588.
const OUTDOORS: f64 = 0.062;
const PLAN: &str = include_str!("province.toml");
const WORDS: &str = include_str!("province-words.toml");

/// What the province is made of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    station: String,
    other: String,
    bands: Vec<String>,
    /// Tiers, each with the hundredths below which it is drawn.
    tiers: Vec<(String, u32)>,
    partners: Vec<String>,
    ratios: Vec<(String, f64)>,
    towns: Vec<TownKind>,
    kinds: Vec<Workers>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TownKind {
    ending: String,
    spread: f64,
    weight: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Workers {
    name: String,
    share: f64,
    out: Vec<f64>,
}

/// How large the province is.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// Stations there are.
    pub stations: usize,
    /// Sites where one could be built.
    pub candidates: usize,
    /// Cells with people.
    pub cells: usize,
}

impl Default for Extent {
    /// The published practice: 12,000 stations.
    fn default() -> Self {
        Self { stations: 12_000, candidates: 8_000, cells: 200_000 }
    }
}

struct Town {
    code: String,
    name: String,
    kind: String,
    at: [f64; 2],
    /// How far its people spread, in degrees of latitude.
    spread: f64,
    residents: f64,
}

impl Town {
    fn county(&self) -> &str {
        self.code.get(..6).unwrap_or(&self.code)
    }

    fn city(&self) -> &str {
        self.code.get(..4).unwrap_or(&self.code)
    }
}

/// The files that are written.
pub const FILES: [&str; 5] = ["PLAN.toml", "stations.csv", "candidates.csv", "demand.csv", "towns.csv"];

/// Writes a plan and its tables for a province's two digits; the same seed writes the same files.
///
/// # Errors
/// A province without towns in the lists, or a folder that cannot be written.
pub fn province(digits: &str, (seed, extent): (u64, Extent), out: &Path) -> anyhow::Result<()> {
    let regions = Regions::embedded()?;
    let words: Words = toml::from_str(WORDS).context("the words of the province")?;
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let towns = towns(&words, &regions, digits, &mut chance)?;
    std::fs::create_dir_all(out).with_context(|| format!("cannot write to {}", out.display()))?;
    let name = |code: &str| regions.name(code).unwrap_or(code).to_owned();
    let mut table = csv::Writer::from_path(out.join("towns.csv"))?;
    table.write_record(["town", "name", "kind", "county", "city"])?;
    for t in &towns {
        let (county, city) = (name(t.county()), name(t.city()));
        table.write_record([&t.code, &t.name, &t.kind, &county, &city])?;
    }
    table.flush()?;
    let demand = csv::Writer::from_path(out.join("demand.csv"))?;
    let places = cells(&words, (&towns, &regions), extent.cells, &mut chance, demand)?;
    stations(&words, &towns, &places, extent.stations, &mut chance, &out.join("stations.csv"))?;
    candidates(&words, &towns, &places, extent.candidates, &mut chance, &out.join("candidates.csv"))?;
    std::fs::write(out.join("PLAN.toml"), plan(&words, &name(digits), extent, &name, &towns))?;
    Ok(())
}

/// Where people of a county work: so many cells for each of its villages, by the names of its villages, at invented places. The
/// residents of its city are shared among the city's towns.
///
/// # Errors
/// A county without towns in the lists.
pub(super) fn demand(regions: &Regions, county: &str, each: usize) -> anyhow::Result<String> {
    let words: Words = toml::from_str(WORDS).context("the words of the province")?;
    let mut chance = ChaCha8Rng::seed_from_u64(county.parse().unwrap_or(0));
    let city = county.get(..4).unwrap_or(county);
    let mut towns = towns(&words, regions, city, &mut chance)?;
    towns.retain(|t| t.code.starts_with(county));
    let n = each * regions.villages(county).count().max(towns.len());
    let mut body = Vec::new();
    cells(&words, (&towns, regions), n, &mut chance, csv::Writer::from_writer(&mut body))?;
    Ok(String::from_utf8(body)?)
}

fn towns(
    words: &Words,
    regions: &Regions,
    digits: &str,
    chance: &mut ChaCha8Rng,
) -> anyhow::Result<Vec<Town>> {
    let mut towns: Vec<Town> = Vec::new();
    let all: Vec<(&str, &str)> = regions.towns(digits).collect();
    let centre = |codes: &mut dyn Iterator<Item = &str>| {
        let seats: Vec<(f64, f64)> = codes.filter_map(|c| regions.seat(c)).collect();
        #[expect(clippy::cast_precision_loss, reason = "a count of towns")]
        let n = seats.len() as f64;
        let sum = seats.iter().fold((0.0, 0.0), |(x, y), (lon, lat)| (x + lon, y + lat));
        (n > 0.0).then(|| [sum.0 / n, sum.1 / n])
    };
    for (code, name) in &all {
        let kind = words.towns.iter().find(|k| name.ends_with(&k.ending));
        let (spread, weight) = kind.map_or((0.015, 0.3), |k| (k.spread, k.weight));
        let kind = kind.map_or(&words.other, |k| &k.ending).clone();
        let around =
            |prefix: &str| centre(&mut all.iter().map(|(c, _)| *c).filter(|c| c.starts_with(prefix)));
        let at = if let Some((lon, lat)) = regions.seat(code) {
            [lon, lat]
        } else {
            let county = around(code.get(..6).unwrap_or(digits));
            let centre =
                county.or_else(|| around(code.get(..4).unwrap_or(digits))).or_else(|| around(digits));
            let [lon, lat] =
                centre.with_context(|| format!("nothing near the town {code} has a known seat"))?;
            [lon + 0.08 * bell(chance), lat + 0.08 * bell(chance)]
        };
        let residents = weight * (0.5 * bell(chance)).exp();
        towns.push(Town { code: (*code).to_owned(), name: (*name).to_owned(), kind, at, spread, residents });
    }
    if towns.is_empty() {
        anyhow::bail!("there are no towns of `{digits}` in the lists; those of 33 are there");
    }
    let mut published = std::collections::BTreeMap::new();
    for row in csv::Reader::from_reader(CITIES.as_bytes()).records() {
        let row = row?;
        if let (Some(code), Some(residents)) = (row.get(0), row.get(2).and_then(|r| r.parse::<f64>().ok())) {
            published.insert(code.to_owned(), residents);
        }
    }
    let cities: std::collections::BTreeSet<String> = towns.iter().map(|t| t.city().to_owned()).collect();
    for city in cities {
        let of = |t: &&mut Town| t.code.starts_with(&city);
        let sum: f64 = towns.iter_mut().filter(of).map(|t| t.residents).sum();
        let residents = published.get(&format!("{city}00")).copied().unwrap_or(1e6);
        towns.iter_mut().filter(of).for_each(|t| t.residents *= residents / sum);
    }
    Ok(towns)
}

/// A number drawn from the normal distribution (Box & Muller, 1958, doi:10.1214/aoms/1177706645).
fn bell(chance: &mut ChaCha8Rng) -> f64 {
    let (a, b): (f64, f64) = (chance.random_range(1e-12..1.0), chance.random_range(0.0..1.0));
    (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
}

/// Shares a number among weights, so that the shares add up to it.
fn share(n: usize, weights: &[f64]) -> Vec<usize> {
    let total: f64 = weights.iter().sum();
    let (mut given, mut sum) = (0, 0.0);
    weights
        .iter()
        .map(|w| {
            sum += w;
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a count"
            )]
            let until = ((n as f64 * sum / total).round() as usize).min(n);
            let own = until.saturating_sub(given);
            given = given.max(until);
            own
        })
        .collect()
}

fn degrees(at: [f64; 2]) -> [String; 2] {
    at.map(|v| format!("{v:.5}"))
}

/// Writes the cells; gives those of each town.
fn cells(
    words: &Words,
    (towns, regions): (&[Town], &Regions),
    n: usize,
    chance: &mut ChaCha8Rng,
    mut table: csv::Writer<impl std::io::Write>,
) -> anyhow::Result<Vec<Vec<[f64; 2]>>> {
    let columns = words
        .kinds
        .iter()
        .flat_map(|kind| words.bands.iter().map(move |band| format!("{}@{band}", kind.name)));
    let head: Vec<String> = ["id", "lon", "lat", "county", "town", "name"]
        .map(str::to_owned)
        .into_iter()
        .chain(columns)
        .chain(["origin".to_owned()])
        .collect();
    table.write_record(head)?;
    let weights: Vec<f64> = towns.iter().map(|t| t.residents.powf(0.7)).collect();
    let mut places = Vec::new();
    let mut id = 0;
    for (town, own) in towns.iter().zip(share(n, &weights)) {
        let mut list: Vec<([f64; 2], f64)> = Vec::with_capacity(own);
        for _ in 0..own {
            let (x, y) = (bell(chance), bell(chance));
            let [lon, lat] = town.at;
            let weight = (-(x * x + y * y) / 4.0).exp() * (0.6 * bell(chance)).exp();
            list.push(([lon + 1.15 * town.spread * x, lat + town.spread * y], weight));
        }
        let sum: f64 = list.iter().map(|(_, w)| w).sum();
        let county = regions.name(town.county()).unwrap_or_else(|| town.county());
        // The first cells stand for the villages; every other one is called after the nearest of them.
        let villages: Vec<&str> = regions.villages(&town.code).map(|(_, name)| name).collect();
        let seats: Vec<[f64; 2]> = list.iter().map(|(at, _)| *at).take(villages.len()).collect();
        for (at, weight) in &list {
            let far = |seat: &[f64; 2]| zhida_siting::haversine(*seat, *at);
            let nearest = villages.iter().zip(&seats).min_by(|a, b| far(a.1).total_cmp(&far(b.1)));
            let village = nearest.map_or(town.name.as_str(), |(name, _)| name);
            id += 1;
            let workers = OUTDOORS * town.residents * weight / sum;
            let mut row = vec![format!("z{id}")];
            row.extend(degrees(*at));
            row.extend([county, &town.code, village].map(str::to_owned));
            for kind in &words.kinds {
                row.extend(kind.out.iter().map(|out| format!("{:.2}", workers * kind.share * out)));
            }
            row.push("synthetic".to_owned());
            table.write_record(row)?;
        }
        places.push(list.into_iter().map(|(at, _)| at).collect());
    }
    table.flush()?;
    Ok(places)
}

/// A place in a town: too often near its seat, as practice has it, or by a cell.
fn somewhere(town: &Town, cells: &[[f64; 2]], central: f64, chance: &mut ChaCha8Rng) -> [f64; 2] {
    let (at, scatter) = if cells.is_empty() || chance.random_bool(central) {
        (town.at, 0.3 * town.spread)
    } else {
        (cells[chance.random_range(0..cells.len())], 0.002)
    };
    [at[0] + 1.15 * scatter * bell(chance), at[1] + scatter * bell(chance)]
}

fn stations(
    words: &Words,
    towns: &[Town],
    places: &[Vec<[f64; 2]>],
    n: usize,
    chance: &mut ChaCha8Rng,
    path: &Path,
) -> anyhow::Result<()> {
    let mut table = csv::Writer::from_path(path)?;
    table.write_record([
        "id",
        "name",
        "lon",
        "lat",
        "town",
        "tier",
        "state",
        "hours",
        "services",
        "visits",
        "condition",
        "partner",
        "origin",
    ])?;
    let weights: Vec<f64> = towns.iter().map(|t| t.residents.powf(0.8)).collect();
    let mut id = 0;
    for ((town, cells), own) in towns.iter().zip(places).zip(share(n, &weights)) {
        for k in 0..own {
            id += 1;
            let at = degrees(somewhere(town, cells, 0.5, chance));
            let drawn = chance.random_range(0..100);
            let tier = words.tiers.iter().find(|(_, below)| drawn < *below).map_or("", |(tier, _)| tier);
            let hours = match chance.random_range(0..10) {
                0..7 => "08:00-17:30",
                7..9 => "06:30-19:00",
                _ => "06:00-22:00",
            };
            let mut services = vec!["rest", "water", "charging"];
            for (service, likely) in [("meals", 0.8), ("toilet", 0.5)] {
                if chance.random_bool(likely) {
                    services.push(service);
                }
            }
            let visits = (4.0 * bell(chance).mul_add(0.25, 1.6)).exp().round();
            let condition = ["A", "A", "B", "B", "B", "C", "D"][chance.random_range(0..7)];
            let partner = words.partners[chance.random_range(0..words.partners.len())].as_str();
            let state = if chance.random_bool(0.02) { "paused" } else { "open" };
            table.write_record([
                &format!("s{id}"),
                &format!("{}{partner}{}{}", town.name, words.station, k + 1),
                &at[0],
                &at[1],
                &town.code,
                tier,
                state,
                hours,
                &services.join(";"),
                &format!("{visits}"),
                condition,
                partner,
                "synthetic",
            ])?;
        }
    }
    Ok(table.flush()?)
}

fn candidates(
    words: &Words,
    towns: &[Town],
    places: &[Vec<[f64; 2]>],
    n: usize,
    chance: &mut ChaCha8Rng,
    path: &Path,
) -> anyhow::Result<()> {
    let mut table = csv::Writer::from_path(path)?;
    table.write_record([
        "id", "name", "lon", "lat", "town", "partner", "tiers", "services", "cost", "origin",
    ])?;
    let weights: Vec<f64> = towns.iter().map(|t| t.residents.powf(0.7)).collect();
    let mut id = 0;
    for ((town, cells), own) in towns.iter().zip(places).zip(share(n, &weights)) {
        for _ in 0..own {
            id += 1;
            let at = degrees(somewhere(town, cells, 0.1, chance));
            let partner = words.partners[chance.random_range(0..words.partners.len())].as_str();
            let tiers = if chance.random_bool(0.7) { "" } else { "basic" };
            let services =
                if chance.random_bool(0.6) { "rest;water;charging;toilet" } else { "rest;water;charging" };
            let cost = f64::from(chance.random_range(0..20_u32)) * 1_000.0;
            table.write_record([
                &format!("c{id}"),
                &format!("{}{partner}", town.name),
                &at[0],
                &at[1],
                &town.code,
                partner,
                tiers,
                services,
                &format!("{cost}"),
                "synthetic",
            ])?;
        }
    }
    Ok(table.flush()?)
}

/// The plan: three years, money in yuan, in proportion to the number of stations.
fn plan(
    words: &Words,
    province: &str,
    extent: Extent,
    name: &dyn Fn(&str) -> String,
    towns: &[Town],
) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a count of stations")]
    let part = extent.stations as f64 / 12_000.0;
    let money = |millions: f64| format!("{}", (millions * part * 1e6).round());
    let count = |n: f64| format!("{}", (n * part).round());
    let ratios: Vec<String> = words
        .ratios
        .iter()
        .filter(|(code, _)| towns.iter().any(|t| t.code.starts_with(code)))
        .map(|(code, ratio)| format!("\"{}\" = {ratio}", name(code)))
        .collect();
    let values = [
        ("@province@", province.to_owned()),
        ("@budget@", money(59.0)),
        ("@running-2024@", money(92.0)),
        ("@running-2025@", money(100.0)),
        ("@running-2026@", money(108.0)),
        ("@upgrades@", count(1_000.0)),
        ("@builds@", count(500.0)),
        ("@open@", count(12_000.0)),
        ("@ratios@", ratios.join(", ")),
    ];
    values.iter().fold(PLAN.to_owned(), |text, (word, value)| text.replace(word, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        assert_eq!(share(10, &[1.0, 1.0, 2.0]), [3, 2, 5]);
        assert_eq!(share(7, &[0.1; 30]).iter().sum::<usize>(), 7);
    }

    #[test]
    fn the_same_seed_writes_the_same_files() {
        let extent = Extent { stations: 60, candidates: 40, cells: 300 };
        let written = || {
            let folder = tempfile::tempdir().unwrap();
            province("33", (7, extent), folder.path()).unwrap();
            FILES.map(|f| std::fs::read_to_string(folder.path().join(f)).unwrap())
        };
        let (a, b) = (written(), written());
        assert!(a == b);
        let rows = |i: usize| a[i].lines().count() - 1;
        assert_eq!([rows(1), rows(2), rows(3)], [60, 40, 300]);
        let folder = tempfile::tempdir().unwrap();
        assert!(province("99", (1, extent), folder.path()).is_err());
    }
}
