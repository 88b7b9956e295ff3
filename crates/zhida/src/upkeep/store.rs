//! Every query on upkeep and equipment.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use serde_json::json;
use zhida_types::Day;

use super::entity::{equipment, upkeep};
use crate::ids::{CountyId, EquipmentId, PlaceId};
use crate::journal::{Subject, Write};
use crate::problem::Problem;

/// What keeps a place going.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upkeep {
    /// For each duty's code who does it: `own` or `partner`.
    pub duties: BTreeMap<String, String>,
    /// What happens where somebody does not do what is agreed.
    pub breach: String,
    /// Yuan a year.
    pub cost: Option<i64>,
    /// Hours of the keeper in a week.
    pub keeper_hours: Option<i64>,
    /// 0 where nothing is on file.
    pub version: i64,
}

fn read(row: upkeep::Model) -> Upkeep {
    Upkeep {
        // Only `set` writes it.
        duties: serde_json::from_str(&row.duties).unwrap_or_default(),
        breach: row.breach,
        cost: row.cost,
        keeper_hours: row.keeper_hours,
        version: row.version,
    }
}

/// What keeps a place going, as far as it is on file.
pub(super) async fn of(db: &impl ConnectionTrait, county: &CountyId, id: PlaceId) -> Result<Upkeep, DbErr> {
    let row = upkeep::Entity::find_by_id((county.clone(), id)).one(db).await?;
    Ok(row.map(read).unwrap_or_default())
}

/// What keeps the places of a county going, of those for which something is on file.
///
/// # Errors
/// The database's.
pub async fn all(db: &impl ConnectionTrait, county: &CountyId) -> Result<BTreeMap<PlaceId, Upkeep>, DbErr> {
    let rows = upkeep::Entity::find().filter(upkeep::Column::County.eq(county.clone())).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.place_id, read(row))).collect())
}

/// Keeps what keeps a place going, over the version that was read.
///
/// # Errors
/// [`Problem::Conflict`] where somebody else was quicker, or the database's.
pub async fn set(write: &mut Write, place: PlaceId, new: &Upkeep) -> Result<(), Problem> {
    let row = upkeep::ActiveModel {
        county: Set(write.county().clone()),
        place_id: Set(place),
        duties: Set(serde_json::to_string(&new.duties)?),
        breach: Set(new.breach.clone()),
        cost: Set(new.cost),
        keeper_hours: Set(new.keeper_hours),
        version: Set(new.version + 1),
        updated_at: Set(write.at()),
    };
    let over = OnConflict::columns([upkeep::Column::County, upkeep::Column::PlaceId])
        .update_columns([
            upkeep::Column::Duties,
            upkeep::Column::Breach,
            upkeep::Column::Cost,
            upkeep::Column::KeeperHours,
            upkeep::Column::Version,
            upkeep::Column::UpdatedAt,
        ])
        .action_and_where(Expr::col((upkeep::Entity, upkeep::Column::Version)).eq(new.version))
        .to_owned();
    let done = upkeep::Entity::insert(row).on_conflict(over).exec_without_returning(write.tx()).await?;
    if done == 0 {
        return Err(Problem::Conflict("fault-changed"));
    }
    let detail = json!({ "duties": new.duties, "cost": new.cost, "keeper_hours": new.keeper_hours });
    write.note("upkeep-changed", Subject::new("place", place), detail).await?;
    Ok(())
}

/// The equipment of a place that is not gone, and what was, by service and age.
pub(super) async fn equipment(
    db: &impl ConnectionTrait,
    county: &CountyId,
    place: PlaceId,
) -> Result<Vec<equipment::Model>, DbErr> {
    let own = equipment::Entity::find()
        .filter(equipment::Column::County.eq(county.clone()))
        .filter(equipment::Column::PlaceId.eq(place));
    own.order_by_asc(equipment::Column::Service).order_by_asc(equipment::Column::Id).limit(500).all(db).await
}

/// How much equipment of each place is broken.
///
/// # Errors
/// The database's.
pub async fn broken(db: &impl ConnectionTrait, county: &CountyId) -> Result<BTreeMap<PlaceId, i64>, DbErr> {
    let rows: Vec<(PlaceId, i64)> = equipment::Entity::find()
        .select_only()
        .column(equipment::Column::PlaceId)
        .column_as(equipment::Column::Id.count(), "n")
        .filter(equipment::Column::County.eq(county.clone()))
        .filter(equipment::Column::State.eq("broken"))
        .group_by(equipment::Column::PlaceId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Puts a piece of equipment on the register.
///
/// # Errors
/// The database's.
pub async fn equip(
    write: &mut Write,
    place: PlaceId,
    (service, name): (&str, &str),
    since: Option<Day>,
) -> Result<EquipmentId, DbErr> {
    let id = EquipmentId::new();
    let row = equipment::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        place_id: Set(place),
        service: Set(service.to_owned()),
        name: Set(name.to_owned()),
        since: Set(since.map(|d| d.0)),
        state: Set("working".to_owned()),
        words: Set(String::new()),
        updated_at: Set(write.at()),
    };
    equipment::Entity::insert(row).exec_without_returning(write.tx()).await?;
    let detail = json!({ "place": place, "name": name, "service": service });
    write.note("equipment-added", Subject::new("equipment", id), detail).await?;
    Ok(id)
}

/// Says how a piece of equipment is.
pub(super) async fn mark(
    write: &mut Write,
    place: PlaceId,
    id: EquipmentId,
    (state, words): (&str, &str),
) -> Result<(), Problem> {
    let done = equipment::Entity::update_many()
        .col_expr(equipment::Column::State, Expr::value(state))
        .col_expr(equipment::Column::Words, Expr::value(words))
        .col_expr(equipment::Column::UpdatedAt, Expr::value(write.at()))
        .filter(equipment::Column::County.eq(write.county().clone()))
        .filter(equipment::Column::PlaceId.eq(place))
        .filter(equipment::Column::Id.eq(id))
        .exec(write.tx())
        .await?;
    if done.rows_affected == 0 {
        return Err(Problem::NotFound);
    }
    let detail = json!({ "state": state, "words": words });
    write.note("equipment-marked", Subject::new("equipment", id), detail).await?;
    Ok(())
}
