//! The list of places and the form of one.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use zhida_rules::Lang;
use zhida_types::LonLat;

use super::entity::Model;
use super::store::{self, NewPlace};
use crate::app::App;
use crate::ids::PlaceId;
use crate::problem::{FieldFault, Problem};
use crate::web::extract::{Form, Path, Query};
use crate::web::{Officer, Shell, page, to};

/// The pages of places.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/places", get(list).post(create))
        .route("/places/new", get(blank))
        .route("/places/{id}", get(edit).post(update))
}

const PER_PAGE: usize = 100;

/// What a kind of place is called.
pub fn kind_name(app: &App, code: &str, lang: Lang) -> String {
    let found = app.packs().flat_map(|p| &p.places).find(|k| k.code == code);
    found.map_or_else(|| code.to_owned(), |k| k.label.get(lang).to_owned())
}

fn kinds(o: &Officer) -> Vec<(String, String)> {
    let all = o.app.packs().flat_map(|p| &p.places);
    all.map(|k| (k.code.clone(), k.label.get(o.lang).to_owned())).collect()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    kind: String,
    q: String,
    after: Option<PlaceId>,
}

struct Line {
    id: PlaceId,
    name: String,
    kind: String,
    town: String,
    address: String,
    open: bool,
}

#[derive(Template)]
#[template(path = "place/list.html")]
struct ListPage {
    shell: Shell,
    kinds: Vec<(String, String)>,
    query: ListQuery,
    lines: Vec<Line>,
    next: Option<PlaceId>,
}

async fn list(o: Officer, Query(query): Query<ListQuery>) -> Result<Response, Problem> {
    let limit = u64::try_from(PER_PAGE).unwrap_or(u64::MAX);
    let found =
        store::list(&o.app.db, (&o.county, &o.region), &query.kind, query.q.trim(), query.after, limit)
            .await?;
    let next = (found.len() == PER_PAGE).then(|| found.last().map(|p| p.id)).flatten();
    let line = |p: Model| Line {
        id: p.id,
        kind: kind_name(&o.app, &p.kind, o.lang),
        town: p.town.as_deref().and_then(|t| o.app.regions.name(t)).unwrap_or_default().to_owned(),
        name: p.name,
        address: p.address,
        open: p.state == "open",
    };
    let lines = found.into_iter().map(line).collect();
    page(&ListPage { shell: o.shell("places"), kinds: kinds(&o), query, lines, next })
}

#[derive(Template)]
#[template(path = "place/edit.html")]
struct EditPage {
    shell: Shell,
    kinds: Vec<(String, String)>,
    towns: Vec<(String, String)>,
    id: Option<PlaceId>,
    now: PlaceForm,
}

fn form(o: &Officer, id: Option<PlaceId>, now: PlaceForm) -> Result<Response, Problem> {
    let towns = o.app.regions.towns(&o.county.0).map(|(c, n)| (c.to_owned(), n.to_owned())).collect();
    page(&EditPage { shell: o.shell("places"), kinds: kinds(o), towns, id, now })
}

async fn blank(o: Officer) -> Result<Response, Problem> {
    form(&o, None, PlaceForm::default())
}

async fn edit(o: Officer, Path(id): Path<PlaceId>) -> Result<Response, Problem> {
    let place = store::find(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
    let now = PlaceForm {
        kind: place.kind,
        name: place.name,
        address: place.address,
        town: place.town.unwrap_or_default(),
        lon: place.lon.map_or_else(String::new, |x| x.to_string()),
        lat: place.lat.map_or_else(String::new, |x| x.to_string()),
        open: if place.state == "open" { "yes" } else { "no" }.to_owned(),
        version: place.version,
    };
    form(&o, Some(id), now)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PlaceForm {
    kind: String,
    name: String,
    address: String,
    town: String,
    lon: String,
    lat: String,
    open: String,
    version: i64,
}

fn checked(o: &Officer, form: &PlaceForm) -> Result<NewPlace, Problem> {
    let mut faults = Vec::new();
    let mut fault = |field: &str, key: &'static str, value: &str| {
        faults.push(FieldFault { field: field.to_owned(), key, value: value.to_owned() });
    };
    if !kinds(o).iter().any(|(code, _)| *code == form.kind) {
        fault("kind", "fault-value", &form.kind);
    }
    if form.name.trim().is_empty() {
        fault("name", "fault-empty", "");
    }
    let town = Some(form.town.trim()).filter(|t| !t.is_empty());
    if let Some(town) = town
        && !(o.app.regions.towns(&o.county.0).any(|(code, _)| code == town) && sees(o, town))
    {
        fault("town", "fault-town", town);
    }
    if town.is_none() && o.region.as_str().len() > 6 {
        fault("town", "fault-empty", "");
    }
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let written = !(form.lon.trim().is_empty() && form.lat.trim().is_empty());
    let position = if written {
        let both = number(&form.lon).zip(number(&form.lat));
        let at = both.and_then(|(lon, lat)| LonLat::new(lon, lat).ok()).map(|at| (at.lon, at.lat));
        if at.is_none() {
            fault("lon", "fault-position", &format!("{}, {}", form.lon, form.lat));
        }
        at
    } else {
        town.and_then(|t| o.app.regions.seat(t))
    };
    if !faults.is_empty() {
        return Err(Problem::Invalid(faults));
    }
    Ok(NewPlace {
        kind: form.kind.clone(),
        name: form.name.trim().to_owned(),
        address: form.address.trim().to_owned(),
        town: town.map(str::to_owned),
        position,
        open: form.open != "no",
        origin: o.app.config.origin().to_owned(),
    })
}

fn sees(o: &Officer, town: &str) -> bool {
    zhida_types::RegionCode::parse(town).is_ok_and(|code| o.region.contains(&code))
}

async fn create(o: Officer, Form(form): Form<PlaceForm>) -> Result<Response, Problem> {
    let new = checked(&o, &form)?;
    let mut write = o.write().await?;
    store::create(&mut write, vec![new]).await?;
    write.commit().await?;
    Ok(to("/places", "saved"))
}

async fn update(
    o: Officer,
    Path(id): Path<PlaceId>,
    Form(form): Form<PlaceForm>,
) -> Result<Response, Problem> {
    store::find(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
    let new = checked(&o, &form)?;
    let mut write = o.write().await?;
    store::update(&mut write, id, form.version, &new).await?;
    write.commit().await?;
    Ok(to(&format!("/places/{id}"), "saved"))
}
