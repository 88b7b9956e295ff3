//! One review: who has filled it in; scores and answers once all are in; what was found.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use zhida_pack::{Answer, Checklist};

use super::entity::{check, review};
use super::{fill, forms, pages, store};
use crate::account;
use crate::app::App;
use crate::clock::shown;
use crate::finding::{self, Finding};
use crate::ids::{AccountId, ReviewId};
use crate::problem::Problem;
use crate::web::extract::{Form, Path};
use crate::web::{Officer, Shell, page, to};

/// The pages of a review.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/reviews/{id}", get(show)).route("/reviews/{id}/reviewers", post(add))
}

struct Share {
    name: String,
    state: String,
    cause: String,
    score: String,
    passed: Option<bool>,
    filled_at: String,
    skew_minutes: i64,
}

struct AnswerLine {
    question: String,
    answers: Vec<Shown>,
}

#[derive(Default)]
struct Shown {
    text: String,
    photos: Vec<String>,
}

#[derive(Template)]
#[template(path = "check/review.html")]
struct ReviewPage {
    shell: Shell,
    r: review::Model,
    title: String,
    version: String,
    newer: bool,
    closed: bool,
    drawn: Option<(String, i64, i64)>,
    shares: Vec<Share>,
    columns: Vec<String>,
    lines: Vec<AnswerLine>,
    findings: Vec<Finding>,
    candidates: Vec<(AccountId, String)>,
}

/// What a reader may see of the shares: all once it is closed, before that each his own.
fn visible<'a>(o: &Officer, r: &review::Model, all: &'a [check::Model]) -> Vec<&'a check::Model> {
    all.iter().filter(|c| c.state == "filled" && (r.state == "closed" || c.account_id == o.id)).collect()
}

fn answer_text(o: &Officer, list: &Checklist, code: &str, answer: Option<&Answer>) -> Shown {
    let t = o.shell("").t;
    let question = list.question(code);
    let text = match answer {
        None => "–".to_owned(),
        Some(Answer::Yes(yes)) => t.s(if *yes { "yes" } else { "no" }),
        Some(Answer::Text(text)) => {
            let option = question.and_then(|q| q.options.iter().find(|o| o.code == *text));
            option.map_or_else(|| text.clone(), |c| c.label.get(o.lang).to_owned())
        }
        Some(Answer::Number(number)) => {
            let unit = question.and_then(|q| q.unit.as_ref()).map_or("", |u| u.get(o.lang));
            format!("{number} {unit}")
        }
        Some(Answer::Position(lon, lat)) => format!("{lon:.5}, {lat:.5}"),
        Some(Answer::Photos(photos)) => return Shown { text: String::new(), photos: photos.clone() },
    };
    Shown { text, photos: Vec::new() }
}

async fn show(o: Officer, Path(id): Path<ReviewId>) -> Result<Response, Problem> {
    let r = store::review(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
    let list = store::version(&o.app.db, &o.county, r.checklist_id).await?;
    let all = store::checks(&o.app.db, &o.county, &[id]).await?.remove(&id).unwrap_or_default();
    let seen = visible(&o, &r, &all);
    let mut columns = Vec::new();
    let mut answers = Vec::new();
    for check in &seen {
        columns.push(check.name.clone());
        answers.push(forms::from_json(&list, &check.answers)?);
    }
    let lines = list.questions().map(|q| AnswerLine {
        question: q.text.get(o.lang).to_owned(),
        answers: answers.iter().map(|a| answer_text(&o, &list, &q.code, a.get(&q.code))).collect(),
    });
    let shares = all.iter().map(|c| {
        let open = seen.iter().any(|s| s.id == c.id);
        Share {
            name: c.name.clone(),
            state: c.state.clone(),
            cause: c.cause.clone(),
            score: c.score.filter(|_| open).map_or_else(String::new, |s| s.to_string()),
            passed: c.passed.filter(|_| open),
            filled_at: c.filled_at.map_or_else(String::new, shown),
            skew_minutes: c.skew_seconds / 60,
        }
    });
    let there: Vec<AccountId> = all.iter().map(|c| c.account_id).collect();
    let accounts = account::reviewers(&o.app.db, &o.county).await?;
    let candidates = accounts
        .into_iter()
        .filter(|a| super::plan::entitled(&list, a) && !there.contains(&a.id))
        .map(|a| (a.id, a.name));
    let draw: Option<serde_json::Value> = serde_json::from_str(&r.draw).ok();
    let now = o.app.packs().find(|p| p.name == r.pack).and_then(|p| p.checklist(&r.code));
    page(&ReviewPage {
        shell: o.shell("checks"),
        title: pages::title(&o.app, &r, o.lang),
        newer: now.is_some_and(|n| n.body != list.body),
        version: list.version.clone(),
        closed: r.state == "closed",
        drawn: draw.map(|d| {
            let number = |key: &str| d[key].as_i64().unwrap_or(0);
            (d["seed"].as_str().unwrap_or_default().to_owned(), number("frame"), number("percent"))
        }),
        shares: shares.collect(),
        columns,
        lines: lines.collect(),
        findings: finding::of_review(&o.app.db, &o.county, id).await?,
        candidates: candidates.collect(),
        r,
    })
}

#[derive(Debug, Deserialize)]
struct ReviewerForm {
    reviewer: AccountId,
}

async fn add(
    o: Officer,
    Path(id): Path<ReviewId>,
    Form(form): Form<ReviewerForm>,
) -> Result<Response, Problem> {
    let r = store::review(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
    let reviewer = account::find(&o.app.db, &o.county, form.reviewer).await?.ok_or(Problem::NotFound)?;
    let mut write = o.write().await?;
    fill::add_reviewer(&mut write, &r, &reviewer).await?;
    write.commit().await?;
    Ok(to(&format!("/reviews/{id}"), "saved"))
}
