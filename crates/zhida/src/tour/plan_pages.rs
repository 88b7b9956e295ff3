//! The form that plans tours: places in the order of their urgency, vehicles, a shift; and warnings.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::NaiveTime;
use serde::Deserialize;

use super::plan::{self, Candidate, NewTour, candidates, kind};
use super::route::{Fleet, Spot, Way, route};
use crate::account::{self, Role};
use crate::app::App;
use crate::ids::{AccountId, PlaceId};
use crate::place::{self, Place};
use crate::problem::Problem;
use crate::web::extract::{Form, Query, day};
use crate::web::{Officer, Shell, page, to};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/tours/new", get(blank).post(save)).route("/tours/warnings", post(warn))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    kind: String,
}

#[derive(Template)]
#[template(path = "tour/plan.html")]
struct PlanPage {
    shell: Shell,
    kind: String,
    label: String,
    kinds: Vec<(String, String)>,
    candidates: Vec<Candidate>,
    first: usize,
    bases: Vec<(PlaceId, String)>,
    accounts: Vec<(AccountId, String)>,
    me: AccountId,
    today: String,
    starts: String,
    ends: String,
    never: i64,
}

/// Places that are chosen when the form opens.
const FIRST: usize = 12;

async fn blank(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let kinds: Vec<(String, String)> = o
        .app
        .packs()
        .flat_map(|p| &p.tours)
        .map(|k| (k.code.clone(), k.label.get(o.lang).to_owned()))
        .collect();
    let code = if asked.kind.is_empty() {
        kinds.first().map(|(code, _)| code.clone()).ok_or(Problem::NotFound)?
    } else {
        asked.kind
    };
    let (_, k) = kind(&o.app, &code)?;
    let scope = (&o.county, &o.region);
    let bases = place::of_kind(&o.app.db, &o.county, &o.region, &k.bases).await?;
    let bases = if k.bases.is_empty() { Vec::new() } else { bases };
    let accounts = account::workers(&o.app.db, &o.county).await?;
    let windows = (k.windows.first().map(|w| w[0].clone()), k.windows.last().map(|w| w[1].clone()));
    page(&PlanPage {
        label: k.label.get(o.lang).to_owned(),
        candidates: candidates(&o.app, scope, k).await?,
        first: FIRST,
        bases: bases.into_iter().filter(|p| p.lon.is_some()).map(|p| (p.id, p.name)).collect(),
        accounts: accounts.into_iter().map(|a| (a.id, a.name)).collect(),
        me: o.id,
        today: o.app.clock.today().to_string(),
        starts: windows.0.unwrap_or_else(|| "20:00".to_owned()),
        ends: windows.1.unwrap_or_else(|| "23:30".to_owned()),
        never: 999,
        kinds,
        kind: code,
        shell: o.shell("tours"),
    })
}

#[derive(Debug, Deserialize)]
struct PlanForm {
    kind: String,
    #[serde(default)]
    title: String,
    day: String,
    starts: String,
    ends: String,
    #[serde(default)]
    place: Vec<PlaceId>,
    #[serde(default)]
    base: Option<PlaceId>,
    vehicles: String,
    stops: String,
    crew: String,
    #[serde(default)]
    crew_names: String,
    #[serde(default)]
    lead: Vec<AccountId>,
}

fn time(field: &'static str, text: &str) -> Result<NaiveTime, Problem> {
    NaiveTime::parse_from_str(text.trim(), "%H:%M")
        .map_err(|_no_time| Problem::field(field, "fault-time", text))
}

fn number(field: &'static str, text: &str, within: std::ops::RangeInclusive<i64>) -> Result<i64, Problem> {
    let n = text.trim().parse::<i64>().ok().filter(|n| within.contains(n));
    n.ok_or_else(|| {
        Problem::field(field, "fault-number-within", format!("{} – {}", within.start(), within.end()))
    })
}

/// The ways of a fleet round places; places without a position come first, by hand.
async fn ways(places: &[Place], fleet: Option<Fleet>) -> Result<(Vec<Way>, Vec<String>), Problem> {
    let Some(fleet) = fleet else {
        let stops = (0..places.len()).map(|at| (at, String::new())).collect();
        return Ok((vec![Way { stops, metres: 0 }], Vec::new()));
    };
    let known: Vec<(usize, Spot)> = places
        .iter()
        .enumerate()
        .filter_map(|(at, p)| Some((at, Spot { lon: p.lon?, lat: p.lat? })))
        .collect();
    let spots: Vec<Spot> = known.iter().map(|(_, s)| *s).collect();
    let planned = tokio::task::spawn_blocking(move || route(&spots, &fleet));
    let planned = planned.await.map_err(anyhow::Error::from)??;
    let place = |spot: usize| known.get(spot).map_or(0, |(at, _)| *at);
    let ways = planned.ways.into_iter().map(|way| Way {
        stops: way.stops.into_iter().map(|(spot, at)| (place(spot), at)).collect(),
        metres: way.metres,
    });
    let left = planned.left.iter().filter_map(|spot| places.get(place(*spot))).map(|p| p.name.clone());
    let unplaced = places.iter().filter(|p| p.lon.is_none()).map(|p| p.name.clone());
    Ok((ways.collect(), left.chain(unplaced).collect()))
}

async fn save(o: Officer, Form(form): Form<PlanForm>) -> Result<Response, Problem> {
    let (_, k) = kind(&o.app, &form.kind)?;
    let on = day("day", &form.day)?;
    let shift = (time("starts", &form.starts)?, time("ends", &form.ends)?);
    let vehicles = number("vehicles", &form.vehicles, 0..=20)?;
    let stops = number("stops", &form.stops, 1..=60)?;
    let crew = number("crew", &form.crew, 1..=200)?;
    if form.place.is_empty() {
        return Err(Problem::field("place", "fault-none-chosen", ""));
    }
    let all = place::of_kind(&o.app.db, &o.county, &o.region, &k.places).await?;
    // In the order of the form: the most urgent first.
    let places: Vec<Place> =
        form.place.iter().filter_map(|id| all.iter().find(|p| p.id == *id)).cloned().collect();
    if places.len() != form.place.len() {
        return Err(Problem::NotFound);
    }
    let base = match form.base {
        Some(id) => place::find(&o.app.db, &o.county, &o.region, id).await?.and_then(|p| p.lon.zip(p.lat)),
        None => places.iter().find_map(|p| p.lon.zip(p.lat)),
    };
    let windows = k.windows.iter().filter_map(|[from, until]| {
        let time = |t: &str| NaiveTime::parse_from_str(t, "%H:%M").ok();
        time(from).zip(time(until))
    });
    // On foot, or without any position, the stops stand in the order of their urgency.
    let fleet = base.filter(|_| vehicles > 0).map(|(lon, lat)| Fleet {
        vehicles: usize::try_from(vehicles).unwrap_or(1),
        stops: usize::try_from(stops).unwrap_or(1),
        base: Spot { lon, lat },
        day: on,
        shift,
        windows: windows.collect(),
        minutes: k.minutes,
        speed: k.speed,
    });
    let (ways, left) = ways(&places, fleet).await?;
    if ways.is_empty() {
        return Err(Problem::field("place", "fault-no-way", left.join("、")));
    }
    let accounts = account::workers(&o.app.db, &o.county).await?;
    let leads: Vec<_> = form.lead.iter().filter_map(|id| accounts.iter().find(|a| a.id == *id)).collect();
    let lead = |at: usize| {
        leads.get(at % leads.len().max(1)).map_or((o.id, o.name.clone()), |a| (a.id, a.name.clone()))
    };
    let title = if form.title.trim().is_empty() { k.label.get(o.lang) } else { form.title.trim() };
    let several = ways.len() > 1;
    let tour = |(at, way): (usize, Way)| NewTour {
        kind: form.kind.clone(),
        title: if several { format!("{title} {}", at + 1) } else { title.to_owned() },
        town: Some(o.region.as_str()).filter(|r| r.len() > 6).map(str::to_owned),
        day: on,
        times: (form.starts.trim().to_owned(), form.ends.trim().to_owned()),
        unit: o.unit,
        lead: lead(at),
        crew,
        crew_names: form.crew_names.trim().chars().take(300).collect(),
        vehicles: i64::from(vehicles > 0),
        way,
        places: places.clone(),
        state: "planned",
    };
    let tours: Vec<NewTour> = ways.into_iter().enumerate().map(tour).collect();
    let mut write = o.write().await?;
    let ids = plan::save(&o.app, &mut write, tours).await?;
    write.commit().await?;
    let path = match ids.as_slice() {
        [one] => format!("/tours/{one}"),
        _ => "/tours".to_owned(),
    };
    Ok(to(&path, if left.is_empty() { "tours-planned" } else { "tours-left" }))
}

#[derive(Debug, Deserialize)]
struct WarnForm {
    code: String,
    from: String,
    until: String,
    #[serde(default)]
    words: String,
}

async fn warn(o: Officer, Form(form): Form<WarnForm>) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let days = (day("from", &form.from)?, day("until", &form.until)?);
    let mut write = o.write().await?;
    plan::warn(&o.app, &mut write, &form.code, days, &form.words).await?;
    write.commit().await?;
    Ok(to("/tours", "warning"))
}
