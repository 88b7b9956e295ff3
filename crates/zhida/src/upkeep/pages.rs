//! What keeps a place going, as an officer sees and writes it.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::Datelike as _;
use serde::Deserialize;
use zhida_pack::{Network, called};

use super::store::{self, Upkeep};
use crate::app::App;
use crate::ids::{EquipmentId, PlaceId};
use crate::place::{self, Place};
use crate::problem::Problem;
use crate::web::extract::{Form, Path, day};
use crate::web::{Officer, Shell, page, to};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/places/{id}/upkeep", get(show).post(change))
        .route("/places/{id}/equipment", post(add))
        .route("/places/{id}/equipment/{item}", post(mark))
}

/// Who does what is agreed: the network itself, or its partner.
const SIDES: [&str; 2] = ["own", "partner"];
/// How equipment is.
const STATES: [&str; 3] = ["working", "broken", "gone"];

async fn found(o: &Officer, id: PlaceId) -> Result<(Place, &Network), Problem> {
    let place = place::find(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
    let (_, network) = o.app.network(&place.kind).ok_or(Problem::NotFound)?;
    Ok((place, network))
}

struct Item {
    id: EquipmentId,
    name: String,
    service: String,
    since: String,
    age: Option<i64>,
    state: String,
    words: String,
}

#[derive(Template)]
#[template(path = "upkeep/show.html")]
struct UpkeepPage {
    shell: Shell,
    id: PlaceId,
    name: String,
    partner: String,
    /// Code, label, side.
    duties: Vec<(String, String, String)>,
    sides: [&'static str; 2],
    now: Upkeep,
    services: Vec<(String, String)>,
    items: Vec<Item>,
    states: [&'static str; 3],
}

async fn show(o: Officer, Path(id): Path<PlaceId>) -> Result<Response, Problem> {
    let (place, network) = found(&o, id).await?;
    let now = store::of(&o.app.db, &o.county, id).await?;
    let year = o.app.clock.today().0.year();
    let item = |e: super::entity::equipment::Model| Item {
        id: e.id,
        name: e.name,
        service: called(&network.services, &e.service, o.lang).unwrap_or_default(),
        since: e.since.map_or_else(String::new, |d| d.to_string()),
        age: e.since.map(|d| i64::from(year - d.year())),
        state: e.state,
        words: e.words,
    };
    let items = store::equipment(&o.app.db, &o.county, id).await?.into_iter().map(item).collect();
    let duty = |d: &zhida_pack::Named| {
        let side = now.duties.get(&d.code).cloned().unwrap_or_default();
        (d.code.clone(), d.label.get(o.lang).to_owned(), side)
    };
    let services = network.services.iter().map(|s| (s.code.clone(), s.label.get(o.lang).to_owned()));
    page(&UpkeepPage {
        id,
        name: place.name,
        partner: place.partner,
        duties: network.duties.iter().map(duty).collect(),
        sides: SIDES,
        services: services.collect(),
        items,
        states: STATES,
        now,
        shell: o.shell("places"),
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct UpkeepForm {
    /// `CODE=SIDE`, one for each duty.
    duty: Vec<String>,
    breach: String,
    cost: String,
    keeper_hours: String,
    version: i64,
}

fn number(field: &str, text: &str, most: i64) -> Result<Option<i64>, Problem> {
    let text = text.trim().replace([',', '，'], "");
    if text.is_empty() {
        return Ok(None);
    }
    let read = text.parse::<i64>().ok().filter(|n| (0..=most).contains(n));
    read.map(Some).ok_or_else(|| Problem::field(field, "fault-number-within", format!("0–{most}")))
}

async fn change(
    o: Officer,
    Path(id): Path<PlaceId>,
    Form(form): Form<UpkeepForm>,
) -> Result<Response, Problem> {
    let (_, network) = found(&o, id).await?;
    let said = form.duty.iter().filter_map(|d| d.split_once('='));
    let said =
        said.filter(|(code, side)| network.duties.iter().any(|d| d.code == *code) && SIDES.contains(side));
    let duties: BTreeMap<String, String> = said.map(|(c, s)| (c.to_owned(), s.to_owned())).collect();
    let new = Upkeep {
        duties,
        breach: form.breach.trim().chars().take(300).collect(),
        cost: number("cost", &form.cost, 100_000_000)?,
        keeper_hours: number("keeper_hours", &form.keeper_hours, 168)?,
        version: form.version,
    };
    let mut write = o.write().await?;
    store::set(&mut write, id, &new).await?;
    write.commit().await?;
    Ok(to(&format!("/places/{id}/upkeep"), "saved"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NewItem {
    service: String,
    name: String,
    since: String,
}

async fn add(o: Officer, Path(id): Path<PlaceId>, Form(form): Form<NewItem>) -> Result<Response, Problem> {
    let (_, network) = found(&o, id).await?;
    let name: String = form.name.trim().chars().take(80).collect();
    if name.is_empty() {
        return Err(Problem::field("name", "fault-empty", ""));
    }
    if network.service(&form.service).is_none() {
        return Err(Problem::field("service", "fault-none-chosen", ""));
    }
    let since = if form.since.trim().is_empty() { None } else { Some(day("since", &form.since)?) };
    if since.is_some_and(|d| d > o.app.clock.today()) {
        return Err(Problem::field("since", "fault-future", &form.since));
    }
    let mut write = o.write().await?;
    store::equip(&mut write, id, (&form.service, &name), since).await?;
    write.commit().await?;
    Ok(to(&format!("/places/{id}/upkeep"), "saved"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Marked {
    state: String,
    words: String,
}

async fn mark(
    o: Officer,
    Path((id, item)): Path<(PlaceId, EquipmentId)>,
    Form(form): Form<Marked>,
) -> Result<Response, Problem> {
    found(&o, id).await?;
    if !STATES.contains(&form.state.as_str()) {
        return Err(Problem::field("state", "fault-value", &form.state));
    }
    let words: String = form.words.trim().chars().take(200).collect();
    let mut write = o.write().await?;
    store::mark(&mut write, id, item, (&form.state, &words)).await?;
    write.commit().await?;
    Ok(to(&format!("/places/{id}/upkeep"), "saved"))
}
