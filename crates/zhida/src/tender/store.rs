//! Every query on calls, bids and objections.

use std::collections::BTreeSet;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::entity::{bid, contract, objection, tender};
use crate::ids::{BidId, ContractId, CountyId, ObjectionId, ProviderId, TenderId};
use crate::journal::Write;

crate::db::versioned!(tender, contract);

/// A call of a county.
///
/// # Errors
/// The database's.
pub async fn find(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: TenderId,
) -> Result<Option<tender::Model>, DbErr> {
    tender::Entity::find_by_id((county.clone(), id)).one(db).await
}

/// The calls of a county, the newest first.
pub(super) async fn all(
    db: &impl ConnectionTrait,
    county: &CountyId,
    limit: u64,
) -> Result<Vec<tender::Model>, DbErr> {
    let own = tender::Entity::find().filter(tender::Column::County.eq(county.clone()));
    own.order_by_desc(tender::Column::Id).limit(limit).all(db).await
}

pub(super) async fn insert(write: &Write, row: tender::ActiveModel) -> Result<(), DbErr> {
    tender::Entity::insert(row).exec_without_returning(write.tx()).await?;
    Ok(())
}

/// The bids of a call, in the order in which they came.
///
/// # Errors
/// The database's.
pub async fn bids(
    db: &impl ConnectionTrait,
    county: &CountyId,
    tender: TenderId,
) -> Result<Vec<bid::Model>, DbErr> {
    let own = bid::Entity::find()
        .filter(bid::Column::County.eq(county.clone()))
        .filter(bid::Column::TenderId.eq(tender));
    own.order_by_asc(bid::Column::Id).all(db).await
}

/// A bid of a county.
pub(super) async fn bid(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: BidId,
) -> Result<Option<bid::Model>, DbErr> {
    bid::Entity::find_by_id((county.clone(), id)).one(db).await
}

pub(super) async fn insert_bid(write: &Write, row: bid::ActiveModel) -> Result<(), DbErr> {
    bid::Entity::insert(row).exec_without_returning(write.tx()).await?;
    Ok(())
}

/// Changes a bid.
pub(super) async fn change_bid(
    write: &Write,
    id: BidId,
    values: Vec<(bid::Column, Expr)>,
) -> Result<(), DbErr> {
    let mut update = bid::Entity::update_many();
    for (column, value) in values {
        update = update.col_expr(column, value);
    }
    update
        .filter(bid::Column::County.eq(write.county().clone()))
        .filter(bid::Column::Id.eq(id))
        .exec(write.tx())
        .await?;
    Ok(())
}

/// The bids of a provider that were chosen, the newest first.
///
/// # Errors
/// The database's.
pub async fn chosen(
    db: &impl ConnectionTrait,
    county: &CountyId,
    providers: &BTreeSet<ProviderId>,
) -> Result<Vec<bid::Model>, DbErr> {
    let own = bid::Entity::find()
        .filter(bid::Column::County.eq(county.clone()))
        .filter(bid::Column::ProviderId.is_in(providers.iter().copied()))
        .filter(bid::Column::State.eq("chosen"));
    own.order_by_desc(bid::Column::Id).all(db).await
}

pub(super) async fn insert_objection(write: &Write, row: objection::ActiveModel) -> Result<(), DbErr> {
    objection::Entity::insert(row).exec_without_returning(write.tx()).await?;
    Ok(())
}

/// The objections to a ranking.
pub(super) async fn objections(
    db: &impl ConnectionTrait,
    county: &CountyId,
    tender: TenderId,
) -> Result<Vec<objection::Model>, DbErr> {
    let own = objection::Entity::find()
        .filter(objection::Column::County.eq(county.clone()))
        .filter(objection::Column::TenderId.eq(tender));
    own.order_by_asc(objection::Column::Id).limit(500).all(db).await
}

/// Answers an objection, once.
pub(super) async fn answer(
    write: &Write,
    (tender, id): (TenderId, ObjectionId),
    words: &str,
) -> Result<bool, DbErr> {
    let done = objection::Entity::update_many()
        .col_expr(objection::Column::Answer, Expr::value(words))
        .col_expr(objection::Column::AnsweredBy, Expr::value(write.actor().name.clone()))
        .col_expr(objection::Column::AnsweredAt, Expr::value(Some(write.at())))
        .filter(objection::Column::County.eq(write.county().clone()))
        .filter(objection::Column::TenderId.eq(tender))
        .filter(objection::Column::Id.eq(id))
        .filter(objection::Column::Answer.eq(""))
        .exec(write.tx())
        .await?;
    Ok(done.rows_affected > 0)
}

pub(super) async fn insert_contract(write: &Write, row: contract::ActiveModel) -> Result<(), DbErr> {
    contract::Entity::insert(row).exec_without_returning(write.tx()).await?;
    Ok(())
}

/// The contracts of calls, by their numbers.
///
/// # Errors
/// The database's.
pub async fn contracts(
    db: &impl ConnectionTrait,
    county: &CountyId,
    of: &[TenderId],
) -> Result<Vec<contract::Model>, DbErr> {
    let own = contract::Entity::find()
        .filter(contract::Column::County.eq(county.clone()))
        .filter(contract::Column::TenderId.is_in(of.iter().copied()));
    own.order_by_asc(contract::Column::Number).all(db).await
}

/// All contracts of a county, the newest first.
///
/// # Errors
/// The database's.
pub async fn all_contracts(
    db: &impl ConnectionTrait,
    county: &CountyId,
) -> Result<Vec<contract::Model>, DbErr> {
    let own = contract::Entity::find().filter(contract::Column::County.eq(county.clone()));
    own.order_by_desc(contract::Column::Id).all(db).await
}

/// A contract of a county.
///
/// # Errors
/// The database's.
pub async fn contract(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: ContractId,
) -> Result<Option<contract::Model>, DbErr> {
    contract::Entity::find_by_id((county.clone(), id)).one(db).await
}

/// The contract of a number.
pub(super) async fn contract_by_number(
    db: &impl ConnectionTrait,
    county: &CountyId,
    number: &str,
) -> Result<Option<contract::Model>, DbErr> {
    let own = contract::Entity::find().filter(contract::Column::County.eq(county.clone()));
    own.filter(contract::Column::Number.eq(number)).one(db).await
}
