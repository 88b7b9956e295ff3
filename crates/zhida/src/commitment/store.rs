//! Every query on commitments and what belongs to them.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use serde_json::json;
use zhida_types::{Comparator, Day, Force, Quantity, RegionCode};

use super::entity::{commitment, duty, measure, milestone, progress, reading, revision};
use super::scope::within;
use crate::db::rows_per_statement;
use crate::ids::{AccountId, CommitmentId, CountyId, DutyId, MilestoneId, ProgressId, RevisionId, UnitId};
use crate::journal::{Subject, Write};
use crate::problem::Problem;

/// A commitment to be made.
#[derive(Clone, Debug)]
pub struct NewCommitment {
    /// The pack whose lights it has.
    pub pack: String,
    /// The list.
    pub list: String,
    /// The code in the list.
    pub code: String,
    /// The number in the document.
    pub no: String,
    /// What is promised.
    pub title: String,
    /// The document.
    pub source: String,
    /// What is counted and what is not.
    pub counting: String,
    /// What shows that it was done.
    pub evidence: String,
    /// What it is a part of.
    pub parent: Option<(CountyId, CommitmentId)>,
    /// What is carried on.
    pub rolled_from: Option<CommitmentId>,
    /// The region.
    pub region: RegionCode,
    /// The unit that owes it.
    pub unit: Option<UnitId>,
    /// The person who does.
    pub person: Option<(AccountId, String)>,
    /// How the values are meant.
    pub comparator: Comparator,
    /// How strongly they are promised.
    pub force: Force,
    /// The value and its unit of count.
    pub value: (Quantity, String),
    /// The second value.
    pub value2: Option<(Quantity, String)>,
    /// From when, until when.
    pub days: (Day, Day),
    /// The indicator that counts it.
    pub indicator: String,
    /// The planned curve.
    pub curve: Vec<(Day, i64)>,
    /// Who else: relation and name.
    pub duties: Vec<(String, Option<UnitId>, String)>,
    /// Steps.
    pub milestones: Vec<(String, Day)>,
}

/// Makes commitments. Answers their ids.
///
/// # Errors
/// The database's.
#[expect(clippy::too_many_lines, reason = "a list of columns")]
pub async fn create(write: &mut Write, new: Vec<NewCommitment>) -> Result<Vec<CommitmentId>, DbErr> {
    let (mut rows, mut duties, mut milestones) = (Vec::new(), Vec::new(), Vec::new());
    let (mut notes, mut ids) = (Vec::new(), Vec::new());
    for c in new {
        let id = CommitmentId::new();
        ids.push(id);
        notes.push((
            Subject::new("commitment", id),
            json!({ "title": c.title, "value": c.value.0.to_string(), "unit": c.value.1, "region": c.region,
                    "person": c.person.as_ref().map(|p| &p.1), "until": c.days.1 }),
        ));
        for (relation, unit, name) in c.duties {
            duties.push(duty::ActiveModel {
                county: Set(write.county().clone()),
                id: Set(DutyId::new()),
                commitment_id: Set(id),
                relation: Set(relation),
                unit_id: Set(unit),
                name: Set(name),
            });
        }
        for (title, due) in c.milestones {
            milestones.push(milestone::ActiveModel {
                county: Set(write.county().clone()),
                id: Set(MilestoneId::new()),
                commitment_id: Set(id),
                title: Set(title),
                due: Set(due.0),
                done_on: Set(None),
            });
        }
        let (person_id, person_name) = c.person.map_or((None, String::new()), |(id, name)| (Some(id), name));
        let (parent_county, parent_id) =
            c.parent.map_or((None, None), |(county, id)| (Some(county), Some(id)));
        rows.push(commitment::ActiveModel {
            county: Set(write.county().clone()),
            id: Set(id),
            pack: Set(c.pack),
            list: Set(c.list),
            code: Set(c.code),
            no: Set(c.no),
            title: Set(c.title),
            source: Set(c.source),
            counting: Set(c.counting),
            evidence: Set(c.evidence),
            parent_county: Set(parent_county),
            parent_id: Set(parent_id),
            rolled_from: Set(c.rolled_from),
            region: Set(c.region.to_string()),
            unit_id: Set(c.unit),
            person_id: Set(person_id),
            person_name: Set(person_name),
            comparator: Set(c.comparator.as_str().to_owned()),
            force: Set(c.force.as_str().to_owned()),
            value: Set(c.value.0.0),
            unit: Set(c.value.1),
            value2: Set(c.value2.as_ref().map(|v| v.0.0)),
            unit2: Set(c.value2.map_or_else(String::new, |v| v.1)),
            from_day: Set(c.days.0.0),
            until_day: Set(c.days.1.0),
            indicator: Set(c.indicator),
            curve: Set(json!(c.curve).to_string()),
            state: Set("open".to_owned()),
            actual: Set(0),
            actual2: Set(0),
            actual_on: Set(None),
            planned: Set(0),
            light: Set("grey".to_owned()),
            soft: Set(false),
            told_at: Set(None),
            told_by: Set(String::new()),
            explanation: Set(String::new()),
            version: Set(1),
            created_at: Set(write.at()),
            updated_at: Set(write.at()),
        });
    }
    for chunk in rows.chunks(rows_per_statement(40)) {
        commitment::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    for chunk in duties.chunks(rows_per_statement(6)) {
        duty::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    for chunk in milestones.chunks(rows_per_statement(6)) {
        milestone::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    write.note_many("commitment-made", notes.into_iter()).await?;
    Ok(ids)
}

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
        .filter(within(commitment::Column::County, county, region))
        .filter(commitment::Column::Id.eq(id))
        .one(db)
        .await
}

/// What a list of commitments asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub(super) state: String,
    pub(super) light: String,
    pub(super) list: String,
    pub(super) person: Option<AccountId>,
    pub(super) unit: Option<UnitId>,
    pub(super) soft: bool,
    pub(super) roots: bool,
    pub(super) text: String,
}

/// A page of commitments by last day, behind one.
pub(super) async fn list(
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
        within(C::County, county, region)
    };
    let mut all = Condition::all()
        .add(scope)
        .add_option((!w.state.is_empty()).then(|| C::State.eq(&w.state)))
        .add_option((!w.light.is_empty()).then(|| C::Light.eq(&w.light)))
        .add_option((!w.list.is_empty()).then(|| C::List.eq(&w.list)))
        .add_option(w.person.map(|p| C::PersonId.eq(p)))
        .add_option(w.unit.map(|u| C::UnitId.eq(u)))
        .add_option(w.soft.then(|| C::Soft.eq(true)))
        .add_option(w.roots.then(|| C::ParentId.is_null().or(C::ParentCounty.ne(county.clone()))))
        .add_option((!w.text.is_empty()).then(|| C::Title.contains(&w.text)));
    if let Some((day, id)) = after {
        let same = C::UntilDay.eq(day.0).and(C::Id.gt(id));
        all = all.add(C::UntilDay.gte(day.0)).add(C::UntilDay.gt(day.0).or(same));
    }
    let query = commitment::Entity::find().filter(all).order_by_asc(C::UntilDay).order_by_asc(C::Id);
    query.limit(limit).all(db).await
}

/// Whether an item of a list was taken already.
pub(super) async fn taken(
    db: &impl ConnectionTrait,
    county: &CountyId,
    list: &str,
    code: &str,
) -> Result<bool, DbErr> {
    let found = commitment::Entity::find()
        .filter(commitment::Column::County.eq(county.clone()))
        .filter(commitment::Column::List.eq(list))
        .filter(commitment::Column::Code.eq(code))
        .filter(commitment::Column::ParentId.is_null())
        .one(db)
        .await?;
    Ok(found.is_some())
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
pub(super) async fn children(
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
pub(super) async fn duties(
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
pub(super) async fn milestones(
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

/// A milestone and the commitment that it belongs to.
pub(super) async fn reach_milestone(
    write: &Write,
    commitment: CommitmentId,
    id: MilestoneId,
    on: Option<Day>,
) -> Result<bool, DbErr> {
    let done = milestone::Entity::update_many()
        .col_expr(milestone::Column::DoneOn, Expr::value(on.map(|d| d.0)))
        .filter(milestone::Column::County.eq(write.county().clone()))
        .filter(milestone::Column::CommitmentId.eq(commitment))
        .filter(milestone::Column::Id.eq(id))
        .exec(write.tx())
        .await?;
    Ok(done.rows_affected > 0)
}

/// Milestones of a county that are past and not reached, counted by commitment.
pub(super) async fn overdue_milestones(
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

/// The readings of a commitment, oldest first.
pub(super) async fn readings(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: CommitmentId,
) -> Result<Vec<reading::Model>, DbErr> {
    reading::Entity::find()
        .filter(reading::Column::County.eq(county.clone()))
        .filter(reading::Column::CommitmentId.eq(id))
        .order_by_asc(reading::Column::Day)
        .limit(2_000)
        .all(db)
        .await
}

/// The last reading of each commitment up to a day.
pub(super) async fn readings_on(
    db: &impl ConnectionTrait,
    county: &CountyId,
    ids: &[CommitmentId],
    day: Day,
) -> Result<BTreeMap<CommitmentId, (i64, i64)>, DbErr> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(5_000) {
        let last: Vec<(CommitmentId, chrono::NaiveDate)> = reading::Entity::find()
            .select_only()
            .column(reading::Column::CommitmentId)
            .column_as(reading::Column::Day.max(), "day")
            .filter(reading::Column::County.eq(county.clone()))
            .filter(reading::Column::CommitmentId.is_in(chunk.iter().copied()))
            .filter(reading::Column::Day.lte(day.0))
            .group_by(reading::Column::CommitmentId)
            .into_tuple()
            .all(db)
            .await?;
        let mut by_day: BTreeMap<chrono::NaiveDate, Vec<CommitmentId>> = BTreeMap::new();
        for (id, day) in last {
            by_day.entry(day).or_default().push(id);
        }
        for (day, ids) in by_day {
            let rows = reading::Entity::find()
                .filter(reading::Column::County.eq(county.clone()))
                .filter(reading::Column::CommitmentId.is_in(ids))
                .filter(reading::Column::Day.eq(day))
                .all(db)
                .await?;
            found.extend(rows.into_iter().map(|r| (r.commitment_id, (r.value, r.value2))));
        }
    }
    Ok(found)
}

/// Reports of progress of a commitment, newest first.
pub(super) async fn reports(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: CommitmentId,
) -> Result<Vec<progress::Model>, DbErr> {
    progress::Entity::find()
        .filter(progress::Column::County.eq(county.clone()))
        .filter(progress::Column::CommitmentId.eq(id))
        .order_by_desc(progress::Column::Id)
        .limit(100)
        .all(db)
        .await
}

/// Writes a report of progress.
pub(super) async fn report(write: &Write, row: progress::ActiveModel) -> Result<(), DbErr> {
    progress::Entity::insert(row).exec_without_returning(write.tx()).await?;
    Ok(())
}

/// One report.
pub(super) async fn report_by_id(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: ProgressId,
) -> Result<Option<progress::Model>, DbErr> {
    progress::Entity::find_by_id((county.clone(), id)).one(db).await
}

/// Decides on a report that nobody has decided on. Answers whether it was so.
pub(super) async fn decide(write: &Write, id: ProgressId, state: &str, cause: &str) -> Result<bool, DbErr> {
    let done = progress::Entity::update_many()
        .col_expr(progress::Column::State, Expr::value(state))
        .col_expr(progress::Column::Cause, Expr::value(cause))
        .col_expr(progress::Column::CheckedBy, Expr::value(write.actor().name.clone()))
        .col_expr(progress::Column::CheckedAt, Expr::value(Some(write.at())))
        .filter(progress::Column::County.eq(write.county().clone()))
        .filter(progress::Column::Id.eq(id))
        .filter(progress::Column::State.eq("reported"))
        .exec(write.tx())
        .await?;
    Ok(done.rows_affected > 0)
}

/// The changes of a commitment, newest first.
pub(super) async fn revisions(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: CommitmentId,
) -> Result<Vec<revision::Model>, DbErr> {
    revision::Entity::find()
        .filter(revision::Column::County.eq(county.clone()))
        .filter(revision::Column::CommitmentId.eq(id))
        .order_by_desc(revision::Column::Id)
        .limit(200)
        .all(db)
        .await
}

/// A change: which field, from what, to what.
pub(super) type Changed = (&'static str, String, String);

/// Values for the table, and what changed.
pub(super) type Changes = (Vec<(commitment::Column, Expr)>, Vec<Changed>);

/// Changes a commitment that is still in the version that was read, and keeps what it was.
pub(super) async fn change(
    write: &mut Write,
    now: &commitment::Model,
    values: Vec<(commitment::Column, Expr)>,
    changed: &[Changed],
    cause: &str,
) -> Result<(), Problem> {
    let mut update = commitment::Entity::update_many();
    for (column, value) in values {
        update = update.col_expr(column, value);
    }
    let done = update
        .col_expr(commitment::Column::Version, Expr::value(now.version + 1))
        .col_expr(commitment::Column::UpdatedAt, Expr::value(write.at()))
        .filter(commitment::Column::County.eq(now.county.clone()))
        .filter(commitment::Column::Id.eq(now.id))
        .filter(commitment::Column::Version.eq(now.version))
        .exec(write.tx())
        .await?;
    if done.rows_affected == 0 {
        return Err(Problem::Conflict("fault-changed"));
    }
    let row = |(field, before, after): &Changed| revision::ActiveModel {
        county: Set(now.county.clone()),
        id: Set(RevisionId::new()),
        commitment_id: Set(now.id),
        field: Set((*field).to_owned()),
        before: Set(before.clone()),
        after: Set(after.clone()),
        cause: Set(cause.to_owned()),
        actor_name: Set(write.actor().name.clone()),
        at: Set(write.at()),
    };
    let rows: Vec<revision::ActiveModel> = changed.iter().map(row).collect();
    if !rows.is_empty() {
        revision::Entity::insert_many(rows).exec_without_returning(write.tx()).await?;
    }
    let detail: Vec<_> =
        changed.iter().map(|(f, b, a)| json!({ "field": f, "before": b, "after": a })).collect();
    let detail = json!({ "changes": detail, "cause": cause });
    write.note("commitment-changed", Subject::new("commitment", now.id), detail).await?;
    Ok(())
}

/// Changes the target of a commitment, keeping what it was.
///
/// # Errors
/// Somebody else's change in between, or the database's.
pub async fn change_value(
    write: &mut Write,
    now: &commitment::Model,
    value: Quantity,
    cause: &str,
) -> Result<(), Problem> {
    let changed = ("value", Quantity(now.value).to_string(), value.to_string());
    change(write, now, vec![(commitment::Column::Value, Expr::value(value.0))], &[changed], cause).await
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

/// What the children of every commitment have done together: by the parent's county and id.
pub(super) async fn sums_by_parent(
    db: &impl ConnectionTrait,
) -> Result<BTreeMap<CountyId, BTreeMap<CommitmentId, (i64, i64)>>, DbErr> {
    use commitment::Column as C;
    let rows: Vec<(CountyId, CommitmentId, i64, i64)> = commitment::Entity::find()
        .select_only()
        .column(C::ParentCounty)
        .column(C::ParentId)
        .column_as(C::Actual.sum().cast_as("bigint"), "actual")
        .column_as(C::Actual2.sum().cast_as("bigint"), "actual2")
        .filter(C::ParentId.is_not_null())
        .filter(C::State.ne("dropped"))
        .group_by(C::ParentCounty)
        .group_by(C::ParentId)
        .into_tuple()
        .all(db)
        .await?;
    let mut sums: BTreeMap<CountyId, BTreeMap<CommitmentId, (i64, i64)>> = BTreeMap::new();
    for (county, id, actual, actual2) in rows {
        sums.entry(county).or_default().insert(id, (actual, actual2));
    }
    Ok(sums)
}

/// Sets what is done, and the day's reading; the mark of the last change stays, since nobody changed the promise.
pub(super) async fn set_actual(
    tx: &impl ConnectionTrait,
    county: &CountyId,
    done: &[(CommitmentId, i64, i64)],
    day: Day,
) -> Result<(), DbErr> {
    for (id, actual, actual2) in done {
        commitment::Entity::update_many()
            .col_expr(commitment::Column::Actual, Expr::value(*actual))
            .col_expr(commitment::Column::Actual2, Expr::value(*actual2))
            .col_expr(commitment::Column::ActualOn, Expr::value(Some(day.0)))
            .filter(commitment::Column::County.eq(county.clone()))
            .filter(commitment::Column::Id.eq(*id))
            .exec(tx)
            .await?;
    }
    for chunk in done.chunks(rows_per_statement(5)) {
        let rows = chunk.iter().map(|(id, actual, actual2)| reading::ActiveModel {
            county: Set(county.clone()),
            commitment_id: Set(*id),
            day: Set(day.0),
            value: Set(*actual),
            value2: Set(*actual2),
        });
        let key = [reading::Column::County, reading::Column::CommitmentId, reading::Column::Day];
        let there = OnConflict::columns(key)
            .update_columns([reading::Column::Value, reading::Column::Value2])
            .to_owned();
        reading::Entity::insert_many(rows).on_conflict(there).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Writes a reading of an earlier day.
pub(super) async fn set_reading(
    tx: &impl ConnectionTrait,
    county: &CountyId,
    id: CommitmentId,
    day: Day,
    (value, value2): (i64, i64),
) -> Result<(), DbErr> {
    let row = reading::ActiveModel {
        county: Set(county.clone()),
        commitment_id: Set(id),
        day: Set(day.0),
        value: Set(value),
        value2: Set(value2),
    };
    let key = [reading::Column::County, reading::Column::CommitmentId, reading::Column::Day];
    let there =
        OnConflict::columns(key).update_columns([reading::Column::Value, reading::Column::Value2]).to_owned();
    reading::Entity::insert(row).on_conflict(there).exec_without_returning(tx).await?;
    Ok(())
}

/// Commitments of a county by id.
pub(super) async fn by_ids(
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

/// Sets the lights of commitments that are to show the same.
pub(super) async fn set_light(
    tx: &impl ConnectionTrait,
    county: &CountyId,
    ids: &[CommitmentId],
    (light, planned, soft): (&str, i64, bool),
) -> Result<(), DbErr> {
    for chunk in ids.chunks(5_000) {
        commitment::Entity::update_many()
            .col_expr(commitment::Column::Light, Expr::value(light))
            .col_expr(commitment::Column::Planned, Expr::value(planned))
            .col_expr(commitment::Column::Soft, Expr::value(soft))
            .filter(commitment::Column::County.eq(county.clone()))
            .filter(commitment::Column::Id.is_in(chunk.iter().copied()))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// What indicators have counted in a county: by indicator, dimension and member.
pub(super) async fn measures(
    db: &impl ConnectionTrait,
    condition: Condition,
) -> Result<Vec<measure::Model>, DbErr> {
    measure::Entity::find().filter(condition).limit(200_000).all(db).await
}

/// The journal's number up to which a county was counted.
pub(super) async fn counted_up_to(
    db: &impl ConnectionTrait,
    county: &CountyId,
) -> Result<Option<(i64, chrono::DateTime<chrono::Utc>)>, DbErr> {
    let key = (county.clone(), String::new(), String::new(), String::new());
    let mark = measure::Entity::find_by_id(key).one(db).await?;
    Ok(mark.map(|m| (m.seq, m.at)))
}

/// Replaces what was counted in a county.
pub(super) async fn replace_measures(
    tx: &impl ConnectionTrait,
    county: &CountyId,
    rows: Vec<measure::ActiveModel>,
) -> Result<(), DbErr> {
    measure::Entity::delete_many().filter(measure::Column::County.eq(county.clone())).exec(tx).await?;
    for chunk in rows.chunks(rows_per_statement(7)) {
        measure::Entity::insert_many(chunk.to_vec()).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Open commitments whose progress is reported and was not since a day.
pub(super) async fn silent(
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

/// Gives the open commitments of a person, or a unit, to another. Answers how many.
///
/// # Errors
/// The database's.
pub async fn hand_over(
    write: &Write,
    from: (Option<AccountId>, Option<UnitId>),
    to: (UnitId, Option<(AccountId, &str)>),
) -> Result<u64, DbErr> {
    use commitment::Column as C;
    let mine = Condition::all()
        .add(C::County.eq(write.county().clone()))
        .add(C::State.eq("open"))
        .add_option(from.0.map(|p| C::PersonId.eq(p)))
        .add_option(from.1.map(|u| C::UnitId.eq(u)));
    let found = commitment::Entity::find().filter(mine.clone()).all(write.tx()).await?;
    let mut rows = Vec::new();
    for now in &found {
        let (field, before, after) = match to.1 {
            Some((_, name)) => ("person", now.person_name.clone(), name.to_owned()),
            None => ("unit", now.unit_id.map_or_else(String::new, |u| u.to_string()), to.0.to_string()),
        };
        rows.push(revision::ActiveModel {
            county: Set(now.county.clone()),
            id: Set(RevisionId::new()),
            commitment_id: Set(now.id),
            field: Set(field.to_owned()),
            before: Set(before),
            after: Set(after),
            cause: Set("hand-over".to_owned()),
            actor_name: Set(write.actor().name.clone()),
            at: Set(write.at()),
        });
    }
    for chunk in rows.chunks(rows_per_statement(9)) {
        revision::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    let mut update = commitment::Entity::update_many()
        .col_expr(C::UnitId, Expr::value(to.0))
        .col_expr(C::Version, Expr::col(C::Version).add(1))
        .col_expr(C::UpdatedAt, Expr::value(write.at()));
    if let Some((id, name)) = to.1 {
        update = update.col_expr(C::PersonId, Expr::value(id)).col_expr(C::PersonName, Expr::value(name));
    }
    Ok(update.filter(mine).exec(write.tx()).await?.rows_affected)
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
        .filter(within(C::County, county, region))
        .filter(C::State.eq("open"))
        .filter(C::Light.eq("yellow"))
        .filter(C::UntilDay.lte(day.0))
        .into_tuple()
        .one(db)
        .await?;
    Ok(n.unwrap_or(0))
}

/// How many reports of progress nobody has decided on.
///
/// # Errors
/// The database's.
pub async fn unchecked_reports(db: &impl ConnectionTrait, county: &CountyId) -> Result<i64, DbErr> {
    let n: Option<i64> = progress::Entity::find()
        .select_only()
        .column_as(progress::Column::Id.count(), "n")
        .filter(progress::Column::County.eq(county.clone()))
        .filter(progress::Column::State.eq("reported"))
        .into_tuple()
        .one(db)
        .await?;
    Ok(n.unwrap_or(0))
}

/// Open commitments counted by region and light.
pub(super) async fn lights_by_region(
    db: &impl ConnectionTrait,
    (county, region): (&CountyId, &RegionCode),
) -> Result<Vec<(String, String, i64)>, DbErr> {
    use commitment::Column as C;
    commitment::Entity::find()
        .select_only()
        .column(C::Region)
        .column(C::Light)
        .column_as(C::Id.count(), "n")
        .filter(within(C::County, county, region))
        .filter(C::State.eq("open"))
        .group_by(C::Region)
        .group_by(C::Light)
        .into_tuple()
        .all(db)
        .await
}
