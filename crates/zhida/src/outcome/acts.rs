//! What is done about work that was found.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use serde_json::json;
use zhida_types::Day;

use super::entity::{follow_up, outcome};
use super::store;
use crate::app::App;
use crate::case::{self, Case, Step};
use crate::ids::{FollowUpId, OutcomeId};
use crate::journal::{Subject, Write};
use crate::problem::Problem;
use crate::provider;

/// The people who may say that work was found.
pub(super) const BY: [&str; 3] = ["person", "employer", "officer"];

/// Somebody says that a case led to work, or to a business: the case goes on to that stage.
///
/// # Errors
/// A case from which that does not follow, one that was claimed before, no employer, a day to come, or the database's.
pub async fn claim(
    app: &App,
    write: &mut Write,
    case: &Case,
    (by, employer, since): (&str, &str, Day),
) -> Result<OutcomeId, Problem> {
    let rules = provider::terms(app)?;
    let (_, programme) = app.programme(&case.programme)?;
    let now = programme.stage(&case.stage).ok_or(Problem::NotFound)?;
    let work = now.next.iter().find(|next| rules.course.work.contains(next));
    let work = work.ok_or(Problem::Conflict("fault-stage-order"))?;
    if !BY.contains(&by) {
        return Err(Problem::field("by", "fault-none-chosen", ""));
    }
    if employer.trim().is_empty() {
        return Err(Problem::field("employer", "fault-empty", ""));
    }
    if since > Day::at(write.at()) {
        return Err(Problem::field("since", "fault-future", since));
    }
    if !store::of_cases(write.tx(), write.county(), &[case.id]).await?.is_empty() {
        return Err(Problem::Conflict("fault-claimed"));
    }
    let words = format!("{} {since}", employer.trim());
    case::step(app, write, case, &Step { to: work, words: &words }).await?;
    let id = OutcomeId::new();
    let row = outcome::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        case_id: Set(case.id),
        party_id: Set(case.party_id),
        programme: Set(case.programme.clone()),
        state: Set("claimed".to_owned()),
        since: Set(since.0),
        employer: Set(employer.trim().to_owned()),
        claimed_by: Set(by.to_owned()),
        evidence: Set(String::new()),
        number: Set(String::new()),
        photo: Set(String::new()),
        evidenced_by: Set(String::new()),
        evidenced_at: Set(None),
        verified_by: Set(String::new()),
        verified_at: Set(None),
        words: Set(String::new()),
        fits: Set(None),
        version: Set(1),
        created_at: Set(write.at()),
    };
    store::insert(write, row).await?;
    write.note("work-claimed", Subject::new("case", case.id), json!({ "by": by, "since": since })).await?;
    Ok(id)
}

/// What shows that somebody works.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// One of the pack's kinds.
    pub kind: String,
    /// Its number: a contract's, a licence's, an account's.
    pub number: String,
    /// The hash of its picture.
    pub photo: String,
}

/// Puts evidence on file: a picture, or a number that can be looked up.
///
/// # Errors
/// Another state, a kind that the pack does not know, neither picture nor number, or the database's.
pub async fn evidence(
    app: &App,
    write: &mut Write,
    now: &outcome::Model,
    shown: &Shown,
) -> Result<(), Problem> {
    if !["claimed", "refused"].contains(&now.state.as_str()) {
        return Err(Problem::Conflict("fault-changed"));
    }
    if !provider::terms(app)?.outcome.evidence.iter().any(|e| e.code == shown.kind) {
        return Err(Problem::field("kind", "fault-none-chosen", ""));
    }
    if shown.photo.is_empty() && shown.number.trim().is_empty() {
        return Err(Problem::field("photo", "fault-no-evidence", ""));
    }
    let values = vec![
        (outcome::Column::State, Expr::value("evidenced")),
        (outcome::Column::Evidence, Expr::value(shown.kind.as_str())),
        (outcome::Column::Number, Expr::value(shown.number.trim())),
        (outcome::Column::Photo, Expr::value(shown.photo.as_str())),
        (outcome::Column::EvidencedBy, Expr::value(write.actor().id())),
        (outcome::Column::EvidencedAt, Expr::value(Some(write.at()))),
    ];
    crate::db::change(write.tx(), now, values).await?;
    let detail = json!({ "kind": shown.kind, "number": shown.number.trim() });
    write.note("work-evidenced", Subject::new("case", now.case_id), detail).await?;
    Ok(())
}

/// What the person or the employer says by a link: a claim where there is none yet, with evidence then or later.
///
/// # Errors
/// As [`claim`] and [`evidence`]; a claim that is there already, and no evidence.
pub async fn tell(
    app: &App,
    write: &mut Write,
    case: &Case,
    (by, employer, since): (&str, &str, Option<Day>),
    shown: &Shown,
) -> Result<(), Problem> {
    let there = store::of_cases(write.tx(), write.county(), &[case.id]).await?;
    if there.is_empty() {
        let since = since.ok_or_else(|| Problem::field("since", "fault-empty", ""))?;
        claim(app, write, case, (by, employer, since)).await?;
        if shown.photo.is_empty() && shown.number.is_empty() {
            return Ok(());
        }
    }
    let there = store::of_cases(write.tx(), write.county(), &[case.id]).await?;
    evidence(app, write, there.get(&case.id).ok_or(Problem::NotFound)?, shown).await
}

/// Somebody else than whoever put the evidence on file verifies it, or refuses it with the cause; `fits` says whether it is work
/// of the kind that was taught. Verified, the case has come to its end.
///
/// # Errors
/// Another state, the wrong one, work that has not lasted, a gate that is shut, no cause, or the database's.
pub async fn verify(
    app: &App,
    write: &mut Write,
    now: &outcome::Model,
    (good, fits, words): (bool, bool, &str),
) -> Result<(), Problem> {
    let rules = provider::terms(app)?;
    if now.state != "evidenced" {
        return Err(Problem::Conflict("fault-changed"));
    }
    if now.evidenced_by == write.actor().id() {
        return Err(Problem::Conflict("fault-own-evidence"));
    }
    if !good && words.trim().is_empty() {
        return Err(Problem::field("words", "fault-empty", ""));
    }
    let lasted = Day(now.since).plus_days(rules.outcome.minimum_days);
    if good && lasted > Day::at(write.at()) {
        return Err(Problem::field("since", "fault-not-lasted", lasted));
    }
    if good {
        let case = case::by_id(write.tx(), write.county(), now.case_id).await?.ok_or(Problem::NotFound)?;
        let label = rules.outcome.evidence.iter().find(|e| e.code == now.evidence);
        let label = label.map_or(now.evidence.as_str(), |e| e.label.zh.as_str());
        case::step(app, write, &case, &Step { to: &rules.course.verified, words: label }).await?;
    }
    let state = if good { "verified" } else { "refused" };
    let values = vec![
        (outcome::Column::State, Expr::value(state)),
        (outcome::Column::VerifiedBy, Expr::value(write.actor().name.clone())),
        (outcome::Column::VerifiedAt, Expr::value(Some(write.at()))),
        (outcome::Column::Words, Expr::value(words.trim())),
        (outcome::Column::Fits, Expr::value(good.then_some(fits))),
    ];
    crate::db::change(write.tx(), now, values).await?;
    let act = if good { "work-verified" } else { "work-refused" };
    write.note(act, Subject::new("case", now.case_id), json!({ "words": words.trim() })).await?;
    Ok(())
}

/// Looks at verified work again, so many months after it began.
///
/// # Errors
/// Work that is not verified, a number of months that the pack does not name or that are not over, one that is there, or the
/// database's.
pub async fn follow_up(
    app: &App,
    write: &mut Write,
    now: &outcome::Model,
    (months, in_work, words): (u32, bool, &str),
) -> Result<(), Problem> {
    if now.state != "verified" || !provider::terms(app)?.outcome.follow_ups.contains(&months) {
        return Err(Problem::Conflict("fault-changed"));
    }
    if due(now, months) > Day::at(write.at()) {
        return Err(Problem::field("months", "fault-follow-early", due(now, months)));
    }
    let there = store::follow_ups(write.tx(), write.county(), &[now.id]).await?;
    if there.iter().any(|f| f.months == i64::from(months)) {
        return Err(Problem::Conflict("fault-followed"));
    }
    let row = follow_up::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(FollowUpId::new()),
        outcome_id: Set(now.id),
        months: Set(i64::from(months)),
        in_work: Set(in_work),
        words: Set(words.trim().to_owned()),
        account: Set(write.actor().id()),
        at: Set(write.at()),
    };
    store::insert_follow_up(write, row).await?;
    let detail = json!({ "months": months, "in_work": in_work });
    write.note("work-followed", Subject::new("case", now.case_id), detail).await?;
    Ok(())
}

/// The day from which work can be looked at again.
pub(super) fn due(now: &outcome::Model, months: u32) -> Day {
    let since = Day(now.since);
    since.0.checked_add_months(chrono::Months::new(months)).map_or(since, Day)
}
