//! The list of plans, and the form of a new one: from a pack's numbers, or from another plan's.

use askama::Template;
use axum::Router;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use chrono::Datelike as _;
use serde::Deserialize;
use serde_json::{Value, json};
use zhida_pack::called;
use zhida_pack::layout::{Spec, year};

use super::area::Area;
use super::files::{self, Files, PLAN};
use super::forms::{PlanForm, YearLine, scaled, written, year_lines};
use super::store::{self, NewLayout};
use super::{planned, reach_page};
use crate::account::Role;
use crate::app::App;
use crate::clock::shown;
use crate::ids::LayoutId;
use crate::journal::Subject;
use crate::place;
use crate::problem::Problem;
use crate::task;
use crate::tip;
use crate::web::extract::{Form, Query};
use crate::web::{Officer, Shell, page};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/layouts", get(list).post(create)).route("/layouts/new", get(blank))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    kind: String,
    from: Option<LayoutId>,
    pin: Vec<String>,
}

struct Line {
    id: LayoutId,
    name: String,
    state: String,
    when: String,
    who: String,
    /// The shares of workers' hours within reach now and in the end, and how far from the best, in percent.
    figures: Option<[String; 3]>,
    changes: i64,
}

#[derive(Template)]
#[template(path = "layout/list.html")]
struct ListPage {
    shell: Shell,
    kind: String,
    lines: Vec<Line>,
    supervisor: bool,
}

/// A share in percent.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// How many places a plan changes, by its summary.
pub(super) fn changes(summary: &Value) -> i64 {
    let counts = summary["decisions"].as_object().into_iter().flatten();
    let change = |(decision, n): (&String, &Value)| {
        let stays = ["keep", "leave"].contains(&decision.as_str());
        n.as_i64().filter(|_| !stays)
    };
    counts.filter_map(change).sum()
}

async fn list(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let (network, _) = planned(&o.app, &asked.kind)?;
    let line = |(id, name, state, summary, who, at): store::Short| {
        let summary: Value = serde_json::from_str(&summary).unwrap_or_default();
        let figure = |key: &str| summary[key].as_f64();
        let figures = figure("before").zip(figure("after")).zip(figure("gap"));
        Line {
            id,
            name,
            state,
            when: shown(at),
            who,
            figures: figures.map(|((before, after), gap)| {
                [percent(before), percent(after), format!("{:.2} %", gap * 100.0)]
            }),
            changes: changes(&summary),
        }
    };
    let lines = store::list(&o.app.db, &o.county, &network.kind).await?.into_iter().map(line).collect();
    let supervisor = o.require(Role::Supervisor).is_ok();
    page(&ListPage { shell: o.shell("places"), kind: network.kind.clone(), lines, supervisor })
}

struct KindLine {
    name: String,
    by: String,
    minutes: String,
    needs: String,
}

struct TierLine {
    name: String,
    build: String,
    upgrade: String,
    running: String,
}

#[derive(Template)]
#[template(path = "layout/new.html")]
struct NewPage {
    shell: Shell,
    kind: String,
    from: Option<LayoutId>,
    name: String,
    source: String,
    years: Vec<YearLine>,
    kinds: Vec<KindLine>,
    tiers: Vec<TierLine>,
    quotas: Vec<(String, String, bool)>,
    closing: String,
    second: bool,
    pins: Vec<(String, String)>,
    /// Whether it is known where people work.
    demand: bool,
    stations: usize,
    /// Those without hours on file, and when they are taken for open.
    unknown: (usize, String),
}

/// What a new plan begins with: a pack's numbers, or those of another plan; and the pack's, which know all rules.
async fn begin(o: &Officer, kind: &str, from: Option<LayoutId>) -> Result<(Spec, Spec, usize), Problem> {
    let (network, spec) = planned(&o.app, kind)?;
    let stations = place::kept_in_counties(&o.app.db, &o.county, &o.region, &network.kind).await?.len();
    let whole = scaled(spec.clone(), stations, o.app.clock.today().0.year() + 1);
    let Some(from) = from else { return Ok((whole.clone(), whole, stations)) };
    let row = store::find(&o.app.db, &o.county, from).await?.ok_or(Problem::NotFound)?;
    let files: Files = serde_json::from_str(&row.files)?;
    let text = files.get(PLAN).map_or("", String::as_str);
    let own: Spec = toml::from_str(text).map_err(anyhow::Error::from)?;
    Ok((own, whole, stations))
}

async fn blank(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let (network, spec) = planned(&o.app, &asked.kind)?;
    let (own, whole, stations) = begin(&o, &asked.kind, asked.from).await?;
    let shell = o.shell("places");
    let service = |code: &String| {
        network.service(code).map_or_else(|| code.clone(), |s| s.label.get(o.lang).to_owned())
    };
    let kind = |k: &zhida_pack::layout::Kind| KindLine {
        name: own.kind(&k.name, o.lang).to_owned(),
        by: shell.t.s(format!("way-{}", k.by)),
        minutes: k.minutes.to_string(),
        needs: shell.t.list(&k.needs.iter().map(service).collect::<Vec<_>>()),
    };
    let tier = |t: &zhida_pack::layout::Tier| TierLine {
        name: called(&network.tiers, &t.name, o.lang).unwrap_or_else(|| t.name.clone()),
        build: written(t.build),
        upgrade: written(t.upgrade),
        running: t.running.to_string(),
    };
    let quota = |rule: &zhida_pack::layout::Rule| {
        let words = rule.label.as_ref().map_or(rule.name.as_str(), |l| l.get(o.lang));
        (rule.name.clone(), words.to_owned(), own.quotas.iter().any(|q| q.name == rule.name))
    };
    let pins = asked.pin.iter().filter(|p| !p.is_empty()).map(|pin| {
        let words: Vec<&str> = pin.split('|').filter(|p| !p.is_empty()).collect();
        (pin.clone(), words.join(" · "))
    });
    let places = place::kept_in_counties(&o.app.db, &o.county, &o.region, &network.kind).await?;
    let unknown = places.iter().filter(|p| p.hours.is_empty()).count();
    let unknown = (unknown, own.hours.first().map_or_else(String::new, |h| h.open.clone()));
    let demand = store::demand_of(&o.app.db, &o.county, &network.kind).await?.is_some();
    page(&NewPage {
        kind: network.kind.clone(),
        from: asked.from,
        name: if asked.from.is_some() {
            shell.t.v("layout-another", &own.name)
        } else {
            let years: Vec<String> = own.years.iter().map(|y| year(&y.year)).collect();
            let span = [years.first(), years.last()].into_iter().flatten().map(String::as_str);
            shell.t.ab("layout-name", &shell.county, span.collect::<Vec<_>>().join("–"))
        },
        source: spec.source.as_ref().map_or_else(String::new, |s| s.get(o.lang).to_owned()),
        years: year_lines(&own),
        kinds: own.kinds.iter().map(kind).collect(),
        tiers: own.tiers.iter().map(tier).collect(),
        quotas: whole.quotas.iter().map(quota).collect(),
        closing: written(own.closing),
        second: own.objective.second > 0.0,
        pins: pins.collect(),
        demand,
        stations,
        unknown,
        shell,
    })
}

/// Keeps what goes into a plan and starts to make it.
async fn create(o: Officer, Form(form): Form<PlanForm>) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let (network, _) = planned(&o.app, &form.kind)?;
    let (mut own, whole, _) = begin(&o, &form.kind, form.from).await?;
    // A rule that the other plan did without can be asked for again.
    let missing = whole.quotas.into_iter().filter(|w| !own.quotas.iter().any(|q| q.name == w.name));
    let missing: Vec<_> = missing.collect();
    own.quotas.extend(missing);
    // Nobody closes a place because a field is empty: without hours on file it counts as open in the first band.
    let unknown = own.hours.first().map_or("", |h| h.open.as_str());
    let input = reach_page::input(&o, network, unknown).await?;
    let demand = input.demand.ok_or(Problem::Conflict("fault-no-demand"))?;
    let synthetic = demand.origin == "synthetic";
    let spec = form.spec(own, synthetic)?;
    let (regions, area) = (&o.app.regions, Area::of(&o));
    let asked = tip::suggested(&o.app.db, (&o.county, &o.region), &network.suggest).await?;
    let candidates = files::candidates(regions, &area, (&input.places, &asked), &demand.body)?;
    let files = Files::from([
        (PLAN.to_owned(), files::plan(spec.clone(), regions, &area)?),
        ("stations.csv".to_owned(), input.stations),
        ("candidates.csv".to_owned(), candidates),
        ("demand.csv".to_owned(), demand.body),
        ("towns.csv".to_owned(), files::towns(regions, &area, &spec)?),
        ("decisions.csv".to_owned(), files::decisions(&form.pins())?),
    ]);
    // A province's files are read for some seconds: on a thread of their own.
    let files = tokio::task::spawn_blocking(move || super::run::readable(&files).map(|()| files));
    let files = files.await.map_err(anyhow::Error::from)??;
    let mut write = o.write().await?;
    let new = NewLayout {
        kind: network.kind.clone(),
        name: spec.name,
        origin: demand.origin,
        files: serde_json::to_string(&files)?,
        from: form.from,
    };
    let id = store::create(&write, new).await?;
    write.note("layout-begun", Subject::new("layout", id), json!({ "pins": form.pins().len() })).await?;
    let task = task::start(&write, "layout-run", &json!({ "layout": id })).await?;
    write.commit().await?;
    Ok(Redirect::to(&format!("/tasks/{task}")).into_response())
}
