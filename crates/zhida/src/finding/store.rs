//! Every query on findings and their steps.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use zhida_types::{Day, RegionCode};

use super::entity::{finding, step};
use super::raise::NewFinding;
use crate::db::rows_per_statement;
use crate::ids::{AccountId, CountyId, FindingId, FindingStepId, ReviewId, UnitId};
use crate::journal::Write;
use crate::problem::Problem;

crate::db::versioned!(finding);

/// What a list of findings asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) states: Vec<&'static str>,
    pub(super) severity: Option<i64>,
    pub(super) owner: Option<AccountId>,
    pub(super) unit: Option<UnitId>,
    pub(super) level_unit: Option<UnitId>,
    pub(super) town: String,
    pub(super) about: Option<(String, String)>,
    pub(super) overdue_on: Option<Day>,
}

/// The findings of a county that an officer of a region may see.
fn within(county: &CountyId, region: &RegionCode) -> Condition {
    crate::db::within((finding::Column::County, finding::Column::Town), county, region)
}

fn condition(county: &CountyId, region: &RegionCode, w: &Wanted) -> Condition {
    use finding::Column as C;
    within(county, region)
        .add_option((!w.states.is_empty()).then(|| C::State.is_in(w.states.iter().copied())))
        .add_option(w.severity.map(|s| C::Severity.eq(s)))
        .add_option(w.owner.map(|o| C::OwnerId.eq(o)))
        .add_option(w.unit.map(|u| C::UnitId.eq(u)))
        .add_option(w.level_unit.map(|u| C::LevelUnitId.eq(u)))
        .add_option((!w.town.is_empty()).then(|| C::Town.eq(&w.town)))
        .add_option(w.about.as_ref().map(|(kind, id)| C::AboutKind.eq(kind).and(C::AboutId.eq(id))))
        .add_option(w.overdue_on.map(|day| C::Due.lt(day.0)))
}

/// A page of findings by due day, behind one.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
    wanted: &Wanted,
    after: Option<(Day, FindingId)>,
    limit: u64,
) -> Result<Vec<finding::Model>, DbErr> {
    let behind = crate::db::after((finding::Column::Due, finding::Column::Id), after);
    let query = finding::Entity::find().filter(condition(county, region, wanted)).filter(behind);
    query.order_by_asc(finding::Column::Due).order_by_asc(finding::Column::Id).limit(limit).all(db).await
}

/// What is open about one thing, the most pressing first.
///
/// # Errors
/// The database's.
pub async fn open_at(
    db: &impl ConnectionTrait,
    county: &CountyId,
    (kind, id): (&str, &str),
) -> Result<Vec<finding::Model>, DbErr> {
    let own = finding::Entity::find()
        .filter(finding::Column::County.eq(county.clone()))
        .filter(finding::Column::AboutKind.eq(kind))
        .filter(finding::Column::AboutId.eq(id))
        .filter(finding::Column::State.is_in(["open", "fixed"]));
    own.order_by_asc(finding::Column::Due).order_by_asc(finding::Column::Id).limit(100).all(db).await
}

/// What of a kind has an open finding of a rule: the ids.
///
/// # Errors
/// The database's.
pub async fn open_about(
    db: &impl ConnectionTrait,
    county: &CountyId,
    kind: &str,
    rule: &str,
) -> Result<std::collections::BTreeSet<String>, DbErr> {
    let rows: Vec<String> = finding::Entity::find()
        .select_only()
        .column(finding::Column::AboutId)
        .filter(finding::Column::County.eq(county.clone()))
        .filter(finding::Column::AboutKind.eq(kind))
        .filter(finding::Column::Rule.eq(rule))
        .filter(finding::Column::State.is_in(["open", "fixed"]))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Open findings about things of a kind, and the grave ones among them, by id.
///
/// # Errors
/// The database's.
pub async fn standing(
    db: &impl ConnectionTrait,
    county: &CountyId,
    kind: &str,
) -> Result<BTreeMap<String, (i64, i64)>, DbErr> {
    let rows: Vec<(String, i64, i64)> = finding::Entity::find()
        .select_only()
        .columns([finding::Column::AboutId, finding::Column::Severity])
        .column_as(finding::Column::Id.count(), "n")
        .filter(finding::Column::County.eq(county.clone()))
        .filter(finding::Column::AboutKind.eq(kind))
        .filter(finding::Column::State.is_in(["open", "fixed"]))
        .group_by(finding::Column::AboutId)
        .group_by(finding::Column::Severity)
        .into_tuple()
        .all(db)
        .await?;
    let mut found: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    let grave = zhida_pack::Severity::Grave.rank();
    for (id, severity, n) in rows {
        let of = found.entry(id).or_default();
        of.0 += n;
        of.1 += if severity == grave { n } else { 0 };
    }
    Ok(found)
}

/// Open findings that went up a level, the highest first.
///
/// # Errors
/// The database's.
pub async fn escalated(
    db: &impl ConnectionTrait,
    county: &CountyId,
    region: &RegionCode,
    limit: u64,
) -> Result<Vec<finding::Model>, DbErr> {
    finding::Entity::find()
        .filter(within(county, region))
        .filter(finding::Column::State.eq("open"))
        .filter(finding::Column::Level.gt(0))
        .order_by_desc(finding::Column::Level)
        .order_by_asc(finding::Column::Due)
        .limit(limit)
        .all(db)
        .await
}

/// A finding that an officer of the region may see.
///
/// # Errors
/// The database's.
pub async fn by_id(
    db: &impl ConnectionTrait,
    county: &CountyId,
    region: &RegionCode,
    id: FindingId,
) -> Result<Option<finding::Model>, DbErr> {
    finding::Entity::find().filter(within(county, region)).filter(finding::Column::Id.eq(id)).one(db).await
}

/// The findings of a review.
///
/// # Errors
/// The database's.
pub async fn of_review(
    db: &impl ConnectionTrait,
    county: &CountyId,
    review: ReviewId,
) -> Result<Vec<finding::Model>, DbErr> {
    finding::Entity::find()
        .filter(finding::Column::County.eq(county.clone()))
        .filter(finding::Column::ReviewId.eq(review))
        .order_by_desc(finding::Column::Severity)
        .all(db)
        .await
}

/// The steps of a finding, oldest first.
pub(super) async fn steps(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: FindingId,
) -> Result<Vec<step::Model>, DbErr> {
    step::Entity::find()
        .filter(step::Column::County.eq(county.clone()))
        .filter(step::Column::FindingId.eq(id))
        .order_by_asc(step::Column::Id)
        .all(db)
        .await
}

/// The steps of a finding: when, what.
///
/// # Errors
/// The database's.
pub async fn history(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: FindingId,
) -> Result<Vec<(chrono::DateTime<chrono::Utc>, String)>, DbErr> {
    Ok(steps(db, county, id).await?.into_iter().map(|s| (s.at, s.act)).collect())
}

/// Findings of some states (all where there is none) counted by rule, town and place.
pub(super) async fn heat(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
    states: &[&str],
) -> Result<Vec<(String, Option<String>, String, i64)>, DbErr> {
    use finding::Column as C;
    let mut query = finding::Entity::find()
        .select_only()
        .columns([C::Rule, C::Town, C::AboutName])
        .column_as(C::Id.count(), "n")
        .filter(if region.as_str().len() < 6 {
            crate::db::counties(C::County, county, region)
        } else {
            crate::db::within((C::County, C::Town), county, region)
        });
    if !states.is_empty() {
        query = query.filter(C::State.is_in(states.iter().copied()));
    }
    query.group_by(C::Rule).group_by(C::Town).group_by(C::AboutName).into_tuple().all(db).await
}

/// How often each pair of place and rule was found before.
pub(super) async fn found_before(
    db: &impl ConnectionTrait,
    county: &CountyId,
    new: &[NewFinding],
) -> Result<BTreeMap<(String, String), i64>, DbErr> {
    let mut found = BTreeMap::new();
    let mut by_kind: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for f in new.iter().filter(|f| !f.rule.is_empty()) {
        by_kind.entry(&f.about.kind).or_default().push(&f.about.id);
    }
    for (kind, ids) in by_kind {
        for chunk in ids.chunks(1_000) {
            let rows: Vec<(String, String, i64)> = finding::Entity::find()
                .select_only()
                .column(finding::Column::AboutId)
                .column(finding::Column::Rule)
                .column_as(finding::Column::Id.count(), "n")
                .filter(finding::Column::County.eq(county.clone()))
                .filter(finding::Column::AboutKind.eq(kind))
                .filter(finding::Column::AboutId.is_in(chunk.iter().copied()))
                .group_by(finding::Column::AboutId)
                .group_by(finding::Column::Rule)
                .into_tuple()
                .all(db)
                .await?;
            found.extend(rows.into_iter().map(|(id, rule, n)| ((id, rule), n)));
        }
    }
    Ok(found)
}

/// A step of the one who writes, now.
pub(super) fn step_row(
    write: &Write,
    finding: FindingId,
    act: &str,
    words: &str,
    photos: &[String],
) -> step::ActiveModel {
    step::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(FindingStepId::new()),
        finding_id: Set(finding),
        act: Set(act.to_owned()),
        words: Set(words.to_owned()),
        photos: Set(serde_json::json!(photos).to_string()),
        actor: Set(write.actor().id()),
        actor_name: Set(write.actor().name.clone()),
        at: Set(write.at()),
    }
}

/// Writes findings and steps.
pub(super) async fn insert(
    write: &Write,
    rows: Vec<finding::ActiveModel>,
    steps: Vec<step::ActiveModel>,
) -> Result<(), DbErr> {
    for chunk in rows.chunks(rows_per_statement(29)) {
        finding::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    for chunk in steps.chunks(rows_per_statement(9)) {
        step::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    Ok(())
}

/// Changes a finding that is still in the version that was read, and writes the step.
pub(super) async fn change(
    write: &Write,
    now: &finding::Model,
    mut values: Vec<(finding::Column, Expr)>,
    step: step::ActiveModel,
) -> Result<(), Problem> {
    values.push((finding::Column::UpdatedAt, Expr::value(write.at())));
    crate::db::change(write.tx(), now, values).await?;
    Ok(insert(write, Vec::new(), vec![step]).await?)
}

/// Open findings whose day for the next level has come, at most `limit`.
pub(super) async fn to_escalate(
    db: &impl ConnectionTrait,
    county: &CountyId,
    today: Day,
    limit: u64,
) -> Result<Vec<finding::Model>, DbErr> {
    finding::Entity::find()
        .filter(finding::Column::County.eq(county.clone()))
        .filter(finding::Column::State.eq("open"))
        .filter(finding::Column::NextLevel.lte(today.0))
        .order_by_asc(finding::Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// Takes findings one level up: those that go to the same unit at once.
pub(super) async fn lift(
    write: &Write,
    ids: &[FindingId],
    unit: Option<UnitId>,
    next: Day,
) -> Result<(), DbErr> {
    for chunk in ids.chunks(1_000) {
        finding::Entity::update_many()
            .col_expr(finding::Column::Level, Expr::col(finding::Column::Level).add(1))
            .col_expr(finding::Column::LevelUnitId, Expr::value(unit))
            .col_expr(finding::Column::NextLevel, Expr::value(next.0))
            .col_expr(finding::Column::UpdatedAt, Expr::value(write.at()))
            .filter(finding::Column::County.eq(write.county().clone()))
            .filter(finding::Column::Id.is_in(chunk.iter().copied()))
            .exec(write.tx())
            .await?;
    }
    Ok(())
}

/// One line of the board: what is not closed, by state, severity, owner and town.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The state.
    pub state: String,
    /// The severity.
    pub severity: i64,
    /// The owner's name.
    pub owner: String,
    /// The town.
    pub town: Option<String>,
    /// The due day.
    pub due: chrono::NaiveDate,
    /// How many.
    pub n: i64,
}

/// What is not closed, counted.
///
/// # Errors
/// The database's.
pub async fn counts(
    db: &impl ConnectionTrait,
    county: &CountyId,
    region: &RegionCode,
) -> Result<Vec<Count>, DbErr> {
    use finding::Column as C;
    let rows: Vec<(String, i64, String, Option<String>, chrono::NaiveDate, i64)> = finding::Entity::find()
        .select_only()
        .column(C::State)
        .column(C::Severity)
        .column(C::OwnerName)
        .column(C::Town)
        .column(C::Due)
        .column_as(C::Id.count(), "n")
        .filter(within(county, region))
        .filter(C::State.is_in(["open", "fixed", "handed-over"]))
        .group_by(C::State)
        .group_by(C::Town)
        .group_by(C::Severity)
        .group_by(C::Due)
        .group_by(C::OwnerName)
        .into_tuple()
        .all(db)
        .await?;
    let count = |(state, severity, owner, town, due, n)| Count { state, severity, owner, town, due, n };
    Ok(rows.into_iter().map(count).collect())
}

/// How many findings that are not closed a person or a unit owns.
///
/// # Errors
/// The database's.
pub async fn owned_open(
    db: &impl ConnectionTrait,
    county: &CountyId,
    owner: Option<AccountId>,
    unit: Option<UnitId>,
) -> Result<i64, DbErr> {
    count(db, owned(county, owner, unit)).await
}

async fn count(db: &impl ConnectionTrait, of: Condition) -> Result<i64, DbErr> {
    let n: Option<i64> = finding::Entity::find()
        .select_only()
        .column_as(finding::Column::Id.count(), "n")
        .filter(of)
        .into_tuple()
        .one(db)
        .await?;
    Ok(n.unwrap_or(0))
}

/// The findings of a county in a state.
fn in_state(county: &CountyId, state: &str) -> Condition {
    Condition::all().add(finding::Column::County.eq(county.clone())).add(finding::Column::State.eq(state))
}

/// How many open findings a person owns.
///
/// # Errors
/// The database's.
pub async fn open_of(db: &impl ConnectionTrait, county: &CountyId, owner: AccountId) -> Result<i64, DbErr> {
    count(db, in_state(county, "open").add(finding::Column::OwnerId.eq(owner))).await
}

/// How many open findings were taken up to a unit.
///
/// # Errors
/// The database's.
pub async fn escalated_to(db: &impl ConnectionTrait, county: &CountyId, unit: UnitId) -> Result<i64, DbErr> {
    count(db, in_state(county, "open").add(finding::Column::LevelUnitId.eq(unit))).await
}

/// How many findings wait to be verified.
///
/// # Errors
/// The database's.
pub async fn to_verify(db: &impl ConnectionTrait, county: &CountyId) -> Result<i64, DbErr> {
    count(db, in_state(county, "fixed")).await
}

/// What a unit owns and is not closed, by the day it is due.
///
/// # Errors
/// The database's.
pub async fn of_unit(
    db: &impl ConnectionTrait,
    county: &CountyId,
    unit: UnitId,
    limit: u64,
) -> Result<Vec<finding::Model>, DbErr> {
    let own = finding::Entity::find().filter(owned(county, None, Some(unit)));
    own.order_by_asc(finding::Column::Due).order_by_asc(finding::Column::Id).limit(limit).all(db).await
}

/// How many other findings have one of these photos as evidence.
pub(super) async fn with_photos(
    db: &impl ConnectionTrait,
    county: &CountyId,
    photos: impl IntoIterator<Item = &String>,
    except: FindingId,
) -> Result<usize, DbErr> {
    let mut any = Condition::any();
    for hash in photos {
        any = any.add(step::Column::Photos.contains(hash));
    }
    if any.is_empty() {
        return Ok(0);
    }
    let rows: Vec<FindingId> = step::Entity::find()
        .select_only()
        .column(step::Column::FindingId)
        .distinct()
        .filter(step::Column::County.eq(county.clone()))
        .filter(step::Column::FindingId.ne(except))
        .filter(any)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.len())
}

fn owned(county: &CountyId, owner: Option<AccountId>, unit: Option<UnitId>) -> Condition {
    Condition::all()
        .add(finding::Column::County.eq(county.clone()))
        .add(finding::Column::State.is_in(["open", "fixed"]))
        .add_option(owner.map(|o| finding::Column::OwnerId.eq(o)))
        .add_option(unit.map(|u| finding::Column::UnitId.eq(u)))
}

/// Gives what a person, or a unit, owns and is not closed to another. Answers how many.
///
/// # Errors
/// The database's.
pub async fn hand_over(
    write: &Write,
    from: (Option<AccountId>, Option<UnitId>),
    to: (UnitId, Option<(AccountId, &str)>),
) -> Result<u64, DbErr> {
    let mut update = finding::Entity::update_many()
        .col_expr(finding::Column::UnitId, Expr::value(to.0))
        .col_expr(finding::Column::Version, Expr::col(finding::Column::Version).add(1))
        .col_expr(finding::Column::UpdatedAt, Expr::value(write.at()));
    if let Some((id, name)) = to.1 {
        update = update
            .col_expr(finding::Column::OwnerId, Expr::value(id))
            .col_expr(finding::Column::OwnerName, Expr::value(name));
    }
    let done = update.filter(owned(write.county(), from.0, from.1)).exec(write.tx()).await?;
    Ok(done.rows_affected)
}

/// The ids of all things of a kind about which there is some.
///
/// # Errors
/// The database's.
pub async fn abouts(db: &impl ConnectionTrait, county: &CountyId, kind: &str) -> Result<Vec<String>, DbErr> {
    finding::Entity::find()
        .select_only()
        .column(finding::Column::AboutId)
        .distinct()
        .filter(finding::Column::County.eq(county.clone()))
        .filter(finding::Column::AboutKind.eq(kind))
        .into_tuple()
        .all(db)
        .await
}

/// The states of findings, and when each was changed last.
///
/// # Errors
/// The database's.
pub async fn states(
    db: &impl ConnectionTrait,
    county: &CountyId,
    ids: &[FindingId],
) -> Result<BTreeMap<FindingId, (String, chrono::DateTime<chrono::Utc>)>, DbErr> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(5_000) {
        let rows: Vec<(FindingId, String, chrono::DateTime<chrono::Utc>)> = finding::Entity::find()
            .select_only()
            .columns([finding::Column::Id, finding::Column::State, finding::Column::UpdatedAt])
            .filter(finding::Column::County.eq(county.clone()))
            .filter(finding::Column::Id.is_in(chunk.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(|(id, state, at)| (id, (state, at))));
    }
    Ok(found)
}
