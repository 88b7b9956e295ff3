//! Every query on published reports: written once, never changed.

use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::entity::{ActiveModel, Column, Entity, Model};
use crate::document::Document;
use crate::ids::{CountyId, PublishedId};
use crate::journal::{Subject, Write};
use crate::problem::Problem;

/// The published versions of a report on a period, newest first.
pub(super) async fn published(
    db: &impl ConnectionTrait,
    county: &CountyId,
    report: &str,
    period: &str,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::County.eq(county.clone()))
        .filter(Column::Report.eq(report))
        .filter(Column::Period.eq(period))
        .order_by_desc(Column::Id)
        .limit(20)
        .all(db)
        .await
}

/// Publishes a report.
pub(super) async fn publish(
    write: &mut Write,
    (report, region, period): (&str, &str, &str),
    document: &Document,
) -> Result<(), Problem> {
    let body = serde_json::to_string(document)?;
    let digest = crate::db::seal::sha256_hex(body.as_bytes());
    let id = PublishedId::new();
    let row = ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        report: Set(report.to_owned()),
        region: Set(region.to_owned()),
        period: Set(period.to_owned()),
        digest: Set(digest.clone()),
        body: Set(body),
        account_name: Set(write.actor().name.clone()),
        created_at: Set(write.at()),
    };
    Entity::insert(row).exec_without_returning(write.tx()).await?;
    let detail = serde_json::json!({ "report": report, "period": period, "digest": digest });
    write.note("report-published", Subject::new("report", id), detail).await?;
    Ok(())
}
