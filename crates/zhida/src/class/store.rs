//! Every query on classes, lessons and who came.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::entity::{attendance, certificate, class, lesson, opinion};
use crate::db::rows_per_statement;
use crate::ids::{ClassOpinionId, CountyId, LessonId, OfferId, PartyId};
use crate::journal::Write;

crate::db::versioned!(class, lesson, certificate);

/// A class of a county.
///
/// # Errors
/// The database's.
pub async fn find(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: OfferId,
) -> Result<Option<class::Model>, DbErr> {
    class::Entity::find_by_id((county.clone(), id)).one(db).await
}

/// The classes of a county, the newest first.
///
/// # Errors
/// The database's.
pub async fn all(db: &impl ConnectionTrait, county: &CountyId) -> Result<Vec<class::Model>, DbErr> {
    let own = class::Entity::find().filter(class::Column::County.eq(county.clone()));
    own.order_by_desc(class::Column::CreatedAt).order_by_desc(class::Column::Id).limit(5_000).all(db).await
}

/// The class of a teacher's link.
pub(super) async fn by_token(
    db: &impl ConnectionTrait,
    county: &CountyId,
    hash: &str,
) -> Result<Option<class::Model>, DbErr> {
    let own = class::Entity::find().filter(class::Column::County.eq(county.clone()));
    own.filter(class::Column::TokenHash.eq(hash)).one(db).await
}

pub(super) async fn insert(write: &Write, row: class::ActiveModel) -> Result<(), DbErr> {
    class::Entity::insert(row).exec_without_returning(write.tx()).await?;
    Ok(())
}

pub(super) async fn insert_lessons(write: &Write, rows: Vec<lesson::ActiveModel>) -> Result<(), DbErr> {
    for chunk in rows.chunks(rows_per_statement(19)) {
        lesson::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    Ok(())
}

/// The lessons of classes, by their beginning.
///
/// # Errors
/// The database's.
pub async fn lessons(
    db: &impl ConnectionTrait,
    county: &CountyId,
    classes: &[OfferId],
) -> Result<Vec<lesson::Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in classes.chunks(1_000) {
        let query = lesson::Entity::find()
            .filter(lesson::Column::County.eq(county.clone()))
            .filter(lesson::Column::ClassId.is_in(chunk.iter().copied()))
            .order_by_asc(lesson::Column::StartsAt)
            .order_by_asc(lesson::Column::Id);
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// A lesson of a county.
pub(super) async fn lesson(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: LessonId,
) -> Result<Option<lesson::Model>, DbErr> {
    lesson::Entity::find_by_id((county.clone(), id)).one(db).await
}

/// Lessons of other classes within a time, that are not cancelled.
pub(super) async fn others(
    db: &impl ConnectionTrait,
    county: &CountyId,
    class: OfferId,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<lesson::Model>, DbErr> {
    lesson::Entity::find()
        .filter(lesson::Column::County.eq(county.clone()))
        .filter(lesson::Column::ClassId.ne(class))
        .filter(lesson::Column::State.ne("cancelled"))
        .filter(lesson::Column::StartsAt.lt(to))
        .filter(lesson::Column::EndsAt.gt(from))
        .limit(20_000)
        .all(db)
        .await
}

/// Keeps that people came; whoever is there already stays as he is. Answers how many are new.
pub(super) async fn mark(write: &Write, rows: Vec<attendance::ActiveModel>) -> Result<u64, DbErr> {
    use attendance::Column as C;
    let there = OnConflict::columns([C::County, C::LessonId, C::CaseId]).do_nothing().to_owned();
    let mut fresh = 0;
    for chunk in rows.chunks(rows_per_statement(10)) {
        let insert = attendance::Entity::insert_many(chunk.to_vec()).on_conflict(there.clone());
        fresh += insert.exec_without_returning(write.tx()).await?;
    }
    Ok(fresh)
}

/// Who came to the lessons of classes.
///
/// # Errors
/// The database's.
pub(super) async fn marks(
    db: &impl ConnectionTrait,
    county: &CountyId,
    classes: &[OfferId],
) -> Result<Vec<attendance::Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in classes.chunks(1_000) {
        let query = attendance::Entity::find()
            .filter(attendance::Column::County.eq(county.clone()))
            .filter(attendance::Column::ClassId.is_in(chunk.iter().copied()))
            .order_by_asc(attendance::Column::At)
            .order_by_asc(attendance::Column::Id);
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// What a trainee says of a class: four answers from 1 to 5, and words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewOpinion {
    /// On the whole.
    pub stars: i64,
    /// What was taught.
    pub course: i64,
    /// The teacher.
    pub teacher: i64,
    /// Its use for finding work.
    pub useful: i64,
    /// Words of their own.
    pub words: String,
}

/// Keeps what a trainee says of a class; who says it again from the same phone has changed his mind.
///
/// # Errors
/// The database's.
pub async fn say(write: &Write, class: OfferId, new: &NewOpinion, device: &str) -> Result<(), DbErr> {
    use opinion::Column as C;
    let row = opinion::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(ClassOpinionId::new()),
        class_id: Set(class),
        stars: Set(new.stars),
        course: Set(new.course),
        teacher: Set(new.teacher),
        useful: Set(new.useful),
        words: Set(new.words.trim().chars().take(1_000).collect()),
        device: Set(device.to_owned()),
        at: Set(write.at()),
    };
    let over = OnConflict::columns([C::County, C::ClassId, C::Device])
        .update_columns([C::Stars, C::Course, C::Teacher, C::Useful, C::Words, C::At])
        .to_owned();
    opinion::Entity::insert(row).on_conflict(over).exec_without_returning(write.tx()).await?;
    Ok(())
}

/// What trainees say of classes.
///
/// # Errors
/// The database's.
pub async fn opinions(
    db: &impl ConnectionTrait,
    county: &CountyId,
    classes: &[OfferId],
) -> Result<Vec<opinion::Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in classes.chunks(1_000) {
        let query = opinion::Entity::find()
            .filter(opinion::Column::County.eq(county.clone()))
            .filter(opinion::Column::ClassId.is_in(chunk.iter().copied()))
            .order_by_asc(opinion::Column::Id);
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// When people came to lessons of other classes.
pub(super) async fn elsewhere(
    db: &impl ConnectionTrait,
    county: &CountyId,
    class: OfferId,
    parties: &BTreeSet<PartyId>,
) -> Result<Vec<attendance::Model>, DbErr> {
    let parties: Vec<PartyId> = parties.iter().copied().collect();
    let mut found = Vec::new();
    for chunk in parties.chunks(5_000) {
        let query = attendance::Entity::find()
            .filter(attendance::Column::County.eq(county.clone()))
            .filter(attendance::Column::PartyId.is_in(chunk.iter().copied()))
            .filter(attendance::Column::ClassId.ne(class));
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// The photos of each lesson of other classes that has some.
pub(super) async fn pictured(
    db: &impl ConnectionTrait,
    county: &CountyId,
    class: OfferId,
) -> Result<Vec<Vec<String>>, DbErr> {
    let rows: Vec<String> = lesson::Entity::find()
        .select_only()
        .column(lesson::Column::Photos)
        .filter(lesson::Column::County.eq(county.clone()))
        .filter(lesson::Column::ClassId.ne(class))
        .filter(lesson::Column::Photos.ne("[]"))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.iter().map(|photos| serde_json::from_str(photos).unwrap_or_default()).collect())
}

pub(super) async fn insert_certificates(
    write: &Write,
    rows: Vec<certificate::ActiveModel>,
) -> Result<(), DbErr> {
    for chunk in rows.chunks(rows_per_statement(14)) {
        certificate::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    Ok(())
}

/// The certificates of a class, by their numbers.
pub(super) async fn certificates(
    db: &impl ConnectionTrait,
    county: &CountyId,
    class: OfferId,
) -> Result<Vec<certificate::Model>, DbErr> {
    let own = certificate::Entity::find()
        .filter(certificate::Column::County.eq(county.clone()))
        .filter(certificate::Column::ClassId.eq(class));
    own.order_by_asc(certificate::Column::Number).all(db).await
}

/// The certificate of a number.
pub(super) async fn certificate(
    db: &impl ConnectionTrait,
    county: &CountyId,
    number: &str,
) -> Result<Option<certificate::Model>, DbErr> {
    let own = certificate::Entity::find().filter(certificate::Column::County.eq(county.clone()));
    own.filter(certificate::Column::Number.eq(number)).one(db).await
}
