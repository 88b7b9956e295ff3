//! Every query on commitments and what belongs to them; here what makes and changes them.

mod counted;
mod lists;
mod progress;

pub(super) use counted::*;
pub use lists::*;
pub use progress::*;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, Condition, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _};
use serde_json::json;
use zhida_types::{Comparator, Day, Force, Quantity, RegionCode};

use super::entity::{commitment, duty, milestone, revision};
use crate::db::rows_per_statement;
use crate::ids::{AccountId, CommitmentId, CountyId, DutyId, MilestoneId, RevisionId, UnitId};
use crate::journal::{Subject, Write};
use crate::problem::Problem;

crate::db::versioned!(commitment);

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

/// A change: which field, from what, to what.
pub(super) type Changed = (&'static str, String, String);

/// Values for the table, and what changed.
pub(super) type Changes = (Vec<(commitment::Column, Expr)>, Vec<Changed>);

/// Changes a commitment that is still in the version that was read, and keeps what it was.
pub(super) async fn change(
    write: &mut Write,
    now: &commitment::Model,
    mut values: Vec<(commitment::Column, Expr)>,
    changed: &[Changed],
    cause: &str,
) -> Result<(), Problem> {
    values.push((commitment::Column::UpdatedAt, Expr::value(write.at())));
    crate::db::change(write.tx(), now, values).await?;
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

/// Ends a commitment of a plan that is over, with what it came to.
///
/// # Errors
/// The database's.
pub async fn close(write: &mut Write, now: &commitment::Model, cause: &str) -> Result<(), Problem> {
    let values = vec![(commitment::Column::State, Expr::value("done"))];
    change(write, now, values, &[("state", now.state.clone(), "done".to_owned())], cause).await
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
