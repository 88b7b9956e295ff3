//! Planning reviews: a checklist, what it is about, who fills it in, by when.

use sea_orm::ActiveValue::Set;
use serde_json::json;
use zhida_pack::Checklist;
use zhida_types::Day;

use super::draw::Drawn;
use super::entity::{check, review};
use super::store;
use crate::account::Account;
use crate::finding::About;
use crate::ids::{CheckId, ReviewId};
use crate::journal::{Subject, Write};
use crate::problem::Problem;

/// A review to be planned.
#[derive(Clone, Debug)]
pub struct NewReview {
    /// What it is about.
    pub about: About,
    /// Who fills it in.
    pub reviewers: Vec<Account>,
}

/// Whether an account may fill in a checklist.
pub(super) fn entitled(list: &Checklist, account: &Account) -> bool {
    account.active
        && (list.by.is_empty() || list.by.iter().any(|role| account.role.key() == format!("role-{role}")))
}

/// Who may fill in a checklist: the pool from which reviewers are drawn.
///
/// # Errors
/// The database's.
pub async fn pool(
    db: &impl sea_orm::ConnectionTrait,
    county: &crate::ids::CountyId,
    list: &Checklist,
) -> Result<Vec<Account>, sea_orm::DbErr> {
    let all = crate::account::reviewers(db, county).await?;
    Ok(all.into_iter().filter(|a| entitled(list, a)).collect())
}

/// One reviewer's share, to be filled in.
pub(super) fn share(write: &Write, review: ReviewId, reviewer: &Account) -> check::ActiveModel {
    check::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(CheckId::new()),
        review_id: Set(review),
        account_id: Set(reviewer.id),
        name: Set(reviewer.name.clone()),
        state: Set("asked".to_owned()),
        answers: Set("{}".to_owned()),
        score: Set(None),
        passed: Set(None),
        lon: Set(None),
        lat: Set(None),
        filled_at: Set(None),
        received_at: Set(None),
        skew_seconds: Set(0),
        cause: Set(String::new()),
        version: Set(1),
        created_at: Set(write.at()),
    }
}

/// Plans reviews with the checklist as it stands now. Answers their ids.
///
/// # Errors
/// Too few reviewers, one who is not entitled, or the database's.
pub async fn plan(
    write: &mut Write,
    (pack, list): (&str, &Checklist),
    new: Vec<NewReview>,
    due: Day,
    drawn: Option<&Drawn>,
) -> Result<Vec<ReviewId>, Problem> {
    for review in &new {
        if review.reviewers.len() < list.reviewers {
            return Err(Problem::field("reviewer", "fault-reviewers", list.reviewers));
        }
        if let Some(other) = review.reviewers.iter().find(|r| !entitled(list, r)) {
            return Err(Problem::field("reviewer", "fault-not-entitled", &other.name));
        }
    }
    let checklist_id = store::keep(write, pack, list).await?;
    let draw = drawn.map_or_else(String::new, |d| {
        json!({ "seed": d.seed, "frame": d.frame, "strata": d.strata, "percent": d.percent, "turn": d.turn }).to_string()
    });
    let (mut reviews, mut checks, mut notes, mut ids) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for NewReview { about, reviewers } in new {
        let id = ReviewId::new();
        ids.push(id);
        let who: Vec<&str> = reviewers.iter().map(|r| r.name.as_str()).collect();
        notes.push((
            Subject::new("review", id),
            json!({ "checklist": list.code, "version": list.version, "about": about.name, "who": who, "due": due }),
        ));
        checks.extend(reviewers.iter().map(|r| share(write, id, r)));
        reviews.push(review::ActiveModel {
            county: Set(write.county().clone()),
            id: Set(id),
            checklist_id: Set(checklist_id),
            pack: Set(pack.to_owned()),
            code: Set(list.code.clone()),
            draw: Set(draw.clone()),
            due: Set(due.0),
            wanted: Set(i64::try_from(list.reviewers.max(reviewers.len())).unwrap_or(1)),
            state: Set("open".to_owned()),
            score: Set(None),
            passed: Set(None),
            closed_at: Set(None),
            valid_until: Set(None),
            account: Set(write.actor().id()),
            created_at: Set(write.at()),
            about_kind: Set(about.kind),
            about_id: Set(about.id),
            about_name: Set(about.name),
            town: Set(about.town),
            lon: Set(about.position.map(|p| p.0)),
            lat: Set(about.position.map(|p| p.1)),
        });
    }
    store::insert(write, reviews, checks).await?;
    if let Some(drawn) = drawn {
        let detail = serde_json::to_value(drawn)?;
        write.note("sample-drawn", Subject::new("checklist", checklist_id), detail).await?;
    }
    write.note_many("review-planned", notes.into_iter()).await?;
    Ok(ids)
}
