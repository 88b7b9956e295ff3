//! The titles that nobody could classify, and what a title may mean.

use std::collections::{BTreeMap, BTreeSet};

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
    let snapshot = o.app.snapshot(&o.county, "").await?;
    let (learned, _) = store::learned(&o.app.db, &o.county, "occupation").await?;
    let profile = &snapshot.register.profile;
    let classified = profile.fields().iter().find_map(|f| match &f.derive {
        Some(zhida_rules::Derive::Classify(from)) => profile.find(&f.name).zip(profile.find(from)),
        _ => None,
    });
    // What the snapshot has classified is clear: only the others are guessed at.
    let (mut counts, mut clear) = (BTreeMap::<String, usize>::new(), BTreeSet::new());
    if let Some((code, source)) = classified {
        for at in Filter::default().rows(&snapshot, &o.region)?.iter() {
            let Cell::Text(text) = snapshot.table.cell(at, source) else { continue };
            if snapshot.table.cell(at, code) == Cell::Missing {
                *counts.entry(text.trim().to_owned()).or_default() += 1;
            } else {
                clear.insert(text);
            }
        }
    }
    let clear = clear.len();
    let mut unclear: Vec<(String, usize)> = counts.into_iter().filter(|(text, _)| !text.is_empty()).collect();
    unclear.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let more = unclear.len().saturating_sub(PAGE);
    unclear.truncate(PAGE);
    #[expect(clippy::cast_possible_truncation, reason = "a percentage")]
    let percent = |g: &Guess| (g.confidence * 100.0).round() as i64;
    let guessed = |(text, count): (String, usize)| {
        let guesses = o.app.occupations.guess(&text, &learned, 5);
        let guesses = guesses.into_iter().map(|g| (percent(&g), g)).map(|(p, g)| (g, p)).collect();
        Unclear { text, count, guesses }
    };
    let unclear = unclear.into_iter().map(guessed).collect();
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
