//! The table of tasks.

use sea_orm::entity::prelude::*;

use crate::ids::{CountyId, TaskId};

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum State {
    /// Waits.
    #[sea_orm(string_value = "queued")]
    Queued,
    /// Somebody works on it.
    #[sea_orm(string_value = "running")]
    Running,
    /// Done.
    #[sea_orm(string_value = "done")]
    Done,
    /// It could not be done.
    #[sea_orm(string_value = "failed")]
    Failed,
    /// Somebody stopped it.
    #[sea_orm(string_value = "cancelled")]
    Cancelled,
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "task")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub county: CountyId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaskId,
    pub kind: String,
    pub payload: String,
    pub state: State,
    pub done: i64,
    pub total: i64,
    pub note: String,
    pub result: String,
    pub actor: String,
    pub actor_name: String,
    pub cancel: bool,
    pub attempts: i64,
    pub locked_until: Option<ChronoDateTimeUtc>,
    pub locked_by: String,
    pub created_at: ChronoDateTimeUtc,
    pub finished_at: Option<ChronoDateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
