//! Every query on tours, stops, encounters and warnings.

use std::collections::BTreeMap;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use zhida_types::{Day, RegionCode};

use super::entity::{encounter, stop, tour, warning};
use crate::db::rows_per_statement;
use crate::ids::{CountyId, EncounterId, PartyId, PlaceId, StopId, TourId};
use crate::journal::Write;

crate::db::versioned!(tour);

/// The tours of a county that an officer of a region may see: a tour without a town is the county's.
fn within(county: &CountyId, region: &RegionCode) -> Condition {
    crate::db::within((tour::Column::County, tour::Column::Town), county, region)
}

/// Writes tours with their stops.
pub(super) async fn insert(
    write: &Write,
    tours: Vec<tour::ActiveModel>,
    stops: Vec<stop::ActiveModel>,
) -> Result<(), DbErr> {
    for chunk in tours.chunks(rows_per_statement(23)) {
        tour::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    for chunk in stops.chunks(rows_per_statement(11)) {
        stop::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    Ok(())
}

/// A page of tours, newest day first.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
    (kind, state): (&str, &str),
    before: Option<(Day, TourId)>,
    limit: u64,
) -> Result<Vec<tour::Model>, DbErr> {
    let mut query = tour::Entity::find().filter(within(county, region));
    if !kind.is_empty() {
        query = query.filter(tour::Column::Kind.eq(kind));
    }
    if !state.is_empty() {
        query = query.filter(tour::Column::State.eq(state));
    }
    if let Some((day, id)) = before {
        let same = Condition::all().add(tour::Column::Day.eq(day.0)).add(tour::Column::Id.lt(id));
        query = query.filter(Condition::any().add(tour::Column::Day.lt(day.0)).add(same));
    }
    query.order_by_desc(tour::Column::Day).order_by_desc(tour::Column::Id).limit(limit).all(db).await
}

/// A tour, where an officer of a region may see it.
///
/// # Errors
/// The database's.
pub async fn find(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
    id: TourId,
) -> Result<Option<tour::Model>, DbErr> {
    tour::Entity::find().filter(within(county, region)).filter(tour::Column::Id.eq(id)).one(db).await
}

/// The stops of a tour, in order.
///
/// # Errors
/// The database's.
pub async fn stops(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: TourId,
) -> Result<Vec<stop::Model>, DbErr> {
    stop::Entity::find()
        .filter(stop::Column::County.eq(county.clone()))
        .filter(stop::Column::TourId.eq(id))
        .order_by_asc(stop::Column::Position)
        .all(db)
        .await
}

/// Marks a stop as made. Answers whether it was open.
pub(super) async fn stop_done(write: &Write, tour: TourId, id: StopId, words: &str) -> Result<bool, DbErr> {
    let done = stop::Entity::update_many()
        .col_expr(stop::Column::DoneAt, Expr::value(Some(write.at())))
        .col_expr(stop::Column::Words, Expr::value(words))
        .filter(stop::Column::County.eq(write.county().clone()))
        .filter(stop::Column::TourId.eq(tour))
        .filter(stop::Column::Id.eq(id))
        .filter(stop::Column::DoneAt.is_null())
        .exec(write.tx())
        .await?;
    Ok(done.rows_affected == 1)
}

/// When each place was last visited on a tour.
pub(super) async fn visited(
    db: &impl ConnectionTrait,
    county: &CountyId,
) -> Result<BTreeMap<PlaceId, chrono::DateTime<chrono::Utc>>, DbErr> {
    let rows: Vec<(PlaceId, chrono::DateTime<chrono::Utc>)> = stop::Entity::find()
        .select_only()
        .column(stop::Column::PlaceId)
        .column_as(stop::Column::DoneAt.max(), "last")
        .filter(stop::Column::County.eq(county.clone()))
        .filter(stop::Column::PlaceId.is_not_null())
        .filter(stop::Column::DoneAt.is_not_null())
        .group_by(stop::Column::PlaceId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Tours of a kind that were made, or are to be, between two days.
pub(super) async fn between(
    db: &impl ConnectionTrait,
    county: &CountyId,
    kind: &str,
    (from, until): (Day, Day),
) -> Result<Vec<(chrono::NaiveDate, String)>, DbErr> {
    tour::Entity::find()
        .select_only()
        .columns([tour::Column::Day, tour::Column::State])
        .filter(tour::Column::County.eq(county.clone()))
        .filter(tour::Column::Kind.eq(kind))
        .filter(tour::Column::Day.between(from.0, until.0))
        .into_tuple()
        .all(db)
        .await
}

/// Writes an encounter.
pub(super) async fn met(write: &Write, row: encounter::ActiveModel) -> Result<(), DbErr> {
    encounter::Entity::insert(row).exec_without_returning(write.tx()).await?;
    Ok(())
}

/// The encounters of a tour, newest first.
pub(super) async fn encounters(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: TourId,
) -> Result<Vec<encounter::Model>, DbErr> {
    encounter::Entity::find()
        .filter(encounter::Column::County.eq(county.clone()))
        .filter(encounter::Column::TourId.eq(id))
        .order_by_desc(encounter::Column::Id)
        .all(db)
        .await
}

/// An encounter.
pub(super) async fn encounter(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: EncounterId,
) -> Result<Option<encounter::Model>, DbErr> {
    encounter::Entity::find_by_id((county.clone(), id)).one(db).await
}

/// Says who somebody was.
pub(super) async fn name(write: &Write, id: EncounterId, party: PartyId, name: &str) -> Result<(), DbErr> {
    encounter::Entity::update_many()
        .col_expr(encounter::Column::PartyId, Expr::value(Some(party)))
        .col_expr(encounter::Column::Name, Expr::value(name))
        .filter(encounter::Column::County.eq(write.county().clone()))
        .filter(encounter::Column::Id.eq(id))
        .exec(write.tx())
        .await?;
    Ok(())
}

/// Turns, vehicle turns and tours that were made, by county and day.
pub(super) async fn turns(
    db: &impl ConnectionTrait,
    counties: Condition,
    kind: &str,
    (from, until): (Day, Day),
) -> Result<Vec<(CountyId, chrono::NaiveDate, i64, i64, i64)>, DbErr> {
    tour::Entity::find()
        .select_only()
        .columns([tour::Column::County, tour::Column::Day])
        .column_as(tour::Column::Id.count(), "n")
        .column_as(tour::Column::Crew.sum().cast_as("bigint"), "crew")
        .column_as(tour::Column::Vehicles.sum().cast_as("bigint"), "vehicles")
        .filter(counties)
        .filter(tour::Column::Kind.eq(kind))
        .filter(tour::Column::State.is_in(["out", "back"]))
        .filter(tour::Column::Day.between(from.0, until.0))
        .group_by(tour::Column::County)
        .group_by(tour::Column::Day)
        .into_tuple()
        .all(db)
        .await
}

/// People who were helped, by county and day.
pub(super) async fn helped(
    db: &impl ConnectionTrait,
    counties: Condition,
    (from, until): (Day, Day),
) -> Result<Vec<(CountyId, chrono::NaiveDate, i64)>, DbErr> {
    encounter::Entity::find()
        .select_only()
        .columns([encounter::Column::County, encounter::Column::Day])
        .column_as(encounter::Column::Persons.sum().cast_as("bigint"), "persons")
        .filter(counties)
        .filter(encounter::Column::Helped.eq(true))
        .filter(encounter::Column::Day.between(from.0, until.0))
        .group_by(encounter::Column::County)
        .group_by(encounter::Column::Day)
        .into_tuple()
        .all(db)
        .await
}

/// Writes a warning.
pub(super) async fn warn(write: &Write, row: warning::ActiveModel) -> Result<(), DbErr> {
    warning::Entity::insert(row).exec_without_returning(write.tx()).await?;
    Ok(())
}

/// Warnings that end on a day or later, the latest first.
pub(super) async fn warnings(
    db: &impl ConnectionTrait,
    county: &CountyId,
    since: Day,
) -> Result<Vec<warning::Model>, DbErr> {
    warning::Entity::find()
        .filter(warning::Column::County.eq(county.clone()))
        .filter(warning::Column::UntilDay.gte(since.0))
        .order_by_desc(warning::Column::FromDay)
        .limit(50)
        .all(db)
        .await
}
