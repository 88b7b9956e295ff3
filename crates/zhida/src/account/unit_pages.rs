//! The county's units and which stands above which: overdue findings go up along it. Administrators keep them.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use zhida_types::RegionCode;

use super::entity::Role;
use crate::app::App;
use crate::ids::UnitId;
use crate::problem::Problem;
use crate::unit;
use crate::web::extract::Form;
use crate::web::{Officer, Shell, page, to};

/// The page of units.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/units", get(list).post(create))
}

struct Line {
    id: UnitId,
    name: String,
    above: String,
    region: String,
    dissolved: String,
}

#[derive(Template)]
#[template(path = "account/units.html")]
struct UnitsPage {
    shell: Shell,
    lines: Vec<Line>,
    regions: Vec<(String, String)>,
}

async fn list(o: Officer) -> Result<Response, Problem> {
    o.require(Role::Administrator)?;
    let all = unit::list(&o.app.db, &o.county).await?;
    let name = |code: &str| o.app.regions.name(code).unwrap_or(code).to_owned();
    let named = |id: Option<UnitId>| {
        all.iter().find(|u| Some(u.id) == id).map_or_else(String::new, |u| u.name.clone())
    };
    let line = |u: &unit::Unit| Line {
        id: u.id,
        name: u.name.clone(),
        above: named(u.parent_id),
        region: name(&u.region),
        dissolved: u.dissolved_on.map_or_else(String::new, |d| format!("{d} → {}", named(u.successor_id))),
    };
    let lines = all.iter().map(line).collect();
    let towns = o.app.regions.towns(&o.county.0).map(|(c, n)| (c.to_owned(), n.to_owned()));
    let regions = std::iter::once((o.region.to_string(), name(o.region.as_str()))).chain(towns).collect();
    page(&UnitsPage { shell: o.shell("accounts"), lines, regions })
}

#[derive(Debug, Deserialize)]
struct UnitForm {
    name: String,
    #[serde(default)]
    parent: String,
    region: String,
}

async fn create(o: Officer, Form(form): Form<UnitForm>) -> Result<Response, Problem> {
    o.require(Role::Administrator)?;
    if form.name.trim().is_empty() {
        return Err(Problem::field("name", "fault-empty", ""));
    }
    let region = RegionCode::parse(&form.region).ok().filter(|r| o.region.contains(r));
    let region = region.ok_or_else(|| Problem::field("region", "fault-town", &form.region))?;
    let parent = match form.parent.parse::<UnitId>() {
        Ok(id) => Some(unit::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?.id),
        Err(_) => None,
    };
    let mut write = o.write().await?;
    unit::create(&mut write, form.name.trim(), &region, parent).await?;
    write.commit().await?;
    Ok(to("/units", "saved"))
}
