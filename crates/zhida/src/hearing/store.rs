//! Every query on hearings.

use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use zhida_types::RegionCode;

use super::entity::{ActiveModel, Column, Entity, Model};
use crate::ids::{CountyId, HearingId};
use crate::journal::Write;

pub(super) async fn insert(write: &Write, row: ActiveModel) -> Result<(), DbErr> {
    Entity::insert(row).exec_without_returning(write.tx()).await?;
    Ok(())
}

/// The newest hearings that an officer of a region may see; of one thing, where that is named.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
    (about, before): (Option<(&str, &str)>, Option<HearingId>),
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find().filter(crate::db::within((Column::County, Column::Town), county, region));
    if let Some((kind, id)) = about {
        query = query.filter(Column::AboutKind.eq(kind)).filter(Column::AboutId.eq(id));
    }
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before));
    }
    query.order_by_desc(Column::Id).limit(limit).all(db).await
}

/// A hearing that an officer of a region may see.
pub(super) async fn find(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
    id: HearingId,
) -> Result<Option<Model>, DbErr> {
    let own = Entity::find().filter(crate::db::within((Column::County, Column::Town), county, region));
    own.filter(Column::Id.eq(id)).one(db).await
}

/// The hearing of a link.
pub(super) async fn by_token(
    db: &impl ConnectionTrait,
    county: &CountyId,
    hash: &str,
) -> Result<Option<Model>, DbErr> {
    let own = Entity::find().filter(Column::County.eq(county.clone()));
    own.filter(Column::TokenHash.eq(hash)).one(db).await
}

/// The ids of all things of a kind about which there is some.
///
/// # Errors
/// The database's.
pub async fn abouts(db: &impl ConnectionTrait, county: &CountyId, kind: &str) -> Result<Vec<String>, DbErr> {
    let own = Entity::find()
        .select_only()
        .column(Column::AboutId)
        .distinct()
        .filter(Column::County.eq(county.clone()))
        .filter(Column::AboutKind.eq(kind));
    own.into_tuple().all(db).await
}

/// Whether something has a hearing that is not decided.
pub(super) async fn pending(
    db: &impl ConnectionTrait,
    county: &CountyId,
    (kind, id): (&str, &str),
) -> Result<bool, DbErr> {
    let own = Entity::find()
        .filter(Column::County.eq(county.clone()))
        .filter(Column::AboutKind.eq(kind))
        .filter(Column::AboutId.eq(id))
        .filter(Column::State.ne("decided"));
    Ok(own.limit(1).count(db).await? > 0)
}
