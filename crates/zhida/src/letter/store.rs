//! Every query on letters.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};

use super::entity::{ActiveModel, Column, Entity, Model};
use crate::ids::{CountyId, FindingId, LetterId};
use crate::journal::Write;
use crate::problem::Problem;

/// Writes a letter.
pub(super) async fn insert(write: &Write, row: ActiveModel) -> Result<(), DbErr> {
    Entity::insert(row).exec_without_returning(write.tx()).await?;
    Ok(())
}

/// How many letters were written since an instant: the next number of the year.
pub(super) async fn since(
    db: &impl ConnectionTrait,
    county: &CountyId,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<u64, DbErr> {
    let own = Entity::find().filter(Column::County.eq(county.clone()));
    own.filter(Column::CreatedAt.gte(at)).count(db).await
}

/// A page of letters, those that wait first, by the day on which an answer is due.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    county: &CountyId,
    finding: Option<FindingId>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find().filter(Column::County.eq(county.clone()));
    if let Some(finding) = finding {
        query = query.filter(Column::FindingId.eq(finding));
    }
    query
        .order_by_desc(Column::State)
        .order_by_asc(Column::Due)
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// A letter.
pub(super) async fn find(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: LetterId,
) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id((county.clone(), id)).one(db).await
}

/// Keeps the answer, in the version that was read.
pub(super) async fn answer(write: &Write, now: &Model, words: &str) -> Result<(), Problem> {
    let values = vec![
        (Column::State, Expr::value("answered")),
        (Column::Answer, Expr::value(words)),
        (Column::AnsweredAt, Expr::value(Some(write.at()))),
    ];
    crate::db::change(write.tx(), now, values).await
}
