//! Every query on work that was found.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::entity::{follow_up, insured, outcome};
use crate::db::rows_per_statement;
use crate::ids::{CaseId, CountyId, OutcomeId, PartyId};
use crate::journal::Write;

crate::db::versioned!(outcome);

pub(super) async fn insert(write: &Write, row: outcome::ActiveModel) -> Result<(), DbErr> {
    outcome::Entity::insert(row).exec_without_returning(write.tx()).await?;
    Ok(())
}

/// Work that was found, of a county.
pub(super) async fn find(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: OutcomeId,
) -> Result<Option<outcome::Model>, DbErr> {
    outcome::Entity::find_by_id((county.clone(), id)).one(db).await
}

/// All work that was found, of a county.
///
/// # Errors
/// The database's.
pub async fn all(db: &impl ConnectionTrait, county: &CountyId) -> Result<Vec<outcome::Model>, DbErr> {
    let own = outcome::Entity::find().filter(outcome::Column::County.eq(county.clone()));
    own.order_by_asc(outcome::Column::Id).all(db).await
}

/// A page of what is in a state, behind one.
pub(super) async fn in_state(
    db: &impl ConnectionTrait,
    county: &CountyId,
    state: &str,
    after: Option<OutcomeId>,
    limit: u64,
) -> Result<Vec<outcome::Model>, DbErr> {
    let mut own = outcome::Entity::find()
        .filter(outcome::Column::County.eq(county.clone()))
        .filter(outcome::Column::State.eq(state));
    if let Some(after) = after {
        own = own.filter(outcome::Column::Id.gt(after));
    }
    own.order_by_asc(outcome::Column::Id).limit(limit).all(db).await
}

/// What was found by cases.
///
/// # Errors
/// The database's.
pub async fn of_cases(
    db: &impl ConnectionTrait,
    county: &CountyId,
    cases: &[CaseId],
) -> Result<BTreeMap<CaseId, outcome::Model>, DbErr> {
    let mut found = BTreeMap::new();
    for chunk in cases.chunks(5_000) {
        let query = outcome::Entity::find()
            .filter(outcome::Column::County.eq(county.clone()))
            .filter(outcome::Column::CaseId.is_in(chunk.iter().copied()));
        found.extend(query.all(db).await?.into_iter().map(|o| (o.case_id, o)));
    }
    Ok(found)
}

/// The later looks at work that was found.
pub(super) async fn follow_ups(
    db: &impl ConnectionTrait,
    county: &CountyId,
    ids: &[OutcomeId],
) -> Result<Vec<follow_up::Model>, DbErr> {
    let own = follow_up::Entity::find()
        .filter(follow_up::Column::County.eq(county.clone()))
        .filter(follow_up::Column::OutcomeId.is_in(ids.iter().copied()));
    own.order_by_asc(follow_up::Column::Months).all(db).await
}

pub(super) async fn insert_follow_up(write: &Write, row: follow_up::ActiveModel) -> Result<(), DbErr> {
    follow_up::Entity::insert(row).exec_without_returning(write.tx()).await?;
    Ok(())
}

/// Keeps times in which people were insured; what is known stays. Answers how many are new.
pub(super) async fn keep_insured(write: &Write, rows: Vec<insured::ActiveModel>) -> Result<u64, DbErr> {
    use insured::Column as C;
    let there = OnConflict::columns([C::County, C::PartyId, C::Employer, C::FromDay]).do_nothing().to_owned();
    let mut fresh = 0;
    for chunk in rows.chunks(rows_per_statement(9)) {
        let insert = insured::Entity::insert_many(chunk.to_vec()).on_conflict(there.clone());
        fresh += insert.exec_without_returning(write.tx()).await?;
    }
    Ok(fresh)
}

/// When people were insured as employed, or enrolled in schools: from, until, by whom.
///
/// # Errors
/// The database's.
pub async fn insured(
    db: &impl ConnectionTrait,
    county: &CountyId,
    parties: &BTreeSet<PartyId>,
) -> Result<Vec<insured::Model>, DbErr> {
    let parties: Vec<PartyId> = parties.iter().copied().collect();
    let mut found = Vec::new();
    for chunk in parties.chunks(5_000) {
        let query = insured::Entity::find()
            .filter(insured::Column::County.eq(county.clone()))
            .filter(insured::Column::PartyId.is_in(chunk.iter().copied()))
            .order_by_asc(insured::Column::FromDay);
        found.extend(query.all(db).await?);
    }
    Ok(found)
}
