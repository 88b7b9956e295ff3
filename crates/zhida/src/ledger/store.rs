//! Every query on the ledger. There is no way here to change or delete an entry or a posting.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};

use super::entity::{Kind, balance, entry, holder, posting};
use crate::db::rows_per_statement;
use crate::ids::{AccountId, CountyId, EntryId, HolderId, PartyId};
use crate::journal::Write;

/// The holder of a kind that stands for something; made where there is none yet.
///
/// # Errors
/// The database's.
pub async fn holder(
    write: &Write,
    kind: Kind,
    ref_id: &str,
    name: &str,
    town: Option<&str>,
) -> Result<HolderId, DbErr> {
    let found = holder::Entity::find()
        .filter(holder::Column::County.eq(write.county().clone()))
        .filter(holder::Column::Kind.eq(kind))
        .filter(holder::Column::RefId.eq(ref_id))
        .one(write.tx())
        .await?;
    if let Some(found) = found {
        return Ok(found.id);
    }
    let id = HolderId::new();
    let row = holder::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        kind: Set(kind),
        name: Set(name.to_owned()),
        ref_id: Set(ref_id.to_owned()),
        town: Set(town.map(str::to_owned)),
        closed: Set(false),
        created_at: Set(write.at()),
    };
    holder::Entity::insert(row).exec_without_returning(write.tx()).await?;
    Ok(id)
}

/// Holders by id.
///
/// # Errors
/// The database's.
pub async fn holders(
    db: &impl ConnectionTrait,
    county: &CountyId,
    ids: &[HolderId],
) -> Result<BTreeMap<HolderId, holder::Model>, DbErr> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(5_000) {
        let rows = holder::Entity::find()
            .filter(holder::Column::County.eq(county.clone()))
            .filter(holder::Column::Id.is_in(chunk.iter().copied()))
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(|h| (h.id, h)));
    }
    Ok(found)
}

/// A holder.
///
/// # Errors
/// The database's.
pub async fn holder_by_id(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: HolderId,
) -> Result<Option<holder::Model>, DbErr> {
    holder::Entity::find_by_id((county.clone(), id)).one(db).await
}

/// The holders of a kind by name.
///
/// # Errors
/// The database's.
pub async fn of_kind(
    db: &impl ConnectionTrait,
    county: &CountyId,
    kind: Kind,
) -> Result<Vec<holder::Model>, DbErr> {
    holder::Entity::find()
        .filter(holder::Column::County.eq(county.clone()))
        .filter(holder::Column::Kind.eq(kind))
        .order_by_asc(holder::Column::Name)
        .limit(5_000)
        .all(db)
        .await
}

/// What some holders hold, nothing left out but what is nothing.
///
/// # Errors
/// The database's.
pub async fn balances(
    db: &impl ConnectionTrait,
    county: &CountyId,
    holders: &[HolderId],
) -> Result<Vec<balance::Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in holders.chunks(5_000) {
        let rows = balance::Entity::find()
            .filter(balance::Column::County.eq(county.clone()))
            .filter(balance::Column::HolderId.is_in(chunk.iter().copied()))
            .filter(balance::Column::Amount.ne(0))
            .order_by_asc(balance::Column::Item)
            .order_by_asc(balance::Column::Batch)
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Things that were given, by county and day, in thousandths: returns and corrections taken off; money left out.
///
/// # Errors
/// The database's.
pub async fn given(
    db: &impl ConnectionTrait,
    county: &CountyId,
    region: &zhida_types::RegionCode,
    (from, until): (zhida_types::Day, zhida_types::Day),
) -> Result<Vec<(CountyId, chrono::NaiveDate, i64)>, DbErr> {
    use sea_orm::JoinType;
    use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Query};
    let counties = crate::db::counties(posting::Column::County, county, region);
    let of = |table: &'static str, column: &'static str| Expr::col((Alias::new(table), Alias::new(column)));
    let on = |table: &'static str, here: &'static str| {
        Condition::all()
            .add(of("posting", "county").equals((Alias::new(table), Alias::new("county"))))
            .add(of("posting", here).equals((Alias::new(table), Alias::new("id"))))
    };
    let mut select = Query::select();
    select
        .from(Alias::new("posting"))
        .join(JoinType::InnerJoin, Alias::new("entry"), on("entry", "entry_id"))
        .join(JoinType::InnerJoin, Alias::new("holder"), on("holder", "holder_id"))
        .expr_as(of("posting", "county"), "county")
        .expr_as(of("entry", "day"), "day")
        .expr_as(of("posting", "amount").sum().cast_as("bigint"), "n")
        .cond_where(counties)
        .and_where(of("holder", "kind").eq(Kind::Given.as_str()))
        .and_where(of("posting", "item").ne(super::post::MONEY))
        .and_where(of("entry", "day").between(from.0, until.0))
        .group_by_col((Alias::new("posting"), Alias::new("county")))
        .group_by_col((Alias::new("entry"), Alias::new("day")));
    let statement = db.get_database_backend().build(&select);
    let mut found = Vec::new();
    for row in db.query_all_raw(statement).await? {
        found.push((CountyId(row.try_get("", "county")?), row.try_get("", "day")?, row.try_get("", "n")?));
    }
    Ok(found)
}

/// Whether a person has anything in hand.
///
/// # Errors
/// The database's.
pub async fn in_hand(
    db: &impl ConnectionTrait,
    county: &CountyId,
    account: AccountId,
) -> Result<bool, DbErr> {
    let hand = holder::Entity::find()
        .filter(holder::Column::County.eq(county.clone()))
        .filter(holder::Column::Kind.eq(Kind::Hand))
        .filter(holder::Column::RefId.eq(account.to_string()))
        .one(db)
        .await?;
    let Some(hand) = hand else { return Ok(false) };
    Ok(!balances(db, county, &[hand.id]).await?.is_empty())
}

/// The balances of keys of holder, item and batch.
pub(super) async fn balances_of(
    write: &Write,
    keys: &[(HolderId, String, String)],
) -> Result<BTreeMap<(HolderId, String, String), i64>, DbErr> {
    let mut found = BTreeMap::new();
    for chunk in keys.chunks(400) {
        let mut any = Condition::any();
        for (holder, item, batch) in chunk {
            any = any.add(
                balance::Column::HolderId
                    .eq(*holder)
                    .and(balance::Column::Item.eq(item))
                    .and(balance::Column::Batch.eq(batch)),
            );
        }
        let rows = balance::Entity::find()
            .filter(balance::Column::County.eq(write.county().clone()))
            .filter(any)
            .all(write.tx())
            .await?;
        found.extend(rows.into_iter().map(|b| ((b.holder_id, b.item, b.batch), b.amount)));
    }
    Ok(found)
}

/// Writes entries and postings, and sets the balances that they lead to.
pub(super) async fn append(
    write: &Write,
    entries: Vec<entry::ActiveModel>,
    postings: Vec<posting::ActiveModel>,
    balances: Vec<balance::ActiveModel>,
) -> Result<(), DbErr> {
    for chunk in entries.chunks(rows_per_statement(12)) {
        entry::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    for chunk in postings.chunks(rows_per_statement(7)) {
        posting::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    for chunk in balances.chunks(rows_per_statement(5)) {
        let key = [
            balance::Column::County,
            balance::Column::HolderId,
            balance::Column::Item,
            balance::Column::Batch,
        ];
        let there = OnConflict::columns(key).update_column(balance::Column::Amount).to_owned();
        balance::Entity::insert_many(chunk.to_vec())
            .on_conflict(there)
            .exec_without_returning(write.tx())
            .await?;
    }
    Ok(())
}

/// An entry.
///
/// # Errors
/// The database's.
pub async fn entry(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: EntryId,
) -> Result<Option<entry::Model>, DbErr> {
    entry::Entity::find_by_id((county.clone(), id)).one(db).await
}

/// The counter-entry of an entry.
///
/// # Errors
/// The database's.
pub async fn reversal_of(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: EntryId,
) -> Result<Option<entry::Model>, DbErr> {
    entry::Entity::find()
        .filter(entry::Column::County.eq(county.clone()))
        .filter(entry::Column::ReversesId.eq(id))
        .one(db)
        .await
}

/// A page of entries, newest day first, before one; of one holder or party where that is asked for.
///
/// # Errors
/// The database's.
pub async fn entries(
    db: &impl ConnectionTrait,
    county: &CountyId,
    (holder, party): (Option<HolderId>, Option<PartyId>),
    before: Option<EntryId>,
    limit: u64,
) -> Result<Vec<entry::Model>, DbErr> {
    let mut query = entry::Entity::find().filter(entry::Column::County.eq(county.clone()));
    if let Some(party) = party {
        query = query.filter(entry::Column::PartyId.eq(party));
    }
    if let Some(holder) = holder {
        let mut of = posting::Entity::find()
            .select_only()
            .distinct()
            .column(posting::Column::EntryId)
            .filter(posting::Column::County.eq(county.clone()))
            .filter(posting::Column::HolderId.eq(holder));
        if let Some(before) = before {
            of = of.filter(posting::Column::EntryId.lt(before));
        }
        let ids: Vec<EntryId> =
            of.order_by_desc(posting::Column::EntryId).limit(limit).into_tuple().all(db).await?;
        query = query.filter(entry::Column::Id.is_in(ids));
    } else if let Some(before) = before {
        query = query.filter(entry::Column::Id.lt(before));
    }
    query.order_by_desc(entry::Column::Id).limit(limit).all(db).await
}

/// The postings of some entries, by entry, in order.
///
/// # Errors
/// The database's.
pub async fn postings(
    db: &impl ConnectionTrait,
    county: &CountyId,
    entries: &[EntryId],
) -> Result<BTreeMap<EntryId, Vec<posting::Model>>, DbErr> {
    let mut found: BTreeMap<EntryId, Vec<posting::Model>> = BTreeMap::new();
    for chunk in entries.chunks(5_000) {
        let rows = posting::Entity::find()
            .filter(posting::Column::County.eq(county.clone()))
            .filter(posting::Column::EntryId.is_in(chunk.iter().copied()))
            .order_by_asc(posting::Column::EntryId)
            .order_by_asc(posting::Column::Line)
            .all(db)
            .await?;
        for row in rows {
            found.entry(row.entry_id).or_default().push(row);
        }
    }
    Ok(found)
}

/// A page of entries from behind one, oldest first, with their postings: for whoever reads the whole ledger.
pub(super) async fn chain(
    db: &impl ConnectionTrait,
    county: &CountyId,
    after: Option<EntryId>,
    limit: u64,
) -> Result<Vec<entry::Model>, DbErr> {
    let mut query = entry::Entity::find().filter(entry::Column::County.eq(county.clone()));
    if let Some(after) = after {
        query = query.filter(entry::Column::Id.gt(after));
    }
    query.order_by_asc(entry::Column::Id).limit(limit).all(db).await
}

/// How much of an item a party has been given, returns taken off.
///
/// # Errors
/// The database's.
pub async fn given_to(
    db: &impl ConnectionTrait,
    county: &CountyId,
    party: PartyId,
) -> Result<BTreeMap<(String, String), i64>, DbErr> {
    let of = entry::Entity::find()
        .filter(entry::Column::County.eq(county.clone()))
        .filter(entry::Column::PartyId.eq(party))
        .all(db)
        .await?;
    let ids: Vec<EntryId> = of.iter().map(|e| e.id).collect();
    let given = of_kind(db, county, Kind::Given).await?;
    let mut sums = BTreeMap::new();
    for p in postings(db, county, &ids).await?.into_values().flatten() {
        if given.iter().any(|h| h.id == p.holder_id) {
            *sums.entry((p.item, p.batch)).or_insert(0) += p.amount;
        }
    }
    Ok(sums)
}

/// The counties that have a ledger.
pub(super) async fn counties(db: &impl ConnectionTrait) -> Result<Vec<CountyId>, DbErr> {
    holder::Entity::find()
        .select_only()
        .distinct()
        .column(holder::Column::County)
        .order_by_asc(holder::Column::County)
        .into_tuple()
        .all(db)
        .await
}

/// Postings added up by holder, item and batch.
pub(super) async fn sums(
    db: &impl ConnectionTrait,
    county: &CountyId,
) -> Result<BTreeMap<(HolderId, String, String), i64>, DbErr> {
    let rows: Vec<(HolderId, String, String, i64)> = posting::Entity::find()
        .select_only()
        .column(posting::Column::HolderId)
        .column(posting::Column::Item)
        .column(posting::Column::Batch)
        // PostgreSQL adds whole numbers up to a decimal one.
        .column_as(posting::Column::Amount.sum().cast_as("bigint"), "amount")
        .filter(posting::Column::County.eq(county.clone()))
        .group_by(posting::Column::HolderId)
        .group_by(posting::Column::Item)
        .group_by(posting::Column::Batch)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(h, i, b, n)| ((h, i, b), n)).collect())
}

/// All balances of a county.
pub(super) async fn all_balances(
    db: &impl ConnectionTrait,
    county: &CountyId,
) -> Result<Vec<balance::Model>, DbErr> {
    balance::Entity::find().filter(balance::Column::County.eq(county.clone())).all(db).await
}

/// Entries whose postings do not add up to nothing, at most a hundred.
pub(super) async fn unbalanced(
    db: &impl ConnectionTrait,
    county: &CountyId,
) -> Result<Vec<(EntryId, String)>, DbErr> {
    posting::Entity::find()
        .select_only()
        .column(posting::Column::EntryId)
        .column(posting::Column::Item)
        .filter(posting::Column::County.eq(county.clone()))
        .group_by(posting::Column::EntryId)
        .group_by(posting::Column::Item)
        .group_by(posting::Column::Batch)
        .having(posting::Column::Amount.sum().cast_as("bigint").ne(0))
        .limit(100)
        .into_tuple()
        .all(db)
        .await
}

/// How many entries and postings there are.
pub(super) async fn size(db: &impl ConnectionTrait, county: &CountyId) -> Result<(i64, i64), DbErr> {
    let entries: Option<i64> = entry::Entity::find()
        .select_only()
        .column_as(entry::Column::Id.count(), "n")
        .filter(entry::Column::County.eq(county.clone()))
        .into_tuple()
        .one(db)
        .await?;
    let postings: Option<i64> = posting::Entity::find()
        .select_only()
        .column_as(posting::Column::Line.count(), "n")
        .filter(posting::Column::County.eq(county.clone()))
        .into_tuple()
        .one(db)
        .await?;
    Ok((entries.unwrap_or(0), postings.unwrap_or(0)))
}
