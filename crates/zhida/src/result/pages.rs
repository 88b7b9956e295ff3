//! The open results as a page and as CSV.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use zhida_pack::Outcomes;
use zhida_rules::Lang;
use zhida_types::{Day, Quantity};

use super::figures::{Figures, ProgrammeFigures};
use super::groups::{Groups, groups};
use super::kept::figures;
use super::people::{As, Counted};
use crate::app::App;
use crate::commitment;
use crate::ids::CountyId;
use crate::network::mean;
use crate::outcome::Rate;
use crate::problem::Problem;
use crate::provider;
use crate::texts::T;
use crate::web::extract::Query;
use crate::web::{Shell, Visitor, download, page};

/// The pages of open results.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/results", get(show))
        .route("/results/classes.csv", get(classes))
        .route("/results/providers.csv", get(providers))
        .route("/results/programmes.csv", get(programmes))
        .route("/results/groups.csv", get(group_table))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    county: String,
    year: String,
}

struct ClassLine {
    title: String,
    programme: String,
    provider: String,
    state: String,
    started: String,
    finished: String,
    placed: String,
    rate: String,
    unseen: usize,
    held: usize,
    stars: String,
    results: &'static str,
}

struct ProgrammeLine {
    title: String,
    /// Who began, who found work, the share.
    told: [String; 3],
    employers: usize,
}

#[derive(Template)]
#[template(path = "result/show.html")]
struct ResultsPage {
    shell: Shell,
    county: String,
    name: String,
    year: Option<i32>,
    f: Arc<Figures>,
    rate: String,
    programmes: Vec<ProgrammeLine>,
    targets: Vec<TargetLine>,
    groups: Vec<Groups>,
    classes: Vec<ClassLine>,
    providers: Vec<(super::figures::ProviderFigures, String)>,
    rules: Outcomes,
    evidence: String,
    fits: String,
    reached: String,
    content: String,
    answered: String,
}

/// A number of people; a dash where they are too few to be told.
fn told(n: usize, small: usize) -> String {
    if n > 0 && n < small { "—".to_owned() } else { n.to_string() }
}

fn class_lines(app: &App, t: &T, f: &Figures) -> Vec<ClassLine> {
    let name = |id| f.providers.iter().find(|p| p.id == id).map(|p| p.name.clone()).unwrap_or_default();
    let line = |c: &super::figures::ClassFigures| {
        let [started, placed, rate] = c.rate.told(f.small);
        ClassLine {
            title: c.title.clone(),
            programme: app.title(&c.programme, t.lang),
            provider: name(c.provider),
            state: t.s(format!("class-{}", c.state)),
            started,
            finished: told(c.finished, f.small),
            placed,
            rate,
            unseen: c.unseen,
            held: c.held,
            stars: if c.stars.1 >= i64::try_from(f.small).unwrap_or(0) {
                mean(c.stars.0, c.stars.1).unwrap_or_default()
            } else {
                String::new()
            },
            results: c.results,
        }
    };
    f.classes.iter().map(line).collect()
}

async fn show(v: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let rules = provider::terms(&v.app)?;
    let county = v.county(&asked.county);
    let year = asked.year.parse().ok();
    let f = figures(&v.app, &county, year).await?;
    let shell = v.shell();
    let programme = |(code, p): (&String, &ProgrammeFigures)| ProgrammeLine {
        title: v.app.title(code, v.lang),
        told: p.rate.told(f.small),
        employers: p.employers,
    };
    let percent = |part: usize, all: usize| Rate { started: all, placed: part }.words(f.small);
    let evidence: Vec<String> =
        rules.outcome.evidence.iter().map(|e| e.label.get(v.lang).to_owned()).collect();
    let said = usize::try_from(f.stars.1).unwrap_or(0);
    page(&ResultsPage {
        name: v.app.regions.name(&county.0).unwrap_or_default().to_owned(),
        year,
        rate: f.all.words(f.small),
        programmes: f.programmes.iter().map(programme).collect(),
        targets: targets(&v.app, &county, v.lang).await?,
        groups: groups(&v.app, &county, &f.people, v.lang).await?,
        classes: class_lines(&v.app, &shell.t, &f),
        providers: f.providers.iter().map(|p| (p.clone(), p.rate.words(f.small))).collect(),
        rules: rules.outcome.clone(),
        evidence: shell.t.list(&evidence),
        fits: percent(f.fits, f.all.placed),
        reached: percent(f.reached, f.register),
        content: mean(f.stars.0, f.stars.1).filter(|_| said >= f.small).unwrap_or_else(|| "—".to_owned()),
        answered: percent(said.min(f.finished), f.finished),
        county: county.0,
        f,
        shell,
    })
}

async fn classes(v: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let county = v.county(&asked.county);
    let f = figures(&v.app, &county, asked.year.parse().ok()).await?;
    let lines = class_lines(&v.app, &v.shell().t, &f);
    let head = [
        "class",
        "programme",
        "provider",
        "state",
        "started",
        "finished",
        "placed",
        "rate",
        "lessons",
        "without_record",
        "stars",
        "assessment",
    ];
    let row = |(l, c): (&ClassLine, &super::figures::ClassFigures)| {
        vec![
            l.title.clone(),
            l.programme.clone(),
            l.provider.clone(),
            c.state.clone(),
            l.started.clone(),
            l.finished.clone(),
            l.placed.clone(),
            l.rate.clone(),
            l.held.to_string(),
            l.unseen.to_string(),
            l.stars.clone(),
            l.results.trim_start_matches("gate-").to_owned(),
        ]
    };
    download::csv(&head, lines.iter().zip(&f.classes).map(row))
}

/// What programmes were to come to, and what they have come to by the definition of this page, each in its own days.
struct TargetLine {
    title: String,
    programme: String,
    /// The comparison and the number, as people read it.
    target: String,
    from: String,
    until: String,
    placed: usize,
    percent: String,
}

async fn targets(app: &App, county: &CountyId, lang: Lang) -> Result<Vec<TargetLine>, Problem> {
    let rules = provider::terms(app)?;
    // A target has days of its own, whatever year the page shows.
    let all = figures(app, county, None).await?;
    let t = app.words(lang);
    let mut lines = Vec::new();
    for target in &rules.outcome.targets {
        for c in commitment::by_indicator(&app.db, county, &target.indicator).await? {
            let (from, until) = (Day(c.from_day), Day(c.until_day));
            let in_time = |one: &&Counted| one.end.is_some_and(|d| d >= from && d <= until);
            let own = all.people.iter().filter(|one| one.programme == target.programme).filter(in_time);
            let placed = own.filter(|one| one.as_what == As::Placed).count();
            lines.push(TargetLine {
                programme: app.title(&target.programme, lang),
                target: t.v(format!("results-target-{}", c.comparator), Quantity(c.value)),
                percent: percent(placed, c.value),
                from: from.to_string(),
                until: until.to_string(),
                placed,
                title: c.title,
            });
        }
    }
    Ok(lines)
}

/// How much of a target is done, as people read it; `target` is in thousandths.
fn percent(done: usize, target: i64) -> String {
    let done = i64::try_from(done).unwrap_or(i64::MAX).saturating_mul(1_000_000);
    let tenths = if target > 0 { done / target } else { 1_000 };
    format!("{}.{}%", tenths / 10, tenths % 10)
}

async fn programmes(v: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let f = figures(&v.app, &v.county(&asked.county), asked.year.parse().ok()).await?;
    let head = ["programme", "started", "placed", "rate", "employers"];
    let row = |(code, p): (&String, &ProgrammeFigures)| {
        let [started, placed, rate] = p.rate.told(f.small);
        vec![v.app.title(code, v.lang), started, placed, rate, p.employers.to_string()]
    };
    download::csv(&head, f.programmes.iter().map(row))
}

async fn group_table(v: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let county = v.county(&asked.county);
    let f = figures(&v.app, &county, asked.year.parse().ok()).await?;
    let t = v.shell().t;
    let mut rows = Vec::new();
    for of in groups(&v.app, &county, &f.people, v.lang).await? {
        for (label, rate) in of.groups {
            let label = if label.is_empty() { t.s("results-group-none") } else { label };
            let [started, placed, rate] = rate;
            rows.push(vec![of.field.clone(), label, started, placed, rate]);
        }
    }
    download::csv(&["field", "group", "started", "placed", "rate"], rows)
}

async fn providers(v: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let f = figures(&v.app, &v.county(&asked.county), asked.year.parse().ok()).await?;
    let head = ["provider", "intake", "score", "classes", "failed_or_stopped", "started", "rate"];
    let row = |p: &super::figures::ProviderFigures| {
        vec![
            p.name.clone(),
            p.intake.trim_start_matches("gate-").trim_start_matches("provider-").to_owned(),
            p.score.map_or_else(String::new, |s| s.to_string()),
            p.classes.to_string(),
            p.red.to_string(),
            told(p.rate.started, f.small),
            p.rate.words(f.small),
        ]
    };
    download::csv(&head, f.providers.iter().map(row))
}
