//! Every query on tips.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use zhida_types::RegionCode;

use super::entity::{ActiveModel, Column, Entity, Model};
use crate::ids::{CountyId, FindingId, TipId};
use crate::journal::Write;
use crate::problem::Problem;

/// Writes a tip.
pub(super) async fn insert(write: &Write, row: ActiveModel) -> Result<(), DbErr> {
    Entity::insert(row).exec_without_returning(write.tx()).await?;
    Ok(())
}

/// A page of tips of a state (all for an empty one), newest first, for what an officer of a region may see.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
    state: &str,
    before: Option<TipId>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find().filter(crate::db::within((Column::County, Column::Town), county, region));
    if !state.is_empty() {
        query = query.filter(Column::State.eq(state));
    }
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before));
    }
    query.order_by_desc(Column::Id).limit(limit).all(db).await
}

/// A tip that an officer of a region may see.
pub(super) async fn find(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
    id: TipId,
) -> Result<Option<Model>, DbErr> {
    let mine = crate::db::within((Column::County, Column::Town), county, region);
    Entity::find().filter(mine).filter(Column::Id.eq(id)).one(db).await
}

/// The tip of a link.
pub(super) async fn by_token(
    db: &impl ConnectionTrait,
    county: &CountyId,
    hash: &str,
) -> Result<Option<Model>, DbErr> {
    let own = Entity::find().filter(Column::County.eq(county.clone()));
    own.filter(Column::TokenHash.eq(hash)).one(db).await
}

/// A place that somebody of the public asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggested {
    /// The report.
    pub id: TipId,
    /// Where, in words.
    pub about: String,
    /// The town.
    pub town: Option<String>,
    /// Longitude and latitude, WGS 84.
    pub at: [f64; 2],
}

/// The places that the public asks for by a kind of report, in all counties that an officer of the region sees, the newest
/// first; those that were refused are left out.
///
/// # Errors
/// The database's.
pub async fn suggested(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
    kind: &str,
) -> Result<Vec<Suggested>, DbErr> {
    let rows = Entity::find()
        .filter(crate::db::counties(Column::County, county, region))
        .filter(Column::Kind.eq(kind))
        .filter(Column::State.ne("closed"))
        .filter(Column::Lon.is_not_null())
        .order_by_desc(Column::Id)
        .limit(2_000)
        .all(db)
        .await?;
    let one = |t: Model| Some(Suggested { id: t.id, about: t.about, town: t.town, at: [t.lon?, t.lat?] });
    Ok(rows.into_iter().filter_map(one).collect())
}

/// How many tips nobody has answered.
///
/// # Errors
/// The database's.
pub async fn waiting(
    db: &impl ConnectionTrait,
    county: &CountyId,
    region: &RegionCode,
) -> Result<i64, DbErr> {
    let mine = crate::db::within((Column::County, Column::Town), county, region);
    let n = Entity::find().filter(mine).filter(Column::State.eq("new")).count(db).await?;
    Ok(i64::try_from(n).unwrap_or(i64::MAX))
}

/// Answers a tip in the version that was read.
pub(super) async fn answer(
    write: &Write,
    now: &Model,
    (state, words): (&str, &str),
    finding: Option<FindingId>,
) -> Result<(), Problem> {
    let values = vec![
        (Column::State, Expr::value(state)),
        (Column::Answer, Expr::value(words)),
        (Column::FindingId, Expr::value(finding)),
        (Column::AnsweredBy, Expr::value(write.actor().name.clone())),
        (Column::AnsweredAt, Expr::value(Some(write.at()))),
    ];
    crate::db::change(write.tx(), now, values).await
}
