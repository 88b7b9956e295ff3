//! Every query on places.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use zhida_types::RegionCode;

use super::entity::{ActiveModel, Column, Entity, Model};
use crate::ids::{CountyId, PlaceId};
use crate::journal::{Subject, Write};
use crate::problem::Problem;

/// What is said of a place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewPlace {
    /// The code of its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: String,
    /// Its town.
    pub town: Option<String>,
    /// Longitude and latitude, WGS 84.
    pub position: Option<(f64, f64)>,
    /// Whether it is in use.
    pub open: bool,
    /// Whether its data are invented.
    pub origin: String,
}

/// What an officer of a region sees: all of a county, or what lies in the town.
fn within(county: &CountyId, region: &RegionCode) -> Condition {
    crate::db::within((Column::County, Column::Town), county, region)
}

/// Writes places.
///
/// # Errors
/// The database's.
pub async fn create(write: &mut Write, new: Vec<NewPlace>) -> Result<Vec<PlaceId>, DbErr> {
    let (mut rows, mut ids, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for place in new {
        let id = PlaceId::new();
        ids.push(id);
        notes
            .push((Subject::new("place", id), serde_json::json!({ "name": place.name, "kind": place.kind })));
        rows.push(ActiveModel {
            county: Set(write.county().clone()),
            id: Set(id),
            kind: Set(place.kind),
            name: Set(place.name),
            address: Set(place.address),
            town: Set(place.town),
            lon: Set(place.position.map(|p| p.0)),
            lat: Set(place.position.map(|p| p.1)),
            unit_id: Set(None),
            origin: Set(place.origin),
            state: Set(if place.open { "open" } else { "closed" }.to_owned()),
            version: Set(1),
            created_at: Set(write.at()),
            updated_at: Set(write.at()),
        });
    }
    for chunk in rows.chunks(crate::db::rows_per_statement(14)) {
        Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    write.note_many("place-created", notes.into_iter()).await?;
    Ok(ids)
}

/// Changes a place that is still in the version that was read.
///
/// # Errors
/// [`Problem::Conflict`] where somebody else was quicker, or the database's.
pub(super) async fn update(
    write: &mut Write,
    id: PlaceId,
    version: i64,
    new: &NewPlace,
) -> Result<(), Problem> {
    let done = Entity::update_many()
        .col_expr(Column::Kind, Expr::value(new.kind.clone()))
        .col_expr(Column::Name, Expr::value(new.name.clone()))
        .col_expr(Column::Address, Expr::value(new.address.clone()))
        .col_expr(Column::Town, Expr::value(new.town.clone()))
        .col_expr(Column::Lon, Expr::value(new.position.map(|p| p.0)))
        .col_expr(Column::Lat, Expr::value(new.position.map(|p| p.1)))
        .col_expr(Column::State, Expr::value(if new.open { "open" } else { "closed" }))
        .col_expr(Column::Version, Expr::value(version + 1))
        .col_expr(Column::UpdatedAt, Expr::value(write.at()))
        .filter(Column::County.eq(write.county().clone()))
        .filter(Column::Id.eq(id))
        .filter(Column::Version.eq(version))
        .exec(write.tx())
        .await?;
    if done.rows_affected == 0 {
        return Err(Problem::Conflict("fault-changed"));
    }
    let detail =
        serde_json::json!({ "name": new.name, "kind": new.kind, "town": new.town, "open": new.open });
    write.note("place-changed", Subject::new("place", id), detail).await?;
    Ok(())
}

/// A place that an officer of the region may see.
///
/// # Errors
/// The database's.
pub async fn find(
    db: &impl ConnectionTrait,
    county: &CountyId,
    region: &RegionCode,
    id: PlaceId,
) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(within(county, region)).filter(Column::Id.eq(id)).one(db).await
}

/// A page of places behind a name and id.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
    kind: &str,
    text: &str,
    after: Option<PlaceId>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find().filter(within(county, region));
    if !kind.is_empty() {
        query = query.filter(Column::Kind.eq(kind));
    }
    if !text.is_empty() {
        query = query.filter(Column::Name.contains(text).or(Column::Address.contains(text)));
    }
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    query.order_by_asc(Column::Id).limit(limit).all(db).await
}

/// The open places of some kinds (all where none is named), by id: the frame of a draw.
///
/// # Errors
/// The database's.
pub async fn of_kind(
    db: &impl ConnectionTrait,
    county: &CountyId,
    region: &RegionCode,
    kinds: &[String],
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find().filter(within(county, region)).filter(Column::State.eq("open"));
    if !kinds.is_empty() {
        query = query.filter(Column::Kind.is_in(kinds));
    }
    query.order_by_asc(Column::Id).all(db).await
}
