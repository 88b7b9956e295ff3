//! What counting sets and reads: measures, sums of parts, lights.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QuerySelect as _,
};
use zhida_types::{Day, RegionCode};

use super::super::entity::{commitment, measure, reading};
use super::super::indicator::Measures;
use crate::db::counties;
use crate::db::rows_per_statement;
use crate::ids::{CommitmentId, CountyId};

/// What the children of every commitment have done together: by the parent's county and id.
pub(in crate::commitment) async fn sums_by_parent(
    db: &impl ConnectionTrait,
) -> Result<BTreeMap<CountyId, BTreeMap<CommitmentId, (i64, i64)>>, DbErr> {
    use commitment::Column as C;
    let rows: Vec<(CountyId, CommitmentId, i64, i64)> = commitment::Entity::find()
        .select_only()
        .column(C::ParentCounty)
        .column(C::ParentId)
        .column_as(C::Actual.sum().cast_as("bigint"), "actual")
        .column_as(C::Actual2.sum().cast_as("bigint"), "actual2")
        .filter(C::ParentId.is_not_null())
        .filter(C::State.ne("dropped"))
        .group_by(C::ParentCounty)
        .group_by(C::ParentId)
        .into_tuple()
        .all(db)
        .await?;
    let mut sums: BTreeMap<CountyId, BTreeMap<CommitmentId, (i64, i64)>> = BTreeMap::new();
    for (county, id, actual, actual2) in rows {
        sums.entry(county).or_default().insert(id, (actual, actual2));
    }
    Ok(sums)
}

/// Sets what is done, and the day's reading; the mark of the last change stays, since nobody changed the promise.
pub(in crate::commitment) async fn set_actual(
    tx: &impl ConnectionTrait,
    county: &CountyId,
    done: &[(CommitmentId, i64, i64)],
    day: Day,
) -> Result<(), DbErr> {
    for (id, actual, actual2) in done {
        commitment::Entity::update_many()
            .col_expr(commitment::Column::Actual, Expr::value(*actual))
            .col_expr(commitment::Column::Actual2, Expr::value(*actual2))
            .col_expr(commitment::Column::ActualOn, Expr::value(Some(day.0)))
            .filter(commitment::Column::County.eq(county.clone()))
            .filter(commitment::Column::Id.eq(*id))
            .exec(tx)
            .await?;
    }
    for chunk in done.chunks(rows_per_statement(5)) {
        let rows = chunk.iter().map(|(id, actual, actual2)| reading::ActiveModel {
            county: Set(county.clone()),
            commitment_id: Set(*id),
            day: Set(day.0),
            value: Set(*actual),
            value2: Set(*actual2),
        });
        let key = [reading::Column::County, reading::Column::CommitmentId, reading::Column::Day];
        let there = OnConflict::columns(key)
            .update_columns([reading::Column::Value, reading::Column::Value2])
            .to_owned();
        reading::Entity::insert_many(rows).on_conflict(there).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Sets the lights of commitments that are to show the same.
pub(in crate::commitment) async fn set_light(
    tx: &impl ConnectionTrait,
    county: &CountyId,
    ids: &[CommitmentId],
    (light, planned, soft): (&str, i64, bool),
) -> Result<(), DbErr> {
    for chunk in ids.chunks(5_000) {
        commitment::Entity::update_many()
            .col_expr(commitment::Column::Light, Expr::value(light))
            .col_expr(commitment::Column::Planned, Expr::value(planned))
            .col_expr(commitment::Column::Soft, Expr::value(soft))
            .filter(commitment::Column::County.eq(county.clone()))
            .filter(commitment::Column::Id.is_in(chunk.iter().copied()))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// What indicators have counted in a county: by indicator, dimension and member.
pub(in crate::commitment) async fn measures(
    db: &impl ConnectionTrait,
    condition: Condition,
) -> Result<Vec<measure::Model>, DbErr> {
    measure::Entity::find().filter(condition).limit(200_000).all(db).await
}

/// The journal's number up to which a county was counted.
pub(in crate::commitment) async fn counted_up_to(
    db: &impl ConnectionTrait,
    county: &CountyId,
) -> Result<Option<(i64, chrono::DateTime<chrono::Utc>)>, DbErr> {
    let key = (county.clone(), String::new(), String::new(), String::new());
    let mark = measure::Entity::find_by_id(key).one(db).await?;
    Ok(mark.map(|m| (m.seq, m.at)))
}

/// Replaces what was counted in a county, up to a number of its journal.
pub(in crate::commitment) async fn replace_measures(
    tx: &impl ConnectionTrait,
    county: &CountyId,
    measures: &Measures,
    (seq, at): (i64, chrono::DateTime<chrono::Utc>),
) -> Result<(), DbErr> {
    measure::Entity::delete_many().filter(measure::Column::County.eq(county.clone())).exec(tx).await?;
    let mark = (String::new(), String::new(), String::new());
    let rows: Vec<measure::ActiveModel> = std::iter::once((&mark, &0))
        .chain(measures)
        .map(|((indicator, dimension, member), value)| measure::ActiveModel {
            county: Set(county.clone()),
            indicator: Set(indicator.clone()),
            dimension: Set(dimension.clone()),
            member: Set(member.clone()),
            value: Set(*value),
            at: Set(at),
            seq: Set(seq),
        })
        .collect();
    for chunk in rows.chunks(rows_per_statement(7)) {
        measure::Entity::insert_many(chunk.to_vec()).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Open commitments counted by region and light.
pub(in crate::commitment) async fn lights_by_region(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
) -> Result<Vec<(String, String, i64)>, DbErr> {
    use commitment::Column as C;
    commitment::Entity::find()
        .select_only()
        .column(C::Region)
        .column(C::Light)
        .column_as(C::Id.count(), "n")
        .filter(counties(C::County, county, region))
        .filter(C::State.eq("open"))
        .group_by(C::Region)
        .group_by(C::Light)
        .into_tuple()
        .all(db)
        .await
}
