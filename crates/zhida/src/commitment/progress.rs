//! Reporting progress with evidence, and somebody else's decision on it.

use sea_orm::ActiveValue::Set;
use serde_json::json;
use zhida_types::{Day, Quantity};

use super::entity::{commitment, progress};
use super::store;
use crate::app::App;
use crate::ids::ProgressId;
use crate::journal::{Subject, Write};
use crate::problem::Problem;

/// A report.
#[derive(Clone, Debug)]
pub(super) struct Report {
    pub(super) day: Day,
    pub(super) value: Quantity,
    pub(super) value2: Option<Quantity>,
    pub(super) words: String,
    pub(super) photos: Vec<String>,
}

/// Reports progress; it counts once somebody else has accepted it.
pub(super) async fn report(
    app: &App,
    write: &mut Write,
    now: &commitment::Model,
    report: Report,
) -> Result<ProgressId, Problem> {
    if now.state != "open" {
        return Err(Problem::Conflict("fault-commitment-closed"));
    }
    if !now.indicator.is_empty() {
        return Err(Problem::Conflict("fault-counted"));
    }
    if store::children(write.tx(), &[now.id]).await?.contains_key(&now.id) {
        return Err(Problem::Conflict("fault-has-parts"));
    }
    if report.day > app.clock.today() {
        return Err(Problem::field("day", "fault-future", report.day));
    }
    if report.value.0 < 0 || report.value2.is_some_and(|v| v.0 < 0) {
        return Err(Problem::field("value", "fault-amount", report.value));
    }
    if now.value2.is_some() != report.value2.is_some() {
        return Err(Problem::field("value2", "fault-empty", ""));
    }
    if report.words.trim().is_empty() && report.photos.is_empty() {
        return Err(Problem::field("words", "fault-evidence", ""));
    }
    if crate::photo::known(write.tx(), write.county(), &report.photos).await? != report.photos.len() {
        return Err(Problem::field("photos", "fault-photo", ""));
    }
    let id = ProgressId::new();
    let detail = json!({ "value": report.value.to_string(), "day": report.day, "words": report.words });
    let row = progress::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        commitment_id: Set(now.id),
        day: Set(report.day.0),
        value: Set(report.value.0),
        value2: Set(report.value2.map(|v| v.0)),
        words: Set(report.words),
        photos: Set(json!(report.photos).to_string()),
        state: Set("reported".to_owned()),
        account: Set(write.actor().id()),
        account_name: Set(write.actor().name.clone()),
        checked_by: Set(String::new()),
        checked_at: Set(None),
        cause: Set(String::new()),
        created_at: Set(write.at()),
    };
    store::report(write, row).await?;
    write.note("progress-reported", Subject::new("commitment", now.id), detail).await?;
    Ok(id)
}

/// Decides on a report: not whoever made it.
pub(super) async fn decide(
    write: &mut Write,
    now: &commitment::Model,
    id: ProgressId,
    accept: bool,
    cause: &str,
) -> Result<(), Problem> {
    let report = store::report_by_id(write.tx(), write.county(), id).await?;
    let report = report.filter(|r| r.commitment_id == now.id).ok_or(Problem::NotFound)?;
    if report.account == write.actor().id() {
        return Err(Problem::Conflict("fault-own-report"));
    }
    if !accept && cause.trim().is_empty() {
        return Err(Problem::field("cause", "fault-empty", ""));
    }
    let state = if accept { "accepted" } else { "refused" };
    if !store::decide(write, id, state, cause.trim()).await? {
        return Err(Problem::Conflict("fault-changed"));
    }
    // A report of an earlier day that comes late does not take back what was done since.
    if accept && now.actual_on.is_none_or(|on| on <= report.day) {
        let done = [(now.id, report.value, report.value2.unwrap_or(0))];
        store::set_actual(write.tx(), &now.county, &done, Day(report.day)).await?;
    } else if accept {
        store::set_reading(
            write.tx(),
            &now.county,
            now.id,
            Day(report.day),
            (report.value, report.value2.unwrap_or(0)),
        )
        .await?;
    }
    let detail = json!({ "report": id, "value": Quantity(report.value).to_string(), "cause": cause.trim() });
    write.note(&format!("progress-{state}"), Subject::new("commitment", now.id), detail).await?;
    Ok(())
}

/// Sets what is done without a report: of a demonstration, whose figures nobody has to check.
///
/// # Errors
/// The database's.
pub async fn set_done(
    app: &App,
    county: &crate::ids::CountyId,
    id: crate::ids::CommitmentId,
    value: Quantity,
    day: Day,
) -> Result<(), Problem> {
    store::set_actual(&app.db, county, &[(id, value.0, 0)], day).await?;
    Ok(())
}
