//! Reading commitments: lists, trees, and what belongs to them.

use std::collections::BTreeMap;

use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use zhida_types::{Day, RegionCode};

use super::super::entity::{commitment, duty, milestone};
use crate::db::counties;
use crate::ids::{AccountId, CommitmentId, CountyId, UnitId};

/// A commitment that somebody of a region may see, wherever it lives.
///
/// # Errors
/// The database's.
pub async fn seen(
    db: &impl ConnectionTrait,
    county: &CountyId,
    region: &RegionCode,
    id: CommitmentId,
) -> Result<Option<commitment::Model>, DbErr> {
    commitment::Entity::find()
        .filter(counties(commitment::Column::County, county, region))
        .filter(commitment::Column::Id.eq(id))
        .one(db)
        .await
}

/// The commitments of a county, not of its towns or people, that an indicator counts, by their days; those that were dropped are not.
///
/// # Errors
/// The database's.
pub async fn by_indicator(
    db: &impl ConnectionTrait,
    county: &CountyId,
    indicator: &str,
) -> Result<Vec<commitment::Model>, DbErr> {
    use commitment::Column as C;
    let own = commitment::Entity::find()
        .filter(C::County.eq(county.clone()))
        .filter(C::Region.eq(county.0.as_str()))
        .filter(C::PersonId.is_null())
        .filter(C::Indicator.eq(indicator))
        .filter(C::State.ne("dropped"));
    own.order_by_asc(C::FromDay).order_by_asc(C::Id).all(db).await
}

/// What a list of commitments asks for.
#[derive(Clone, Debug, Default)]
pub(in crate::commitment) struct Wanted {
    pub(in crate::commitment) state: String,
    pub(in crate::commitment) light: String,
    pub(in crate::commitment) list: String,
    pub(in crate::commitment) person: Option<AccountId>,
    pub(in crate::commitment) unit: Option<UnitId>,
    pub(in crate::commitment) soft: bool,
    pub(in crate::commitment) roots: bool,
    pub(in crate::commitment) text: String,
}

/// A page of commitments by last day, behind one.
pub(in crate::commitment) async fn list(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
    w: &Wanted,
    after: Option<(Day, CommitmentId)>,
    limit: u64,
) -> Result<Vec<commitment::Model>, DbErr> {
    use commitment::Column as C;
    // What is owed at a level lives in its own county: nothing else is read for it.
    let scope = if w.roots {
        Condition::all().add(C::County.eq(county.clone()))
    } else {
        counties(C::County, county, region)
    };
    let all = Condition::all()
        .add(scope)
        .add_option((!w.state.is_empty()).then(|| C::State.eq(&w.state)))
        .add_option((!w.light.is_empty()).then(|| C::Light.eq(&w.light)))
        .add_option((!w.list.is_empty()).then(|| C::List.eq(&w.list)))
        .add_option(w.person.map(|p| C::PersonId.eq(p)))
        .add_option(w.unit.map(|u| C::UnitId.eq(u)))
        .add_option(w.soft.then(|| C::Soft.eq(true)))
        .add_option(w.roots.then(|| C::ParentId.is_null().or(C::ParentCounty.ne(county.clone()))))
        .add_option((!w.text.is_empty()).then(|| C::Title.contains(&w.text)));
    let all = all.add(crate::db::after((C::UntilDay, C::Id), after));
    let query = commitment::Entity::find().filter(all).order_by_asc(C::UntilDay).order_by_asc(C::Id);
    query.limit(limit).all(db).await
}

/// The commitment that was taken from an item of a list.
pub(in crate::commitment) async fn taken(
    db: &impl ConnectionTrait,
    county: &CountyId,
    list: &str,
    code: &str,
) -> Result<Option<commitment::Model>, DbErr> {
    commitment::Entity::find()
        .filter(commitment::Column::County.eq(county.clone()))
        .filter(commitment::Column::List.eq(list))
        .filter(commitment::Column::Code.eq(code))
        .filter(commitment::Column::ParentId.is_null())
        .one(db)
        .await
}

/// Open commitments of a county that show a light, the most urgent first.
///
/// # Errors
/// The database's.
pub async fn in_light(
    db: &impl ConnectionTrait,
    county: &CountyId,
    region: &RegionCode,
    light: &str,
    limit: u64,
) -> Result<Vec<commitment::Model>, DbErr> {
    let wanted = Wanted { state: "open".to_owned(), light: light.to_owned(), ..Wanted::default() };
    list(db, (county, region), &wanted, None, limit).await
}

/// The children of some commitments, wherever they live, by parent.
pub(in crate::commitment) async fn children(
    db: &impl ConnectionTrait,
    parents: &[CommitmentId],
) -> Result<BTreeMap<CommitmentId, Vec<commitment::Model>>, DbErr> {
    let mut found: BTreeMap<CommitmentId, Vec<commitment::Model>> = BTreeMap::new();
    for chunk in parents.chunks(5_000) {
        let rows = commitment::Entity::find()
            .filter(commitment::Column::ParentId.is_in(chunk.iter().copied()))
            .filter(commitment::Column::State.ne("dropped"))
            .order_by_asc(commitment::Column::Region)
            .order_by_asc(commitment::Column::Id)
            .limit(20_000)
            .all(db)
            .await?;
        for row in rows {
            if let Some(parent) = row.parent_id {
                found.entry(parent).or_default().push(row);
            }
        }
    }
    Ok(found)
}

/// Puts rows beside the commitment that they belong to.
fn group<R>(found: &mut BTreeMap<CommitmentId, Vec<R>>, rows: Vec<R>, of: impl Fn(&R) -> CommitmentId) {
    for row in rows {
        found.entry(of(&row)).or_default().push(row);
    }
}

/// The parts of a commitment.
///
/// # Errors
/// The database's.
pub async fn parts_of(db: &impl ConnectionTrait, id: CommitmentId) -> Result<Vec<commitment::Model>, DbErr> {
    Ok(children(db, &[id]).await?.remove(&id).unwrap_or_default())
}

/// Duties of some commitments of one county, by commitment.
pub(in crate::commitment) async fn duties(
    db: &impl ConnectionTrait,
    county: &CountyId,
    ids: &[CommitmentId],
) -> Result<BTreeMap<CommitmentId, Vec<duty::Model>>, DbErr> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(5_000) {
        let rows = duty::Entity::find()
            .filter(duty::Column::County.eq(county.clone()))
            .filter(duty::Column::CommitmentId.is_in(chunk.iter().copied()))
            .order_by_asc(duty::Column::Id)
            .all(db)
            .await?;
        group(&mut found, rows, |row| row.commitment_id);
    }
    Ok(found)
}

/// Milestones of some commitments, by commitment and day.
pub(in crate::commitment) async fn milestones(
    db: &impl ConnectionTrait,
    county: &CountyId,
    ids: &[CommitmentId],
) -> Result<BTreeMap<CommitmentId, Vec<milestone::Model>>, DbErr> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(5_000) {
        let rows = milestone::Entity::find()
            .filter(milestone::Column::County.eq(county.clone()))
            .filter(milestone::Column::CommitmentId.is_in(chunk.iter().copied()))
            .order_by_asc(milestone::Column::Due)
            .all(db)
            .await?;
        group(&mut found, rows, |row| row.commitment_id);
    }
    Ok(found)
}

/// Milestones of a county that are past and not reached, counted by commitment.
pub(in crate::commitment) async fn overdue_milestones(
    db: &impl ConnectionTrait,
    county: &CountyId,
    today: Day,
) -> Result<BTreeMap<CommitmentId, i64>, DbErr> {
    let rows: Vec<(CommitmentId, i64)> = milestone::Entity::find()
        .select_only()
        .column(milestone::Column::CommitmentId)
        .column_as(milestone::Column::Id.count(), "n")
        .filter(milestone::Column::County.eq(county.clone()))
        .filter(milestone::Column::Due.lt(today.0))
        .filter(milestone::Column::DoneOn.is_null())
        .group_by(milestone::Column::CommitmentId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// The open commitments of a county.
///
/// # Errors
/// The database's.
pub async fn open_of(db: &impl ConnectionTrait, county: &CountyId) -> Result<Vec<commitment::Model>, DbErr> {
    commitment::Entity::find()
        .filter(commitment::Column::County.eq(county.clone()))
        .filter(commitment::Column::State.eq("open"))
        .all(db)
        .await
}

/// The open commitments of a county that a unit leads or has a share in, by their last day.
///
/// # Errors
/// The database's.
pub async fn of_unit(
    db: &impl ConnectionTrait,
    county: &CountyId,
    unit: UnitId,
) -> Result<Vec<commitment::Model>, DbErr> {
    let shares: Vec<CommitmentId> = duty::Entity::find()
        .select_only()
        .column(duty::Column::CommitmentId)
        .filter(duty::Column::County.eq(county.clone()))
        .filter(duty::Column::UnitId.eq(unit))
        .into_tuple()
        .all(db)
        .await?;
    let mut own = commitment::Entity::find()
        .filter(commitment::Column::County.eq(county.clone()))
        .filter(commitment::Column::UnitId.eq(unit))
        .all(db)
        .await?;
    own.extend(by_ids(db, county, &shares).await?);
    own.retain(|c| c.state == "open");
    own.sort_by_key(|c| (c.until_day, c.id));
    own.dedup_by_key(|c| c.id);
    Ok(own)
}

/// Commitments of a county by id.
pub(in crate::commitment) async fn by_ids(
    db: &impl ConnectionTrait,
    county: &CountyId,
    ids: &[CommitmentId],
) -> Result<Vec<commitment::Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in ids.chunks(5_000) {
        let query = commitment::Entity::find()
            .filter(commitment::Column::County.eq(county.clone()))
            .filter(commitment::Column::Id.is_in(chunk.iter().copied()));
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// Open commitments whose progress is reported and was not since a day.
pub(in crate::commitment) async fn silent(
    db: &impl ConnectionTrait,
    county: &CountyId,
    since: Day,
    limit: u64,
) -> Result<Vec<commitment::Model>, DbErr> {
    use commitment::Column as C;
    commitment::Entity::find()
        .filter(C::County.eq(county.clone()))
        .filter(C::State.eq("open"))
        .filter(C::Indicator.eq(""))
        .filter(C::FromDay.lt(since.0))
        .filter(C::ActualOn.is_null().or(C::ActualOn.lt(since.0)))
        .order_by_asc(C::UntilDay)
        .limit(limit)
        .all(db)
        .await
}

/// How many open commitments are behind and end by a day: the early warning.
///
/// # Errors
/// The database's.
pub async fn behind_by(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
    day: Day,
) -> Result<i64, DbErr> {
    use commitment::Column as C;
    let n: Option<i64> = commitment::Entity::find()
        .select_only()
        .column_as(C::Id.count(), "n")
        .filter(counties(C::County, county, region))
        .filter(C::State.eq("open"))
        .filter(C::Light.eq("yellow"))
        .filter(C::UntilDay.lte(day.0))
        .into_tuple()
        .one(db)
        .await?;
    Ok(n.unwrap_or(0))
}
