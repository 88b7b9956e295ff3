//! Samples that were drawn: how to draw them again, and what they say of everything they were drawn from.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use zhida_pack::{Answer, Checklist, QuestionKind};

use super::entity::{check, review};
use super::estimate::{Estimate, Stratum, estimate};
use super::{forms, pages, store};
use crate::app::App;
use crate::ids::ReviewId;
use crate::problem::Problem;
use crate::web::extract::Path;
use crate::web::{Officer, Shell, page};

/// The pages of samples.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/checks/draws", get(list)).route("/checks/draws/{seed}", get(show))
}

/// How a review was drawn, as it keeps it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Draw {
    pub(super) seed: String,
    frame: usize,
    percent: u32,
    /// Reviews from before strata were kept have none: all are one.
    #[serde(default)]
    strata: BTreeMap<String, usize>,
    /// Region and month, where reviewers drew for themselves.
    #[serde(default)]
    turn: String,
}

/// How a review was drawn, where it was.
pub(super) fn draw_of(review: &review::Model) -> Option<Draw> {
    serde_json::from_str(&review.draw).ok()
}

/// The strata of a draw with what was found in each: those for which `good` says yes or no.
fn strata(
    draw: &Draw,
    of: &[&review::Model],
    good: impl Fn(&review::Model) -> Option<bool>,
) -> BTreeMap<String, Stratum> {
    let one = BTreeMap::from([(String::new(), draw.frame)]);
    let known = if draw.strata.is_empty() { &one } else { &draw.strata };
    let mut strata: BTreeMap<String, Stratum> = known
        .iter()
        .map(|(name, size)| (name.clone(), Stratum { size: *size, ..Stratum::default() }))
        .collect();
    for review in of {
        let name =
            if draw.strata.is_empty() { String::new() } else { review.town.clone().unwrap_or_default() };
        if let (Some(stratum), Some(good)) = (strata.get_mut(&name), good(review)) {
            stratum.checked += 1;
            stratum.good += usize::from(good);
        }
    }
    strata
}

fn percent(x: f64) -> String {
    format!("{:.1}%", x * 100.0)
}

/// An estimate and its interval in words.
fn words(e: Option<Estimate>) -> Option<(String, String)> {
    e.map(|e| (percent(e.share), format!("{}–{}", percent(e.low), percent(e.high))))
}

struct Line {
    seed: String,
    title: String,
    at: String,
    frame: usize,
    sample: usize,
    done: usize,
    estimate: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "check/draws.html")]
struct ListPage {
    shell: Shell,
    lines: Vec<Line>,
}

/// Reviews of samples that the list looks at, the newest.
const MOST: u64 = 20_000;

async fn list(o: Officer) -> Result<Response, Problem> {
    let reviews = store::drawn(&o.app.db, (&o.county, &o.region), "", MOST).await?;
    let mut draws: Vec<(Draw, Vec<&review::Model>)> = Vec::new();
    for review in &reviews {
        let Some(draw) = draw_of(review) else { continue };
        match draws.iter_mut().find(|(d, _)| d.seed == draw.seed) {
            Some((_, of)) => of.push(review),
            None => draws.push((draw, vec![review])),
        }
    }
    let line = |(draw, of): (Draw, Vec<&review::Model>)| {
        let strata: Vec<Stratum> = strata(&draw, &of, |r| r.passed).into_values().collect();
        Line {
            title: of.first().map_or_else(String::new, |r| pages::title(&o.app, r, o.lang)),
            at: of.first().map_or_else(String::new, |r| crate::clock::shown(r.created_at)),
            seed: draw.seed,
            frame: draw.frame,
            sample: of.len(),
            done: of.iter().filter(|r| r.state == "closed").count(),
            estimate: words(estimate(&strata)),
        }
    };
    page(&ListPage { shell: o.shell("checks"), lines: draws.into_iter().map(line).collect() })
}

struct StratumLine {
    name: String,
    size: usize,
    sample: usize,
    checked: usize,
    good: usize,
}

struct Failed {
    id: ReviewId,
    name: String,
    town: String,
    /// What it is about: `place:…`.
    about: String,
    place: bool,
}

#[derive(Template)]
#[template(path = "check/draw.html")]
struct ShowPage {
    shell: Shell,
    title: String,
    at: String,
    seed: String,
    turn: String,
    percent: u32,
    frame: usize,
    sample: usize,
    left: usize,
    estimate: Option<(String, String)>,
    strata: Vec<StratumLine>,
    /// For each question to be answered with yes or no: its words, share and interval.
    questions: Vec<(String, String, String)>,
    failed: Vec<Failed>,
}

/// What the reviewers of a review said to each question: yes, where all of them did.
fn answers(list: &Checklist, checks: &[check::Model]) -> Result<BTreeMap<String, bool>, Problem> {
    let mut said: BTreeMap<String, bool> = BTreeMap::new();
    for check in checks.iter().filter(|c| c.state == "filled") {
        for (code, answer) in forms::from_json(list, &check.answers)? {
            if let Answer::Yes(yes) = answer {
                said.entry(code).and_modify(|all| *all &= yes).or_insert(yes);
            }
        }
    }
    Ok(said)
}

async fn show(o: Officer, Path(seed): Path<String>) -> Result<Response, Problem> {
    if seed.len() != 64 || !seed.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Problem::NotFound);
    }
    let reviews = store::drawn(&o.app.db, (&o.county, &o.region), &seed, MOST).await?;
    let first = reviews.first().ok_or(Problem::NotFound)?;
    let draw = draw_of(first).ok_or(Problem::NotFound)?;
    let ids: Vec<ReviewId> = reviews.iter().map(|r| r.id).collect();
    let checks = store::checks(&o.app.db, &o.county, &ids).await?;
    let list = store::version(&o.app.db, &o.county, first.checklist_id).await?;
    let of: Vec<&review::Model> = reviews.iter().collect();
    let found = strata(&draw, &of, |r| r.passed);
    let mut said: BTreeMap<ReviewId, BTreeMap<String, bool>> = BTreeMap::new();
    for (id, checks) in &checks {
        said.insert(*id, answers(&list, checks)?);
    }
    let asked = list.questions().filter(|q| q.kind == QuestionKind::YesNo);
    let question = |q: &zhida_pack::Question| {
        let of = strata(&draw, &of, |r| said.get(&r.id).and_then(|said| said.get(&q.code).copied()));
        let (share, interval) = words(estimate(&of.into_values().collect::<Vec<_>>()))?;
        Some((q.text.get(o.lang).to_owned(), share, interval))
    };
    let town = |code: &str| o.app.regions.name(code).unwrap_or(code).to_owned();
    let failed = reviews.iter().filter(|r| r.passed == Some(false)).map(|r| Failed {
        id: r.id,
        name: r.about_name.clone(),
        town: r.town.as_deref().map(town).unwrap_or_default(),
        about: format!("{}:{}", r.about_kind, r.about_id),
        place: r.about_kind == "place",
    });
    let drawn_in = |name: &str| {
        of.iter().filter(|r| draw.strata.is_empty() || r.town.as_deref().unwrap_or("") == name).count()
    };
    let lines = found.iter().map(|(name, s)| StratumLine {
        name: if name.is_empty() { String::new() } else { town(name) },
        size: s.size,
        sample: drawn_in(name),
        checked: s.checked,
        good: s.good,
    });
    page(&ShowPage {
        title: pages::title(&o.app, first, o.lang),
        at: crate::clock::shown(first.created_at),
        turn: draw.turn.clone(),
        percent: draw.percent,
        frame: draw.frame,
        sample: reviews.len(),
        left: reviews.iter().filter(|r| r.state != "closed").count(),
        estimate: words(estimate(&found.values().copied().collect::<Vec<_>>())),
        strata: lines.collect(),
        questions: asked.filter_map(question).collect(),
        failed: failed.collect(),
        shell: o.shell("checks"),
        seed,
    })
}
