//! Two records of one person become one, with all that hangs on them. Supervisors merge.

use axum::response::Response;

use crate::account::Role;
use crate::ids::PartyId;
use crate::journal::Subject;
use crate::party::{self, seen};
use crate::problem::Problem;
use crate::web::extract::{Form, Path};
use crate::web::{Officer, to};
use crate::{case, message, visit};

/// The record that goes.
#[derive(Debug, serde::Deserialize)]
pub(super) struct MergeForm {
    from: PartyId,
}

pub(super) async fn merge(
    o: Officer,
    Path(id): Path<PartyId>,
    Form(form): Form<MergeForm>,
) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    seen(&o, id).await?;
    seen(&o, form.from).await?;
    if id == form.from {
        return Err(Problem::Conflict("fault-merge-self"));
    }
    let mut write = o.write().await?;
    party::merge(&o.app, &write, form.from, id).await?;
    let moved = serde_json::json!({
        "from": form.from,
        "messages": message::reassign(&write, form.from, id).await?,
        "cases": case::reassign(&write, form.from, id).await?,
        "visits": visit::reassign(&write, form.from, id).await?,
    });
    write.note("merged", Subject::new("party", id), moved).await?;
    write.commit().await?;
    Ok(to(&format!("/people/{id}"), "merged"))
}
