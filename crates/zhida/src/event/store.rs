//! Every query on events and on who said that they come.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use serde_json::json;
use zhida_types::RegionCode;

use super::entity::{ActiveModel, Column, Entity, Model, guest};
use crate::ids::{CountyId, EventId, GuestId, PlaceId};
use crate::journal::{Subject, Write};
use crate::problem::Problem;

/// An event that is planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Where.
    pub place: PlaceId,
    /// One of the network's kinds.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// What there is, for whom, what to bring.
    pub words: String,
    /// When it begins.
    pub from: DateTime<Utc>,
    /// When it ends.
    pub to: DateTime<Utc>,
    /// 0 where as many may come as like.
    pub seats: i64,
    /// `planned` or `cancelled`.
    pub state: String,
    /// How many came; nothing where nobody counted.
    pub headcount: Option<i64>,
    /// Whether it is invented.
    pub origin: String,
}

/// Plans events. Answers their ids.
///
/// # Errors
/// The database's.
pub async fn create(write: &mut Write, new: Vec<NewEvent>) -> Result<Vec<EventId>, DbErr> {
    let (mut rows, mut ids, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for e in new {
        let id = EventId::new();
        ids.push(id);
        notes.push((Subject::new("event", id), json!({ "title": e.title, "from": e.from })));
        rows.push(ActiveModel {
            county: Set(write.county().clone()),
            id: Set(id),
            place_id: Set(e.place),
            kind: Set(e.kind),
            title: Set(e.title),
            words: Set(e.words),
            starts_at: Set(e.from),
            ends_at: Set(e.to),
            seats: Set(e.seats),
            state: Set(e.state),
            headcount: Set(e.headcount),
            origin: Set(e.origin),
            account: Set(write.actor().id()),
            version: Set(1),
            created_at: Set(write.at()),
        });
    }
    for chunk in rows.chunks(crate::db::rows_per_statement(15)) {
        Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    write.note_many("event-planned", notes.into_iter()).await?;
    Ok(ids)
}

/// Changes an event that is still in the version that was read.
pub(super) async fn update(write: &mut Write, now: &Model, e: NewEvent) -> Result<(), Problem> {
    let detail = json!({ "title": e.title, "from": e.from, "state": e.state, "headcount": e.headcount });
    let row = ActiveModel {
        kind: Set(e.kind),
        title: Set(e.title),
        words: Set(e.words),
        starts_at: Set(e.from),
        ends_at: Set(e.to),
        seats: Set(e.seats),
        state: Set(e.state),
        headcount: Set(e.headcount),
        version: Set(now.version + 1),
        ..ActiveModel::default()
    };
    let done = Entity::update_many()
        .set(row)
        .filter(Column::County.eq(write.county().clone()))
        .filter(Column::Id.eq(now.id))
        .filter(Column::Version.eq(now.version))
        .exec(write.tx())
        .await?;
    if done.rows_affected == 0 {
        return Err(Problem::Conflict("fault-changed"));
    }
    write.note("event-changed", Subject::new("event", now.id), detail).await?;
    Ok(())
}

/// An event of a county.
pub(super) async fn find(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: EventId,
) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id((county.clone(), id)).one(db).await
}

/// Which events are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    /// Of one place.
    pub(super) place: Option<PlaceId>,
    /// That end after a time.
    pub(super) after: Option<DateTime<Utc>>,
    /// That ended before a time.
    pub(super) before: Option<DateTime<Utc>>,
    /// Cancelled ones, too.
    pub(super) cancelled: bool,
}

/// Events of a county: those to come by their beginning, past ones backwards.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    county: &CountyId,
    asked: Asked,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut own = Condition::all().add(Column::County.eq(county.clone()));
    if let Some(place) = asked.place {
        own = own.add(Column::PlaceId.eq(place));
    }
    if let Some(at) = asked.after {
        own = own.add(Column::EndsAt.gt(at));
    }
    if let Some(at) = asked.before {
        own = own.add(Column::EndsAt.lte(at));
    }
    if !asked.cancelled {
        own = own.add(Column::State.ne("cancelled"));
    }
    let query = Entity::find().filter(own);
    let query = if asked.before.is_some() {
        query.order_by_desc(Column::StartsAt).order_by_desc(Column::Id)
    } else {
        query.order_by_asc(Column::StartsAt).order_by_asc(Column::Id)
    };
    query.limit(limit).all(db).await
}

/// What comes next at a place: id, title and when, the soonest first.
///
/// # Errors
/// The database's.
pub async fn next_at(
    db: &impl ConnectionTrait,
    county: &CountyId,
    place: PlaceId,
    now: DateTime<Utc>,
) -> Result<Vec<(EventId, String, DateTime<Utc>)>, DbErr> {
    let asked = Asked { place: Some(place), after: Some(now), ..Asked::default() };
    let found = list(db, county, asked, 5).await?;
    Ok(found.into_iter().map(|e| (e.id, e.title, e.starts_at)).collect())
}

/// What was held at a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Events that were not cancelled.
    pub events: i64,
    /// How many came to those at which somebody counted.
    pub people: i64,
}

/// What was held at each place within a time, in all counties that an officer of the region sees.
///
/// # Errors
/// The database's.
pub async fn held(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<BTreeMap<PlaceId, Held>, DbErr> {
    let rows: Vec<(PlaceId, Option<i64>)> = Entity::find()
        .select_only()
        .column(Column::PlaceId)
        .column(Column::Headcount)
        .filter(crate::db::counties(Column::County, county, region))
        .filter(Column::State.ne("cancelled"))
        .filter(Column::StartsAt.gte(from))
        .filter(Column::EndsAt.lte(to))
        .into_tuple()
        .all(db)
        .await?;
    let mut held: BTreeMap<PlaceId, Held> = BTreeMap::new();
    for (place, people) in rows {
        let one = held.entry(place).or_default();
        one.events += 1;
        one.people += people.unwrap_or(0);
    }
    Ok(held)
}

/// How many said that they come: registrations and people, by event.
pub(super) async fn coming(
    db: &impl ConnectionTrait,
    county: &CountyId,
    events: &[EventId],
) -> Result<BTreeMap<EventId, i64>, DbErr> {
    let rows: Vec<(EventId, i64)> = guest::Entity::find()
        .select_only()
        .column(guest::Column::EventId)
        .column(guest::Column::People)
        .filter(guest::Column::County.eq(county.clone()))
        .filter(guest::Column::EventId.is_in(events.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    let mut coming = BTreeMap::new();
    for (event, people) in rows {
        *coming.entry(event).or_insert(0) += people;
    }
    Ok(coming)
}

/// What a device said of an event: its number, and how many come.
pub(super) async fn guest_of(
    db: &impl ConnectionTrait,
    county: &CountyId,
    event: EventId,
    device: &str,
) -> Result<Option<guest::Model>, DbErr> {
    let own = guest::Entity::find()
        .filter(guest::Column::County.eq(county.clone()))
        .filter(guest::Column::EventId.eq(event))
        .filter(guest::Column::Device.eq(device));
    own.one(db).await
}

/// Keeps that some people come, or how many now. Answers their number.
pub(super) async fn come(
    write: &mut Write,
    event: &Model,
    device: &str,
    people: i64,
) -> Result<i64, Problem> {
    let before = guest_of(write.tx(), write.county(), event.id, device).await?;
    let others = coming(write.tx(), write.county(), &[event.id]).await?.get(&event.id).copied().unwrap_or(0)
        - before.as_ref().map_or(0, |g| g.people);
    if event.seats > 0 && others + people > event.seats {
        return Err(Problem::Conflict("fault-event-full"));
    }
    let number = if let Some(guest) = before {
        guest::Entity::update_many()
            .col_expr(guest::Column::People, Expr::value(people))
            .filter(guest::Column::County.eq(write.county().clone()))
            .filter(guest::Column::Id.eq(guest.id))
            .exec(write.tx())
            .await?;
        guest.number
    } else {
        let last: Option<Option<i64>> = guest::Entity::find()
            .select_only()
            .column_as(Expr::col(guest::Column::Number).max(), "n")
            .filter(guest::Column::County.eq(write.county().clone()))
            .filter(guest::Column::EventId.eq(event.id))
            .into_tuple()
            .one(write.tx())
            .await?;
        let number = last.flatten().unwrap_or(0) + 1;
        let row = guest::ActiveModel {
            county: Set(write.county().clone()),
            id: Set(GuestId::new()),
            event_id: Set(event.id),
            number: Set(number),
            people: Set(people),
            device: Set(device.to_owned()),
            at: Set(write.at()),
        };
        guest::Entity::insert(row).exec_without_returning(write.tx()).await?;
        number
    };
    write.note("event-coming", Subject::new("event", event.id), json!({ "people": people })).await?;
    Ok(number)
}

/// Takes back that some people come.
pub(super) async fn leave(write: &mut Write, event: EventId, device: &str) -> Result<(), Problem> {
    guest::Entity::delete_many()
        .filter(guest::Column::County.eq(write.county().clone()))
        .filter(guest::Column::EventId.eq(event))
        .filter(guest::Column::Device.eq(device))
        .exec(write.tx())
        .await?;
    write.note("event-left", Subject::new("event", event), json!({})).await?;
    Ok(())
}
