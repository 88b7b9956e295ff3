//! Reports of progress, readings, milestones reached, changes.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use zhida_types::Day;

use super::super::entity::{milestone, progress, reading, revision};
use crate::ids::{CommitmentId, CountyId, MilestoneId, ProgressId};
use crate::journal::Write;

/// A milestone and the commitment that it belongs to.
pub(in crate::commitment) async fn reach_milestone(
    write: &Write,
    commitment: CommitmentId,
    id: MilestoneId,
    on: Option<Day>,
) -> Result<bool, DbErr> {
    let done = milestone::Entity::update_many()
        .col_expr(milestone::Column::DoneOn, Expr::value(on.map(|d| d.0)))
        .filter(milestone::Column::County.eq(write.county().clone()))
        .filter(milestone::Column::CommitmentId.eq(commitment))
        .filter(milestone::Column::Id.eq(id))
        .exec(write.tx())
        .await?;
    Ok(done.rows_affected > 0)
}

/// The readings of a commitment, oldest first.
pub(in crate::commitment) async fn readings(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: CommitmentId,
) -> Result<Vec<reading::Model>, DbErr> {
    reading::Entity::find()
        .filter(reading::Column::County.eq(county.clone()))
        .filter(reading::Column::CommitmentId.eq(id))
        .order_by_asc(reading::Column::Day)
        .limit(2_000)
        .all(db)
        .await
}

/// The last reading of each commitment up to a day.
pub(in crate::commitment) async fn readings_on(
    db: &impl ConnectionTrait,
    county: &CountyId,
    ids: &[CommitmentId],
    day: Day,
) -> Result<BTreeMap<CommitmentId, (i64, i64)>, DbErr> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(5_000) {
        let last: Vec<(CommitmentId, chrono::NaiveDate)> = reading::Entity::find()
            .select_only()
            .column(reading::Column::CommitmentId)
            .column_as(reading::Column::Day.max(), "day")
            .filter(reading::Column::County.eq(county.clone()))
            .filter(reading::Column::CommitmentId.is_in(chunk.iter().copied()))
            .filter(reading::Column::Day.lte(day.0))
            .group_by(reading::Column::CommitmentId)
            .into_tuple()
            .all(db)
            .await?;
        let mut by_day: BTreeMap<chrono::NaiveDate, Vec<CommitmentId>> = BTreeMap::new();
        for (id, day) in last {
            by_day.entry(day).or_default().push(id);
        }
        for (day, ids) in by_day {
            let rows = reading::Entity::find()
                .filter(reading::Column::County.eq(county.clone()))
                .filter(reading::Column::CommitmentId.is_in(ids))
                .filter(reading::Column::Day.eq(day))
                .all(db)
                .await?;
            found.extend(rows.into_iter().map(|r| (r.commitment_id, (r.value, r.value2))));
        }
    }
    Ok(found)
}

/// Reports of progress of a commitment, newest first.
pub(in crate::commitment) async fn reports(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: CommitmentId,
) -> Result<Vec<progress::Model>, DbErr> {
    progress::Entity::find()
        .filter(progress::Column::County.eq(county.clone()))
        .filter(progress::Column::CommitmentId.eq(id))
        .order_by_desc(progress::Column::Id)
        .limit(100)
        .all(db)
        .await
}

/// Writes a report of progress.
pub(in crate::commitment) async fn report(write: &Write, row: progress::ActiveModel) -> Result<(), DbErr> {
    progress::Entity::insert(row).exec_without_returning(write.tx()).await?;
    Ok(())
}

/// One report.
pub(in crate::commitment) async fn report_by_id(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: ProgressId,
) -> Result<Option<progress::Model>, DbErr> {
    progress::Entity::find_by_id((county.clone(), id)).one(db).await
}

/// Decides on a report that nobody has decided on. Answers whether it was so.
pub(in crate::commitment) async fn decide(
    write: &Write,
    id: ProgressId,
    state: &str,
    cause: &str,
) -> Result<bool, DbErr> {
    let done = progress::Entity::update_many()
        .col_expr(progress::Column::State, Expr::value(state))
        .col_expr(progress::Column::Cause, Expr::value(cause))
        .col_expr(progress::Column::CheckedBy, Expr::value(write.actor().name.clone()))
        .col_expr(progress::Column::CheckedAt, Expr::value(Some(write.at())))
        .filter(progress::Column::County.eq(write.county().clone()))
        .filter(progress::Column::Id.eq(id))
        .filter(progress::Column::State.eq("reported"))
        .exec(write.tx())
        .await?;
    Ok(done.rows_affected > 0)
}

/// The changes of a commitment, newest first.
pub(in crate::commitment) async fn revisions(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: CommitmentId,
) -> Result<Vec<revision::Model>, DbErr> {
    revision::Entity::find()
        .filter(revision::Column::County.eq(county.clone()))
        .filter(revision::Column::CommitmentId.eq(id))
        .order_by_desc(revision::Column::Id)
        .limit(200)
        .all(db)
        .await
}

/// Writes a reading of an earlier day.
pub(in crate::commitment) async fn set_reading(
    tx: &impl ConnectionTrait,
    county: &CountyId,
    id: CommitmentId,
    day: Day,
    (value, value2): (i64, i64),
) -> Result<(), DbErr> {
    let row = reading::ActiveModel {
        county: Set(county.clone()),
        commitment_id: Set(id),
        day: Set(day.0),
        value: Set(value),
        value2: Set(value2),
    };
    let key = [reading::Column::County, reading::Column::CommitmentId, reading::Column::Day];
    let there =
        OnConflict::columns(key).update_columns([reading::Column::Value, reading::Column::Value2]).to_owned();
    reading::Entity::insert(row).on_conflict(there).exec_without_returning(tx).await?;
    Ok(())
}

/// How many reports of progress nobody has decided on.
///
/// # Errors
/// The database's.
pub async fn unchecked_reports(db: &impl ConnectionTrait, county: &CountyId) -> Result<i64, DbErr> {
    let n: Option<i64> = progress::Entity::find()
        .select_only()
        .column_as(progress::Column::Id.count(), "n")
        .filter(progress::Column::County.eq(county.clone()))
        .filter(progress::Column::State.eq("reported"))
        .into_tuple()
        .one(db)
        .await?;
    Ok(n.unwrap_or(0))
}
