//! Queries on units.

use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _,
    QueryOrder as _,
};
use zhida_types::RegionCode;

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
