//! Gates: something goes on only with a check that was passed and is still good.

use zhida_types::Day;

use super::store;
use crate::ids::{CountyId, ReviewId};
use crate::problem::Problem;

/// What a gate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Passed, and good.
    Open(ReviewId),
    /// Passed once, and run out.
    Expired(ReviewId),
    /// Not passed.
    Failed(ReviewId),
    /// Never checked.
    Unchecked,
}

impl Gate {
    /// The key of its name in the texts.
    pub fn key(self) -> &'static str {
        match self {
            Self::Open(_) => "gate-open",
            Self::Expired(_) => "gate-expired",
            Self::Failed(_) => "gate-failed",
            Self::Unchecked => "gate-unchecked",
        }
    }
}

/// Asks the newest closed review of a checklist about one thing.
///
/// # Errors
/// The database's.
pub async fn gate(
    db: &impl sea_orm::ConnectionTrait,
    county: &CountyId,
    checklist: &str,
    about: (&str, &str),
    today: Day,
) -> Result<Gate, Problem> {
    let Some(review) = store::latest(db, county, checklist, about).await? else { return Ok(Gate::Unchecked) };
    Ok(if review.passed != Some(true) {
        Gate::Failed(review.id)
    } else if review.valid_until.is_some_and(|until| until < today.0) {
        Gate::Expired(review.id)
    } else {
        Gate::Open(review.id)
    })
}
