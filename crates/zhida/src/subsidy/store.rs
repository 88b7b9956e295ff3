//! Every query on what is owed to providers.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QueryOrder as _,
};

use super::entity::{ActiveModel, Column, Entity, Model};
use crate::db::rows_per_statement;
use crate::ids::{CountyId, OfferId};
use crate::journal::Write;

/// What is on file of a class.
pub(super) async fn of_class(
    db: &impl ConnectionTrait,
    county: &CountyId,
    class: OfferId,
) -> Result<Vec<Model>, DbErr> {
    let own = Entity::find().filter(Column::County.eq(county.clone())).filter(Column::ClassId.eq(class));
    own.order_by_asc(Column::Id).all(db).await
}

/// What is on file in a state; everything for an empty one.
pub(super) async fn in_state(
    db: &impl ConnectionTrait,
    county: &CountyId,
    state: &str,
) -> Result<Vec<Model>, DbErr> {
    let mut own = Entity::find().filter(Column::County.eq(county.clone()));
    if !state.is_empty() {
        own = own.filter(Column::State.eq(state));
    }
    own.order_by_asc(Column::Id).all(db).await
}

/// Proposes: what is on file already stays as it is, except what was refused, which is proposed again. Answers how many.
pub(super) async fn propose(write: &Write, rows: Vec<ActiveModel>) -> Result<u64, DbErr> {
    let keys = [Column::County, Column::PartyId, Column::ClassId, Column::Kind];
    let over = OnConflict::columns(keys)
        .update_columns([Column::State, Column::Amount, Column::ProposedBy, Column::CheckedBy, Column::Words])
        .action_and_where(Expr::col((Entity, Column::State)).eq("refused"))
        .to_owned();
    let mut fresh = 0;
    for chunk in rows.chunks(rows_per_statement(17)) {
        let insert = Entity::insert_many(chunk.to_vec()).on_conflict(over.clone());
        fresh += insert.exec_without_returning(write.tx()).await?;
    }
    Ok(fresh)
}

/// What is checked and waits to be paid, in fen.
///
/// # Errors
/// The database's.
pub async fn checked(db: &impl ConnectionTrait, county: &CountyId) -> Result<i64, DbErr> {
    Ok(in_state(db, county, "checked").await?.iter().map(|s| s.amount).sum())
}

/// What was paid in a batch.
pub(super) async fn of_batch(
    db: &impl ConnectionTrait,
    county: &CountyId,
    batch: &str,
) -> Result<Vec<Model>, DbErr> {
    let own = Entity::find().filter(Column::County.eq(county.clone())).filter(Column::Batch.eq(batch));
    own.order_by_asc(Column::Id).all(db).await
}

/// Moves everything of a class (of all classes for none) and of a part (of all for an empty one) from one state to another. Answers how
/// many.
pub(super) async fn advance(
    write: &Write,
    (class, kind): (Option<OfferId>, &str),
    (from, to): (&str, &str),
    values: Vec<(Column, Expr)>,
) -> Result<u64, DbErr> {
    let mut update = Entity::update_many().col_expr(Column::State, Expr::value(to));
    for (column, value) in values {
        update = update.col_expr(column, value);
    }
    let mut update = update.filter(Column::County.eq(write.county().clone())).filter(Column::State.eq(from));
    if let Some(class) = class {
        update = update.filter(Column::ClassId.eq(class));
    }
    if !kind.is_empty() {
        update = update.filter(Column::Kind.eq(kind));
    }
    Ok(update.exec(write.tx()).await?.rows_affected)
}
