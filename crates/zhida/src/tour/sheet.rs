//! The daily sheet: turns, vehicle turns, things given, people helped; a county's by day, a city's and province's by county,
//! with running totals. Everything is a sum of single rows.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use zhida_types::{Day as Date, RegionCode};

use super::pages::span;
use super::plan::kind;
use super::store;
use crate::app::App;
use crate::ids::CountyId;
use crate::ledger;
use crate::problem::Problem;
use crate::web::extract::Query;
use crate::web::{Officer, Shell, download, page};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/tours/sheet", get(show)).route("/tours/sheet.xlsx", get(export))
}

/// A line: a day, or a county.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// The day, or the county's code.
    pub key: String,
    /// Tours.
    pub tours: i64,
    /// Person-turns.
    pub turns: i64,
    /// Vehicle-turns.
    pub vehicles: i64,
    /// Things given, in thousandths.
    pub items: i64,
    /// Person-turns of people helped.
    pub helped: i64,
}

impl Day {
    fn add(&mut self, other: &Self) {
        self.tours += other.tours;
        self.turns += other.turns;
        self.vehicles += other.vehicles;
        self.items += other.items;
        self.helped += other.helped;
    }
}

/// The sheet of a kind of tour between two days, for what a region sees: by day, or by county.
///
/// # Errors
/// The database's.
pub async fn days(
    app: &App,
    (county, region): (&CountyId, &RegionCode),
    kind: &str,
    days: (Date, Date),
    by_county: bool,
) -> Result<Vec<Day>, Problem> {
    let key = |county: &CountyId, day: chrono::NaiveDate| {
        if by_county { county.0.clone() } else { day.to_string() }
    };
    let mut lines: BTreeMap<String, Day> = BTreeMap::new();
    let tours = crate::db::counties(super::entity::tour::Column::County, county, region);
    for (c, day, n, crew, vehicles) in store::turns(&app.db, tours, kind, days).await? {
        let line = lines.entry(key(&c, day)).or_default();
        line.tours += n;
        line.turns += crew;
        line.vehicles += vehicles;
    }
    let met = crate::db::counties(super::entity::encounter::Column::County, county, region);
    for (c, day, persons) in store::helped(&app.db, met, days).await? {
        lines.entry(key(&c, day)).or_default().helped += persons;
    }
    for (c, day, items) in ledger::given(&app.db, county, region, days).await? {
        lines.entry(key(&c, day)).or_default().items += items;
    }
    Ok(lines.into_iter().map(|(key, line)| Day { key, ..line }).collect())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    kind: String,
    from: String,
    until: String,
    by: String,
}

struct Line {
    name: String,
    d: Day,
    items: String,
}

#[derive(Template)]
#[template(path = "tour/sheet.html")]
struct SheetPage {
    shell: Shell,
    label: String,
    from: String,
    until: String,
    by_county: bool,
    wide: bool,
    kind: String,
    lines: Vec<Line>,
    total: Line,
}

async fn filled(o: &Officer, asked: &Asked) -> Result<(SheetPage, (Date, Date)), Problem> {
    let first = o.app.packs().flat_map(|p| &p.tours).find(|k| !k.encounters.is_empty());
    let code = if asked.kind.is_empty() { first.map_or("", |k| k.code.as_str()) } else { &asked.kind };
    let (_, k) = kind(&o.app, code)?;
    let span = span(o.app.clock.today(), &asked.from, &asked.until)?;
    let wide = o.region.as_str().len() < 6;
    let by_county = wide && asked.by != "day";
    let scope = (&o.county, &o.region);
    let found = days(&o.app, scope, code, span, by_county).await?;
    let mut total = Day::default();
    for d in &found {
        total.add(d);
    }
    let items = |d: &Day| zhida_types::Quantity(d.items).to_string();
    let line = |d: Day| Line {
        name: if by_county { o.app.regions.name(&d.key).unwrap_or(&d.key).to_owned() } else { d.key.clone() },
        items: items(&d),
        d,
    };
    let page = SheetPage {
        label: k.label.get(o.lang).to_owned(),
        from: span.0.to_string(),
        until: span.1.to_string(),
        by_county,
        wide,
        kind: code.to_owned(),
        total: Line { name: o.shell("").t.s("total"), items: items(&total), d: total },
        lines: found.into_iter().map(line).collect(),
        shell: o.shell("tours"),
    };
    Ok((page, span))
}

async fn show(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    page(&filled(&o, &asked).await?.0)
}

async fn export(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let (sheet, (from, until)) = filled(&o, &asked).await?;
    let t = &sheet.shell.t;
    let first = if sheet.by_county { "county" } else { "day" };
    let header =
        [first, "tours-n", "person-turns", "vehicle-turns", "items-given", "people-helped"].map(|k| t.s(k));
    let row = |l: &Line| {
        let d = &l.d;
        let numbers = [d.tours, d.turns, d.vehicles].map(|n| n.to_string());
        let mut row = vec![l.name.clone()];
        row.extend(numbers);
        row.extend([l.items.clone(), d.helped.to_string()]);
        row
    };
    let rows: Vec<Vec<String>> = sheet.lines.iter().chain([&sheet.total]).map(row).collect();
    download::xlsx(&format!("tours-{from}-{until}"), &header, &rows)
}
