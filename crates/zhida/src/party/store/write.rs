//! Making parties, adding sheets, and taking back what an import brought.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use serde_json::Value;
use zhida_types::{CreditCode, Day};

use super::super::entity::{State, fact, party, tier};
use super::super::facts::Sheet;
use super::super::fingerprint::Identity;
use super::read::{models, sheets};
use super::{FIRM, about, values_of};
use crate::app::App;
use crate::db::rows_per_statement;
use crate::ids::{FactId, ImportId, PartyId};
use crate::journal::Write;
use crate::problem::Problem;

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
pub async fn create_many(
    app: &App,
    write: &Write,
    kind: &str,
    new: &[NewParty],
) -> Result<Vec<PartyId>, Problem> {
    let mut ids = Vec::with_capacity(new.len());
    for chunk in new.chunks(rows_per_statement(20)) {
        let (mut parties, mut facts) = (Vec::new(), Vec::new());
        for person in chunk {
            let id = PartyId::new();
            ids.push(id);
            parties.push(party_row(app, write, id, kind, person)?);
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
    let identity = Identity::firm(name, code, None);
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
