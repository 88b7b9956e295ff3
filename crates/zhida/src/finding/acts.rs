//! What is done with a finding: assigned, put right, verified, opened again, handed to the body that may enforce.

use sea_orm::sea_query::Expr;
use serde_json::json;
use zhida_types::Day;

use super::entity::finding;
use super::store;
use crate::ids::{AccountId, UnitId};
use crate::journal::{Subject, Write};
use crate::problem::Problem;

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Given to an owner, with a day.
    Assign {
        /// The unit.
        unit: UnitId,
        /// The person and the name.
        owner: Option<(AccountId, String)>,
        /// By when.
        due: Day,
    },
    /// Put right, with evidence.
    Fix,
    /// Seen to be put right, by somebody else.
    Verify,
    /// Not put right, or wrong again: open, with a new day.
    Reopen {
        /// By when.
        due: Day,
    },
    /// Handed to a body that may enforce; the words name it and its receipt.
    HandOver,
}

impl Act {
    fn word(&self) -> &'static str {
        match self {
            Self::Assign { .. } => "assigned",
            Self::Fix => "fixed",
            Self::Verify => "verified",
            Self::Reopen { .. } => "reopened",
            Self::HandOver => "handed-over",
        }
    }

    fn follows(&self, state: &str) -> bool {
        match self {
            Self::Assign { .. } | Self::Fix | Self::HandOver => state == "open",
            Self::Verify => matches!(state, "fixed" | "handed-over"),
            Self::Reopen { .. } => matches!(state, "fixed" | "verified" | "handed-over"),
        }
    }
}

/// Who acts and what is known of him.
#[derive(Clone, Copy, Debug)]
pub struct By {
    /// The account.
    pub account: AccountId,
    /// The unit.
    pub unit: UnitId,
    /// Whether he decides for the office.
    pub supervisor: bool,
}

fn may(now: &finding::Model, act: &Act, by: By) -> Result<(), Problem> {
    let owns = now.owner_id == Some(by.account)
        || (now.owner_id.is_none() && now.unit_id.is_none_or(|unit| unit == by.unit));
    match act {
        Act::Fix if !owns && !by.supervisor => Err(Problem::Conflict("fault-not-owner")),
        Act::Verify if now.owner_id == Some(by.account) || now.fixed_by == Some(by.account) => {
            Err(Problem::Conflict("fault-own-finding"))
        }
        _ => Ok(()),
    }
}

/// Does something with a finding, in the version that was read.
///
/// # Errors
/// A step that may not follow, evidence that is missing, the wrong person, somebody else's step in between, or the
/// database's.
pub async fn act(
    write: &mut Write,
    now: &finding::Model,
    act: &Act,
    by: By,
    words: &str,
    photos: &[String],
) -> Result<(), Problem> {
    use finding::Column as C;
    if !act.follows(&now.state) {
        return Err(Problem::Conflict("fault-finding-state"));
    }
    may(now, act, by)?;
    let words = words.trim();
    if words.is_empty() && !matches!(act, Act::Assign { .. }) {
        return Err(Problem::field("words", "fault-empty", ""));
    }
    if crate::photo::known(write.tx(), write.county(), photos).await? != photos.len() {
        return Err(Problem::field("photos", "fault-photo", ""));
    }
    let again = |due: Day| {
        vec![
            (C::State, Expr::value("open")),
            (C::Due, Expr::value(due.0)),
            (C::NextLevel, Expr::value(Some(due.plus_days(1).0))),
        ]
    };
    let values = match act {
        Act::Assign { unit, owner, due } => {
            let (id, name) = owner.as_ref().map_or((None, ""), |(id, name)| (Some(*id), name.as_str()));
            let mut values = again(*due);
            values.push((C::UnitId, Expr::value(*unit)));
            values.push((C::OwnerId, Expr::value(id)));
            values.push((C::OwnerName, Expr::value(name)));
            values
        }
        Act::Fix => {
            if photos.is_empty() {
                return Err(Problem::field("photos", "fault-evidence-photo", ""));
            }
            vec![(C::State, Expr::value("fixed")), (C::FixedBy, Expr::value(Some(by.account)))]
        }
        Act::Verify => {
            vec![(C::State, Expr::value("verified")), (C::ClosedAt, Expr::value(Some(write.at())))]
        }
        Act::Reopen { due } => {
            let mut values = again(*due);
            values.push((C::FixedBy, Expr::value(None::<AccountId>)));
            values.push((C::ClosedAt, Expr::value(None::<chrono::DateTime<chrono::Utc>>)));
            values
        }
        Act::HandOver => vec![(C::State, Expr::value("handed-over"))],
    };
    let step = store::step_row(write, now.id, act.word(), words, photos);
    store::change(write, now, values, step).await?;
    let detail = json!({ "words": words, "photos": photos.len(), "from": now.state });
    write.note(&format!("finding-{}", act.word()), Subject::new("finding", now.id), detail).await?;
    Ok(())
}
