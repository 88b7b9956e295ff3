//! Every query on what was seen of places and said of them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};

use zhida_types::RegionCode;

use super::entity::{rating, signal};
use crate::ids::{CountyId, PlaceId, RatingId, SignalId};
use crate::journal::Write;

/// Something that was seen of a place at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The place.
    pub place: PlaceId,
    /// `here`, `locked`, `keeper` or `check`.
    pub kind: String,
    /// Whether it was open.
    pub open: bool,
    /// The mark of the device; empty for officers and keepers.
    pub device: String,
    /// What was said with it.
    pub words: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Keeps what was seen, in the order of its times.
///
/// # Errors
/// The database's.
pub async fn keep(write: &Write, sights: &[Sight]) -> Result<(), DbErr> {
    let row = |s: &Sight| signal::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(SignalId::new()),
        place_id: Set(s.place),
        kind: Set(s.kind.clone()),
        open: Set(Some(s.open)),
        device: Set(s.device.clone()),
        words: Set(s.words.clone()),
        at: Set(s.at),
    };
    for chunk in sights.chunks(crate::db::rows_per_statement(8)) {
        signal::Entity::insert_many(chunk.iter().map(row)).exec_without_returning(write.tx()).await?;
    }
    Ok(())
}

/// Whether a device was at a place since a time.
pub(super) async fn was_here(
    db: &impl ConnectionTrait,
    county: &CountyId,
    (place, kind, device): (PlaceId, &str, &str),
    since: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let own = signal::Entity::find()
        .filter(signal::Column::County.eq(county.clone()))
        .filter(signal::Column::PlaceId.eq(place))
        .filter(signal::Column::Device.eq(device))
        .filter(signal::Column::Kind.eq(kind))
        .filter(signal::Column::At.gt(since));
    Ok(own.limit(1).count(db).await? > 0)
}

/// How often something was seen of a place since a time.
pub(super) async fn seen(
    db: &impl ConnectionTrait,
    county: &CountyId,
    (place, kind): (PlaceId, &str),
    since: DateTime<Utc>,
) -> Result<u64, DbErr> {
    let own = signal::Entity::find()
        .filter(signal::Column::County.eq(county.clone()))
        .filter(signal::Column::PlaceId.eq(place))
        .filter(signal::Column::Kind.eq(kind))
        .filter(signal::Column::At.gt(since));
    own.count(db).await
}

/// When something was seen of a place since a time, oldest first.
pub(super) async fn instants(
    db: &impl ConnectionTrait,
    county: &CountyId,
    (place, kind): (PlaceId, &str),
    since: DateTime<Utc>,
) -> Result<Vec<DateTime<Utc>>, DbErr> {
    let own = signal::Entity::find()
        .select_only()
        .column(signal::Column::At)
        .filter(signal::Column::County.eq(county.clone()))
        .filter(signal::Column::PlaceId.eq(place))
        .filter(signal::Column::Kind.eq(kind))
        .filter(signal::Column::At.gt(since));
    own.order_by_asc(signal::Column::At).into_tuple().all(db).await
}

/// Everything that was seen of a place since a time, oldest first: when, and whether it was open.
///
/// # Errors
/// The database's.
pub async fn sights(
    db: &impl ConnectionTrait,
    county: &CountyId,
    place: PlaceId,
    since: DateTime<Utc>,
) -> Result<Vec<(DateTime<Utc>, bool)>, DbErr> {
    let own = signal::Entity::find()
        .select_only()
        .column(signal::Column::At)
        .column(signal::Column::Open)
        .filter(signal::Column::County.eq(county.clone()))
        .filter(signal::Column::PlaceId.eq(place))
        .filter(signal::Column::Open.is_not_null())
        .filter(signal::Column::At.gt(since));
    own.order_by_asc(signal::Column::At).into_tuple().all(db).await
}

/// When somebody checked in at each place since a time.
pub(super) async fn here_by_place(
    db: &impl ConnectionTrait,
    county: &CountyId,
    since: DateTime<Utc>,
) -> Result<BTreeMap<PlaceId, Vec<DateTime<Utc>>>, DbErr> {
    let rows: Vec<(PlaceId, DateTime<Utc>)> = signal::Entity::find()
        .select_only()
        .column(signal::Column::PlaceId)
        .column(signal::Column::At)
        .filter(signal::Column::County.eq(county.clone()))
        .filter(signal::Column::Kind.eq("here"))
        .filter(signal::Column::At.gt(since))
        .into_tuple()
        .all(db)
        .await?;
    let mut by_place: BTreeMap<PlaceId, Vec<DateTime<Utc>>> = BTreeMap::new();
    for (place, at) in rows {
        by_place.entry(place).or_default().push(at);
    }
    Ok(by_place)
}

/// By how many devices something was seen of each place since a time.
pub(super) async fn by_place(
    db: &impl ConnectionTrait,
    county: &CountyId,
    kind: &str,
    since: DateTime<Utc>,
) -> Result<BTreeMap<PlaceId, i64>, DbErr> {
    let device = Expr::col(signal::Column::Device).count_distinct();
    let rows: Vec<(PlaceId, i64)> = signal::Entity::find()
        .select_only()
        .column(signal::Column::PlaceId)
        .column_as(device, "n")
        .filter(signal::Column::County.eq(county.clone()))
        .filter(signal::Column::Kind.eq(kind))
        .filter(signal::Column::At.gt(since))
        .group_by(signal::Column::PlaceId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// How many check-ins each place had since a time, in all counties that an officer of the region sees.
///
/// # Errors
/// The database's.
pub async fn visits(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
    since: DateTime<Utc>,
) -> Result<BTreeMap<PlaceId, i64>, DbErr> {
    let rows: Vec<(PlaceId, i64)> = signal::Entity::find()
        .select_only()
        .column(signal::Column::PlaceId)
        .column_as(signal::Column::Id.count(), "n")
        .filter(crate::db::counties(signal::Column::County, county, region))
        .filter(signal::Column::Kind.eq("here"))
        .filter(signal::Column::At.gt(since))
        .group_by(signal::Column::PlaceId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// What somebody says of a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opinion {
    /// From 1 to 5.
    pub stars: i64,
    /// Codes of quick words.
    pub praise: Vec<String>,
    /// Words of their own.
    pub words: String,
    /// What work they do, if they say; one of the network's kinds.
    pub who: String,
    /// What they miss most: a service.
    pub wish: String,
}

/// Keeps what somebody says of a place.
///
/// # Errors
/// The database's.
pub async fn rate(write: &Write, place: PlaceId, said: &Opinion, device: &str) -> Result<RatingId, DbErr> {
    let id = RatingId::new();
    let row = rating::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        place_id: Set(place),
        stars: Set(said.stars),
        praise: Set(serde_json::Value::from(said.praise.clone()).to_string()),
        words: Set(said.words.clone()),
        device: Set(device.to_owned()),
        who: Set(said.who.clone()),
        wish: Set(said.wish.clone()),
        at: Set(write.at()),
    };
    rating::Entity::insert(row).exec_without_returning(write.tx()).await?;
    Ok(id)
}

/// Whether a device rated a place since a time.
pub(super) async fn has_rated(
    db: &impl ConnectionTrait,
    county: &CountyId,
    (place, device): (PlaceId, &str),
    since: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let own = rating::Entity::find()
        .filter(rating::Column::County.eq(county.clone()))
        .filter(rating::Column::PlaceId.eq(place))
        .filter(rating::Column::Device.eq(device))
        .filter(rating::Column::At.gt(since));
    Ok(own.limit(1).count(db).await? > 0)
}

/// The newest ratings of a place since a time.
pub(super) async fn ratings(
    db: &impl ConnectionTrait,
    county: &CountyId,
    place: PlaceId,
    since: DateTime<Utc>,
) -> Result<Vec<rating::Model>, DbErr> {
    let own = rating::Entity::find()
        .filter(rating::Column::County.eq(county.clone()))
        .filter(rating::Column::PlaceId.eq(place))
        .filter(rating::Column::At.gt(since));
    own.order_by_desc(rating::Column::Id).limit(1_000).all(db).await
}

/// How many check-ins each place had since a time, and from how many devices, in all counties that an officer of the region
/// sees.
pub(super) async fn visited(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
    since: DateTime<Utc>,
) -> Result<BTreeMap<PlaceId, (i64, i64)>, DbErr> {
    let rows: Vec<(PlaceId, i64, i64)> = signal::Entity::find()
        .select_only()
        .column(signal::Column::PlaceId)
        .column_as(signal::Column::Id.count(), "n")
        .column_as(Expr::col(signal::Column::Device).count_distinct(), "devices")
        .filter(crate::db::counties(signal::Column::County, county, region))
        .filter(signal::Column::Kind.eq("here"))
        .filter(signal::Column::At.gt(since))
        .group_by(signal::Column::PlaceId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(place, n, devices)| (place, (n, devices))).collect())
}

/// The sum and the number of the ratings of each place since a time, in all counties that an officer of the region sees.
///
/// # Errors
/// The database's.
pub async fn rated_by_place(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
    since: DateTime<Utc>,
) -> Result<BTreeMap<PlaceId, (i64, i64)>, DbErr> {
    let rows: Vec<(PlaceId, i64)> = rating::Entity::find()
        .select_only()
        .column(rating::Column::PlaceId)
        .column(rating::Column::Stars)
        .filter(crate::db::counties(rating::Column::County, county, region))
        .filter(rating::Column::At.gt(since))
        .into_tuple()
        .all(db)
        .await?;
    let mut by_place: BTreeMap<PlaceId, (i64, i64)> = BTreeMap::new();
    for (place, stars) in rows {
        let one = by_place.entry(place).or_default();
        *one = (one.0 + stars, one.1 + 1);
    }
    Ok(by_place)
}

/// The sum and the number of the ratings of one place since a time.
///
/// # Errors
/// The database's.
pub async fn rated(
    db: &impl ConnectionTrait,
    county: &CountyId,
    place: PlaceId,
    since: DateTime<Utc>,
) -> Result<(i64, i64), DbErr> {
    let stars: Vec<i64> = rating::Entity::find()
        .select_only()
        .column(rating::Column::Stars)
        .filter(rating::Column::County.eq(county.clone()))
        .filter(rating::Column::PlaceId.eq(place))
        .filter(rating::Column::At.gt(since))
        .into_tuple()
        .all(db)
        .await?;
    Ok((stars.iter().sum(), i64::try_from(stars.len()).unwrap_or(i64::MAX)))
}

/// What people of each kind say, in all counties that an officer of the region sees: who, stars, what they miss.
pub(super) async fn opinions(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
    since: DateTime<Utc>,
) -> Result<Vec<(String, i64, String)>, DbErr> {
    let said = rating::Entity::find()
        .select_only()
        .column(rating::Column::Who)
        .column(rating::Column::Stars)
        .column(rating::Column::Wish)
        .filter(crate::db::counties(rating::Column::County, county, region))
        .filter(rating::Column::At.gt(since));
    said.into_tuple().all(db).await
}
