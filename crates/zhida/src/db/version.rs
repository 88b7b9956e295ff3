//! Changing a row that is still in the version that somebody read: of two who write at once the second is told.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait, QueryFilter as _, Value};

use crate::ids::CountyId;

/// Sets columns of one row, and counts its version up, if it is still in the version that was read. `columns` are those of county,
/// id and version. Answers whether it was.
///
/// # Errors
/// The database's.
pub async fn change<E: EntityTrait>(
    db: &impl ConnectionTrait,
    columns: [E::Column; 3],
    (county, id, version): (&CountyId, impl Into<Value>, i64),
    values: Vec<(E::Column, Expr)>,
) -> Result<bool, DbErr> {
    let [in_county, with_id, in_version] = columns;
    let mut update = E::update_many().col_expr(in_version, Expr::value(version + 1));
    for (column, value) in values {
        update = update.col_expr(column, value);
    }
    let done = update
        .filter(in_county.eq(county.clone()))
        .filter(with_id.eq(id))
        .filter(in_version.eq(version))
        .exec(db)
        .await?;
    Ok(done.rows_affected > 0)
}
