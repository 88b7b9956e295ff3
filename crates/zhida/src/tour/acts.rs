//! A tour goes out, makes its stops, comes back; or is cancelled, with the cause.

use sea_orm::sea_query::Expr;
use serde_json::json;

use super::entity::tour;
use crate::journal::{Subject, Write};
use crate::problem::Problem;

async fn change(
    write: &Write,
    now: &tour::Model,
    from: &[&str],
    values: Vec<(tour::Column, Expr)>,
) -> Result<(), Problem> {
    if !from.contains(&now.state.as_str()) {
        return Err(Problem::Conflict("fault-tour-state"));
    }
    crate::db::change(write.tx(), now, values).await
}

/// It goes out with those who are there: they count as turns from now on.
///
/// # Errors
/// A tour that is not planned, nobody in it, or the database's.
pub async fn out(write: &mut Write, now: &tour::Model, crew: i64, vehicles: i64) -> Result<(), Problem> {
    if !(1..=1_000).contains(&crew) {
        return Err(Problem::field("crew", "fault-crew", crew));
    }
    if !(0..=200).contains(&vehicles) {
        return Err(Problem::field("vehicles", "fault-vehicles", vehicles));
    }
    let values = vec![
        (tour::Column::State, Expr::value("out")),
        (tour::Column::Crew, Expr::value(crew)),
        (tour::Column::Vehicles, Expr::value(vehicles)),
        (tour::Column::OutAt, Expr::value(Some(write.at()))),
    ];
    change(write, now, &["planned"], values).await?;
    let detail = json!({ "crew": crew, "vehicles": vehicles });
    Ok(write.note("tour-out", Subject::new("tour", now.id), detail).await?)
}

/// It comes back.
///
/// # Errors
/// A tour that is not out, or the database's.
pub async fn back(write: &mut Write, now: &tour::Model, words: &str) -> Result<(), Problem> {
    let values = vec![
        (tour::Column::State, Expr::value("back")),
        (tour::Column::Cause, Expr::value(words.trim())),
        (tour::Column::BackAt, Expr::value(Some(write.at()))),
    ];
    change(write, now, &["out"], values).await?;
    Ok(write.note("tour-back", Subject::new("tour", now.id), json!({ "words": words.trim() })).await?)
}

/// It is not made.
///
/// # Errors
/// A tour that went out, no cause, or the database's.
pub async fn cancel(write: &mut Write, now: &tour::Model, cause: &str) -> Result<(), Problem> {
    if cause.trim().chars().count() < 2 {
        return Err(Problem::field("words", "fault-cause", ""));
    }
    let values = vec![
        (tour::Column::State, Expr::value("cancelled")),
        (tour::Column::Cause, Expr::value(cause.trim())),
    ];
    change(write, now, &["planned"], values).await?;
    Ok(write.note("tour-cancelled", Subject::new("tour", now.id), json!({ "cause": cause.trim() })).await?)
}
