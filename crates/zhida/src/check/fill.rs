//! Filling in: the answers are scored with the version that they were asked with, and what they reveal becomes findings.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use serde_json::json;
use zhida_pack::{Answer, Checklist, Severity};

use super::entity::{check, review};
use super::forms;
use super::store;
use crate::app::App;
use crate::finding::{self, About, NewFinding};
use crate::ids::{AccountId, CheckId, PlaceId, UnitId};
use crate::journal::{Subject, Write};
use crate::network::{self, Sight};
use crate::problem::Problem;
use crate::{account, photo, place};

/// What a reviewer sends.
#[derive(Clone, Debug)]
pub struct Filled {
    /// The answers.
    pub answers: BTreeMap<String, Answer>,
    /// When, by the clock of whoever filled it in.
    pub filled_at: DateTime<Utc>,
    /// What that clock showed when it was sent; nothing where the clock is ours.
    pub sent_at: Option<DateTime<Utc>>,
}

/// A difference of clocks that is not worth a word.
const SAME_SECONDS: i64 = 300;

/// Fills a check in. The same again (a phone that sends twice) changes nothing and answers `false`.
///
/// # Errors
/// Somebody else's check, a conflict declared, other answers there already, questions left open, unknown photos, or the
/// database's.
pub async fn fill(
    app: &App,
    write: &mut Write,
    by: (AccountId, UnitId),
    id: CheckId,
    filled: &Filled,
) -> Result<bool, Problem> {
    use check::Column as C;
    let now = store::check(write.tx(), write.county(), id).await?.ok_or(Problem::NotFound)?;
    if now.account_id != by.0 {
        return Err(Problem::NotFound);
    }
    let review = store::review_of(write.tx(), write.county(), now.review_id).await?;
    let list = store::version(write.tx(), write.county(), review.checklist_id).await?;
    let answers = forms::to_json(&filled.answers);
    match now.state.as_str() {
        "recused" => return Err(Problem::Conflict("fault-recused")),
        // What is there wins nothing over what comes: they are shown side by side by whoever sent it.
        "filled" if now.answers == answers => return Ok(false),
        "filled" => return Err(Problem::Conflict("fault-filled-otherwise")),
        _ => {}
    }
    if let Some(open) = list.open(&filled.answers).next() {
        return Err(Problem::field(&open.code, "fault-unanswered", &open.text.zh));
    }
    let photos: Vec<String> = filled.answers.values().flat_map(photos_of).cloned().collect();
    let distinct: BTreeSet<&String> = photos.iter().collect();
    if photo::known(write.tx(), write.county(), &photos).await? != distinct.len() {
        return Err(Problem::field("photos", "fault-photo-missing", ""));
    }
    let outcome = list.outcome(&filled.answers).map_err(|e| Problem::Internal(anyhow::anyhow!(e)))?;
    let skew = filled.sent_at.map_or(0, |sent| (write.at() - sent).num_seconds());
    let skew = if skew.abs() < SAME_SECONDS { 0 } else { skew };
    let when = (filled.filled_at + chrono::Duration::seconds(skew)).min(write.at());
    let position = filled.answers.values().find_map(|a| match a {
        Answer::Position(lon, lat) => Some((*lon, *lat)),
        _ => None,
    });
    let values = vec![
        (C::State, Expr::value("filled")),
        (C::Answers, Expr::value(answers)),
        (C::Score, Expr::value(outcome.score)),
        (C::Passed, Expr::value(Some(outcome.passed))),
        (C::Lon, Expr::value(position.map(|p| p.0))),
        (C::Lat, Expr::value(position.map(|p| p.1))),
        (C::FilledAt, Expr::value(Some(when))),
        (C::ReceivedAt, Expr::value(Some(write.at()))),
        (C::SkewSeconds, Expr::value(skew)),
    ];
    crate::db::change(write.tx(), &now, values).await?;
    let detail = json!({ "checklist": list.code, "version": list.version, "about": review.about_name, "skew_seconds": skew });
    write.note("check-filled", Subject::new("review", review.id), detail).await?;
    see(app, write, &review, &filled.answers, when).await?;
    // Danger does not wait for the other reviewers.
    let grave = |code: &str| list.finding(code).is_some_and(|f| f.severity == Severity::Grave);
    let at_once: Vec<&str> = outcome.findings.iter().map(String::as_str).filter(|c| grave(c)).collect();
    found(app, write, (&review, &list), &at_once, &photos, by.1).await?;
    close_if_complete(app, write, &review, &list, by.1).await?;
    Ok(true)
}

/// Whoever fills a checklist in about a place that is open to the public saw whether it was open.
async fn see(
    app: &App,
    write: &mut Write,
    review: &review::Model,
    answers: &BTreeMap<String, Answer>,
    at: DateTime<Utc>,
) -> Result<(), Problem> {
    let Some(id) = review.about_id.parse::<PlaceId>().ok().filter(|_| review.about_kind == "place") else {
        return Ok(());
    };
    let place = place::of_id(write.tx(), write.county(), id).await?;
    let Some((_, network)) = place.as_ref().and_then(|p| app.network(&p.kind)) else { return Ok(()) };
    let open = !matches!(answers.get(&network.open_question), Some(Answer::Yes(false)));
    let (kind, device, words) = ("check".to_owned(), String::new(), String::new());
    network::see(write, &Sight { place: id, kind, open, device, words, at }).await?;
    app.maps.changed();
    Ok(())
}

fn photos_of(answer: &Answer) -> &[String] {
    match answer {
        Answer::Photos(photos) => photos,
        _ => &[],
    }
}

/// Raises those of the findings that the review has not raised yet.
async fn found(
    app: &App,
    write: &mut Write,
    (review, list): (&review::Model, &Checklist),
    codes: &[&str],
    photos: &[String],
    unit: UnitId,
) -> Result<(), Problem> {
    if codes.is_empty() {
        return Ok(());
    }
    let there = finding::of_review(write.tx(), write.county(), review.id).await?;
    let new = codes.iter().filter(|code| !there.iter().any(|f| f.rule == **code));
    let new = new.filter_map(|code| list.finding(code)).map(|rule| NewFinding {
        review: Some(review.id),
        pack: review.pack.clone(),
        rule: rule.code.clone(),
        words: rule.text.zh.clone(),
        severity: rule.severity,
        about: About {
            kind: review.about_kind.clone(),
            id: review.about_id.clone(),
            name: review.about_name.clone(),
            town: review.town.clone(),
            position: review.lon.zip(review.lat),
        },
        unit: Some(unit),
        owner: None,
        due: app.clock.today().plus_days(rule.days),
        escalate_days: rule.escalate_days,
        photos: photos.to_vec(),
    });
    let new: Vec<NewFinding> = new.collect();
    if !new.is_empty() {
        finding::raise(write, new).await?;
    }
    Ok(())
}

/// Closes a review once as many as wanted have filled it in and nobody is still at it.
async fn close_if_complete(
    app: &App,
    write: &mut Write,
    review: &review::Model,
    list: &Checklist,
    unit: UnitId,
) -> Result<(), Problem> {
    let all =
        store::checks(write.tx(), write.county(), &[review.id]).await?.remove(&review.id).unwrap_or_default();
    let filled: Vec<&check::Model> = all.iter().filter(|c| c.state == "filled").collect();
    let waiting = all.iter().any(|c| c.state == "asked");
    if waiting || i64::try_from(filled.len()).unwrap_or(0) < review.wanted {
        return Ok(());
    }
    let (mut codes, mut photos) = (BTreeSet::new(), Vec::new());
    let mut knocked = false;
    for check in &filled {
        let answers = forms::from_json(list, &check.answers)?;
        let outcome = list.outcome(&answers).map_err(|e| Problem::Internal(anyhow::anyhow!(e)))?;
        knocked |= !outcome.knocked_out.is_empty();
        codes.extend(outcome.findings);
        photos.extend(answers.values().flat_map(photos_of).cloned());
    }
    photos.sort();
    photos.dedup();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    found(app, write, (review, list), &codes, &photos, unit).await?;
    let scores: Vec<i64> = filled.iter().filter_map(|c| c.score).collect();
    let count = i64::try_from(scores.len()).unwrap_or(1).max(1);
    let score = (!scores.is_empty()).then(|| scores.iter().sum::<i64>() / count);
    let passed = !knocked && score.is_none_or(|s| s >= list.pass);
    let until = list.valid_months.filter(|_| passed).map(|m| app.clock.today().plus_months(m));
    store::close(write, review.id, score, passed, until).await?;
    let detail = json!({ "score": score, "passed": passed, "reviewers": filled.len(), "valid_until": until });
    write.note("review-closed", Subject::new("review", review.id), detail).await?;
    Ok(())
}

/// Declares a conflict of interest: whoever does is out of the review for good.
///
/// # Errors
/// Somebody else's check, one that is filled in already, no cause, or the database's.
pub async fn recuse(
    app: &App,
    write: &mut Write,
    by: (AccountId, UnitId),
    id: CheckId,
    cause: &str,
) -> Result<(), Problem> {
    let now = store::check(write.tx(), write.county(), id).await?.ok_or(Problem::NotFound)?;
    if now.account_id != by.0 {
        return Err(Problem::NotFound);
    }
    if now.state != "asked" {
        return Err(Problem::Conflict("fault-check-state"));
    }
    if cause.trim().is_empty() {
        return Err(Problem::field("cause", "fault-empty", ""));
    }
    let values = vec![
        (check::Column::State, Expr::value("recused")),
        (check::Column::Cause, Expr::value(cause.trim())),
    ];
    crate::db::change(write.tx(), &now, values).await?;
    write
        .note(
            "conflict-declared",
            Subject::new("review", now.review_id),
            json!({ "who": now.name, "cause": cause.trim() }),
        )
        .await?;
    let review = store::review_of(write.tx(), write.county(), now.review_id).await?;
    let list = store::version(write.tx(), write.county(), review.checklist_id).await?;
    close_if_complete(app, write, &review, &list, by.1).await
}

/// Adds a reviewer, in the place of one who is out.
pub(super) async fn add_reviewer(
    write: &mut Write,
    review: &review::Model,
    reviewer: &account::Account,
) -> Result<(), Problem> {
    if review.state != "open" {
        return Err(Problem::Conflict("fault-review-closed"));
    }
    let list = store::version(write.tx(), write.county(), review.checklist_id).await?;
    if !super::plan::entitled(&list, reviewer) {
        return Err(Problem::field("reviewer", "fault-not-entitled", &reviewer.name));
    }
    let all =
        store::checks(write.tx(), write.county(), &[review.id]).await?.remove(&review.id).unwrap_or_default();
    if all.iter().any(|c| c.account_id == reviewer.id) {
        return Err(Problem::Conflict("fault-reviewer-there"));
    }
    store::insert(write, Vec::new(), vec![super::plan::share(write, review.id, reviewer)]).await?;
    write.note("reviewer-added", Subject::new("review", review.id), json!({ "who": reviewer.name })).await?;
    Ok(())
}
