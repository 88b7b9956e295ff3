//! Proposing a measure, and making the link by which the side that it hits is heard.

use sea_orm::ActiveValue::Set;
use serde_json::json;
use zhida_pack::Sanction;
use zhida_types::Day;

use super::{entity, store};
use crate::db::seal::link;
use crate::finding::About;
use crate::ids::HearingId;
use crate::journal::{Subject, Write};
use crate::problem::Problem;

/// A measure that is proposed.
#[derive(Clone, Debug)]
pub(super) struct NewHearing<'a> {
    /// The pack.
    pub(super) pack: &'a str,
    /// The measure.
    pub(super) sanction: &'a Sanction,
    /// Against what.
    pub(super) about: About,
    /// Why.
    pub(super) grounds: String,
    /// The last day on which the other side is heard.
    pub(super) until: Day,
}

/// Grounds shorter than this say nothing.
const GROUNDS: usize = 10;

/// Proposes a measure. Answers the hearing and the secret part of the link of the side that it hits.
///
/// # Errors
/// Grounds that say nothing, too little time, a hearing that is pending already, or the database's.
pub(super) async fn propose(
    write: &mut Write,
    new: NewHearing<'_>,
    today: Day,
) -> Result<(HearingId, String), Problem> {
    let grounds = new.grounds.trim();
    if grounds.chars().count() < GROUNDS {
        return Err(Problem::field("grounds", "fault-grounds", GROUNDS));
    }
    let soonest = today.plus_days(new.sanction.days);
    if new.until < soonest {
        return Err(Problem::field("until", "fault-heard-until", soonest));
    }
    if store::pending(write.tx(), write.county(), (&new.about.kind, &new.about.id)).await? {
        return Err(Problem::Conflict("fault-heard-already"));
    }
    let id = HearingId::new();
    let (link, token_hash) = link(write.county())?;
    let row = entity::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        pack: Set(new.pack.to_owned()),
        sanction: Set(new.sanction.code.clone()),
        about_kind: Set(new.about.kind),
        about_id: Set(new.about.id),
        about_name: Set(new.about.name.clone()),
        town: Set(new.about.town),
        grounds: Set(grounds.to_owned()),
        until: Set(new.until.0),
        state: Set("open".to_owned()),
        token_hash: Set(token_hash),
        answer: Set(String::new()),
        answered_at: Set(None),
        decision: Set(String::new()),
        reasons: Set(String::new()),
        decided_by: Set(String::new()),
        decided_at: Set(None),
        account: Set(write.actor().id()),
        account_name: Set(write.actor().name.clone()),
        version: Set(1),
        created_at: Set(write.at()),
    };
    store::insert(write, row).await?;
    let detail = json!({ "about": new.about.name, "sanction": new.sanction.code, "until": new.until });
    write.note("hearing-opened", Subject::new("hearing", id), detail).await?;
    Ok((id, link))
}
