//! The titles that nobody could classify, and what a title may mean.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::Value;
use zhida_rules::Cell;

use super::filter::Filter;
use super::forms::Learn;
use super::occupation::{Guess, SURE};
use super::pages::PAGE;
use super::store;
use crate::journal::Subject;
use crate::problem::Problem;
use crate::web::extract::{Form, Query};
use crate::web::{Officer, Shell, page};

/// Titles that nobody could classify, with how many persons gave each and what they may mean.
struct Unclear {
    text: String,
    count: usize,
    guesses: Vec<(Guess, i64)>,
}

#[derive(Template)]
#[template(path = "party/occupations.html")]
struct OccupationsPage {
    shell: Shell,
    unclear: Vec<Unclear>,
    more: usize,
    clear: usize,
}

pub(super) async fn list(o: Officer) -> Result<Response, Problem> {
    let snapshot = o.app.snapshots.get(&o.app, &o.county).await?;
    let (learned, _) = store::learned(&o.app.db, &o.county, "occupation").await?;
    let source = o.app.pack.profile.fields().iter().find_map(|f| match &f.derive {
        Some(zhida_rules::Derive::Classify(from)) => o.app.pack.profile.find(from),
        _ => None,
    });
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for at in Filter::default().rows(&o.app, &snapshot, &o.region)?.iter() {
        if let Some(Cell::Text(text)) = source.map(|id| snapshot.table.cell(at, id)) {
            *counts.entry(text.trim().to_owned()).or_default() += 1;
        }
    }
    let (mut unclear, mut clear) = (Vec::new(), 0);
    for (text, count) in counts.into_iter().filter(|(text, _)| !text.is_empty()) {
        let guesses = o.app.occupations.guess(&text, &learned, 5);
        if guesses.first().is_some_and(|g| g.confidence >= SURE) {
            clear += 1;
        } else {
            #[expect(clippy::cast_possible_truncation, reason = "a percentage")]
            let percent = |g: &Guess| (g.confidence * 100.0).round() as i64;
            let guesses = guesses
                .into_iter()
                .map(|g| {
                    let p = percent(&g);
                    (g, p)
                })
                .collect();
            unclear.push(Unclear { text, count, guesses });
        }
    }
    unclear.sort_by(|a, b| b.count.cmp(&a.count).then(a.text.cmp(&b.text)));
    let more = unclear.len().saturating_sub(PAGE);
    unclear.truncate(PAGE);
    page(&OccupationsPage { shell: o.shell("people"), unclear, more, clear })
}

pub(super) async fn learn(o: Officer, Form(form): Form<Learn>) -> Result<Response, Problem> {
    let code = form.code.trim();
    if o.app.occupations.name(code).is_none() {
        return Err(Problem::field("code", "fault-occupation", code));
    }
    let mut write = o.write().await?;
    store::learn(&write, "occupation", form.text.trim(), code).await?;
    let detail = serde_json::json!({ "text": form.text.trim(), "code": code });
    write.note("learned", Subject::new("occupation", code), detail).await?;
    write.commit().await?;
    Ok(Redirect::to("/occupations?note=learned").into_response())
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct Asked {
    title: String,
}

/// `GET /api/occupations?title=…`: what a title may mean, best first.
pub(super) async fn api(o: Officer, Query(asked): Query<Asked>) -> Result<axum::Json<Value>, Problem> {
    let (learned, _) = store::learned(&o.app.db, &o.county, "occupation").await?;
    let guesses = o.app.occupations.guess(&asked.title, &learned, 5);
    let sure = guesses.first().is_some_and(|g| g.confidence >= SURE);
    Ok(axum::Json(serde_json::json!({ "title": asked.title, "sure": sure, "guesses": guesses })))
}
