//! Queries on tasks.

use chrono::{DateTime, Duration, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DatabaseConnection, DbErr,
    EntityTrait as _, ExprTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, TransactionTrait as _,
};

use super::entity::{ActiveModel, Column, Entity, Model, State};
use crate::ids::{CountyId, TaskId};
use crate::journal::{Actor, Write};

/// Seconds for which a claim holds without a sign of life.
pub(super) const LEASE_SECONDS: i64 = 15;

/// A task as pages show it.
#[derive(Clone, Debug)]
pub struct Task {
    /// The id.
    pub id: TaskId,
    /// The kind: a key of the texts after `task-`.
    pub kind: String,
    /// Where it stands.
    pub state: State,
    /// Steps done.
    pub done: i64,
    /// Steps in all; 0 while that is not known.
    pub total: i64,
    /// What went wrong: a key of the texts, or words.
    pub note: String,
    /// What came out, as JSON.
    pub result: serde_json::Value,
}

impl Task {
    /// Whether it still waits or runs.
    pub fn open(&self) -> bool {
        matches!(self.state, State::Queued | State::Running)
    }
}

impl From<Model> for Task {
    fn from(m: Model) -> Self {
        let result = serde_json::from_str(&m.result).unwrap_or(serde_json::Value::Null);
        Self { id: m.id, kind: m.kind, state: m.state, done: m.done, total: m.total, note: m.note, result }
    }
}

/// Queues a task in the transaction of the act that wants it.
///
/// # Errors
/// The database's.
pub async fn start(write: &Write, kind: &str, payload: &serde_json::Value) -> Result<TaskId, DbErr> {
    let id = TaskId::new();
    let task = ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        kind: Set(kind.to_owned()),
        payload: Set(payload.to_string()),
        state: Set(State::Queued),
        done: Set(0),
        total: Set(0),
        note: Set(String::new()),
        result: Set("null".to_owned()),
        actor: Set(write.actor().id()),
        actor_name: Set(write.actor().name.clone()),
        cancel: Set(false),
        attempts: Set(0),
        locked_until: Set(None),
        locked_by: Set(String::new()),
        created_at: Set(write.at()),
        finished_at: Set(None),
    };
    Entity::insert(task).exec_without_returning(write.tx()).await?;
    Ok(id)
}

/// A task by its id.
///
/// # Errors
/// The database's.
pub async fn find(db: &impl ConnectionTrait, county: &CountyId, id: TaskId) -> Result<Option<Task>, DbErr> {
    Ok(Entity::find_by_id((county.clone(), id)).one(db).await?.map(Task::from))
}

/// The county's tasks that wait or run, newest first.
///
/// # Errors
/// The database's.
pub async fn open(db: &impl ConnectionTrait, county: &CountyId) -> Result<Vec<Task>, DbErr> {
    let query = Entity::find()
        .filter(Column::County.eq(county.clone()))
        .filter(Column::State.is_in([State::Queued, State::Running]))
        .order_by_desc(Column::Id)
        .limit(20);
    Ok(query.all(db).await?.into_iter().map(Task::from).collect())
}

/// Claims the oldest task of any county that waits, or whose worker gave no sign of life.
pub(super) async fn claim(
    db: &DatabaseConnection,
    worker: &str,
    now: DateTime<Utc>,
) -> Result<Option<Model>, DbErr> {
    let waiting = || {
        let abandoned = Column::State.eq(State::Running).and(Column::LockedUntil.lt(now));
        Condition::any().add(Column::State.eq(State::Queued)).add(abandoned)
    };
    let first = Entity::find().filter(waiting()).order_by_asc(Column::CreatedAt).one(db).await?;
    let Some(county) = first.map(|task| task.county) else { return Ok(None) };
    // Inside one county, as a sharded database wants it.
    let tx = crate::db::begin(db).await?;
    let found = Entity::find()
        .filter(Column::County.eq(county))
        .filter(waiting())
        .order_by_asc(Column::CreatedAt)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .one(&tx)
        .await?;
    let claimed = match found {
        Some(task) => {
            let attempts = task.attempts + 1;
            let mut task = task.into_active_model();
            task.state = Set(State::Running);
            task.attempts = Set(attempts);
            task.locked_by = Set(worker.to_owned());
            task.locked_until = Set(Some(now + Duration::seconds(LEASE_SECONDS)));
            Some(task.update(&tx).await?)
        }
        None => None,
    };
    tx.commit().await?;
    Ok(claimed)
}

/// A sign of life; says whether somebody wants the task stopped.
pub(super) async fn beat(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: TaskId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    Entity::update_many()
        .col_expr(Column::LockedUntil, Expr::value(now + Duration::seconds(LEASE_SECONDS)))
        .filter(Column::County.eq(county.clone()))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    let task = Entity::find_by_id((county.clone(), id)).one(db).await?;
    Ok(task.is_some_and(|t| t.cancel))
}

/// Writes the end of a task.
pub(super) async fn finish(
    db: &DatabaseConnection,
    task: Model,
    state: State,
    note: String,
    result: &serde_json::Value,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let mut task = task.into_active_model();
    task.state = Set(state);
    task.note = Set(note);
    task.result = Set(result.to_string());
    task.locked_until = Set(None);
    task.finished_at = Set(Some(now));
    let tx = db.begin().await?;
    task.update(&tx).await?;
    tx.commit().await
}

/// Asks a task to stop; one that still waits stops at once.
pub(super) async fn cancel(write: &Write, id: TaskId) -> Result<bool, DbErr> {
    let found = Entity::find_by_id((write.county().clone(), id)).one(write.tx()).await?;
    let Some(task) = found else { return Ok(false) };
    let waiting = task.state == State::Queued;
    let mut task = task.into_active_model();
    task.cancel = Set(true);
    if waiting {
        task.state = Set(State::Cancelled);
        task.finished_at = Set(Some(write.at()));
    }
    task.update(write.tx()).await?;
    Ok(true)
}

/// The model of a task that waits, for running it at once.
pub(super) async fn take(
    db: &DatabaseConnection,
    county: &CountyId,
    id: TaskId,
    now: DateTime<Utc>,
) -> Result<Option<Model>, DbErr> {
    let Some(task) = Entity::find_by_id((county.clone(), id)).one(db).await? else { return Ok(None) };
    let mut task = task.into_active_model();
    task.state = Set(State::Running);
    task.locked_by = Set("here".to_owned());
    task.locked_until = Set(Some(now + Duration::hours(1)));
    task.update(db).await.map(Some)
}

/// Whose actor a task carries.
pub(super) fn actor(task: &Model) -> Actor {
    Actor { account: task.actor.parse().ok(), name: task.actor_name.clone() }
}
