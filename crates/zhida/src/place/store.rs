//! Every query on places.

use std::collections::BTreeSet;

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Select,
};
use zhida_types::{Day, RegionCode};

use super::entity::{ActiveModel, Column, Entity, Model};
use crate::ids::{CountyId, ImportId, PlaceId};
use crate::journal::{Subject, Write};
use crate::problem::Problem;

/// What a place of a network offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// County and serial number; given at the first saving where there is none.
    pub code: Option<String>,
    /// The code of its tier.
    pub tier: String,
    /// The code of its class.
    pub class: String,
    /// The kind of co-builder.
    pub builder: String,
    /// The co-builder's name.
    pub partner: String,
    /// How one gets in.
    pub entry: String,
    /// The codes of its services, in the network's order.
    pub services: Vec<String>,
    /// When it is open, as `opening_hours`; empty where it is not known.
    pub hours: String,
    /// The codes of the maps that show it.
    pub maps: Vec<String>,
    /// Who keeps it.
    pub keeper: String,
    /// Who stands in.
    pub deputy: String,
    /// Its telephone.
    pub phone: String,
    /// The first day of the agreement with the co-builder.
    pub agreed_from: Option<Day>,
    /// The last day of it.
    pub agreed_until: Option<Day>,
}

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
    /// `open`, `paused`, `repair` or `closed`.
    pub state: String,
    /// Whether its data are invented.
    pub origin: String,
    /// What it offers, where it belongs to a network.
    pub listing: Option<Listing>,
    /// The file that says so.
    pub import: Option<ImportId>,
}

/// What an officer of a region sees: all of a county, or what lies in the town.
fn within(county: &CountyId, region: &RegionCode) -> Condition {
    crate::db::within((Column::County, Column::Town), county, region)
}

/// A list of codes as the column holds it.
fn json(codes: &[String]) -> String {
    serde_json::Value::from(codes.to_vec()).to_string()
}

/// The highest serial number of the county's codes.
async fn last_serial(write: &Write) -> Result<i64, DbErr> {
    let codes: Vec<Option<String>> = Entity::find()
        .select_only()
        .column(Column::Code)
        .filter(Column::County.eq(write.county().clone()))
        .filter(Column::Code.is_not_null())
        .into_tuple()
        .all(write.tx())
        .await?;
    let serial = |code: &str| code.rsplit('-').next().and_then(|s| s.parse::<i64>().ok());
    Ok(codes.iter().flatten().filter_map(|c| serial(c)).max().unwrap_or(0))
}

/// What is said of a place as the columns hold it, in a version. A place without a listing leaves what is listed.
pub(super) fn row(write: &Write, version: i64, place: NewPlace) -> ActiveModel {
    let said = ActiveModel {
        kind: Set(place.kind),
        name: Set(place.name),
        address: Set(place.address),
        town: Set(place.town),
        lon: Set(place.position.map(|p| p.0)),
        lat: Set(place.position.map(|p| p.1)),
        state: Set(place.state),
        version: Set(version),
        updated_at: Set(write.at()),
        ..ActiveModel::default()
    };
    let Some(listing) = place.listing else { return said };
    ActiveModel {
        code: Set(listing.code),
        tier: Set(listing.tier),
        class: Set(listing.class),
        builder: Set(listing.builder),
        partner: Set(listing.partner),
        entry: Set(listing.entry),
        services: Set(json(&listing.services)),
        hours: Set(listing.hours),
        maps: Set(json(&listing.maps)),
        keeper: Set(listing.keeper),
        deputy: Set(listing.deputy),
        phone: Set(listing.phone),
        agreed_from: Set(listing.agreed_from.map(|d| d.0)),
        agreed_until: Set(listing.agreed_until.map(|d| d.0)),
        ..said
    }
}

/// Writes places.
///
/// # Errors
/// The database's.
pub async fn create(write: &mut Write, new: Vec<NewPlace>) -> Result<Vec<PlaceId>, DbErr> {
    let (mut rows, mut ids, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    let unnumbered = new.iter().any(|p| p.listing.as_ref().is_some_and(|l| l.code.is_none()));
    let mut serial = if unnumbered { last_serial(write).await? } else { 0 };
    for place in new {
        let id = PlaceId::new();
        let listed = place.listing.is_some();
        let mut listing = place.listing.clone().unwrap_or_default();
        if listed && listing.code.is_none() {
            serial += 1;
            listing.code = Some(format!("{}-{serial:04}", write.county()));
        }
        ids.push(id);
        notes
            .push((Subject::new("place", id), serde_json::json!({ "name": place.name, "kind": place.kind })));
        let place = NewPlace { listing: Some(listing), ..place };
        rows.push(ActiveModel {
            county: Set(write.county().clone()),
            id: Set(id),
            unit_id: Set(None),
            origin: Set(place.origin.clone()),
            photos: Set("[]".to_owned()),
            keeper_hash: Set(None),
            device_hash: Set(None),
            seen_open: Set(None),
            seen_by: Set(String::new()),
            seen_at: Set(None),
            import_id: Set(place.import),
            created_at: Set(write.at()),
            ..row(write, 1, place)
        });
    }
    for chunk in rows.chunks(crate::db::rows_per_statement(35)) {
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
    let mut said = row(write, version + 1, new.clone());
    if new.listing.as_ref().is_some_and(|l| l.code.is_none()) {
        said.code = NotSet;
    }
    let done = Entity::update_many()
        .set(said)
        .filter(Column::County.eq(write.county().clone()))
        .filter(Column::Id.eq(id))
        .filter(Column::Version.eq(version))
        .exec(write.tx())
        .await?;
    if done.rows_affected == 0 {
        return Err(Problem::Conflict("fault-changed"));
    }
    let detail =
        serde_json::json!({ "name": new.name, "kind": new.kind, "town": new.town, "state": new.state });
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

/// The places that a county keeps together with a partner, by name.
///
/// # Errors
/// The database's.
pub async fn of_partner(
    db: &impl ConnectionTrait,
    county: &CountyId,
    partner: &str,
) -> Result<Vec<Model>, DbErr> {
    let own = Entity::find()
        .filter(Column::County.eq(county.clone()))
        .filter(Column::Partner.eq(partner))
        .filter(Column::State.ne("closed"));
    own.order_by_asc(Column::Name).order_by_asc(Column::Id).all(db).await
}

/// The places of a kind that stand on a map, in all counties.
fn mapped(kind: &str) -> Select<Entity> {
    Entity::find()
        .filter(Column::Kind.eq(kind))
        .filter(Column::Lon.is_not_null())
        .filter(Column::Code.is_not_null())
}

/// How many places of a kind stand on a map and are not closed for good.
///
/// # Errors
/// The database's.
pub async fn mapped_count(db: &impl ConnectionTrait, kind: &str) -> Result<u64, DbErr> {
    mapped(kind).filter(Column::State.ne("closed")).count(db).await
}

/// The places of a kind that stand on a map and are not closed for good; closed ones too, of those changed or seen since a time,
/// where one is given.
///
/// # Errors
/// The database's.
pub async fn on_the_map(
    db: &impl ConnectionTrait,
    kind: &str,
    since: Option<chrono::DateTime<chrono::Utc>>,
) -> Result<Vec<Model>, DbErr> {
    let query = match since {
        Some(at) => mapped(kind).filter(Column::UpdatedAt.gte(at).or(Column::SeenAt.gte(at))),
        None => mapped(kind).filter(Column::State.ne("closed")),
    };
    query.order_by_asc(Column::County).order_by_asc(Column::Id).all(db).await
}

/// All places of a county, closed ones too.
///
/// # Errors
/// The database's.
pub async fn all(db: &impl ConnectionTrait, county: &CountyId) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::County.eq(county.clone())).order_by_asc(Column::Id).all(db).await
}

/// The places of a kind that an officer of the region sees and that are not closed for good.
///
/// # Errors
/// The database's.
pub async fn kept(
    db: &impl ConnectionTrait,
    county: &CountyId,
    region: &RegionCode,
    kind: &str,
) -> Result<Vec<Model>, DbErr> {
    let seen = Entity::find().filter(within(county, region)).filter(Column::Kind.eq(kind));
    seen.filter(Column::State.ne("closed")).order_by_asc(Column::Id).all(db).await
}

/// The places of a kind in all counties that an officer of the region sees, and that are not closed for good.
///
/// # Errors
/// The database's.
pub async fn kept_in_counties(
    db: &impl ConnectionTrait,
    county: &CountyId,
    region: &RegionCode,
    kind: &str,
) -> Result<Vec<Model>, DbErr> {
    in_counties(county, region, kind).filter(Column::State.ne("closed")).all(db).await
}

/// The same with those that are closed for good.
///
/// # Errors
/// The database's.
pub async fn all_in_counties(
    db: &impl ConnectionTrait,
    county: &CountyId,
    region: &RegionCode,
    kind: &str,
) -> Result<Vec<Model>, DbErr> {
    in_counties(county, region, kind).all(db).await
}

fn in_counties(county: &CountyId, region: &RegionCode, kind: &str) -> Select<Entity> {
    let own = if region.as_str().len() < 6 {
        crate::db::counties(Column::County, county, region)
    } else {
        within(county, region)
    };
    Entity::find()
        .filter(own)
        .filter(Column::Kind.eq(kind))
        .order_by_asc(Column::County)
        .order_by_asc(Column::Id)
}

/// The place of a code that anybody may know: the code begins with its county.
///
/// # Errors
/// The database's.
pub async fn public(db: &impl ConnectionTrait, code: &str) -> Result<Option<Model>, DbErr> {
    match CountyId::leading(code) {
        Some(county) => by_code(db, &county, code).await,
        None => Ok(None),
    }
}

/// A place by its code.
///
/// # Errors
/// The database's.
pub async fn by_code(
    db: &impl ConnectionTrait,
    county: &CountyId,
    code: &str,
) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::County.eq(county.clone())).filter(Column::Code.eq(code)).one(db).await
}

/// Keeps what was seen of a place, and when, where nothing was seen of it later.
///
/// # Errors
/// The database's.
pub async fn seen(
    write: &Write,
    id: PlaceId,
    (open, by): (bool, &str),
    at: chrono::DateTime<chrono::Utc>,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::SeenOpen, Expr::value(open))
        .col_expr(Column::SeenBy, Expr::value(by))
        .col_expr(Column::SeenAt, Expr::value(at))
        .filter(Column::County.eq(write.county().clone()))
        .filter(Column::Id.eq(id))
        .filter(Condition::any().add(Column::SeenAt.is_null()).add(Column::SeenAt.lte(at)))
        .exec(write.tx())
        .await?;
    Ok(())
}

/// A place of a county by its id, whoever asks.
///
/// # Errors
/// The database's.
pub async fn of_id(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: PlaceId,
) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id((county.clone(), id)).one(db).await
}

/// Places of a county by their ids, whoever asks.
///
/// # Errors
/// The database's.
pub async fn of_ids(
    db: &impl ConnectionTrait,
    county: &CountyId,
    ids: &BTreeSet<PlaceId>,
) -> Result<Vec<Model>, DbErr> {
    let ids: Vec<PlaceId> = ids.iter().copied().collect();
    let mut found = Vec::new();
    for chunk in ids.chunks(1_000) {
        let some = Entity::find()
            .filter(Column::County.eq(county.clone()))
            .filter(Column::Id.is_in(chunk.iter().copied()));
        found.extend(some.all(db).await?);
    }
    Ok(found)
}

/// Whose link opens a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Its keeper's.
    Keeper,
    /// A device's at its door.
    Device,
}

/// Gives a place another link; the one before is good no longer.
///
/// # Errors
/// The database's.
pub async fn renew_link(write: &Write, id: PlaceId, link: Link, hash: &str) -> Result<(), DbErr> {
    let column = match link {
        Link::Keeper => Column::KeeperHash,
        Link::Device => Column::DeviceHash,
    };
    Entity::update_many()
        .col_expr(column, Expr::value(hash))
        .filter(Column::County.eq(write.county().clone()))
        .filter(Column::Id.eq(id))
        .exec(write.tx())
        .await?;
    Ok(())
}

/// Photos of a place at most.
pub const PHOTOS: usize = 8;

/// Adds photos to a place, the newest last; one that is there already stays once.
///
/// # Errors
/// More than a place shows, or the database's.
pub async fn add_photos(write: &mut Write, id: PlaceId, hashes: &[String]) -> Result<(), Problem> {
    let place = of_id(write.tx(), write.county(), id).await?.ok_or(Problem::NotFound)?;
    let mut all = place.photos();
    all.extend(hashes.iter().filter(|h| !place.photos().contains(h)).cloned());
    if all.len() > PHOTOS {
        return Err(Problem::field("photos", "fault-photos-most", PHOTOS));
    }
    set_photos(write, id, &all, "place-photos-added").await
}

/// Takes a photo off a place.
///
/// # Errors
/// The database's.
pub async fn drop_photo(write: &mut Write, id: PlaceId, hash: &str) -> Result<(), Problem> {
    let place = of_id(write.tx(), write.county(), id).await?.ok_or(Problem::NotFound)?;
    let mut all = place.photos();
    all.retain(|h| h != hash);
    set_photos(write, id, &all, "place-photo-dropped").await
}

async fn set_photos(write: &mut Write, id: PlaceId, all: &[String], act: &str) -> Result<(), Problem> {
    Entity::update_many()
        .col_expr(Column::Photos, Expr::value(json(all)))
        .filter(Column::County.eq(write.county().clone()))
        .filter(Column::Id.eq(id))
        .exec(write.tx())
        .await?;
    write.note(act, Subject::new("place", id), serde_json::json!({ "photos": all.len() })).await?;
    Ok(())
}

/// Closes a place for good, with why.
///
/// # Errors
/// The database's.
pub async fn close(write: &mut Write, id: PlaceId, why: &str) -> Result<(), Problem> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value("closed"))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(write.at()))
        .filter(Column::County.eq(write.county().clone()))
        .filter(Column::Id.eq(id))
        .exec(write.tx())
        .await?;
    write.note("place-closed", Subject::new("place", id), serde_json::json!({ "why": why })).await?;
    Ok(())
}
