//! Every query on messages and the stop list.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, LockBehavior, LockType, OnConflict};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait as _,
    ExprTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::channel::Envelope;
use super::entity::{ActiveModel, Column, Entity, Model, State, stop as stop_list};
use crate::app::App;
use crate::db::rows_per_statement;
use crate::ids::{CaseId, CountyId, MessageId, PartyId};
use crate::journal::Write;
use crate::problem::Problem;

/// A message to be written to the outbox.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// The case.
    pub case: CaseId,
    /// The person.
    pub party: PartyId,
    /// Where it goes; nothing where no address is known.
    pub envelope: Option<Envelope>,
    /// The hash of the phone.
    pub phone_hash: Option<String>,
    /// The digits by which an answer names it.
    pub reply_code: String,
    /// What stands in the link.
    pub token: String,
    /// The language.
    pub lang: &'static str,
}

/// How many messages went where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Queued {
    /// Waiting to be sent.
    pub queued: usize,
    /// Without an address.
    pub no_address: usize,
    /// On the stop list.
    pub stopped: usize,
    /// Above the number that a person may get in a week.
    pub capped: usize,
}

/// What the database keeps of a link.
pub(super) fn token_hash(token: &str) -> String {
    crate::db::seal::sha256_hex(token.as_bytes())
}

/// Writes messages to the outbox. Those without an address, on the stop list or above the weekly number are kept, marked
/// as withheld with the reason.
///
/// # Errors
/// The database's.
pub async fn queue(app: &App, write: &Write, new: Vec<NewMessage>) -> Result<Queued, Problem> {
    let stopped = stopped(write.tx(), write.county()).await?;
    let mut recent = recent(write.tx(), write.county(), write.at() - Duration::days(7)).await?;
    let (mut counts, mut rows) = (Queued::default(), Vec::new());
    for message in new {
        let sent = recent.entry(message.party).or_default();
        let fault = match (&message.envelope, &message.phone_hash) {
            (None, _) => "no-address",
            (_, Some(hash)) if stopped.contains(hash) => "stopped",
            _ if *sent >= app.config.messages.per_week => "capped",
            _ => "",
        };
        match fault {
            "no-address" => counts.no_address += 1,
            "stopped" => counts.stopped += 1,
            "capped" => counts.capped += 1,
            _ => {
                counts.queued += 1;
                *sent += 1;
            }
        }
        rows.push(row(app, write, message, fault)?);
    }
    for chunk in rows.chunks(rows_per_statement(22)) {
        Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    Ok(counts)
}

fn row(app: &App, write: &Write, message: NewMessage, fault: &str) -> Result<ActiveModel, Problem> {
    let id = MessageId::new();
    let about = format!("{}/{id}", write.county());
    let channel = message.envelope.as_ref().map_or("none", |e| e.channel.as_str()).to_owned();
    let body = serde_json::to_vec(&message.envelope)?;
    Ok(ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        case_id: Set(message.case),
        party_id: Set(message.party),
        channel: Set(channel),
        lang: Set(message.lang.to_owned()),
        body_sealed: Set(app.keys.seal(&about, &body)?),
        phone_hash: Set(message.phone_hash),
        reply_code: Set(message.reply_code),
        token_hash: Set(token_hash(&message.token)),
        expires: Set(write.at() + Duration::days(app.config.messages.link_days)),
        state: Set(if fault.is_empty() { State::Queued } else { State::Withheld }),
        attempts: Set(0),
        next_at: Set(write.at()),
        locked_until: Set(None),
        sent_at: Set(None),
        delivered_at: Set(None),
        read_at: Set(None),
        answered_at: Set(None),
        fault: Set(fault.to_owned()),
        created_at: Set(write.at()),
    })
}

async fn stopped(db: &impl ConnectionTrait, county: &CountyId) -> Result<BTreeSet<String>, DbErr> {
    let hashes: Vec<String> = stop_list::Entity::find()
        .select_only()
        .column(stop_list::Column::PhoneHash)
        .filter(stop_list::Column::County.eq(county.clone()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(hashes.into_iter().collect())
}

/// How many messages each person was sent since an instant.
async fn recent(
    db: &impl ConnectionTrait,
    county: &CountyId,
    since: DateTime<Utc>,
) -> Result<BTreeMap<PartyId, u64>, DbErr> {
    let rows: Vec<(PartyId, i64)> = Entity::find()
        .select_only()
        .column(Column::PartyId)
        .column_as(Column::Id.count(), "n")
        .filter(Column::County.eq(county.clone()))
        .filter(Column::CreatedAt.gte(since))
        .filter(Column::State.ne(State::Withheld))
        .group_by(Column::PartyId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(id, n)| (id, u64::try_from(n).unwrap_or(0))).collect())
}

/// Claims messages of one county whose time has come, or whose worker gave no sign of life.
pub(super) async fn claim(
    db: &DatabaseConnection,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let due = || {
        let queued = Column::State.eq(State::Queued).and(Column::NextAt.lte(now));
        let left = Column::State.eq(State::Sending).and(Column::LockedUntil.lt(now));
        Condition::any().add(queued).add(left)
    };
    let Some(first) = Entity::find().filter(due()).order_by_asc(Column::NextAt).one(db).await? else {
        return Ok(Vec::new());
    };
    let tx = crate::db::begin(db).await?;
    let found = Entity::find()
        .filter(Column::County.eq(first.county.clone()))
        .filter(due())
        .order_by_asc(Column::NextAt)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(&tx)
        .await?;
    Entity::update_many()
        .col_expr(Column::State, Expr::value(State::Sending))
        .col_expr(Column::LockedUntil, Expr::value(now + Duration::seconds(60)))
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .filter(Column::County.eq(first.county))
        .filter(Column::Id.is_in(found.iter().map(|m| m.id)))
        .exec(&tx)
        .await?;
    tx.commit().await?;
    Ok(found)
}

/// Puts a message back until a time, without counting an attempt.
pub(super) async fn put_off(
    db: &impl ConnectionTrait,
    message: &Model,
    until: DateTime<Utc>,
) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value(State::Queued))
        .col_expr(Column::NextAt, Expr::value(until))
        .col_expr(Column::Attempts, Expr::value(message.attempts));
    only(update, message).exec(db).await?;
    Ok(())
}

fn only(update: sea_orm::UpdateMany<Entity>, message: &Model) -> sea_orm::UpdateMany<Entity> {
    update.filter(Column::County.eq(message.county.clone())).filter(Column::Id.eq(message.id))
}

/// The channel took it.
pub(super) async fn sent(write: &Write, message: &Model) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value(State::Sent))
        .col_expr(Column::SentAt, Expr::value(write.at()))
        .col_expr(Column::Fault, Expr::value(""));
    only(update, message).filter(Column::State.eq(State::Sending)).exec(write.tx()).await?;
    Ok(())
}

/// The channel did not take it: again later, or given up.
pub(super) async fn missed(
    write: &Write,
    message: &Model,
    fault: &str,
    again: Option<DateTime<Utc>>,
) -> Result<(), DbErr> {
    let state = if again.is_some() { State::Queued } else { State::Failed };
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::NextAt, Expr::value(again.unwrap_or(write.at())))
        .col_expr(Column::Fault, Expr::value(fault));
    only(update, message).exec(write.tx()).await?;
    Ok(())
}

/// The message of a link that has not expired.
///
/// # Errors
/// The database's.
pub async fn by_token(
    db: &impl ConnectionTrait,
    county: &CountyId,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Option<Model>, DbErr> {
    Entity::find()
        .filter(Column::County.eq(county.clone()))
        .filter(Column::TokenHash.eq(token_hash(token)))
        .filter(Column::Expires.gt(now))
        .one(db)
        .await
}

/// The newest message to a phone, by the digits of an answer; by the phone alone where the answer names none.
///
/// # Errors
/// The database's.
pub async fn by_reply(
    db: &impl ConnectionTrait,
    county: &CountyId,
    phone_hash: &str,
    code: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find()
        .filter(Column::County.eq(county.clone()))
        .filter(Column::PhoneHash.eq(phone_hash))
        .filter(Column::Expires.gt(now))
        .filter(Column::State.ne(State::Withheld));
    if !code.is_empty() {
        query = query.filter(Column::ReplyCode.eq(code));
    }
    query.order_by_desc(Column::Id).limit(5).all(db).await
}

/// The person opened the link.
///
/// # Errors
/// The database's.
pub async fn opened(db: &impl ConnectionTrait, message: &Model, now: DateTime<Utc>) -> Result<(), DbErr> {
    if message.read_at.is_some() {
        return Ok(());
    }
    only(Entity::update_many().col_expr(Column::ReadAt, Expr::value(now)), message).exec(db).await?;
    let update = Entity::update_many().col_expr(Column::State, Expr::value(State::Read));
    only(update, message).filter(Column::State.is_in([State::Sent, State::Delivered])).exec(db).await?;
    Ok(())
}

/// The person answered.
///
/// # Errors
/// The database's.
pub async fn answered(write: &Write, message: &Model) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value(State::Answered))
        .col_expr(Column::AnsweredAt, Expr::value(write.at()));
    only(update, message).exec(write.tx()).await?;
    Ok(())
}

/// A gateway's receipt.
pub(super) async fn receipt(write: &Write, id: MessageId, state: State) -> Result<bool, DbErr> {
    let column = if state == State::Read { Column::ReadAt } else { Column::DeliveredAt };
    let before: Vec<State> = match state {
        State::Delivered => vec![State::Sending, State::Sent],
        _ => vec![State::Sending, State::Sent, State::Delivered],
    };
    let done = Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(column, Expr::value(write.at()))
        .filter(Column::County.eq(write.county().clone()))
        .filter(Column::Id.eq(id))
        .filter(Column::State.is_in(before))
        .exec(write.tx())
        .await?;
    Ok(done.rows_affected > 0)
}

/// Puts a phone on the stop list.
///
/// # Errors
/// The database's.
pub async fn stop(write: &Write, phone_hash: &str, source: &str) -> Result<(), DbErr> {
    let row = stop_list::ActiveModel {
        county: Set(write.county().clone()),
        phone_hash: Set(phone_hash.to_owned()),
        source: Set(source.to_owned()),
        created_at: Set(write.at()),
    };
    let known = OnConflict::columns([stop_list::Column::County, stop_list::Column::PhoneHash])
        .do_nothing()
        .to_owned();
    stop_list::Entity::insert(row).on_conflict(known).exec_without_returning(write.tx()).await?;
    let withheld = Entity::update_many()
        .col_expr(Column::State, Expr::value(State::Withheld))
        .col_expr(Column::Fault, Expr::value("stopped"))
        .filter(Column::County.eq(write.county().clone()))
        .filter(Column::PhoneHash.eq(phone_hash))
        .filter(Column::State.eq(State::Queued));
    withheld.exec(write.tx()).await?;
    Ok(())
}

/// The messages of cases, newest first.
///
/// # Errors
/// The database's.
pub async fn of_cases(
    db: &impl ConnectionTrait,
    county: &CountyId,
    cases: &[CaseId],
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::County.eq(county.clone()))
        .filter(Column::CaseId.is_in(cases.iter().copied()))
        .order_by_desc(Column::Id)
        .limit(200)
        .all(db)
        .await
}

/// How many messages about cases went out, and how many were looked at.
///
/// # Errors
/// The database's.
pub async fn tally(
    db: &impl ConnectionTrait,
    county: &CountyId,
    cases: &[CaseId],
) -> Result<(i64, i64), DbErr> {
    let mut sums = (0, 0);
    for chunk in cases.chunks(5_000) {
        let row: Option<(i64, i64)> = Entity::find()
            .select_only()
            .column_as(Column::SentAt.count(), "sent")
            .column_as(Column::ReadAt.count(), "read")
            .filter(Column::County.eq(county.clone()))
            .filter(Column::CaseId.is_in(chunk.iter().copied()))
            .into_tuple()
            .one(db)
            .await?;
        let (sent, read) = row.unwrap_or_default();
        sums = (sums.0 + sent, sums.1 + read);
    }
    Ok(sums)
}

/// A page of messages, newest first.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    county: &CountyId,
    state: Option<State>,
    before: Option<MessageId>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find().filter(Column::County.eq(county.clone()));
    if let Some(state) = state {
        query = query.filter(Column::State.eq(state));
    }
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before));
    }
    query.order_by_desc(Column::Id).limit(limit).all(db).await
}

/// Of every message whom it went to, where it stands, and whether it was sent, arrived, was read and answered: for an
/// officer of a town, who counts those of its people alone.
pub(super) async fn marks(
    db: &impl ConnectionTrait,
    county: &CountyId,
) -> Result<Vec<(PartyId, State, [bool; 4])>, DbErr> {
    type Mark = Option<DateTime<Utc>>;
    let columns = [
        Column::PartyId,
        Column::State,
        Column::SentAt,
        Column::DeliveredAt,
        Column::ReadAt,
        Column::AnsweredAt,
    ];
    let rows: Vec<(PartyId, State, Mark, Mark, Mark, Mark)> = Entity::find()
        .select_only()
        .columns(columns)
        .filter(Column::County.eq(county.clone()))
        .into_tuple()
        .all(db)
        .await?;
    let mark = |(party, state, sent, delivered, read, answered): (PartyId, State, Mark, Mark, Mark, Mark)| {
        (party, state, [sent, delivered, read, answered].map(|m| m.is_some()))
    };
    Ok(rows.into_iter().map(mark).collect())
}

/// How many messages stand where.
///
/// # Errors
/// The database's.
pub async fn counts(db: &impl ConnectionTrait, county: &CountyId) -> Result<BTreeMap<State, i64>, DbErr> {
    let rows: Vec<(State, i64)> = Entity::find()
        .select_only()
        .column(Column::State)
        .column_as(Column::Id.count(), "n")
        .filter(Column::County.eq(county.clone()))
        .group_by(Column::State)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// How many were sent, arrived, were read and answered, counting what goes beyond: an answered message was sent.
///
/// # Errors
/// The database's.
pub async fn reach(db: &impl ConnectionTrait, county: &CountyId) -> Result<[i64; 4], DbErr> {
    let mut found = [0; 4];
    let columns = [Column::SentAt, Column::DeliveredAt, Column::ReadAt, Column::AnsweredAt];
    for (slot, column) in found.iter_mut().zip(columns) {
        let count: Option<i64> = Entity::find()
            .select_only()
            .column_as(column.count(), "n")
            .filter(Column::County.eq(county.clone()))
            .into_tuple()
            .one(db)
            .await?;
        *slot = count.unwrap_or(0);
    }
    Ok(found)
}

/// Whom a message reached since a time: it arrived, was read or was answered.
///
/// # Errors
/// The database's.
pub async fn aware(
    db: &impl ConnectionTrait,
    county: &CountyId,
    since: DateTime<Utc>,
) -> Result<BTreeSet<PartyId>, DbErr> {
    let reached = Condition::any()
        .add(Column::DeliveredAt.gt(since))
        .add(Column::ReadAt.gt(since))
        .add(Column::AnsweredAt.gt(since));
    let rows: Vec<PartyId> = Entity::find()
        .select_only()
        .column(Column::PartyId)
        .distinct()
        .filter(Column::County.eq(county.clone()))
        .filter(reached)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Gives the messages of a person who was merged to the one who stays. Answers how many.
///
/// # Errors
/// The database's.
pub async fn reassign(write: &Write, from: PartyId, into: PartyId) -> Result<u64, DbErr> {
    let moved = Entity::update_many()
        .col_expr(Column::PartyId, Expr::value(into))
        .filter(Column::County.eq(write.county().clone()))
        .filter(Column::PartyId.eq(from))
        .exec(write.tx())
        .await?;
    Ok(moved.rows_affected)
}
