//! Every query on meetings.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::entity::{agenda, decision, meeting, participant};
use crate::db::rows_per_statement;
use crate::ids::{AgendaId, CountyId, MeetingId, ParticipantId};
use crate::journal::Write;

/// Meetings, newest first; those whose title, minutes or lessons hold a text.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    county: &CountyId,
    text: &str,
    limit: u64,
) -> Result<Vec<meeting::Model>, DbErr> {
    use meeting::Column as C;
    let mut query = meeting::Entity::find().filter(C::County.eq(county.clone()));
    if !text.is_empty() {
        let any = Condition::any()
            .add(C::Title.contains(text))
            .add(C::Minutes.contains(text))
            .add(C::Lessons.contains(text));
        query = query.filter(any);
    }
    query.order_by_desc(C::StartsAt).limit(limit).all(db).await
}

/// One meeting.
pub(super) async fn find(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: MeetingId,
) -> Result<Option<meeting::Model>, DbErr> {
    meeting::Entity::find_by_id((county.clone(), id)).one(db).await
}

/// Writes a meeting.
pub(super) async fn insert(write: &Write, row: meeting::ActiveModel) -> Result<(), DbErr> {
    meeting::Entity::insert(row).exec_without_returning(write.tx()).await?;
    Ok(())
}

/// A point before it is written: kind, what it is about, words.
pub(super) type Point = (&'static str, String, String);

/// Puts points on an agenda, behind those that are there.
pub(super) async fn add_points(write: &Write, id: MeetingId, points: &[Point]) -> Result<(), DbErr> {
    let there = agenda(write.tx(), write.county(), id).await?;
    let next = there.iter().map(|a| a.position).max().unwrap_or(0) + 1;
    let row = |(position, (kind, ref_id, words)): (i64, &Point)| agenda::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(AgendaId::new()),
        meeting_id: Set(id),
        position: Set(position),
        kind: Set((*kind).to_owned()),
        ref_id: Set(ref_id.clone()),
        words: Set(words.clone()),
        asked_by: Set(write.actor().name.clone()),
    };
    let rows: Vec<agenda::ActiveModel> = (next..).zip(points).map(row).collect();
    for chunk in rows.chunks(rows_per_statement(8)) {
        agenda::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    Ok(())
}

/// The agenda of a meeting.
pub(super) async fn agenda(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: MeetingId,
) -> Result<Vec<agenda::Model>, DbErr> {
    agenda::Entity::find()
        .filter(agenda::Column::County.eq(county.clone()))
        .filter(agenda::Column::MeetingId.eq(id))
        .order_by_asc(agenda::Column::Position)
        .all(db)
        .await
}

/// Who takes part: name, unit, whether they came.
pub(super) type Person = (String, String, bool);

/// The participants of a meeting.
pub(super) async fn participants(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: MeetingId,
) -> Result<Vec<Person>, DbErr> {
    let rows = participant::Entity::find()
        .filter(participant::Column::County.eq(county.clone()))
        .filter(participant::Column::MeetingId.eq(id))
        .order_by_asc(participant::Column::Id)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|p| (p.name, p.unit_name, p.came)).collect())
}

/// Sets who takes part.
pub(super) async fn set_participants(write: &Write, id: MeetingId, people: &[Person]) -> Result<(), DbErr> {
    participant::Entity::delete_many()
        .filter(participant::Column::County.eq(write.county().clone()))
        .filter(participant::Column::MeetingId.eq(id))
        .exec(write.tx())
        .await?;
    let row = |(name, unit, came): &Person| participant::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(ParticipantId::new()),
        meeting_id: Set(id),
        name: Set(name.clone()),
        unit_name: Set(unit.clone()),
        came: Set(*came),
    };
    let rows: Vec<participant::ActiveModel> = people.iter().map(row).collect();
    if !rows.is_empty() {
        participant::Entity::insert_many(rows).exec_without_returning(write.tx()).await?;
    }
    Ok(())
}

/// Writes the minutes of a meeting that is still in the version that was read. Answers whether it was.
pub(super) async fn hold(
    write: &Write,
    now: &meeting::Model,
    minutes: &str,
    lessons: &str,
) -> Result<bool, DbErr> {
    use meeting::Column as C;
    let done = meeting::Entity::update_many()
        .col_expr(C::State, Expr::value("held"))
        .col_expr(C::Minutes, Expr::value(minutes))
        .col_expr(C::Lessons, Expr::value(lessons))
        .col_expr(C::Version, Expr::value(now.version + 1))
        .filter(C::County.eq(write.county().clone()))
        .filter(C::Id.eq(now.id))
        .filter(C::Version.eq(now.version))
        .exec(write.tx())
        .await?;
    Ok(done.rows_affected > 0)
}

/// The decisions of a meeting.
pub(super) async fn decisions(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: MeetingId,
) -> Result<Vec<decision::Model>, DbErr> {
    decision::Entity::find()
        .filter(decision::Column::County.eq(county.clone()))
        .filter(decision::Column::MeetingId.eq(id))
        .order_by_asc(decision::Column::Id)
        .all(db)
        .await
}

/// Writes a decision.
pub(super) async fn decide(write: &Write, row: decision::ActiveModel) -> Result<(), DbErr> {
    decision::Entity::insert(row).exec_without_returning(write.tx()).await?;
    Ok(())
}
