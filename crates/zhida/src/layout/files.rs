//! The places and people of a county as the files of a plan.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use chrono::{Datelike as _, NaiveDate};
use zhida_pack::Network;
use zhida_pack::layout::{Each, Spec};
use zhida_siting::{Nearest, haversine};

use super::area::Area;
use crate::place::{self, Hours, Place};
use crate::problem::Problem;
use crate::regions::Regions;
use crate::tip::Suggested;

/// The files of a plan by name.
pub(super) type Files = BTreeMap<String, String>;

/// The plan itself.
pub(super) const PLAN: &str = "PLAN.toml";

/// Candidates stand this far from every station and from each other, metres.
const APART: f64 = 500.0;
/// As many candidates as there can be in one county, and for each of several.
const CANDIDATES: usize = 300;
const EACH: usize = 90;

/// Writes files into a folder.
pub(super) fn write(files: &Files, folder: &Path) -> anyhow::Result<()> {
    for (name, text) in files {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// A table of text cells.
fn table<const N: usize>(
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<String, Problem> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(head).map_err(anyhow::Error::from)?;
    for row in rows {
        out.write_record(row).map_err(anyhow::Error::from)?;
    }
    let bytes = out.into_inner().map_err(|e| anyhow::anyhow!("a table: {e}"))?;
    Ok(String::from_utf8(bytes).map_err(anyhow::Error::from)?)
}

/// The next day from Monday to Friday on which people work.
fn working_day(from: NaiveDate) -> NaiveDate {
    let plain = |d: &NaiveDate| d.weekday().num_days_from_monday() < 5 && !place::is_holiday(*d);
    from.iter_days().find(plain).unwrap_or(from)
}

/// When a place is open on a plain working day, as plans write it; nothing where its hours are not known.
fn hours(place: &Place, day: NaiveDate) -> Option<String> {
    let hours = Hours::read(&place.hours).ok().filter(|_| !place.hours.is_empty())?;
    let spans = hours.on(day).into_iter().map(|(from, until)| format!("{from}-{until}"));
    Some(spans.collect::<Vec<_>>().join(","))
}

/// The stations of a county, open at `unknown` where no hours are on file; those without a position are left out, and counted.
pub(super) fn stations(
    network: &Network,
    places: &[Place],
    visits: &BTreeMap<crate::ids::PlaceId, i64>,
    (today, unknown): (NaiveDate, &str),
) -> Result<(String, usize), Problem> {
    let day = working_day(today);
    let lowest = network.tiers.first().map_or("", |t| t.code.as_str());
    let row = |p: &Place| {
        let (lon, lat) = p.lon.zip(p.lat)?;
        Some([
            p.code.clone()?,
            lon.to_string(),
            lat.to_string(),
            if p.tier.is_empty() { lowest.to_owned() } else { p.tier.clone() },
            p.name.clone(),
            p.town.clone().unwrap_or_default(),
            p.state.clone(),
            hours(p, day).unwrap_or_else(|| unknown.to_owned()),
            p.services().join(";"),
            visits.get(&p.id).copied().unwrap_or(0).to_string(),
        ])
    };
    let rows: Vec<_> = places.iter().filter_map(row).collect();
    let left = places.len() - rows.len();
    let head = ["id", "lon", "lat", "tier", "name", "town", "state", "hours", "services", "visits"];
    Ok((table(head, rows.into_iter())?, left))
}

/// The towns of an area, with the kind of each by the end of its name where a rule asks for it.
pub(super) fn towns(regions: &Regions, area: &Area, spec: &Spec) -> Result<String, Problem> {
    let kinds: Vec<&str> = spec.quotas.iter().flat_map(|q| &q.towns).map(String::as_str).collect();
    let name = |code: &str| regions.name(code).unwrap_or(code).to_owned();
    let of = |county: &String| {
        let city = format!("{}00", county.get(..4).unwrap_or(county));
        let city =
            regions.name(&city).or_else(|| regions.name(county.get(..4)?)).unwrap_or(county).to_owned();
        let row = |(code, town): (&str, &str)| {
            let kind = kinds.iter().find(|k| town.ends_with(**k)).map_or("", |k| k);
            [code.to_owned(), town.to_owned(), kind.to_owned(), name(county), city.clone()]
        };
        regions.towns(county).map(row).collect::<Vec<_>>()
    };
    table(["town", "name", "kind", "county", "city"], area.0.iter().flat_map(of))
}

/// Sites that keep apart from each other, looked up by squares as wide as that.
#[derive(Default)]
struct Apart(HashMap<(i64, i64), Vec<[f64; 2]>>);

impl Apart {
    /// Metres of a degree of latitude.
    const DEGREE: f64 = 111_195.0;

    #[expect(clippy::cast_possible_truncation, reason = "squares of half a kilometre")]
    fn square([lon, lat]: [f64; 2]) -> (i64, i64) {
        // Squares are as wide as the distance where a degree of longitude is shortest: half of one of latitude, to 60 degrees.
        let wide = |x: f64, metres: f64| (x * metres / APART).floor() as i64;
        (wide(lon, Self::DEGREE / 2.0), wide(lat, Self::DEGREE))
    }

    /// Takes a site, unless one is too near.
    fn take(&mut self, at: [f64; 2]) -> bool {
        let (x, y) = Self::square(at);
        let around = (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (x + dx, y + dy)));
        let near = around.filter_map(|square| self.0.get(&square)).flatten();
        let free = near.into_iter().all(|other| haversine(*other, at) >= APART);
        if free {
            self.0.entry((x, y)).or_default().push(at);
        }
        free
    }
}

/// Where a station could be: where people ask for one, and where people are many and no station is near, the heaviest first.
pub(super) fn candidates(
    regions: &Regions,
    area: &Area,
    (places, asked): (&[Place], &[Suggested]),
    demand: &str,
) -> Result<String, Problem> {
    let fault = |e: csv::Error| Problem::Internal(e.into());
    let mut reader = csv::Reader::from_reader(demand.as_bytes());
    let head = reader.headers().map_err(fault)?.clone();
    let at = |name: &str| head.iter().position(|h| h == name);
    let people: Vec<usize> =
        (0..head.len()).filter(|i| head.get(*i).is_some_and(|h| h.contains('@'))).collect();
    let mut cells = Vec::new();
    for row in reader.records() {
        let row = row.map_err(fault)?;
        let number = |i: usize| row.get(i).and_then(|c| c.trim().parse::<f64>().ok());
        let text = |name: &str| at(name).and_then(|i| row.get(i)).unwrap_or_default().to_owned();
        let all: f64 = people.iter().filter_map(|i| number(*i)).sum();
        if let Some(position) = at("lon").and_then(number).zip(at("lat").and_then(number)) {
            cells.push((all, text("id"), text("name"), text("town"), [position.0, position.1]));
        }
    }
    cells.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let there: Vec<[f64; 2]> = places.iter().filter_map(|p| Some([p.lon?, p.lat?])).collect();
    let near = Nearest::new(there);
    let mut chosen: Vec<[String; 6]> = Vec::new();
    let mut taken = Apart::default();
    // Several people who ask for one on the same spot ask for one station, however near another one is.
    for one in asked {
        if chosen.len() < CANDIDATES && taken.take(one.at) {
            let [lon, lat] = one.at.map(|v| v.to_string());
            let town = one.town.clone().unwrap_or_default();
            chosen.push([format!("s-{}", one.id), lon, lat, one.about.clone(), town, String::new()]);
        }
    }
    let most = if area.several() { EACH * area.0.len() } else { CANDIDATES };
    for (_, id, name, town, position) in cells {
        if chosen.len() >= most {
            break;
        }
        let free = near.find(position, 1, APART, &mut |_| true).is_empty() && taken.take(position);
        if free {
            let known = if let (true, [county]) = (town.is_empty(), area.0.as_slice()) {
                regions.town_at(county, (position[0], position[1])).unwrap_or_default().to_owned()
            } else {
                town
            };
            let [lon, lat] = position.map(|v| v.to_string());
            chosen.push([format!("c-{id}"), lon, lat, name, known, String::new()]);
        }
    }
    table(["id", "lon", "lat", "name", "town", "partner"], chosen.into_iter())
}

/// A decision that people have taken: place, decision, tier, year, place to which it moves.
pub(super) type Pin = [String; 5];

/// What people have decided already.
pub(super) fn decisions(pins: &[Pin]) -> Result<String, Problem> {
    table(["id", "decision", "tier", "year", "to"], pins.iter().cloned())
}

/// The plan with its tables' names; rules speak only of areas that the county has.
pub(super) fn plan(mut spec: Spec, regions: &Regions, area: &Area) -> Result<String, Problem> {
    let name = |code: &str| regions.name(code).unwrap_or_default().to_owned();
    let own = area.0.iter().flat_map(|county| [name(county), name(county.get(..4).unwrap_or(county))]);
    let own: BTreeSet<String> = own.collect();
    for rule in &mut spec.quotas {
        let known = |key: &String| key == "else" || own.contains(key) || rule.each == Some(Each::Town);
        rule.per_town.retain(|key, _| known(key));
    }
    spec.stations = None;
    spec.files.towns = Some("towns.csv".into());
    spec.files.candidates = Some("candidates.csv".into());
    spec.files.decisions = Some("decisions.csv".into());
    Ok(toml::to_string(&spec).map_err(anyhow::Error::from)?)
}

/// Where the stations and candidates of a plan stand, by id.
pub(super) fn positions(files: &Files) -> BTreeMap<String, [f64; 2]> {
    let mut at = BTreeMap::new();
    for name in ["stations.csv", "candidates.csv"] {
        let text = files.get(name).map_or("", String::as_str);
        for record in csv::Reader::from_reader(text.as_bytes()).into_records().filter_map(Result::ok) {
            let number = |i: usize| record.get(i).and_then(|c| c.parse::<f64>().ok());
            if let (Some(id), Some(lon), Some(lat)) = (record.get(0), number(1), number(2)) {
                at.insert(id.to_owned(), [lon, lat]);
            }
        }
    }
    at
}
