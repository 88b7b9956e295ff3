//! Every query on runs, proposals, cases and steps.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _,
    ExprTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use zhida_pack::{Programme, StageKind};
use zhida_types::Day;

use super::entity::{case, proposal, run, step};
use crate::db::rows_per_statement;
use crate::ids::{CaseId, CountyId, OfferId, PartyId, ProposalId, RunId, StepId};
use crate::journal::Write;

/// Writes a run and its proposals.
pub(super) async fn save_run(
    write: &Write,
    run: run::ActiveModel,
    proposals: Vec<proposal::ActiveModel>,
) -> Result<(), DbErr> {
    run::Entity::insert(run).exec_without_returning(write.tx()).await?;
    for chunk in proposals.chunks(rows_per_statement(11)) {
        proposal::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    Ok(())
}

/// A run.
pub(super) async fn run_by_id(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: RunId,
) -> Result<Option<run::Model>, DbErr> {
    run::Entity::find_by_id((county.clone(), id)).one(db).await
}

/// A programme's newest run; of all programmes for an empty code.
///
/// # Errors
/// The database's.
pub async fn latest_run(
    db: &impl ConnectionTrait,
    county: &CountyId,
    programme: &str,
) -> Result<Option<run::Model>, DbErr> {
    Ok(runs(db, county, programme, 1).await?.into_iter().next())
}

/// The newest runs.
pub(super) async fn runs(
    db: &impl ConnectionTrait,
    county: &CountyId,
    programme: &str,
    limit: u64,
) -> Result<Vec<run::Model>, DbErr> {
    let mut query = run::Entity::find().filter(run::Column::County.eq(county.clone()));
    if !programme.is_empty() {
        query = query.filter(run::Column::Programme.eq(programme));
    }
    query.order_by_desc(run::Column::Id).limit(limit).all(db).await
}

/// Sets a run's state, where it is still in one of `from`. Answers whether it was.
pub(super) async fn set_run_state(write: &Write, id: RunId, from: &[&str], to: &str) -> Result<bool, DbErr> {
    let approved = (to == "approved").then(|| write.at());
    let done = run::Entity::update_many()
        .col_expr(run::Column::State, Expr::value(to))
        .col_expr(run::Column::ApprovedAt, Expr::value(approved))
        .filter(run::Column::County.eq(write.county().clone()))
        .filter(run::Column::Id.eq(id))
        .filter(run::Column::State.is_in(from.iter().copied()))
        .exec(write.tx())
        .await?;
    Ok(done.rows_affected > 0)
}

/// The chosen proposals of a run, by offer, best score first.
pub(super) async fn chosen(
    db: &impl ConnectionTrait,
    county: &CountyId,
    run: RunId,
) -> Result<Vec<proposal::Model>, DbErr> {
    proposal::Entity::find()
        .filter(proposal::Column::County.eq(county.clone()))
        .filter(proposal::Column::RunId.eq(run))
        .filter(proposal::Column::Chosen.eq(true))
        .order_by_asc(proposal::Column::OfferId)
        .order_by_desc(proposal::Column::Score)
        .all(db)
        .await
}

/// How many are chosen for each offer of a run.
pub(super) async fn chosen_counts(
    db: &impl ConnectionTrait,
    county: &CountyId,
    run: RunId,
) -> Result<BTreeMap<OfferId, i64>, DbErr> {
    let rows: Vec<(OfferId, i64)> = proposal::Entity::find()
        .select_only()
        .column(proposal::Column::OfferId)
        .column_as(proposal::Column::Id.count(), "n")
        .filter(proposal::Column::County.eq(county.clone()))
        .filter(proposal::Column::RunId.eq(run))
        .filter(proposal::Column::Chosen.eq(true))
        .group_by(proposal::Column::OfferId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// A page of the proposals of a run for one offer: chosen first, then by score, from behind `after` on.
pub(super) async fn of_offer(
    db: &impl ConnectionTrait,
    county: &CountyId,
    (run, offer): (RunId, OfferId),
    after: Option<&proposal::Model>,
    limit: u64,
) -> Result<Vec<proposal::Model>, DbErr> {
    use proposal::Column;
    let mut query = proposal::Entity::find()
        .filter(Column::County.eq(county.clone()))
        .filter(Column::RunId.eq(run))
        .filter(Column::OfferId.eq(offer));
    if let Some(last) = after {
        let below = Condition::all().add(Column::Chosen.eq(last.chosen)).add(Column::Score.lt(last.score));
        let same = Condition::all()
            .add(Column::Chosen.eq(last.chosen))
            .add(Column::Score.eq(last.score))
            .add(Column::Id.lt(last.id));
        let mut behind = Condition::any().add(below).add(same);
        if last.chosen {
            behind = behind.add(Column::Chosen.eq(false));
        }
        query = query.filter(behind);
    }
    query
        .order_by_desc(Column::Chosen)
        .order_by_desc(Column::Score)
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// A proposal.
pub(super) async fn proposal_by_id(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: ProposalId,
) -> Result<Option<proposal::Model>, DbErr> {
    proposal::Entity::find_by_id((county.clone(), id)).one(db).await
}

/// Chooses or drops a proposal by hand. Choosing drops the person's other choice in the run.
pub(super) async fn choose(
    write: &Write,
    proposal: &proposal::Model,
    chosen: bool,
    cause: &str,
) -> Result<(), DbErr> {
    if chosen {
        proposal::Entity::update_many()
            .col_expr(proposal::Column::Chosen, Expr::value(false))
            .col_expr(proposal::Column::ByHand, Expr::value(true))
            .col_expr(proposal::Column::Cause, Expr::value(cause))
            .filter(proposal::Column::County.eq(write.county().clone()))
            .filter(proposal::Column::RunId.eq(proposal.run_id))
            .filter(proposal::Column::PartyId.eq(proposal.party_id))
            .filter(proposal::Column::Chosen.eq(true))
            .exec(write.tx())
            .await?;
    }
    let mut row = proposal.clone().into_active_model();
    row.chosen = Set(chosen);
    row.by_hand = Set(true);
    row.cause = Set(cause.to_owned());
    row.update(write.tx()).await?;
    Ok(())
}

/// Writes cases with their first steps.
pub(super) async fn insert(
    write: &Write,
    cases: Vec<case::ActiveModel>,
    steps: Vec<step::ActiveModel>,
) -> Result<(), DbErr> {
    for chunk in cases.chunks(rows_per_statement(17)) {
        case::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    for chunk in steps.chunks(rows_per_statement(9)) {
        step::Entity::insert_many(chunk.to_vec()).exec_without_returning(write.tx()).await?;
    }
    Ok(())
}

/// A first or further step.
pub(super) fn step_row(write: &Write, case: CaseId, from: &str, to: &str, words: &str) -> step::ActiveModel {
    step::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(StepId::new()),
        case_id: Set(case),
        from_stage: Set(from.to_owned()),
        to_stage: Set(to.to_owned()),
        words: Set(words.to_owned()),
        actor: Set(write.actor().id()),
        actor_name: Set(write.actor().name.clone()),
        at: Set(write.at()),
    }
}

/// Cases by their ids, in no order.
///
/// # Errors
/// The database's.
pub async fn by_ids(
    db: &impl ConnectionTrait,
    county: &CountyId,
    ids: &[CaseId],
) -> Result<Vec<case::Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in ids.chunks(5_000) {
        let query = case::Entity::find()
            .filter(case::Column::County.eq(county.clone()))
            .filter(case::Column::Id.is_in(chunk.iter().copied()));
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// A case.
///
/// # Errors
/// The database's.
pub async fn by_id(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: CaseId,
) -> Result<Option<case::Model>, DbErr> {
    case::Entity::find_by_id((county.clone(), id)).one(db).await
}

/// The steps of a case, oldest first.
pub(super) async fn steps(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: CaseId,
) -> Result<Vec<step::Model>, DbErr> {
    step::Entity::find()
        .filter(step::Column::County.eq(county.clone()))
        .filter(step::Column::CaseId.eq(id))
        .order_by_asc(step::Column::Id)
        .all(db)
        .await
}

/// A person's cases, newest first.
///
/// # Errors
/// The database's.
pub async fn of_party(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: PartyId,
) -> Result<Vec<case::Model>, DbErr> {
    case::Entity::find()
        .filter(case::Column::County.eq(county.clone()))
        .filter(case::Column::PartyId.eq(id))
        .order_by_desc(case::Column::Id)
        .limit(100)
        .all(db)
        .await
}

/// Parties with a case of a clause that has not ended without it.
pub(super) async fn live(
    db: &impl ConnectionTrait,
    county: &CountyId,
    programme: &Programme,
) -> Result<BTreeSet<PartyId>, DbErr> {
    parties_at(db, county, programme, |kind| kind != StageKind::Ended).await
}

/// All cases of an offer, in the order in which they came.
///
/// # Errors
/// The database's.
pub async fn of_offers(
    db: &impl ConnectionTrait,
    county: &CountyId,
    offers: &[OfferId],
) -> Result<Vec<case::Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in offers.chunks(5_000) {
        let query = case::Entity::find()
            .filter(case::Column::County.eq(county.clone()))
            .filter(case::Column::OfferId.is_in(chunk.iter().copied()))
            .order_by_asc(case::Column::Id);
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// Parties who hold a clause or have asked for it.
pub(super) async fn held(
    db: &impl ConnectionTrait,
    county: &CountyId,
    programme: &Programme,
) -> Result<BTreeSet<PartyId>, DbErr> {
    let held = |kind: StageKind| matches!(kind, StageKind::Applied | StageKind::Granted | StageKind::Done);
    parties_at(db, county, programme, held).await
}

async fn parties_at(
    db: &impl ConnectionTrait,
    county: &CountyId,
    programme: &Programme,
    wanted: fn(StageKind) -> bool,
) -> Result<BTreeSet<PartyId>, DbErr> {
    let stages = programme.stages.iter().filter(|s| wanted(s.kind)).map(|s| s.code.as_str());
    let rows: Vec<PartyId> = case::Entity::find()
        .select_only()
        .column(case::Column::PartyId)
        .filter(case::Column::County.eq(county.clone()))
        .filter(case::Column::Programme.eq(programme.code.as_str()))
        .filter(case::Column::Stage.is_in(stages))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Who brought cases to one of some stages last.
pub(super) async fn movers(
    db: &impl ConnectionTrait,
    county: &CountyId,
    cases: &[CaseId],
    stages: &[&str],
) -> Result<BTreeMap<CaseId, String>, DbErr> {
    let mut found = BTreeMap::new();
    for chunk in cases.chunks(5_000) {
        let rows: Vec<(CaseId, String)> = step::Entity::find()
            .select_only()
            .columns([step::Column::CaseId, step::Column::Actor])
            .filter(step::Column::County.eq(county.clone()))
            .filter(step::Column::CaseId.is_in(chunk.iter().copied()))
            .filter(step::Column::ToStage.is_in(stages.iter().copied()))
            .order_by_asc(step::Column::Id)
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Sets what was decided about a case.
pub(super) async fn decide(
    write: &Write,
    case: CaseId,
    amount: Option<i64>,
    facts: Vec<u8>,
) -> Result<(), DbErr> {
    case::Entity::update_many()
        .col_expr(case::Column::Amount, Expr::value(amount))
        .col_expr(case::Column::FactsSealed, Expr::value(Some(facts)))
        .filter(case::Column::County.eq(write.county().clone()))
        .filter(case::Column::Id.eq(case))
        .exec(write.tx())
        .await?;
    Ok(())
}

/// Cases counted by programme and stage, with the sum of what they give.
///
/// # Errors
/// The database's.
pub async fn tally(
    db: &impl ConnectionTrait,
    county: &CountyId,
) -> Result<Vec<(String, String, i64, i64)>, DbErr> {
    let rows: Vec<(String, String, i64, Option<i64>)> = case::Entity::find()
        .select_only()
        .columns([case::Column::Programme, case::Column::Stage])
        .column_as(case::Column::Id.count(), "n")
        .column_as(case::Column::Amount.sum().cast_as("bigint"), "sum")
        .filter(case::Column::County.eq(county.clone()))
        .group_by(case::Column::Programme)
        .group_by(case::Column::Stage)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(programme, stage, n, sum)| (programme, stage, n, sum.unwrap_or(0))).collect())
}

/// When the cases of a programme first came to each stage.
///
/// # Errors
/// The database's.
pub async fn arrivals(
    db: &impl ConnectionTrait,
    county: &CountyId,
    programme: &str,
) -> Result<BTreeMap<CaseId, BTreeMap<String, chrono::DateTime<chrono::Utc>>>, DbErr> {
    let cases = sea_orm::sea_query::Query::select()
        .column(case::Column::Id)
        .from(case::Entity)
        .and_where(case::Column::County.eq(county.clone()))
        .and_where(case::Column::Programme.eq(programme))
        .to_owned();
    let rows: Vec<(CaseId, String, chrono::DateTime<chrono::Utc>)> = step::Entity::find()
        .select_only()
        .columns([step::Column::CaseId, step::Column::ToStage])
        .column_as(step::Column::At.min(), "first")
        .filter(step::Column::County.eq(county.clone()))
        .filter(step::Column::CaseId.in_subquery(cases))
        .group_by(step::Column::CaseId)
        .group_by(step::Column::ToStage)
        .into_tuple()
        .all(db)
        .await?;
    let mut found: BTreeMap<CaseId, BTreeMap<String, chrono::DateTime<chrono::Utc>>> = BTreeMap::new();
    for (case, stage, at) in rows {
        found.entry(case).or_default().insert(stage, at);
    }
    Ok(found)
}

/// The cases of a programme at one of some stages, oldest first.
///
/// # Errors
/// The database's.
pub async fn at_stages(
    db: &impl ConnectionTrait,
    county: &CountyId,
    programme: &str,
    stages: &[&str],
    limit: u64,
) -> Result<Vec<case::Model>, DbErr> {
    case::Entity::find()
        .filter(case::Column::County.eq(county.clone()))
        .filter(case::Column::Programme.eq(programme))
        .filter(case::Column::Stage.is_in(stages.iter().copied()))
        .order_by_asc(case::Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// Persons with a case in a programme at one of the stages, and how many such cases each offer has.
pub(super) async fn in_stages(
    db: &impl ConnectionTrait,
    county: &CountyId,
    programme: &str,
    stages: &[&str],
) -> Result<(BTreeSet<PartyId>, BTreeMap<OfferId, usize>), DbErr> {
    let rows: Vec<(PartyId, Option<OfferId>)> = case::Entity::find()
        .select_only()
        .columns([case::Column::PartyId, case::Column::OfferId])
        .filter(case::Column::County.eq(county.clone()))
        .filter(case::Column::Programme.eq(programme))
        .filter(case::Column::Stage.is_in(stages.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    let mut taken = BTreeMap::new();
    for offer in rows.iter().filter_map(|(_, offer)| *offer) {
        *taken.entry(offer).or_default() += 1;
    }
    Ok((rows.into_iter().map(|(party, _)| party).collect(), taken))
}

/// How many cases of each offer of a programme stand at each stage.
pub(super) async fn stage_counts(
    db: &impl ConnectionTrait,
    county: &CountyId,
    programme: &str,
) -> Result<Vec<(Option<OfferId>, String, i64)>, DbErr> {
    case::Entity::find()
        .select_only()
        .columns([case::Column::OfferId, case::Column::Stage])
        .column_as(case::Column::Id.count(), "n")
        .filter(case::Column::County.eq(county.clone()))
        .filter(case::Column::Programme.eq(programme))
        .group_by(case::Column::OfferId)
        .group_by(case::Column::Stage)
        .into_tuple()
        .all(db)
        .await
}

/// Pairs that were offered already, so that nobody is asked the same thing twice.
pub(super) async fn pairs(
    db: &impl ConnectionTrait,
    county: &CountyId,
    programme: &str,
) -> Result<BTreeSet<(PartyId, OfferId)>, DbErr> {
    let rows: Vec<(PartyId, Option<OfferId>)> = case::Entity::find()
        .select_only()
        .columns([case::Column::PartyId, case::Column::OfferId])
        .filter(case::Column::County.eq(county.clone()))
        .filter(case::Column::Programme.eq(programme))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(party, offer)| Some((party, offer?))).collect())
}

/// A page of a programme's cases at a stage (or all for an empty code), by due date.
///
/// # Errors
/// The database's.
pub async fn board(
    db: &impl ConnectionTrait,
    county: &CountyId,
    programme: &str,
    stage: &str,
    limit: u64,
) -> Result<Vec<case::Model>, DbErr> {
    let mut query = case::Entity::find().filter(case::Column::County.eq(county.clone()));
    if !programme.is_empty() {
        query = query.filter(case::Column::Programme.eq(programme));
    }
    if !stage.is_empty() {
        query = query.filter(case::Column::Stage.eq(stage));
    }
    query.order_by_asc(case::Column::Due).order_by_asc(case::Column::Id).limit(limit).all(db).await
}

/// Cases that are due on or before a day, the longest overdue first.
///
/// # Errors
/// The database's.
pub async fn due(
    db: &impl ConnectionTrait,
    county: &CountyId,
    day: Day,
    limit: u64,
) -> Result<Vec<case::Model>, DbErr> {
    case::Entity::find()
        .filter(case::Column::County.eq(county.clone()))
        .filter(case::Column::Due.lte(day.0))
        .order_by_asc(case::Column::Due)
        .limit(limit)
        .all(db)
        .await
}

/// Moves cases that still have the versions that the mover saw, in few statements. Answers whether all had.
pub(super) async fn advance(
    write: &Write,
    cases: &[case::Model],
    stage: &str,
    due: Option<Day>,
    words: &str,
) -> Result<bool, DbErr> {
    let mut by_version: BTreeMap<i64, Vec<CaseId>> = BTreeMap::new();
    for case in cases {
        by_version.entry(case.version).or_default().push(case.id);
    }
    for (version, ids) in by_version {
        for chunk in ids.chunks(5_000) {
            let done = case::Entity::update_many()
                .col_expr(case::Column::Stage, Expr::value(stage))
                .col_expr(case::Column::Due, Expr::value(due.map(|d| d.0)))
                .col_expr(case::Column::Words, Expr::value(words))
                .col_expr(case::Column::Version, Expr::value(version + 1))
                .col_expr(case::Column::UpdatedAt, Expr::value(write.at()))
                .filter(case::Column::County.eq(write.county().clone()))
                .filter(case::Column::Id.is_in(chunk.iter().copied()))
                .filter(case::Column::Version.eq(version))
                .exec(write.tx())
                .await?;
            if usize::try_from(done.rows_affected) != Ok(chunk.len()) {
                return Ok(false);
            }
        }
    }
    let rows = cases.iter().map(|case| step_row(write, case.id, &case.stage, stage, words)).collect();
    insert(write, Vec::new(), rows).await?;
    Ok(true)
}

/// All persons with a case or proposal: an undone import leaves them.
///
/// # Errors
/// The database's.
pub async fn parties_with_cases(
    db: &impl ConnectionTrait,
    county: &CountyId,
) -> Result<BTreeSet<PartyId>, DbErr> {
    let cases: Vec<PartyId> = case::Entity::find()
        .select_only()
        .column(case::Column::PartyId)
        .filter(case::Column::County.eq(county.clone()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(cases.into_iter().collect())
}

/// All offers with a case or proposal.
///
/// # Errors
/// The database's.
pub async fn offers_with_cases(
    db: &impl ConnectionTrait,
    county: &CountyId,
) -> Result<BTreeSet<OfferId>, DbErr> {
    let cases: Vec<Option<OfferId>> = case::Entity::find()
        .select_only()
        .column(case::Column::OfferId)
        .filter(case::Column::County.eq(county.clone()))
        .into_tuple()
        .all(db)
        .await?;
    let proposals: Vec<OfferId> = proposal::Entity::find()
        .select_only()
        .column(proposal::Column::OfferId)
        .filter(proposal::Column::County.eq(county.clone()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(cases.into_iter().flatten().chain(proposals).collect())
}

/// Gives the cases of a person who was merged to the one who stays. Answers how many.
///
/// # Errors
/// The database's.
pub async fn reassign(write: &Write, from: PartyId, into: PartyId) -> Result<u64, DbErr> {
    let moved = case::Entity::update_many()
        .col_expr(case::Column::PartyId, Expr::value(into))
        .filter(case::Column::County.eq(write.county().clone()))
        .filter(case::Column::PartyId.eq(from))
        .exec(write.tx())
        .await?;
    Ok(moved.rows_affected)
}

/// Gives the cases that a person owns to another. Answers how many.
///
/// # Errors
/// The database's.
pub async fn hand_over(
    write: &Write,
    from: crate::ids::AccountId,
    to: crate::ids::AccountId,
) -> Result<u64, DbErr> {
    let moved = case::Entity::update_many()
        .col_expr(case::Column::OwnerId, Expr::value(to))
        .col_expr(case::Column::UpdatedAt, Expr::value(write.at()))
        .filter(case::Column::County.eq(write.county().clone()))
        .filter(case::Column::OwnerId.eq(from))
        .exec(write.tx())
        .await?;
    Ok(moved.rows_affected)
}
