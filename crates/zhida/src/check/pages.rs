//! The list of reviews, and planning new ones.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::draw::draw;
use super::entity::review;
use super::plan::{NewReview, entitled, plan};
use super::store;
use super::subjects::{checklist, not_seen, subjects};
use crate::account;
use crate::app::App;
use crate::finding::About;
use crate::ids::{AccountId, ReviewId};
use crate::problem::Problem;
use crate::web::extract::{Form, Query, behind, day};
use crate::web::{Officer, Shell, page, to};
use crate::{journal, unit};

/// The list and the plan.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/checks", get(list).post(create)).route("/checks/new", get(blank))
}

const PER_PAGE: usize = 100;

/// What a review's checklist is called.
pub(super) fn title(app: &App, review: &review::Model, lang: zhida_rules::Lang) -> String {
    checklist(app, &format!("{}/{}", review.pack, review.code))
        .map_or_else(|| review.code.clone(), |(_, list)| list.title.get(lang).to_owned())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    state: String,
    about: String,
    after: String,
}

struct Line {
    id: ReviewId,
    due: String,
    overdue: bool,
    title: String,
    about: String,
    filled: usize,
    wanted: i64,
    closed: bool,
    score: String,
    passed: Option<bool>,
}

#[derive(Template)]
#[template(path = "check/list.html")]
struct ListPage {
    shell: Shell,
    query: ListQuery,
    lines: Vec<Line>,
    mine: usize,
    next: String,
}

async fn list(o: Officer, Query(query): Query<ListQuery>) -> Result<Response, Problem> {
    let state = match query.state.as_str() {
        "all" => "",
        "closed" => "closed",
        _ if query.about.is_empty() => "open",
        _ => "",
    };
    let after = behind(&query.after);
    let limit = u64::try_from(PER_PAGE + 1).unwrap_or(u64::MAX);
    let about = query.about.split_once(':');
    let mut found = store::reviews(&o.app.db, (&o.county, &o.region), (state, about), after, limit).await?;
    let more = found.len() > PER_PAGE;
    found.truncate(PER_PAGE);
    let next = found.last().filter(|_| more).map_or_else(String::new, |r| {
        format!("/checks?state={}&about={}&after={}_{}", query.state, query.about, r.due, r.id)
    });
    let ids: Vec<ReviewId> = found.iter().map(|r| r.id).collect();
    let checks = store::checks(&o.app.db, &o.county, &ids).await?;
    let today = o.app.clock.today();
    let line = |r: review::Model| Line {
        id: r.id,
        overdue: r.state == "open" && r.due < today.0,
        due: r.due.to_string(),
        title: title(&o.app, &r, o.lang),
        filled: checks.get(&r.id).map_or(0, |all| all.iter().filter(|c| c.state == "filled").count()),
        wanted: r.wanted,
        closed: r.state == "closed",
        score: r.score.map_or_else(String::new, |s| s.to_string()),
        passed: r.passed,
        about: r.about_name,
    };
    let lines = found.into_iter().map(line).collect();
    let mine = store::asked(&o.app.db, &o.county, o.id, 1_000).await?.len();
    page(&ListPage { shell: o.shell("checks"), query, lines, mine, next })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PlanQuery {
    list: String,
}

struct SubjectLine {
    id: String,
    name: String,
    town: String,
    due: bool,
}

#[derive(Template)]
#[template(path = "check/plan.html")]
struct PlanPage {
    shell: Shell,
    lists: Vec<(String, String)>,
    chosen: String,
    reviewers: usize,
    every: u32,
    subjects: Vec<SubjectLine>,
    due_count: usize,
    accounts: Vec<(AccountId, String, String)>,
    due: String,
}

async fn blank(o: Officer, Query(query): Query<PlanQuery>) -> Result<Response, Problem> {
    let lists: Vec<(String, String)> = o
        .app
        .packs()
        .flat_map(|p| {
            p.checklists.iter().map(|l| (format!("{}/{}", p.name, l.code), l.title.get(o.lang).to_owned()))
        })
        .collect();
    let chosen = if query.list.is_empty() {
        lists.first().map_or_else(String::new, |(name, _)| name.clone())
    } else {
        query.list
    };
    let Some((_, list)) = checklist(&o.app, &chosen) else { return Err(Problem::NotFound) };
    let due_now = not_seen(&o, list).await?;
    let subjects: Vec<SubjectLine> = subjects(&o, list)
        .await?
        .into_iter()
        .map(|a| SubjectLine {
            due: due_now(&a.id),
            town: a.town.as_deref().and_then(|t| o.app.regions.name(t)).unwrap_or_default().to_owned(),
            id: a.id,
            name: a.name,
        })
        .collect();
    let units: BTreeMap<_, String> =
        unit::list(&o.app.db, &o.county).await?.into_iter().map(|u| (u.id, u.name)).collect();
    let accounts = account::reviewers(&o.app.db, &o.county).await?;
    page(&PlanPage {
        shell: o.shell("checks"),
        reviewers: list.reviewers,
        every: list.every_months.unwrap_or(0),
        due_count: subjects.iter().filter(|s| s.due).count(),
        subjects,
        accounts: accounts
            .into_iter()
            .filter(|a| entitled(list, a))
            .map(|a| (a.id, a.name, units.get(&a.unit).cloned().unwrap_or_default()))
            .collect(),
        due: o.app.clock.today().plus_days(14).to_string(),
        lists,
        chosen,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PlanForm {
    list: String,
    which: String,
    subject: Vec<String>,
    percent: u32,
    reviewer: Vec<AccountId>,
    due: String,
}

async fn create(o: Officer, Form(form): Form<PlanForm>) -> Result<Response, Problem> {
    let (pack, list) =
        checklist(&o.app, &form.list).ok_or_else(|| Problem::field("list", "fault-value", &form.list))?;
    let due = day("due", &form.due)?;
    if due < o.app.clock.today() {
        return Err(Problem::field("due", "fault-past", &form.due));
    }
    let all = subjects(&o, list).await?;
    let mut write = o.write().await?;
    let due_now = not_seen(&o, list).await?;
    let mut drawn = None;
    let chosen: Vec<About> = match form.which.as_str() {
        "due" => all.into_iter().filter(|a| due_now(&a.id)).collect(),
        "draw" => {
            if !(1..=100).contains(&form.percent) {
                return Err(Problem::field("percent", "fault-percent", form.percent));
            }
            // Nobody who plans can choose the seed: it is the hash of the newest entry of the journal.
            let (_, seed) = journal::head(write.tx(), &o.county).await?;
            let frame: Vec<(String, String)> =
                all.iter().map(|a| (a.town.clone().unwrap_or_default(), a.id.clone())).collect();
            let sample = draw(&seed, form.percent, &frame);
            let chosen = all.into_iter().filter(|a| sample.ids.binary_search(&a.id).is_ok()).collect();
            drawn = Some(sample);
            chosen
        }
        _ => all.into_iter().filter(|a| form.subject.contains(&a.id)).collect(),
    };
    if chosen.is_empty() {
        return Err(Problem::field("subject", "fault-none-chosen", ""));
    }
    let accounts = account::reviewers(&o.app.db, &o.county).await?;
    let reviewers: Vec<account::Account> =
        accounts.into_iter().filter(|a| form.reviewer.contains(&a.id)).collect();
    if reviewers.is_empty() {
        return Err(Problem::field("reviewer", "fault-none-chosen", ""));
    }
    // One reviewer each: the subjects in turn; several: everybody who was chosen fills in every one.
    let group = if list.reviewers > 1 { reviewers.len() } else { 1 };
    let new = chosen.into_iter().enumerate().map(|(at, about)| NewReview {
        about,
        reviewers: if group > 1 {
            reviewers.clone()
        } else {
            reviewers.get(at % reviewers.len()).cloned().into_iter().collect()
        },
    });
    plan(&mut write, (&pack.name, list), new.collect(), due, drawn.as_ref()).await?;
    write.commit().await?;
    if form.reviewer.contains(&o.id) {
        return Ok(Redirect::to("/checks/mine").into_response());
    }
    Ok(to("/checks", "review-planned"))
}
