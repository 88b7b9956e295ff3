//! Deciding after the other side was heard, or its time is over; by somebody else than whoever proposed it.

use sea_orm::sea_query::Expr;
use serde_json::json;
use zhida_pack::Sanction;
use zhida_types::Day;

use super::entity::{Column, Model};
use crate::journal::{Subject, Write};
use crate::problem::Problem;
use crate::{place, provider};

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// The measure is taken.
    Imposed,
    /// It is not.
    Dropped,
}

impl Decision {
    fn as_str(self) -> &'static str {
        match self {
            Self::Imposed => "imposed",
            Self::Dropped => "dropped",
        }
    }
}

/// What a measure that is imposed does: a place is closed, a provider barred.
async fn take_effect(
    write: &mut Write,
    now: &Model,
    sanction: &Sanction,
    (today, reasons): (Day, &str),
) -> Result<(), Problem> {
    match now.about_kind.as_str() {
        "place" if sanction.closes => {
            let id = now.about_id.parse().map_err(|_none| Problem::NotFound)?;
            place::close(write, id, reasons).await?;
        }
        "provider" => {
            let id = now.about_id.parse().map_err(|_none| Problem::NotFound)?;
            let months = chrono::Months::new(sanction.bars_months.unwrap_or(0));
            let until = today.0.checked_add_months(months).map_or(today, Day);
            provider::bar(write, id, until, reasons).await?;
        }
        _ => {}
    }
    Ok(())
}

/// Reasons shorter than this say nothing.
const REASONS: usize = 10;

/// Decides, and does what is decided.
///
/// # Errors
/// Too early, by whoever proposed it, without reasons, decided already, or the database's.
pub(super) async fn decide(
    write: &mut Write,
    now: &Model,
    sanction: &Sanction,
    (decision, reasons): (Decision, &str),
    today: Day,
) -> Result<(), Problem> {
    if now.state == "decided" {
        return Err(Problem::Conflict("fault-changed"));
    }
    if now.account == write.actor().id() {
        return Err(Problem::Conflict("fault-own-hearing"));
    }
    // Dropping needs no waiting: it hits nobody.
    if decision == Decision::Imposed && now.state == "open" && today.0 <= now.until {
        return Err(Problem::Conflict("fault-not-heard"));
    }
    let reasons = reasons.trim();
    if reasons.chars().count() < REASONS {
        return Err(Problem::field("reasons", "fault-grounds", REASONS));
    }
    let values = vec![
        (Column::State, Expr::value("decided")),
        (Column::Decision, Expr::value(decision.as_str())),
        (Column::Reasons, Expr::value(reasons)),
        (Column::DecidedBy, Expr::value(write.actor().name.clone())),
        (Column::DecidedAt, Expr::value(Some(write.at()))),
    ];
    crate::db::change(write.tx(), now, values).await?;
    if decision == Decision::Imposed {
        take_effect(write, now, sanction, (today, reasons)).await?;
    }
    let detail = json!({ "about": now.about_name, "sanction": now.sanction, "decision": decision.as_str() });
    write.note("hearing-decided", Subject::new("hearing", now.id), detail).await?;
    Ok(())
}
