//! How things stand: who is within reach of a place at which hours, the largest gaps, places without which nobody would lose one.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use chrono::Duration;
use serde::Deserialize;
use serde_json::{Value, json};
use zhida_pack::Network;
use zhida_pack::layout::Spec;
use zhida_types::Datum;

use super::area::Area;
use super::demand::{in_wgs84, take};
use super::entity::demand;
use super::files::{self, Files, PLAN};
use super::new_page::percent;
use super::planned;
use super::store::{self, NewDemand};
use crate::account::Role;
use crate::app::App;
use crate::clock::shown;
use crate::ids::{DemandId, PlaceId};
use crate::journal::Subject;
use crate::network;
use crate::place::{self, Place};
use crate::problem::Problem;
use crate::site::layout::{Layout, MINUTES, reach};
use crate::web::extract::{Form, Nothing, Path, Query, Upload};
use crate::web::{Officer, Shell, download, page, to};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/layouts/reach", get(show))
        .route("/layouts/reach.geojson", get(map))
        .route("/layouts/reach.xlsx", get(sheet))
        .route("/layouts/demand", post(upload))
        .route("/layouts/demand.csv", get(demand_file))
        .route("/layouts/demand/{id}/drop", post(undo))
}

/// What is known of a county: places, the table of its stations, where people work.
pub(super) struct Input {
    pub(super) places: Vec<Place>,
    pub(super) stations: String,
    /// Places without a position, which no plan can see.
    pub(super) left: usize,
    pub(super) demand: Option<demand::Model>,
}

/// Days of which check-ins are told.
const DAYS: i64 = 90;

/// What is known of a county; places without hours on file are taken for open at `unknown`.
pub(super) async fn input(o: &Officer, network: &Network, unknown: &str) -> Result<Input, Problem> {
    let places = place::kept_in_counties(&o.app.db, &o.county, &o.region, &network.kind).await?;
    let since = o.app.clock.now() - Duration::days(DAYS);
    let visits: BTreeMap<PlaceId, i64> = network::visits(&o.app.db, (&o.county, &o.region), since).await?;
    let (stations, left) = files::stations(network, &places, &visits, (o.app.clock.today().0, unknown))?;
    let demand = store::demand_of(&o.app.db, &o.county, &network.kind).await?;
    Ok(Input { places, stations, left, demand })
}

/// A layout of things as they are: stations and people, no sites, nothing to decide.
pub(super) async fn standing(o: &Officer, kind: &str) -> Result<(Input, Option<Layout>), Problem> {
    let (network, spec) = planned(&o.app, kind)?;
    let input = input(o, network, "").await?;
    let Some(demand) = &input.demand else { return Ok((input, None)) };
    let mut spec = spec.clone();
    spec.quotas.clear();
    spec.objective.second = 0.0;
    spec.stations = None;
    spec.files.towns = Some("towns.csv".into());
    let files = Files::from([
        ("towns.csv".to_owned(), files::towns(&o.app.regions, &Area::of(o), &spec)?),
        (PLAN.to_owned(), toml::to_string(&spec).map_err(anyhow::Error::from)?),
        ("stations.csv".to_owned(), input.stations.clone()),
        ("demand.csv".to_owned(), demand.body.clone()),
    ]);
    let read = tokio::task::spawn_blocking(move || -> anyhow::Result<Layout> {
        let folder = tempfile::tempdir()?;
        files::write(&files, folder.path())?;
        Layout::read(&folder.path().join(PLAN))
    });
    let layout = read.await.map_err(anyhow::Error::from)??;
    Ok((input, Some(layout)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    pub(super) kind: String,
}

struct LayerLine {
    kind: String,
    band: String,
    people: String,
    /// Within each of the minutes, and as far as the kind goes.
    shares: Vec<String>,
    own: String,
    minutes: String,
}

struct GapLine {
    name: String,
    people: String,
    kinds: String,
}

struct PlaceLine {
    id: Option<PlaceId>,
    code: String,
    name: String,
}

#[derive(Template)]
#[template(path = "layout/reach.html")]
struct ReachPage {
    shell: Shell,
    kind: String,
    demand: Option<(DemandId, String, String, i64, bool)>,
    layers: Vec<LayerLine>,
    gaps: Vec<GapLine>,
    gaps_in_all: usize,
    /// What a station of the plainest tier in each gap would cost to build, and what spare stations cost to run a year.
    money: [String; 2],
    spare: Vec<PlaceLine>,
    useless: Vec<PlaceLine>,
    left: usize,
    /// People in the hours in which most are out, for each station that serves anybody.
    each: String,
    supervisor: bool,
    datums: Vec<&'static str>,
    columns: String,
    seat: [f64; 2],
}

/// Lines of gaps that the page shows; all stand in the table.
const SHOWN: usize = 12;

fn gap_lines(o: &Officer, layout: &Layout, found: &crate::site::layout::Reach) -> Vec<GapLine> {
    let t = o.shell("").t;
    let line = |gap: &crate::site::layout::Gap| {
        let kinds = layout.spec.kinds.iter().zip(&gap.people).filter(|(_, n)| **n >= 0.5);
        let kinds: Vec<String> =
            kinds.map(|(k, n)| format!("{} {n:.0}", layout.spec.kind(&k.name, o.lang))).collect();
        GapLine { name: gap.name.clone(), people: format!("{:.0}", gap.all()), kinds: t.list(&kinds) }
    };
    found.gaps.iter().map(line).collect()
}

/// What a station of the plainest tier in each of so many gaps would cost to build, and what stations of some tiers cost to run
/// a year, at the pack's prices.
fn worth<'a>(spec: &Spec, gaps: usize, spare: impl Iterator<Item = &'a str>) -> [f64; 2] {
    let running = |tier: &str| {
        let known = spec.tiers.iter().find(|t| t.name == tier);
        known.or(spec.tiers.first()).map_or(0.0, |t| t.running)
    };
    #[expect(clippy::cast_precision_loss, reason = "a count of gaps")]
    let gaps = gaps as f64;
    let build = spec.tiers.first().and_then(|t| t.build).unwrap_or(0.0);
    [gaps * build, spare.map(running).sum()]
}

/// People within reach, in the hours in which most are out, by station.
#[expect(clippy::cast_precision_loss, reason = "a count of stations")]
fn per_station(found: &crate::site::layout::Reach, stations: usize) -> String {
    let served: f64 = found.people.iter().zip(&found.share).map(|(n, share)| n * share).sum();
    if stations == 0 { String::new() } else { format!("{:.0}", served / stations as f64) }
}

async fn show(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let (network, spec) = planned(&o.app, &asked.kind)?;
    let (input, layout) = standing(&o, &asked.kind).await?;
    let shell = o.shell("places");
    let columns =
        spec.kinds.iter().flat_map(|k| spec.hours.iter().map(move |h| format!("{}@{}", k.name, h.name)));
    let ids: BTreeMap<&str, PlaceId> =
        input.places.iter().filter_map(|p| Some((p.code.as_deref()?, p.id))).collect();
    let (mut layers, mut gaps, mut spare, mut useless) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut gaps_in_all, mut money, mut each) = (0, [0.0, 0.0], String::new());
    if let Some(layout) = &layout {
        let found = reach(layout);
        let share = |part: f64, all: f64| if all > 0.0 { percent(part / all) } else { "—".to_owned() };
        let layer = |w: &crate::site::layout::Within| LayerLine {
            kind: layout.spec.kind(&layout.spec.kinds[w.kind].name, o.lang).to_owned(),
            band: layout.spec.band(&layout.spec.hours[w.band].name, o.lang).to_owned(),
            people: format!("{:.0}", w.people),
            shares: w.within.iter().map(|n| share(*n, w.people)).collect(),
            own: share(w.served, w.people),
            minutes: layout.spec.kinds[w.kind].minutes.to_string(),
        };
        layers = found.layers.iter().map(layer).collect();
        gaps_in_all = found.gaps.len();
        each = per_station(&found, layout.plan.places.len());
        gaps = gap_lines(&o, layout, &found);
        gaps.truncate(SHOWN);
        let place = |j: &usize| PlaceLine {
            id: ids.get(layout.plan.places[*j].name.as_str()).copied(),
            code: layout.plan.places[*j].name.clone(),
            name: layout.rows[*j].name.clone(),
        };
        spare = found.spare.iter().map(place).collect();
        let tiers: BTreeMap<&str, &str> =
            input.places.iter().filter_map(|p| Some((p.code.as_deref()?, p.tier.as_str()))).collect();
        money =
            worth(spec, gaps_in_all, spare.iter().map(|p| tiers.get(p.code.as_str()).copied().unwrap_or("")));
        useless = found.useless.iter().map(place).collect();
    }
    let seat = Area::of(&o).middle(&o.app.regions);
    let demand =
        input.demand.map(|d| (d.id, d.file_name, shown(d.created_at), d.cells, d.origin == "synthetic"));
    page(&ReachPage {
        kind: network.kind.clone(),
        demand,
        layers,
        gaps,
        gaps_in_all,
        money: money.map(|yuan| format!("{yuan:.0}")),
        spare,
        useless,
        left: input.left,
        each,
        supervisor: o.require(Role::Supervisor).is_ok(),
        datums: Datum::ALL.map(Datum::code).to_vec(),
        columns: columns.collect::<Vec<_>>().join(", "),
        seat,
        shell,
    })
}

/// A mark of a map: where, what it says, how it looks, where it leads.
pub(super) fn mark(at: [f64; 2], words: &str, (colour, size): (&str, f64), link: Option<String>) -> Value {
    json!({
        "type": "Feature", "geometry": { "type": "Point", "coordinates": at },
        "properties": { "words": words, "colour": colour, "size": size, "link": link },
    })
}

/// Marks as an answer.
pub(super) fn marks(features: Vec<Value>) -> Response {
    let all = json!({ "type": "FeatureCollection", "features": features });
    ([(header::CONTENT_TYPE, "application/geo+json")], all.to_string()).into_response()
}

async fn map(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let (_, layout) = standing(&o, &asked.kind).await?;
    let Some(layout) = layout else { return Ok(marks(Vec::new())) };
    let found = reach(&layout);
    let mut features = Vec::new();
    for ((name, at), share) in layout.cells.iter().zip(&found.share) {
        // Red where most are out of reach, through ochre to green.
        let colour = if *share >= 0.99 {
            "#5c9e76"
        } else if *share >= 0.5 {
            "#d39a3a"
        } else {
            "#c0443a"
        };
        features.push(mark(*at, &format!("{name} {}", percent(*share)), (colour, 3.0), None));
    }
    for (row, place) in layout.rows.iter().zip(&layout.plan.places) {
        features.push(mark(row.at, &row.name, ("#123f75", 6.0), Some(format!("/s/{}", place.name))));
    }
    Ok(marks(features))
}

async fn sheet(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let (_, layout) = standing(&o, &asked.kind).await?;
    let layout = layout.ok_or(Problem::Conflict("fault-no-demand"))?;
    let t = o.shell("").t;
    let found = reach(&layout);
    let minutes = MINUTES.map(|m| t.v("reach-minutes", m));
    let mut head = vec![t.s("kind"), t.s("reach-band"), t.s("reach-people")];
    head.extend(minutes);
    head.push(t.s("reach-own"));
    let mut rows: Vec<Vec<String>> = Vec::new();
    for w in &found.layers {
        let kind = layout.spec.kind(&layout.spec.kinds[w.kind].name, o.lang).to_owned();
        let band = layout.spec.band(&layout.spec.hours[w.band].name, o.lang).to_owned();
        let mut row = vec![kind, band, format!("{:.0}", w.people)];
        row.extend(w.within.iter().chain([&w.served]).map(|n| percent(n / w.people.max(1e-12))));
        rows.push(row);
    }
    rows.push(vec![t.s("reach-gaps")]);
    let gaps = gap_lines(&o, &layout, &found).into_iter();
    rows.extend(gaps.map(|g| vec![g.name, g.kinds, g.people]));
    let mut write = o.write().await?;
    write.note("reach-exported", Subject::new("county", &o.county), json!({ "rows": rows.len() })).await?;
    write.commit().await?;
    download::xlsx("reach", &head, &rows)
}

/// Takes a table of people; the one before is kept, and counts again when this one is taken back.
async fn upload(o: Officer, form: Upload) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let (network, spec) = planned(&o.app, form.one("kind"))?;
    let file =
        form.files.iter().find(|f| f.field == "file").ok_or(Problem::field("file", "fault-no-file", ""))?;
    let text = std::str::from_utf8(&file.bytes).map_err(|e| Problem::field("file", "fault-demand", e))?;
    let datum = match form.one("datum") {
        "" => Datum::default(),
        text => Datum::named(text).ok_or_else(|| Problem::field("datum", "fault-value", text))?,
    };
    let body = in_wgs84(text.trim_start_matches('\u{feff}'), datum)?;
    let cells = super::demand::read(spec, &body)?;
    let outside = Area::of(&o).outside(&o.app.regions, &cells);
    if outside > 0 {
        return Err(Problem::field("file", "fault-demand-outside", outside));
    }
    let new = NewDemand {
        kind: network.kind.clone(),
        file_name: file.name.clone(),
        origin: o.app.config.origin().to_owned(),
        cells: cells.len(),
        body,
    };
    let mut write = o.write().await?;
    take(&mut write, spec, new).await?;
    write.commit().await?;
    Ok(to(&format!("/layouts/reach?kind={}", network.kind), "demand-taken"))
}

async fn demand_file(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let (network, _) = planned(&o.app, &asked.kind)?;
    let demand = store::demand_of(&o.app.db, &o.county, &network.kind).await?.ok_or(Problem::NotFound)?;
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], demand.body).into_response())
}

async fn undo(
    o: Officer,
    Path(id): Path<DemandId>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let mut write = o.write().await?;
    if !store::drop_demand(&write, id).await? {
        return Err(Problem::NotFound);
    }
    write.note("demand-dropped", Subject::new("demand", id), json!({})).await?;
    write.commit().await?;
    Ok(to("/layouts/reach", "demand-dropped"))
}
