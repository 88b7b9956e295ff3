//! Words that officers have explained.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _};

use super::super::entity::alias;
use crate::ids::CountyId;
use crate::journal::Write;

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
pub(in crate::party) async fn learned(
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
