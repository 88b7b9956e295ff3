//! Reading parties and what their sources say.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, FromQueryResult, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use serde_json::Value;
use zhida_types::{Day, RegionCode};

use super::super::entity::{State, fact, party};
use super::super::facts::Sheet;
use super::super::fingerprint::Numbers;
use super::super::snapshot::in_region;
use super::about;
use crate::app::App;
use crate::ids::{CountyId, PartyId};
use crate::problem::Problem;

/// A party with its sheets, oldest first.
#[derive(Clone, Debug)]
pub struct Found {
    /// The id.
    pub id: PartyId,
    /// The kind: the register that it stands in.
    pub kind: String,
    /// The name.
    pub name: String,
    /// The number as lists show it.
    pub identity_mask: String,
    /// The phone as lists show it.
    pub phone_mask: String,
    /// The hash of the phone.
    pub phone_hash: Option<String>,
    /// The town.
    pub town: Option<String>,
    /// The tier.
    pub tier: Option<String>,
    /// official, open, derived or synthetic.
    pub origin: String,
    /// Whether it is to be seen.
    pub state: State,
    /// Where it went.
    pub merged_into: Option<PartyId>,
    /// The position.
    pub place: Option<(f64, f64)>,
    /// What sources say.
    pub sheets: Vec<Sheet>,
}

/// How somebody is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The name.
    pub name: String,
    /// The phone.
    pub phone: Option<String>,
    /// The hash of the phone.
    pub phone_hash: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
}

/// A person's row as the snapshot reads it.
pub(in crate::party) struct Row {
    pub(in crate::party) id: PartyId,
    pub(in crate::party) name: String,
    pub(in crate::party) identity_mask: String,
    pub(in crate::party) phone_mask: String,
    pub(in crate::party) town: Option<String>,
    pub(in crate::party) tier: Option<String>,
    pub(in crate::party) place: Option<(f64, f64)>,
    pub(in crate::party) state: State,
    pub(in crate::party) values: BTreeMap<String, Value>,
}

/// Existing persons by the hashes of their numbers: identity first, then name + birth date + phone.
///
/// # Errors
/// The database's.
pub async fn by_identity(
    db: &impl ConnectionTrait,
    (county, kind): (&CountyId, &str),
    wanted: &[Numbers],
) -> Result<BTreeMap<String, PartyId>, DbErr> {
    let mut found = BTreeMap::new();
    for chunk in wanted.chunks(5_000) {
        let identities: Vec<&String> = chunk.iter().filter_map(|n| n.identity.as_ref()).collect();
        let alikes: Vec<&String> = chunk.iter().filter_map(|n| n.alike.as_ref()).collect();
        // Two statements, each along its own index; with OR between them the whole table is read.
        for (column, wanted) in
            [(party::Column::AlikeHash, alikes), (party::Column::IdentityHash, identities)]
        {
            let rows: Vec<(PartyId, Option<String>)> = party::Entity::find()
                .select_only()
                .columns([party::Column::Id, column])
                .filter(party::Column::County.eq(county.clone()))
                .filter(column.is_in(wanted))
                .filter(party::Column::Kind.eq(kind))
                .filter(party::Column::State.eq(State::Active))
                .into_tuple()
                .all(db)
                .await?;
            found.extend(rows.into_iter().filter_map(|(id, hash)| Some((hash?, id))));
        }
    }
    Ok(found)
}

/// The keyed hashes of the numbers by which a county's parties of a kind are known.
///
/// # Errors
/// The database's.
pub async fn identities(
    db: &impl ConnectionTrait,
    county: &CountyId,
    kind: &str,
) -> Result<BTreeMap<PartyId, String>, DbErr> {
    let rows: Vec<(PartyId, Option<String>)> = party::Entity::find()
        .select_only()
        .columns([party::Column::Id, party::Column::IdentityHash])
        .filter(party::Column::County.eq(county.clone()))
        .filter(party::Column::Kind.eq(kind))
        .filter(party::Column::State.eq(State::Active))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(id, hash)| Some((id, hash?))).collect())
}

/// The sheets of parties, oldest first.
pub(super) async fn sheets(
    app: &App,
    db: &impl ConnectionTrait,
    county: &CountyId,
    ids: &[PartyId],
) -> Result<BTreeMap<PartyId, Vec<Sheet>>, Problem> {
    let mut found: BTreeMap<PartyId, Vec<Sheet>> = BTreeMap::new();
    for chunk in ids.chunks(5_000) {
        let rows = fact::Entity::find()
            .filter(fact::Column::County.eq(county.clone()))
            .filter(fact::Column::PartyId.is_in(chunk.iter().copied()))
            .order_by_asc(fact::Column::AsOf)
            .order_by_asc(fact::Column::Id)
            .all(db)
            .await?;
        for row in rows {
            let plain = app.keys.open(&about(county, row.id), &row.values_sealed)?;
            found.entry(row.party_id).or_default().push(Sheet {
                source: row.source,
                purpose: row.purpose,
                as_of: Day(row.as_of),
                import: row.import_id.zip(row.row_no),
                values: serde_json::from_slice(&plain)?,
            });
        }
    }
    Ok(found)
}

pub(super) async fn models(
    db: &impl ConnectionTrait,
    county: &CountyId,
    ids: &[PartyId],
) -> Result<Vec<party::Model>, DbErr> {
    let mut rows = Vec::new();
    for chunk in ids.chunks(5_000) {
        let query = party::Entity::find()
            .filter(party::Column::County.eq(county.clone()))
            .filter(party::Column::Id.is_in(chunk.iter().copied()));
        rows.extend(query.all(db).await?);
    }
    Ok(rows)
}

/// A person or firm with its sheets, whatever its state.
///
/// # Errors
/// The database's, or a value that does not open.
pub async fn find(
    app: &App,
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: PartyId,
) -> Result<Option<Found>, Problem> {
    let Some(row) = party::Entity::find_by_id((county.clone(), id)).one(db).await? else { return Ok(None) };
    let sheets = sheets(app, db, county, &[id]).await?.remove(&id).unwrap_or_default();
    Ok(Some(Found {
        id,
        kind: row.kind,
        name: row.name,
        identity_mask: row.identity_mask,
        phone_mask: row.phone_mask,
        phone_hash: row.phone_hash,
        town: row.town,
        tier: row.tier,
        origin: row.origin,
        state: row.state,
        merged_into: row.merged_into,
        place: row.lon.zip(row.lat),
        sheets,
    }))
}

/// The names of parties.
///
/// # Errors
/// The database's.
pub async fn names(
    db: &impl ConnectionTrait,
    county: &CountyId,
    ids: &[PartyId],
) -> Result<BTreeMap<PartyId, String>, DbErr> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(5_000) {
        let rows: Vec<(PartyId, String)> = party::Entity::find()
            .select_only()
            .columns([party::Column::Id, party::Column::Name])
            .filter(party::Column::County.eq(county.clone()))
            .filter(party::Column::Id.is_in(chunk.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// What lists of other nouns show of a party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    /// The kind.
    pub kind: String,
    /// The name.
    pub name: String,
    /// The town; empty where it is not known.
    pub town: String,
    /// The tier.
    pub tier: Option<String>,
}

#[derive(FromQueryResult)]
struct BriefRow {
    id: PartyId,
    kind: String,
    name: String,
    town: Option<String>,
    tier: Option<String>,
}

/// Those of some parties whom somebody of a region may see.
///
/// # Errors
/// The database's.
pub async fn briefs(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
    ids: impl IntoIterator<Item = PartyId>,
) -> Result<BTreeMap<PartyId, Brief>, DbErr> {
    let ids: Vec<PartyId> = ids.into_iter().collect::<BTreeSet<PartyId>>().into_iter().collect();
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(5_000) {
        let rows: Vec<BriefRow> = party::Entity::find()
            .select_only()
            .columns([party::Column::Id, party::Column::Kind, party::Column::Name])
            .columns([party::Column::Town, party::Column::Tier])
            .filter(party::Column::County.eq(county.clone()))
            .filter(party::Column::Id.is_in(chunk.iter().copied()))
            .filter(party::Column::State.eq(State::Active))
            .into_model()
            .all(db)
            .await?;
        for BriefRow { id, kind, name, town, tier } in rows {
            let town = town.unwrap_or_default();
            if in_region(&town, region) {
                found.insert(id, Brief { kind, name, town, tier });
            }
        }
    }
    Ok(found)
}

/// How persons are reached.
///
/// # Errors
/// The database's, or a value that does not open.
pub async fn contacts(
    app: &App,
    db: &impl ConnectionTrait,
    county: &CountyId,
    ids: &[PartyId],
) -> Result<BTreeMap<PartyId, Contact>, Problem> {
    let mut found = BTreeMap::new();
    for row in models(db, county, ids).await?.into_iter().filter(|row| row.state == State::Active) {
        let plain = app.keys.open(&about(county, row.id), &row.profile_sealed)?;
        let values: BTreeMap<String, Value> = serde_json::from_slice(&plain)?;
        let text = |field: &str| values.get(field).and_then(Value::as_str).map(str::to_owned);
        let (phone, email) = (text("phone"), text("email"));
        found.insert(row.id, Contact { name: row.name, phone, phone_hash: row.phone_hash, email });
    }
    Ok(found)
}

/// Names of active parties, with everything that is known of them.
///
/// # Errors
/// The database's, or a value that does not open.
pub async fn profiles(
    app: &App,
    db: &impl ConnectionTrait,
    county: &CountyId,
    ids: &[PartyId],
) -> Result<BTreeMap<PartyId, (String, BTreeMap<String, Value>)>, Problem> {
    let mut found = BTreeMap::new();
    for row in models(db, county, ids).await?.into_iter().filter(|row| row.state == State::Active) {
        let plain = app.keys.open(&about(county, row.id), &row.profile_sealed)?;
        found.insert(row.id, (row.name, serde_json::from_slice(&plain)?));
    }
    Ok(found)
}

/// The persons with a phone, for an answer that comes in.
///
/// # Errors
/// The database's.
pub async fn by_phone(
    db: &impl ConnectionTrait,
    county: &CountyId,
    hash: &str,
) -> Result<Vec<PartyId>, DbErr> {
    party::Entity::find()
        .select_only()
        .column(party::Column::Id)
        .filter(party::Column::County.eq(county.clone()))
        .filter(party::Column::PhoneHash.eq(hash))
        .into_tuple()
        .all(db)
        .await
}

/// Persons who may be one: another with the same phone. Answers id, name and masked number.
///
/// # Errors
/// The database's.
pub async fn same_phone(
    db: &impl ConnectionTrait,
    (county, kind): (&CountyId, &str),
    id: PartyId,
    phone_hash: &str,
) -> Result<Vec<(PartyId, String, String)>, DbErr> {
    party::Entity::find()
        .select_only()
        .columns([party::Column::Id, party::Column::Name, party::Column::IdentityMask])
        .filter(party::Column::County.eq(county.clone()))
        .filter(party::Column::Kind.eq(kind))
        .filter(party::Column::State.eq(State::Active))
        .filter(party::Column::PhoneHash.eq(phone_hash))
        .filter(party::Column::Id.ne(id))
        .limit(10)
        .into_tuple()
        .all(db)
        .await
}

/// A page of the county's persons that an act after `rev` changed (all of them for 0), by id, from behind `after` on.
pub(in crate::party) async fn changed_since(
    app: &App,
    db: &impl ConnectionTrait,
    (county, kind): (&CountyId, &str),
    rev: i64,
    (after, limit): (Option<PartyId>, u64),
) -> Result<Vec<Row>, Problem> {
    let mut query = party::Entity::find()
        .filter(party::Column::County.eq(county.clone()))
        .filter(party::Column::Kind.eq(kind))
        .filter(party::Column::Rev.gt(rev));
    if rev == 0 {
        query = query.filter(party::Column::State.eq(State::Active));
    }
    if let Some(after) = after {
        query = query.filter(party::Column::Id.gt(after));
    }
    let rows = query.order_by_asc(party::Column::Id).limit(limit).all(db).await?;
    let open = |row: party::Model| -> Result<Row, Problem> {
        let values = if row.state == State::Active {
            serde_json::from_slice(&app.keys.open(&about(county, row.id), &row.profile_sealed)?)?
        } else {
            BTreeMap::new()
        };
        Ok(Row {
            id: row.id,
            name: row.name,
            identity_mask: row.identity_mask,
            phone_mask: row.phone_mask,
            town: row.town,
            tier: row.tier,
            place: row.lon.zip(row.lat),
            state: row.state,
            values,
        })
    };
    rows.into_iter().map(open).collect()
}
