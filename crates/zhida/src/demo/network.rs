//! Invented places of a network: drawn within the outlines and around the seats of towns, named after villages.

use chrono::Duration;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use zhida_pack::{Network, Pack};
use zhida_types::Datum;

use super::running::{self, Kind, Visits};
use crate::app::App;
use crate::ids::CountyId;
use crate::journal::{Actor, Write};
use crate::layout::{self, NewDemand};
use crate::network::{self, Sight};
use crate::place::{self, Hours, Listing, NewPlace};
use crate::problem::Problem;

/// Premises in which places are.
#[derive(Clone, Debug, Deserialize)]
struct Premises {
    builder: String,
    /// Who keeps it together with the office, where somebody does.
    #[serde(default)]
    partner: String,
    /// How they are called in names.
    word: String,
    weight: u32,
    hours: String,
    entry: String,
    class: String,
    tier: String,
    services: Vec<String>,
}

/// A list of places as an office has it: name, town, address, longitude, latitude, tier, services, hours, keeper, phone.
#[derive(Clone, Debug, Deserialize)]
struct File {
    name: String,
    title: String,
    header: Vec<String>,
    /// Hours in the office's words, in turn.
    hours: Vec<String>,
    services: String,
    tier: String,
    /// Hours that nobody can read.
    wrong: String,
}

/// How many places there are, and in which premises.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Places {
    count: usize,
    /// In a whole province.
    province: usize,
    /// `{village}` and `{builder}` stand for what they name.
    name: String,
    /// What is left out of the names of villages.
    endings: Vec<String>,
    /// Who keeps most of them.
    keeper: String,
    /// The maps that show most of them.
    maps: Vec<String>,
    premises: Vec<Premises>,
    /// A list as an office has it, to be taken in by hand.
    file: Option<File>,
    /// What is held at places.
    #[serde(default)]
    events: Vec<Kind>,
    /// A round of visits by workers.
    visits: Option<Visits>,
    /// What the invented table of people is called, and its cells for each village.
    demand: String,
    cells: usize,
    /// The same where the table is of a whole province.
    province_cells: usize,
}

/// Metres around a seat where most places are.
const AROUND: f64 = 1_500.0;
/// A degree of latitude, metres.
const DEGREE: f64 = 111_195.0;
/// One in so many has no hours on file.
const UNKNOWN: u32 = 12;
/// Days of check-ins that the demonstration has.
const DAYS: i64 = 14;

/// Makes the county's places and what was seen of them.
pub(super) async fn places(
    app: &App,
    county: &CountyId,
    kind: &str,
    spec: &Places,
) -> Result<usize, Problem> {
    county_places(app, (county, kind), (spec, spec.count), DAYS).await
}

/// Makes how the county's places are used: what people say, events, visits by workers.
pub(super) async fn running(app: &App, county: &CountyId, pack: &Pack, spec: &Places) -> Result<(), Problem> {
    let Some(network) = &pack.network else { return Ok(()) };
    running::ratings(app, county, network).await?;
    running::events(app, county, network, &spec.events).await?;
    if let Some(file) = &spec.file {
        written(app, county, network, (spec, file)).await?;
    }
    match &spec.visits {
        Some(visits) => running::visits(app, county, pack, visits).await,
        None => Ok(()),
    }
}

/// Rows of the file that are new, and that change what is there.
const NEW: usize = 8;
const CHANGED: usize = 4;

/// Writes a list of places with positions in the datum of this country's maps: some new, some known, two that cannot be taken.
async fn written(
    app: &App,
    county: &CountyId,
    network: &Network,
    (spec, file): (&Places, &File),
) -> Result<(), Problem> {
    let seed = county.0.parse::<u64>().unwrap_or(0) + 4;
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let known = place::all(&app.db, county).await?;
    let known = known.into_iter().filter(|p| p.kind == network.kind && p.state == "open");
    let villages: Vec<(&str, &str)> = app.regions.villages(&county.0).collect();
    let mut lines: Vec<(String, String, String, (f64, f64))> = Vec::new();
    for place in known.take(CHANGED) {
        let town = place.town.as_deref().and_then(|t| app.regions.name(t)).unwrap_or_default().to_owned();
        lines
            .extend(place.lon.zip(place.lat).map(|at| (place.name.clone(), town, place.address.clone(), at)));
    }
    // Villages from the middle of the list, most of which have no place of their own.
    for (code, village) in villages.iter().skip(villages.len() / 2).step_by(3).take(NEW) {
        let town = code.get(..9).unwrap_or(code);
        let Some(at) = position(app, county, town, &mut chance) else { continue };
        let stem = spec.endings.iter().fold(*village, |name, end| name.trim_end_matches(end.as_str()));
        let name = spec.name.replace("{village}", stem).replace("{builder}", "");
        let town = app.regions.name(town).unwrap_or_default().to_owned();
        lines.push((name, town.clone(), format!("{town}{village}"), at));
    }
    let row = |(at, (name, town, address, (lon, lat))): (usize, (String, String, String, (f64, f64)))| {
        let [lon, lat] = Datum::Gcj02.of_wgs84([lon, lat]);
        // One lies in the sea, and one has hours that nobody can read.
        let lon = if at == CHANGED { lon + 2.0 } else { lon };
        let hours = file.hours.get(at % file.hours.len().max(1)).unwrap_or(&file.wrong);
        let hours = if at == CHANGED + 1 { &file.wrong } else { hours };
        let number = |x: f64| format!("{x:.6}");
        let text = |text: &str| text.to_owned();
        vec![
            name,
            town,
            address,
            number(lon),
            number(lat),
            text(&file.tier),
            text(&file.services),
            text(hours),
            text(&spec.keeper),
            String::new(),
        ]
    };
    let rows: Vec<Vec<String>> = lines.into_iter().enumerate().map(row).collect();
    let folder = app.data.join("demo");
    std::fs::create_dir_all(&folder)?;
    let header: Vec<&str> = file.header.iter().map(String::as_str).collect();
    Ok(super::tables::sheet(&folder.join(&file.name), &file.title, &header, &rows)?)
}

/// Makes where people of a county work, for layouts of its network.
pub(super) async fn demand(app: &App, county: &CountyId, kind: &str, spec: &Places) -> Result<(), Problem> {
    let digits = county.0.trim_end_matches("0000");
    let body = super::province::demand(&app.regions, digits, spec.cells)?;
    people(app, county, kind, (spec.demand.clone(), body)).await
}

/// Keeps an invented table of people: its name and what it says.
async fn people(
    app: &App,
    county: &CountyId,
    kind: &str,
    (file_name, body): (String, String),
) -> Result<(), Problem> {
    let layouts = app.packs().filter(|p| p.network.as_ref().is_some_and(|n| n.kind == kind));
    let Some(layout) = layouts.into_iter().find_map(|p| p.layout.as_ref()) else { return Ok(()) };
    let cells = body.lines().count().saturating_sub(1);
    let new = NewDemand { kind: kind.to_owned(), file_name, origin: "synthetic".to_owned(), cells, body };
    let mut write = Write::begin(&app.db, county, &Actor::system(), app.clock.now()).await?;
    layout::take(&mut write, layout, new).await?;
    Ok(write.commit().await?)
}

/// Makes the places of all counties of a province but those that have some: each as many as it has villages of the whole.
pub(super) async fn province(app: &App, kind: &str, spec: &Places, above: &str) -> Result<usize, Problem> {
    let regions = &app.regions;
    let counties: Vec<&str> = regions.all_counties(above).into_iter().map(|(code, _)| code).collect();
    let villages: usize = counties.iter().map(|c| regions.villages(c).count()).sum();
    let mut made = 0;
    for county in counties {
        let n = spec.province * regions.villages(county).count() / villages.max(1);
        let county = CountyId(county.to_owned());
        let there = place::all(&app.db, &county).await?.iter().any(|p| p.kind == kind);
        if !there && n > 0 {
            made += county_places(app, (&county, kind), (spec, n), 0).await?;
        }
    }
    let office = CountyId(format!("{above:0<6}"));
    if made > 0 {
        demand(app, &office, kind, &Places { cells: spec.province_cells, ..spec.clone() }).await?;
    }
    Ok(made)
}

async fn county_places(
    app: &App,
    (county, kind): (&CountyId, &str),
    (spec, n): (&Places, usize),
    days: i64,
) -> Result<usize, Problem> {
    let seed = county.0.parse().unwrap_or(0);
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let villages: Vec<(&str, &str)> = app.regions.villages(&county.0).collect();
    if villages.is_empty() {
        return Ok(0);
    }
    let mut new = Vec::new();
    let step = villages.len();
    for at in 0..n {
        // Every so manieth village, so that all towns have some in proportion.
        if let Some((code, village)) = villages.get((at * step / n.max(1)) % step) {
            new.extend(one(app, (county, kind), spec, (code, village), &mut chance));
        }
    }
    let mut write = Write::begin(&app.db, county, &Actor::system(), app.clock.now()).await?;
    let hours: Vec<Option<Hours>> = new.iter().map(hours_of).collect();
    let ids = place::create(&mut write, new).await?;
    // The midnight with which today began in China.
    let midnight = crate::clock::midnight(app.clock.today());
    let mut sights = Vec::new();
    for (id, hours) in ids.iter().zip(&hours).filter(|_| days > 0) {
        // Some are loved, some nobody finds.
        let busy: i64 = [0, 0, 1, 2, 4, 9][chance.random_range(0..6)];
        for _ in 0..busy * days {
            let day = chance.random_range(1..=days);
            let minute = Duration::minutes(chance.random_range(0..60));
            let any = Duration::hours(chance.random_range(5..24));
            // Who comes while it is closed stands before a door.
            let at = |hour: Duration| midnight - Duration::days(day) + hour + minute;
            let open = |at: chrono::DateTime<chrono::Utc>| {
                hours.as_ref().is_none_or(|h| h.open_at(crate::clock::china(at)))
            };
            if !open(at(any)) {
                continue;
            }
            let at = at(any);
            let device = format!("demo-{}", chance.random_range(0..400));
            sights.push(Sight {
                place: *id,
                kind: "here".to_owned(),
                open: true,
                device,
                words: String::new(),
                at,
            });
        }
    }
    sights.sort_by_key(|s| s.at);
    network::keep(&write, &sights).await?;
    write.commit().await?;
    app.maps.changed();
    Ok(ids.len())
}

/// The hours of a place, where they are on file.
fn hours_of(new: &NewPlace) -> Option<Hours> {
    let text = new.listing.as_ref().map(|l| l.hours.as_str()).filter(|h| !h.is_empty())?;
    Hours::read(text).ok()
}

/// An invented place in a village.
fn one(
    app: &App,
    (county, kind): (&CountyId, &str),
    spec: &Places,
    (code, village): (&str, &str),
    chance: &mut ChaCha8Rng,
) -> Option<NewPlace> {
    let town = code.get(..9).unwrap_or(code);
    let position = position(app, county, town, chance)?;
    let weights: u32 = spec.premises.iter().map(|p| p.weight).sum();
    let mut left = chance.random_range(0..weights.max(1));
    let premises = spec.premises.iter().find(|p| {
        let here = left < p.weight;
        left = left.saturating_sub(p.weight);
        here
    })?;
    let stem = spec.endings.iter().fold(village, |name, end| name.trim_end_matches(end.as_str()));
    let mut services = premises.services.clone();
    if chance.random_range(0..6) == 0 && services.len() > 3 {
        services.remove(chance.random_range(0..services.len()));
    }
    let known = chance.random_range(0..UNKNOWN) != 0;
    let state = if chance.random_range(0..30) == 0 { "repair" } else { "open" };
    let until = app.clock.today().plus_days(chance.random_range(-60..900));
    let maps = if chance.random_range(0..4) == 0 { Vec::new() } else { spec.maps.clone() };
    let keeper = if chance.random_range(0..8) == 0 { String::new() } else { spec.keeper.clone() };
    Some(NewPlace {
        kind: kind.to_owned(),
        name: spec.name.replace("{village}", stem).replace("{builder}", &premises.word),
        address: format!("{}{village}", app.regions.name(town).unwrap_or_default()),
        town: Some(town.to_owned()),
        position: Some(position),
        state: state.to_owned(),
        origin: "synthetic".to_owned(),
        import: None,
        listing: Some(Listing {
            tier: premises.tier.clone(),
            class: premises.class.clone(),
            builder: premises.builder.clone(),
            partner: premises.partner.clone(),
            entry: premises.entry.clone(),
            services,
            maps,
            keeper,
            hours: if known { premises.hours.clone() } else { String::new() },
            agreed_from: Some(until.plus_days(-1_095)),
            agreed_until: Some(until),
            ..Listing::default()
        }),
    })
}

/// Somewhere in a town: mostly around its seat, within its outline where one is known.
fn position(app: &App, county: &CountyId, town: &str, chance: &mut ChaCha8Rng) -> Option<(f64, f64)> {
    let regions = &app.regions;
    let shape = regions.shape(town);
    let points = || shape.iter().flatten();
    #[expect(clippy::cast_precision_loss, reason = "corners of an outline")]
    let middle = || {
        let n = points().count() as f64;
        let sum = points().fold((0.0, 0.0), |(x, y), p| (x + p.0, y + p.1));
        (n > 0.0).then(|| (sum.0 / n, sum.1 / n))
    };
    // A town of which nothing is known is looked for about its neighbour's seat.
    let neighbour = || regions.towns(&county.0).find_map(|(other, _)| regions.seat(other));
    let seat = regions.seat(town).or_else(middle).or_else(|| regions.seat(&county.0)).or_else(neighbour)?;
    for _ in 0..40 {
        let far = AROUND * (1.0 + 2.0 * chance.random::<f64>()) * chance.random::<f64>().sqrt() * 1.5;
        let angle = chance.random_range(0.0..std::f64::consts::TAU);
        let at = (
            seat.0 + far * angle.cos() / (DEGREE * seat.1.to_radians().cos()),
            seat.1 + far * angle.sin() / DEGREE,
        );
        let round = |x: f64| (x * 1e6).round() / 1e6;
        let at = (round(at.0), round(at.1));
        if shape.is_empty() || regions.town_at(&county.0, at) == Some(town) {
            return Some(at);
        }
    }
    Some(seat)
}
