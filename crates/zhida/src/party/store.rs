//! Every query on parties, facts, tiers and learned words.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use serde_json::Value;
use zhida_types::{CreditCode, Day};

use super::entity::{State, alias, fact, party, tier};
use super::facts::{Sheet, known};
use super::fingerprint::{Identity, Numbers};
use crate::app::App;
use crate::db::rows_per_statement;
use crate::ids::{CountyId, FactId, ImportId, PartyId, TierId};
use crate::journal::Write;
use crate::problem::Problem;

pub(super) const PERSON: &str = "person";
const FIRM: &str = "enterprise";

/// A party with its sheets, oldest first.
#[derive(Clone, Debug)]
pub struct Found {
    /// The id.
    pub id: PartyId,
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

/// A party to be made.
#[derive(Clone, Debug)]
pub struct NewParty {
    /// Who it is.
    pub identity: Identity,
    /// The first sheet.
    pub sheet: Sheet,
    /// The town.
    pub town: Option<String>,
    /// The position.
    pub place: Option<(f64, f64)>,
    /// official, open, derived or synthetic.
    pub origin: String,
}

fn about(county: &CountyId, id: impl std::fmt::Display) -> String {
    format!("{county}/{id}")
}

fn values_of(sheets: &[Sheet]) -> BTreeMap<String, Value> {
    known(sheets).0.into_iter().map(|(field, held)| (field, held.value)).collect()
}

/// The digest of a sheet's values: a second import of the same row changes nothing.
fn digest(app: &App, values: &BTreeMap<String, Value>) -> Result<String, Problem> {
    Ok(app.keys.lookup("digest", &serde_json::to_string(values)?))
}

fn fact_row(
    app: &App,
    write: &Write,
    party: PartyId,
    sheet: &Sheet,
    digest: String,
) -> Result<fact::ActiveModel, Problem> {
    let id = FactId::new();
    let plain = serde_json::to_vec(&sheet.values)?;
    Ok(fact::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        party_id: Set(party),
        source: Set(sheet.source.clone()),
        purpose: Set(sheet.purpose.clone()),
        as_of: Set(sheet.as_of.0),
        import_id: Set(sheet.import.map(|(id, _)| id)),
        row_no: Set(sheet.import.map(|(_, row)| row)),
        values_sealed: Set(app.keys.seal(&about(write.county(), id), &plain)?),
        digest: Set(digest),
        account: Set(write.actor().id()),
        created_at: Set(write.at()),
    })
}

/// Makes persons with their first sheets, in few statements. Answers their ids in order.
///
/// # Errors
/// The database's; an identity that the county has already is one.
pub async fn create_many(app: &App, write: &Write, new: &[NewParty]) -> Result<Vec<PartyId>, Problem> {
    let mut ids = Vec::with_capacity(new.len());
    for chunk in new.chunks(rows_per_statement(20)) {
        let (mut parties, mut facts) = (Vec::new(), Vec::new());
        for person in chunk {
            let id = PartyId::new();
            ids.push(id);
            parties.push(party_row(app, write, id, PERSON, person)?);
            let digest = digest(app, &person.sheet.values)?;
            facts.push(fact_row(app, write, id, &person.sheet, digest)?);
        }
        party::Entity::insert_many(parties).exec_without_returning(write.tx()).await?;
        fact::Entity::insert_many(facts).exec_without_returning(write.tx()).await?;
    }
    Ok(ids)
}

fn party_row(
    app: &App,
    write: &Write,
    id: PartyId,
    kind: &str,
    new: &NewParty,
) -> Result<party::ActiveModel, Problem> {
    let numbers = new.identity.numbers(&app.keys);
    let profile = serde_json::to_vec(&values_of(std::slice::from_ref(&new.sheet)))?;
    Ok(party::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        kind: Set(kind.to_owned()),
        name: Set(new.identity.name.clone()),
        identity_hash: Set(numbers.identity),
        alike_hash: Set(numbers.alike),
        phone_hash: Set(numbers.phone),
        identity_mask: Set(new.identity.number_mask.clone()),
        phone_mask: Set(new.identity.phone.as_ref().map_or_else(String::new, zhida_types::Phone::masked)),
        town: Set(new.town.clone()),
        profile_sealed: Set(app.keys.seal(&about(write.county(), id), &profile)?),
        lon: Set(new.place.map(|p| p.0)),
        lat: Set(new.place.map(|p| p.1)),
        tier: Set(None),
        origin: Set(new.origin.clone()),
        state: Set(State::Active),
        merged_into: Set(None),
        rev: Set(write.rev()),
        created_at: Set(write.at()),
        updated_at: Set(write.at()),
    })
}

/// Existing persons by the hashes of their numbers: identity first, then name + birth date + phone.
///
/// # Errors
/// The database's.
pub async fn by_identity(
    db: &impl ConnectionTrait,
    county: &CountyId,
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
                .filter(party::Column::Kind.eq(PERSON))
                .filter(party::Column::State.eq(State::Active))
                .into_tuple()
                .all(db)
                .await?;
            found.extend(rows.into_iter().filter_map(|(id, hash)| Some((hash?, id))));
        }
    }
    Ok(found)
}

/// Adds sheets to parties that exist and works out anew what is known of them. A sheet that says what its source's newest
/// says already is passed over. Answers the parties that changed.
///
/// # Errors
/// The database's.
pub async fn add_sheets(
    app: &App,
    write: &Write,
    sheets: &[(PartyId, Sheet)],
) -> Result<Vec<PartyId>, Problem> {
    let ids: Vec<PartyId> = sheets.iter().map(|(id, _)| *id).collect();
    let mut newest: BTreeMap<(PartyId, String), String> = BTreeMap::new();
    for chunk in ids.chunks(5_000) {
        let rows: Vec<(PartyId, String, String)> = fact::Entity::find()
            .select_only()
            .columns([fact::Column::PartyId, fact::Column::Source, fact::Column::Digest])
            .filter(fact::Column::County.eq(write.county().clone()))
            .filter(fact::Column::PartyId.is_in(chunk.iter().copied()))
            .order_by_asc(fact::Column::AsOf)
            .order_by_asc(fact::Column::Id)
            .into_tuple()
            .all(write.tx())
            .await?;
        newest.extend(rows.into_iter().map(|(party, source, digest)| ((party, source), digest)));
    }
    let (mut rows, mut changed) = (Vec::new(), BTreeSet::new());
    for (party, sheet) in sheets {
        let digest = digest(app, &sheet.values)?;
        if newest.get(&(*party, sheet.source.clone())) == Some(&digest) {
            continue;
        }
        newest.insert((*party, sheet.source.clone()), digest.clone());
        rows.push(fact_row(app, write, *party, sheet, digest)?);
        changed.insert(*party);
    }
    for chunk in rows.chunks(rows_per_statement(12)) {
        fact::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    let changed: Vec<PartyId> = changed.into_iter().collect();
    refresh(app, write, &changed).await?;
    Ok(changed)
}

/// The sheets of parties, oldest first.
async fn sheets(
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

/// Works out anew what is known of parties from their sheets.
async fn refresh(app: &App, write: &Write, ids: &[PartyId]) -> Result<(), Problem> {
    let all = sheets(app, write.tx(), write.county(), ids).await?;
    let rows = models(write.tx(), write.county(), ids).await?;
    for row in rows {
        let id = row.id;
        let values = values_of(all.get(&id).map(Vec::as_slice).unwrap_or_default());
        let text = |field: &str| values.get(field).and_then(Value::as_str).map(str::to_owned);
        let mut row = row.into_active_model();
        if let Some(name) = text("name") {
            row.name = Set(name);
        }
        if let Some(phone) = text("phone").and_then(|p| zhida_types::Phone::parse_demonstration(&p).ok()) {
            row.phone_mask = Set(phone.masked());
            row.phone_hash = Set(Some(app.keys.lookup("phone", phone.reveal())));
        }
        if let Some(town) = text("town") {
            row.town = Set(Some(town));
        }
        row.profile_sealed = Set(app.keys.seal(&about(write.county(), id), &serde_json::to_vec(&values)?)?);
        row.rev = Set(write.rev());
        row.updated_at = Set(write.at());
        row.update(write.tx()).await?;
    }
    Ok(())
}

async fn models(
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

/// Gives a person found by name, birth date and phone the identity number that a later file brings.
///
/// # Errors
/// The database's.
pub async fn update_identity(
    app: &App,
    write: &Write,
    id: PartyId,
    identity: &Identity,
) -> Result<(), Problem> {
    let Some(row) = party::Entity::find_by_id((write.county().clone(), id)).one(write.tx()).await? else {
        return Err(Problem::NotFound);
    };
    let mut row = row.into_active_model();
    row.identity_hash = Set(identity.numbers(&app.keys).identity);
    row.identity_mask = Set(identity.number_mask.clone());
    row.rev = Set(write.rev());
    row.update(write.tx()).await?;
    Ok(())
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

/// The firm of a name or credit code; made where the county has none.
///
/// # Errors
/// The database's.
pub async fn firm(
    app: &App,
    write: &Write,
    name: &str,
    code: Option<&CreditCode>,
    origin: &str,
) -> Result<PartyId, Problem> {
    let identity = Identity {
        name: name.to_owned(),
        number: code.map(ToString::to_string),
        number_mask: code.map_or_else(String::new, ToString::to_string),
        phone: None,
        birth: None,
    };
    let numbers = identity.numbers(&app.keys);
    let known = match &numbers.identity {
        Some(hash) => party::Column::IdentityHash.eq(hash),
        None => party::Column::Name.eq(name),
    };
    let found = party::Entity::find()
        .filter(party::Column::County.eq(write.county().clone()))
        .filter(party::Column::Kind.eq(FIRM))
        .filter(known)
        .one(write.tx())
        .await?;
    if let Some(firm) = found {
        return Ok(firm.id);
    }
    let id = PartyId::new();
    let sheet = Sheet {
        source: "offer".to_owned(),
        purpose: String::new(),
        as_of: Day::at(write.at()),
        import: None,
        values: BTreeMap::new(),
    };
    let new = NewParty { identity, sheet, town: None, place: None, origin: origin.to_owned() };
    party::Entity::insert(party_row(app, write, id, FIRM, &new)?).exec_without_returning(write.tx()).await?;
    Ok(id)
}

/// Takes back what an import brought: its sheets go, what is known is worked out anew, and persons of whom nothing else
/// is known go with it. `kept` persons (with cases or visits) stay, empty. Answers persons removed and persons changed.
///
/// # Errors
/// The database's.
pub async fn remove_import(
    app: &App,
    write: &Write,
    import: ImportId,
    kept: &BTreeSet<PartyId>,
) -> Result<(usize, usize), Problem> {
    let touched: Vec<PartyId> = fact::Entity::find()
        .select_only()
        .column(fact::Column::PartyId)
        .filter(fact::Column::County.eq(write.county().clone()))
        .filter(fact::Column::ImportId.eq(import))
        .into_tuple()
        .all(write.tx())
        .await?;
    fact::Entity::delete_many()
        .filter(fact::Column::County.eq(write.county().clone()))
        .filter(fact::Column::ImportId.eq(import))
        .exec(write.tx())
        .await?;
    let touched: BTreeSet<PartyId> = touched.into_iter().collect();
    let all: Vec<PartyId> = touched.iter().copied().collect();
    let mut still = BTreeSet::new();
    for chunk in all.chunks(5_000) {
        let rows: Vec<PartyId> = fact::Entity::find()
            .select_only()
            .column(fact::Column::PartyId)
            .filter(fact::Column::County.eq(write.county().clone()))
            .filter(fact::Column::PartyId.is_in(chunk.iter().copied()))
            .into_tuple()
            .all(write.tx())
            .await?;
        still.extend(rows);
    }
    let gone: Vec<PartyId> =
        all.iter().copied().filter(|id| !still.contains(id) && !kept.contains(id)).collect();
    let stay: Vec<PartyId> =
        all.iter().copied().filter(|id| still.contains(id) || kept.contains(id)).collect();
    for chunk in gone.chunks(5_000) {
        party::Entity::update_many()
            .col_expr(party::Column::State, Expr::value(State::Removed))
            .col_expr(party::Column::IdentityHash, Expr::value(Option::<String>::None))
            .col_expr(party::Column::AlikeHash, Expr::value(Option::<String>::None))
            .col_expr(party::Column::PhoneHash, Expr::value(Option::<String>::None))
            .col_expr(party::Column::Name, Expr::value(""))
            .col_expr(party::Column::IdentityMask, Expr::value(""))
            .col_expr(party::Column::PhoneMask, Expr::value(""))
            .col_expr(party::Column::ProfileSealed, Expr::value(Vec::<u8>::new()))
            .col_expr(party::Column::Rev, Expr::value(write.rev()))
            .filter(party::Column::County.eq(write.county().clone()))
            .filter(party::Column::Id.is_in(chunk.iter().copied()))
            .exec(write.tx())
            .await?;
        tier::Entity::delete_many()
            .filter(tier::Column::County.eq(write.county().clone()))
            .filter(tier::Column::PartyId.is_in(chunk.iter().copied()))
            .exec(write.tx())
            .await?;
    }
    refresh(app, write, &stay).await?;
    Ok((gone.len(), stay.len()))
}

/// Joins `from` to `into`: its sheets move, it stays as a pointer, and both histories are one.
///
/// # Errors
/// A person who does not exist, or the database's.
pub async fn merge(app: &App, write: &Write, from: PartyId, into: PartyId) -> Result<(), Problem> {
    let county = write.county();
    fact::Entity::update_many()
        .col_expr(fact::Column::PartyId, Expr::value(into))
        .filter(fact::Column::County.eq(county.clone()))
        .filter(fact::Column::PartyId.eq(from))
        .exec(write.tx())
        .await?;
    // The sealed sheets belong to their own ids, so that they open wherever they are joined to.
    let row =
        party::Entity::find_by_id((county.clone(), from)).one(write.tx()).await?.ok_or(Problem::NotFound)?;
    let mut row = row.into_active_model();
    row.state = Set(State::Merged);
    row.merged_into = Set(Some(into));
    row.identity_hash = Set(None);
    row.alike_hash = Set(None);
    row.rev = Set(write.rev());
    row.update(write.tx()).await?;
    refresh(app, write, &[into]).await
}

/// A person's row as the snapshot reads it.
pub(super) struct Row {
    pub(super) id: PartyId,
    pub(super) name: String,
    pub(super) identity_mask: String,
    pub(super) phone_mask: String,
    pub(super) town: Option<String>,
    pub(super) tier: Option<String>,
    pub(super) place: Option<(f64, f64)>,
    pub(super) state: State,
    pub(super) values: BTreeMap<String, Value>,
}

/// A page of the county's persons that an act after `rev` changed (all of them for 0), by id, from behind `after` on.
pub(super) async fn changed_since(
    app: &App,
    db: &impl ConnectionTrait,
    county: &CountyId,
    rev: i64,
    (after, limit): (Option<PartyId>, u64),
) -> Result<Vec<Row>, Problem> {
    let mut query = party::Entity::find()
        .filter(party::Column::County.eq(county.clone()))
        .filter(party::Column::Kind.eq(PERSON))
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

/// Sets tiers and writes their history: the verdict in force ends on the day of the new one.
pub(super) async fn set_tiers(
    write: &Write,
    version: &str,
    day: Day,
    changes: &[super::tier::Change],
) -> Result<(), DbErr> {
    let county = write.county();
    let mut by_tier: BTreeMap<&str, Vec<PartyId>> = BTreeMap::new();
    for change in changes {
        by_tier.entry(&change.tier).or_default().push(change.party);
    }
    for (code, ids) in by_tier {
        for chunk in ids.chunks(5_000) {
            party::Entity::update_many()
                .col_expr(party::Column::Tier, Expr::value(code))
                .col_expr(party::Column::Rev, Expr::value(write.rev()))
                .filter(party::Column::County.eq(county.clone()))
                .filter(party::Column::Id.is_in(chunk.iter().copied()))
                .exec(write.tx())
                .await?;
            tier::Entity::update_many()
                .col_expr(tier::Column::UntilDay, Expr::value(day.0))
                .filter(tier::Column::County.eq(county.clone()))
                .filter(tier::Column::PartyId.is_in(chunk.iter().copied()))
                .filter(tier::Column::UntilDay.is_null())
                .exec(write.tx())
                .await?;
        }
    }
    let row = |change: &super::tier::Change| tier::ActiveModel {
        county: Set(county.clone()),
        id: Set(TierId::new()),
        party_id: Set(change.party),
        tier: Set(change.tier.clone()),
        version: Set(version.to_owned()),
        from_day: Set(day.0),
        until_day: Set(None),
        reason: Set(change.reason.clone()),
    };
    for chunk in changes.chunks(rows_per_statement(8)) {
        tier::Entity::insert_many(chunk.iter().map(row)).exec_without_returning(write.tx()).await?;
    }
    Ok(())
}

/// A verdict of the tier rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierSpan {
    /// The tier.
    pub tier: String,
    /// The first day.
    pub from: Day,
    /// The first day no longer.
    pub until: Option<Day>,
    /// The conditions that decided, as JSON.
    pub reason: String,
}

/// A person's tiers over time, newest first.
///
/// # Errors
/// The database's.
pub async fn tier_history(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: PartyId,
) -> Result<Vec<TierSpan>, DbErr> {
    let rows = tier::Entity::find()
        .filter(tier::Column::County.eq(county.clone()))
        .filter(tier::Column::PartyId.eq(id))
        .order_by_desc(tier::Column::Id)
        .limit(50)
        .all(db)
        .await?;
    let span = |m: tier::Model| TierSpan {
        tier: m.tier,
        from: Day(m.from_day),
        until: m.until_day.map(Day),
        reason: m.reason,
    };
    Ok(rows.into_iter().map(span).collect())
}

/// Keeps what an officer says a text means.
///
/// # Errors
/// The database's.
pub async fn learn(write: &Write, classification: &str, text: &str, code: &str) -> Result<(), DbErr> {
    let row = alias::ActiveModel {
        county: Set(write.county().clone()),
        classification: Set(classification.to_owned()),
        text: Set(text.to_owned()),
        code: Set(code.to_owned()),
        account: Set(write.actor().id()),
        rev: Set(write.rev()),
        created_at: Set(write.at()),
    };
    let key = [alias::Column::County, alias::Column::Classification, alias::Column::Text];
    let update = [alias::Column::Code, alias::Column::Account, alias::Column::Rev, alias::Column::CreatedAt];
    let upsert = OnConflict::columns(key).update_columns(update).to_owned();
    alias::Entity::insert(row).on_conflict(upsert).exec_without_returning(write.tx()).await?;
    Ok(())
}

/// The county's learned words of a classification, and the newest revision among them.
pub(super) async fn learned(
    db: &impl ConnectionTrait,
    county: &CountyId,
    classification: &str,
) -> Result<(BTreeMap<String, String>, i64), DbErr> {
    let rows = alias::Entity::find()
        .filter(alias::Column::County.eq(county.clone()))
        .filter(alias::Column::Classification.eq(classification))
        .all(db)
        .await?;
    let rev = rows.iter().map(|r| r.rev).max().unwrap_or(0);
    Ok((rows.into_iter().map(|r| (r.text, r.code)).collect(), rev))
}

/// Persons who may be one: another with the same phone. Answers id, name and masked number.
///
/// # Errors
/// The database's.
pub async fn same_phone(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: PartyId,
    phone_hash: &str,
) -> Result<Vec<(PartyId, String, String)>, DbErr> {
    party::Entity::find()
        .select_only()
        .columns([party::Column::Id, party::Column::Name, party::Column::IdentityMask])
        .filter(party::Column::County.eq(county.clone()))
        .filter(party::Column::Kind.eq(PERSON))
        .filter(party::Column::State.eq(State::Active))
        .filter(party::Column::PhoneHash.eq(phone_hash))
        .filter(party::Column::Id.ne(id))
        .limit(10)
        .into_tuple()
        .all(db)
        .await
}
