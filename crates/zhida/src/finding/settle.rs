//! What is settled about a finding before it counts as put right: who answers for it, by what measure, with what money, by
//! when, and what is done if something happens meanwhile. A pack says what, and from which severity on.

use std::collections::BTreeMap;

use axum::response::Response;
use sea_orm::sea_query::Expr;
use serde_json::json;
use zhida_pack::{Rectification, Severity};

use super::entity::finding;
use super::store;
use crate::app::App;
use crate::ids::FindingId;
use crate::journal::Subject;
use crate::problem::Problem;
use crate::web::extract::{Form, Path};
use crate::web::{Officer, to};

/// What must be settled about a finding; nothing where its pack does not say, or it is too slight.
pub(super) fn wanted<'a>(app: &'a App, f: &finding::Model) -> Option<&'a Rectification> {
    let of = app.packs().find(|p| p.name == f.pack).and_then(|p| p.rectification.as_ref())?;
    (Severity::of_rank(f.severity) >= of.from).then_some(of)
}

/// What is settled, by code.
pub(super) fn settled(f: &finding::Model) -> BTreeMap<String, String> {
    serde_json::from_str(&f.plan).unwrap_or_default()
}

/// Refuses what is not settled yet: with what is missing.
///
/// # Errors
/// Something that must be settled first.
pub(super) fn check(app: &App, f: &finding::Model) -> Result<(), Problem> {
    let Some(wanted) = wanted(app, f) else { return Ok(()) };
    let settled = settled(f);
    let missing = wanted.fields.iter().filter(|s| settled.get(&s.code).is_none_or(|t| t.trim().is_empty()));
    let missing: Vec<&str> = missing.map(|s| s.label.zh.as_str()).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Problem::field("plan", "fault-unsettled", missing.join("、")))
    }
}

/// `POST /findings/{id}/plan`: settles it.
pub(super) async fn send(
    o: Officer,
    Path(id): Path<FindingId>,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let now = store::by_id(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
    if now.state != "open" {
        return Err(Problem::Conflict("fault-finding-state"));
    }
    let wanted = wanted(&o.app, &now).ok_or(Problem::NotFound)?;
    let one = |name: &str| form.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.trim());
    if one("version") != now.version.to_string() {
        return Err(Problem::Conflict("fault-changed"));
    }
    let settled: BTreeMap<&str, String> =
        wanted.fields.iter().map(|s| (s.code.as_str(), one(&s.code).chars().take(300).collect())).collect();
    let words: Vec<String> = wanted
        .fields
        .iter()
        .filter_map(|s| Some((s, settled.get(s.code.as_str()).filter(|t| !t.is_empty())?)))
        .map(|(s, text)| format!("{}：{text}", s.label.zh))
        .collect();
    let mut write = o.write().await?;
    let step = store::step_row(&write, id, "settled", &words.join("；"), &[]);
    let values = vec![(finding::Column::Plan, Expr::value(serde_json::to_string(&settled)?))];
    store::change(&write, &now, values, step).await?;
    write.note("finding-settled", Subject::new("finding", id), json!({ "plan": settled })).await?;
    write.commit().await?;
    Ok(to(&format!("/findings/{id}"), "saved"))
}
