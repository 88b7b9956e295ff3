//! Every query on demand and layout plans.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::entity::{demand, layout};
use crate::ids::{CommitmentId, CountyId, DemandId, LayoutId};
use crate::journal::Write;

/// A table of people.
#[derive(Clone, Debug)]
pub struct NewDemand {
    /// The kind of place that is for them.
    pub kind: String,
    /// What the file was called.
    pub file_name: String,
    /// Whether it is invented.
    pub origin: String,
    /// How many cells.
    pub cells: usize,
    /// The table.
    pub body: String,
}

/// Keeps a table of people; from now on it counts.
///
/// # Errors
/// The database's.
pub(super) async fn keep_demand(write: &Write, new: NewDemand) -> Result<DemandId, DbErr> {
    let id = DemandId::new();
    let row = demand::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        kind: Set(new.kind),
        file_name: Set(new.file_name),
        origin: Set(new.origin),
        cells: Set(i64::try_from(new.cells).unwrap_or(i64::MAX)),
        body: Set(new.body),
        account: Set(write.actor().name.clone()),
        created_at: Set(write.at()),
    };
    demand::Entity::insert(row).exec_without_returning(write.tx()).await?;
    Ok(id)
}

/// The table of people that counts.
pub(super) async fn demand_of(
    db: &impl ConnectionTrait,
    county: &CountyId,
    kind: &str,
) -> Result<Option<demand::Model>, DbErr> {
    let own = demand::Entity::find().filter(demand::Column::County.eq(county.clone()));
    own.filter(demand::Column::Kind.eq(kind)).order_by_desc(demand::Column::Id).one(db).await
}

/// Takes back the table of people that counts: the one before it counts again. Answers whether there was one.
pub(super) async fn drop_demand(write: &Write, id: DemandId) -> Result<bool, DbErr> {
    let done = demand::Entity::delete_many()
        .filter(demand::Column::County.eq(write.county().clone()))
        .filter(demand::Column::Id.eq(id))
        .exec(write.tx())
        .await?;
    Ok(done.rows_affected == 1)
}

/// A plan to be made.
#[derive(Clone, Debug)]
pub(super) struct NewLayout {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) origin: String,
    pub(super) files: String,
    pub(super) from: Option<LayoutId>,
}

/// Keeps what goes into a plan.
pub(super) async fn create(write: &Write, new: NewLayout) -> Result<LayoutId, DbErr> {
    let id = LayoutId::new();
    let row = layout::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        kind: Set(new.kind),
        name: Set(new.name),
        state: Set("waiting".to_owned()),
        origin: Set(new.origin),
        files: Set(new.files),
        answer: Set(String::new()),
        summary: Set("{}".to_owned()),
        from_id: Set(new.from),
        commitment_id: Set(None),
        account: Set(write.actor().name.clone()),
        version: Set(1),
        created_at: Set(write.at()),
        updated_at: Set(write.at()),
    };
    layout::Entity::insert(row).exec_without_returning(write.tx()).await?;
    Ok(id)
}

/// A plan.
pub(super) async fn find(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: LayoutId,
) -> Result<Option<layout::Model>, DbErr> {
    let own = layout::Entity::find().filter(layout::Column::County.eq(county.clone()));
    own.filter(layout::Column::Id.eq(id)).one(db).await
}

/// A plan in a list: id, name, state, summary, who made it, when.
pub(super) type Short = (LayoutId, String, String, String, String, chrono::DateTime<chrono::Utc>);

/// The newest plans, without what went in and came out.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    county: &CountyId,
    kind: &str,
) -> Result<Vec<Short>, DbErr> {
    layout::Entity::find()
        .select_only()
        .columns([
            layout::Column::Id,
            layout::Column::Name,
            layout::Column::State,
            layout::Column::Summary,
            layout::Column::Account,
            layout::Column::CreatedAt,
        ])
        .filter(layout::Column::County.eq(county.clone()))
        .filter(layout::Column::Kind.eq(kind))
        .order_by_desc(layout::Column::Id)
        .limit(50)
        .into_tuple()
        .all(db)
        .await
}

/// Keeps what came out of a plan.
pub(super) async fn answered(
    write: &Write,
    id: LayoutId,
    state: &str,
    (answer, summary): (String, String),
) -> Result<(), DbErr> {
    layout::Entity::update_many()
        .col_expr(layout::Column::State, Expr::value(state))
        .col_expr(layout::Column::Answer, Expr::value(answer))
        .col_expr(layout::Column::Summary, Expr::value(summary))
        .col_expr(layout::Column::UpdatedAt, Expr::value(write.at()))
        .filter(layout::Column::County.eq(write.county().clone()))
        .filter(layout::Column::Id.eq(id))
        .filter(layout::Column::State.eq("waiting"))
        .exec(write.tx())
        .await?;
    Ok(())
}

/// Marks a plan that is ready as approved, with the commitment that came of it. Answers whether nobody was faster.
pub(super) async fn approved(write: &Write, id: LayoutId, commitment: CommitmentId) -> Result<bool, DbErr> {
    let done = layout::Entity::update_many()
        .col_expr(layout::Column::State, Expr::value("approved"))
        .col_expr(layout::Column::CommitmentId, Expr::value(commitment))
        .col_expr(layout::Column::UpdatedAt, Expr::value(write.at()))
        .filter(layout::Column::County.eq(write.county().clone()))
        .filter(layout::Column::Id.eq(id))
        .filter(layout::Column::State.eq("ready"))
        .exec(write.tx())
        .await?;
    Ok(done.rows_affected == 1)
}
