//! Queries on units.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use zhida_types::{Day, RegionCode};

use super::entity::{ActiveModel, Column, Entity, Model};
use crate::ids::{CountyId, UnitId};
use crate::journal::{Subject, Write};

/// Creates a unit.
///
/// # Errors
/// The database's.
pub async fn create(
    write: &mut Write,
    name: &str,
    region: &RegionCode,
    parent: Option<UnitId>,
) -> Result<UnitId, DbErr> {
    let id = UnitId::new();
    let unit = ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        name: Set(name.to_owned()),
        region: Set(region.to_string()),
        parent_id: Set(parent),
        created_at: Set(write.at()),
        dissolved_on: Set(None),
        successor_id: Set(None),
    };
    unit.insert(write.tx()).await?;
    write.note("unit-created", Subject::new("unit", id), serde_json::json!({ "name": name })).await?;
    Ok(id)
}

/// A unit's name and region.
///
/// # Errors
/// The database's.
pub async fn find(db: &impl ConnectionTrait, county: &CountyId, id: UnitId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id((county.clone(), id)).one(db).await
}

/// The county's oldest unit: the one for which the command line acts.
///
/// # Errors
/// The database's.
pub async fn first(db: &impl ConnectionTrait, county: &CountyId) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::County.eq(county.clone())).order_by_asc(Column::Id).one(db).await
}

/// The county's units by name, those that are dissolved too.
///
/// # Errors
/// The database's.
pub async fn list(db: &impl ConnectionTrait, county: &CountyId) -> Result<Vec<Model>, DbErr> {
    let query = Entity::find().filter(Column::County.eq(county.clone())).order_by_asc(Column::Name);
    query.limit(2_000).all(db).await
}

/// Which unit stands above each.
///
/// # Errors
/// The database's.
pub async fn parents(
    db: &impl ConnectionTrait,
    county: &CountyId,
) -> Result<BTreeMap<UnitId, Option<UnitId>>, DbErr> {
    Ok(list(db, county).await?.into_iter().map(|u| (u.id, u.parent_id)).collect())
}

/// Dissolves a unit: from the day on another does its work. What it had is handed over by whoever calls this.
///
/// # Errors
/// The database's.
pub async fn dissolve(write: &mut Write, id: UnitId, successor: UnitId, on: Day) -> Result<bool, DbErr> {
    let done = Entity::update_many()
        .col_expr(Column::DissolvedOn, Expr::value(on.0))
        .col_expr(Column::SuccessorId, Expr::value(successor))
        .filter(Column::County.eq(write.county().clone()))
        .filter(Column::Id.eq(id))
        .filter(Column::DissolvedOn.is_null())
        .exec(write.tx())
        .await?;
    // Who stood below it stands below its successor.
    Entity::update_many()
        .col_expr(Column::ParentId, Expr::value(successor))
        .filter(Column::County.eq(write.county().clone()))
        .filter(Column::ParentId.eq(id))
        .filter(Column::Id.ne(successor))
        .exec(write.tx())
        .await?;
    let detail = serde_json::json!({ "successor": successor, "on": on });
    write.note("unit-dissolved", Subject::new("unit", id), detail).await?;
    Ok(done.rows_affected > 0)
}
