//! Every query on batches and payments.

use std::collections::BTreeSet;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use zhida_types::Day;

use super::entity::{batch, payment};
use crate::db::rows_per_statement;
use crate::ids::{BatchId, CaseId, CountyId, EntryId, PaymentId};
use crate::journal::Write;

crate::db::versioned!(batch);

/// The newest batches.
pub(super) async fn batches(
    db: &impl ConnectionTrait,
    county: &CountyId,
    before: Option<BatchId>,
    limit: u64,
) -> Result<Vec<batch::Model>, DbErr> {
    let mut query = batch::Entity::find().filter(batch::Column::County.eq(county.clone()));
    if let Some(before) = before {
        query = query.filter(batch::Column::Id.lt(before));
    }
    query.order_by_desc(batch::Column::Id).limit(limit).all(db).await
}

/// A batch.
///
/// # Errors
/// The database's.
pub async fn batch(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: BatchId,
) -> Result<Option<batch::Model>, DbErr> {
    batch::Entity::find_by_id((county.clone(), id)).one(db).await
}

/// Batches that wait for a second person, and payments that went out under another name and wait for a decision.
///
/// # Errors
/// The database's.
pub async fn waiting(db: &impl ConnectionTrait, county: &CountyId) -> Result<(i64, i64), DbErr> {
    let drafts = batch::Entity::find()
        .filter(batch::Column::County.eq(county.clone()))
        .filter(batch::Column::State.eq("draft"))
        .count(db)
        .await?;
    let disputed = payment::Entity::find()
        .filter(payment::Column::County.eq(county.clone()))
        .filter(payment::Column::State.eq("disputed"))
        .count(db)
        .await?;
    Ok((i64::try_from(drafts).unwrap_or(i64::MAX), i64::try_from(disputed).unwrap_or(i64::MAX)))
}

/// The payments of a batch, in order.
pub(super) async fn payments(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: BatchId,
) -> Result<Vec<payment::Model>, DbErr> {
    payment::Entity::find()
        .filter(payment::Column::County.eq(county.clone()))
        .filter(payment::Column::BatchId.eq(id))
        .order_by_asc(payment::Column::Number)
        .all(db)
        .await
}

/// Cases that a payment is under way or done for: they are not paid again.
pub(super) async fn bound(
    db: &impl ConnectionTrait,
    county: &CountyId,
    cases: &[CaseId],
) -> Result<BTreeSet<CaseId>, DbErr> {
    let mut found = BTreeSet::new();
    for chunk in cases.chunks(5_000) {
        let rows: Vec<CaseId> = payment::Entity::find()
            .select_only()
            .column(payment::Column::CaseId)
            .filter(payment::Column::County.eq(county.clone()))
            .filter(payment::Column::CaseId.is_in(chunk.iter().copied()))
            .filter(payment::Column::State.is_in(["waiting", "paid", "disputed"]))
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Writes a batch and its payments.
pub(super) async fn insert(
    write: &Write,
    batch: batch::ActiveModel,
    payments: Vec<payment::ActiveModel>,
) -> Result<(), DbErr> {
    batch::Entity::insert(batch).exec_without_returning(write.tx()).await?;
    for chunk in payments.chunks(rows_per_statement(14)) {
        payment::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    Ok(())
}

/// Sets what became of payments that are to say the same.
pub(super) async fn set(
    write: &Write,
    ids: &[PaymentId],
    (state, fault, paid_on): (&str, &str, Option<Day>),
) -> Result<(), DbErr> {
    for chunk in ids.chunks(5_000) {
        payment::Entity::update_many()
            .col_expr(payment::Column::State, Expr::value(state))
            .col_expr(payment::Column::Fault, Expr::value(fault))
            .col_expr(payment::Column::PaidOn, Expr::value(paid_on.map(|d| d.0)))
            .filter(payment::Column::County.eq(write.county().clone()))
            .filter(payment::Column::Id.is_in(chunk.iter().copied()))
            .exec(write.tx())
            .await?;
    }
    Ok(())
}

/// Names the entry of the ledger that a payment became.
pub(super) async fn entered(write: &Write, id: PaymentId, entry: EntryId) -> Result<(), DbErr> {
    payment::Entity::update_many()
        .col_expr(payment::Column::EntryId, Expr::value(Some(entry)))
        .filter(payment::Column::County.eq(write.county().clone()))
        .filter(payment::Column::Id.eq(id))
        .exec(write.tx())
        .await?;
    Ok(())
}
