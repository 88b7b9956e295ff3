//! Changing a row that is still in the version that somebody read: of two who write at once the second is told.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait, ModelTrait, QueryFilter as _, Value};

use crate::ids::CountyId;
use crate::problem::Problem;

/// A row that says in which version it is.
pub trait Versioned: ModelTrait {
    /// The columns of county, id and version.
    const COLUMNS: [<Self::Entity as EntityTrait>::Column; 3];

    /// Its county, id and version.
    fn at(&self) -> (&CountyId, Value, i64);
}

/// Makes the rows of tables (modules with `Model` and `Column`) [`Versioned`].
macro_rules! versioned {
    ($($table:ident),+) => {$(
        impl crate::db::Versioned for $table::Model {
            const COLUMNS: [$table::Column; 3] =
                [$table::Column::County, $table::Column::Id, $table::Column::Version];

            fn at(&self) -> (&crate::ids::CountyId, sea_orm::Value, i64) {
                (&self.county, self.id.into(), self.version)
            }
        }
    )+};
}
pub(crate) use versioned;

/// Sets columns of one row, and counts its version up, if it is still in the version that was read.
///
/// # Errors
/// Somebody was faster, or the database's.
pub async fn change<M: Versioned>(
    db: &impl ConnectionTrait,
    now: &M,
    values: Vec<(<M::Entity as EntityTrait>::Column, Expr)>,
) -> Result<(), Problem> {
    let ([in_county, with_id, in_version], (county, id, version)) = (M::COLUMNS, now.at());
    let mut update = <M::Entity as EntityTrait>::update_many().col_expr(in_version, Expr::value(version + 1));
    for (column, value) in values {
        update = update.col_expr(column, value);
    }
    let done = update
        .filter(in_county.eq(county.clone()))
        .filter(with_id.eq(id))
        .filter(in_version.eq(version))
        .exec(db)
        .await?;
    if done.rows_affected > 0 { Ok(()) } else { Err(Problem::Conflict("fault-changed")) }
}
