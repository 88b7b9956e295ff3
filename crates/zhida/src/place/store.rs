//! Every query on places.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _,
    ExprTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use zhida_types::{Day, RegionCode};

use std::collections::BTreeSet;

use super::entity::{ActiveModel, Column, Entity, Model, before};
use crate::ids::{BeforeId, CountyId, ImportId, PlaceId};
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

/// The states that a place can be in.
pub const STATES: [&str; 4] = ["open", "paused", "repair", "closed"];

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
        let mut listing = place.listing.unwrap_or_default();
        if listed && listing.code.is_none() {
            serial += 1;
            listing.code = Some(format!("{}-{serial:04}", write.county()));
        }
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
            state: Set(place.state),
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
            photos: Set("[]".to_owned()),
            keeper_hash: Set(None),
            seen_open: Set(None),
            seen_by: Set(String::new()),
            seen_at: Set(None),
            import_id: Set(place.import),
            version: Set(1),
            created_at: Set(write.at()),
            updated_at: Set(write.at()),
        });
    }
    for chunk in rows.chunks(crate::db::rows_per_statement(34)) {
        Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    write.note_many("place-created", notes.into_iter()).await?;
    Ok(ids)
}

/// Changes a place that is still in the version that was read.
///
/// # Errors
/// [`Problem::Conflict`] where somebody else was quicker, or the database's.
pub async fn update(write: &mut Write, id: PlaceId, version: i64, new: &NewPlace) -> Result<(), Problem> {
    let mut update = Entity::update_many();
    if let Some(l) = &new.listing {
        if let Some(code) = &l.code {
            update = update.col_expr(Column::Code, Expr::value(code.clone()));
        }
        update = update
            .col_expr(Column::Tier, Expr::value(l.tier.clone()))
            .col_expr(Column::Class, Expr::value(l.class.clone()))
            .col_expr(Column::Builder, Expr::value(l.builder.clone()))
            .col_expr(Column::Partner, Expr::value(l.partner.clone()))
            .col_expr(Column::Entry, Expr::value(l.entry.clone()))
            .col_expr(Column::Services, Expr::value(json(&l.services)))
            .col_expr(Column::Hours, Expr::value(l.hours.clone()))
            .col_expr(Column::Maps, Expr::value(json(&l.maps)))
            .col_expr(Column::Keeper, Expr::value(l.keeper.clone()))
            .col_expr(Column::Deputy, Expr::value(l.deputy.clone()))
            .col_expr(Column::Phone, Expr::value(l.phone.clone()))
            .col_expr(Column::AgreedFrom, Expr::value(l.agreed_from.map(|d| d.0)))
            .col_expr(Column::AgreedUntil, Expr::value(l.agreed_until.map(|d| d.0)));
    }
    let done = update
        .col_expr(Column::Kind, Expr::value(new.kind.clone()))
        .col_expr(Column::Name, Expr::value(new.name.clone()))
        .col_expr(Column::Address, Expr::value(new.address.clone()))
        .col_expr(Column::Town, Expr::value(new.town.clone()))
        .col_expr(Column::Lon, Expr::value(new.position.map(|p| p.0)))
        .col_expr(Column::Lat, Expr::value(new.position.map(|p| p.1)))
        .col_expr(Column::State, Expr::value(new.state.clone()))
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

/// The places of a kind in the counties of a region that are not closed for good, with a position; those changed or seen since
/// a time where one is given.
///
/// # Errors
/// The database's.
pub async fn on_the_map(
    db: &impl ConnectionTrait,
    kind: &str,
    since: Option<chrono::DateTime<chrono::Utc>>,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find().filter(Column::Kind.eq(kind)).filter(Column::Lon.is_not_null());
    query = match since {
        Some(at) => query.filter(Column::UpdatedAt.gte(at).or(Column::SeenAt.gte(at))),
        None => query.filter(Column::State.ne("closed")),
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

/// Keeps what was seen of a place last.
///
/// # Errors
/// The database's.
pub async fn seen(write: &Write, id: PlaceId, open: bool, by: &str) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::SeenOpen, Expr::value(open))
        .col_expr(Column::SeenBy, Expr::value(by))
        .col_expr(Column::SeenAt, Expr::value(write.at()))
        .filter(Column::County.eq(write.county().clone()))
        .filter(Column::Id.eq(id))
        .exec(write.tx())
        .await?;
    Ok(())
}

/// Gives the keeper of a place another link; the one before is good no longer.
///
/// # Errors
/// The database's.
pub async fn keeper_link(write: &Write, id: PlaceId, hash: &str) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::KeeperHash, Expr::value(hash))
        .filter(Column::County.eq(write.county().clone()))
        .filter(Column::Id.eq(id))
        .exec(write.tx())
        .await?;
    Ok(())
}

/// Changes places as a file says, and keeps what they were. Answers how many differ.
///
/// # Errors
/// [`Problem::Conflict`] where somebody else was quicker, or the database's.
pub async fn change_many(
    write: &mut Write,
    import: ImportId,
    rows: &[(Model, NewPlace)],
) -> Result<usize, Problem> {
    let mut changed = Vec::new();
    for (known, new) in rows {
        if said(known) == *new {
            continue;
        }
        update(write, known.id, known.version, new).await?;
        changed.push(before::ActiveModel {
            county: Set(known.county.clone()),
            id: Set(BeforeId::new()),
            place_id: Set(known.id),
            import_id: Set(import),
            version: Set(known.version + 1),
            body: Set(serde_json::to_string(known)?),
        });
    }
    let n = changed.len();
    for chunk in changed.chunks(crate::db::rows_per_statement(6)) {
        before::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    Ok(n)
}

/// What a place says, as a file would.
fn said(p: &Model) -> NewPlace {
    let list = |text: &str| serde_json::from_str(text).unwrap_or_default();
    NewPlace {
        kind: p.kind.clone(),
        name: p.name.clone(),
        address: p.address.clone(),
        town: p.town.clone(),
        position: p.lon.zip(p.lat),
        state: p.state.clone(),
        origin: p.origin.clone(),
        import: p.import_id,
        listing: Some(Listing {
            code: p.code.clone(),
            tier: p.tier.clone(),
            class: p.class.clone(),
            builder: p.builder.clone(),
            partner: p.partner.clone(),
            entry: p.entry.clone(),
            services: list(&p.services),
            hours: p.hours.clone(),
            maps: list(&p.maps),
            keeper: p.keeper.clone(),
            deputy: p.deputy.clone(),
            phone: p.phone.clone(),
            agreed_from: p.agreed_from.map(Day),
            agreed_until: p.agreed_until.map(Day),
        }),
    }
}

/// Takes back what a file brought: places that it alone brought go (closed where something hangs on them), places that it
/// changed and nobody since are as before. Answers how many went and how many stayed.
///
/// # Errors
/// The database's.
pub async fn remove_import(
    write: &Write,
    import: ImportId,
    kept: &BTreeSet<PlaceId>,
) -> Result<(usize, usize), Problem> {
    let of_import = before::Entity::find()
        .filter(before::Column::County.eq(write.county().clone()))
        .filter(before::Column::ImportId.eq(import))
        .all(write.tx())
        .await?;
    let mut restored = 0;
    for row in of_import {
        let old: Model = serde_json::from_str(&row.body)?;
        let (version, code) = (row.version, old.code.clone());
        let mut back = old.into_active_model().reset_all();
        back.version = Set(version + 1);
        back.updated_at = Set(write.at());
        back.code = Set(code);
        let done = Entity::update_many()
            .set(back)
            .filter(Column::County.eq(write.county().clone()))
            .filter(Column::Id.eq(row.place_id))
            .filter(Column::Version.eq(version))
            .exec(write.tx())
            .await?;
        restored += usize::try_from(done.rows_affected).unwrap_or(0);
    }
    before::Entity::delete_many()
        .filter(before::Column::County.eq(write.county().clone()))
        .filter(before::Column::ImportId.eq(import))
        .exec(write.tx())
        .await?;
    let brought: Vec<PlaceId> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::County.eq(write.county().clone()))
        .filter(Column::ImportId.eq(import))
        .into_tuple()
        .all(write.tx())
        .await?;
    let (stay, go): (Vec<PlaceId>, Vec<PlaceId>) = brought.into_iter().partition(|id| kept.contains(id));
    for chunk in go.chunks(5_000) {
        Entity::delete_many()
            .filter(Column::County.eq(write.county().clone()))
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .exec(write.tx())
            .await?;
    }
    for chunk in stay.chunks(5_000) {
        Entity::update_many()
            .col_expr(Column::State, Expr::value("closed"))
            .col_expr(Column::UpdatedAt, Expr::value(write.at()))
            .filter(Column::County.eq(write.county().clone()))
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .exec(write.tx())
            .await?;
    }
    Ok((go.len() + restored, stay.len()))
}
