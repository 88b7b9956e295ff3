//! Every query on campaigns and visits.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use zhida_types::Day;

use super::entity::{campaign, visit};
use crate::app::App;
use crate::db::rows_per_statement;
use crate::ids::{AccountId, CampaignId, CaseId, CountyId, ImportId, PartyId, VisitId};
use crate::journal::Write;
use crate::problem::Problem;

/// A visit that was made, from a file.
#[derive(Clone, Debug)]
pub struct NewVisit {
    /// Who was visited.
    pub party: PartyId,
    /// When.
    pub on: Day,
    /// Who went.
    pub visitor: String,
    /// What was said.
    pub words: String,
    /// The case of the need that was found.
    pub case: Option<CaseId>,
    /// The import and row.
    pub import: (ImportId, i64),
}

fn about(county: &CountyId, id: VisitId) -> String {
    format!("{county}/{id}")
}

/// Opens the words of a visit.
pub(super) fn words(app: &App, visit: &visit::Model) -> Result<String, Problem> {
    if visit.words_sealed.is_empty() {
        return Ok(String::new());
    }
    let plain = app.keys.open(&about(&visit.county, visit.id), &visit.words_sealed)?;
    Ok(String::from_utf8_lossy(&plain).into_owned())
}

/// Writes visits that were made.
///
/// # Errors
/// The database's.
pub async fn done_many(app: &App, write: &Write, new: &[NewVisit]) -> Result<(), Problem> {
    for chunk in new.chunks(rows_per_statement(15)) {
        let mut rows = Vec::with_capacity(chunk.len());
        for visit in chunk {
            let id = VisitId::new();
            rows.push(visit::ActiveModel {
                county: Set(write.county().clone()),
                id: Set(id),
                campaign_id: Set(None),
                party_id: Set(visit.party),
                account_id: Set(None),
                visitor: Set(visit.visitor.clone()),
                due: Set(None),
                visited_on: Set(Some(visit.on.0)),
                words_sealed: Set(app.keys.seal(&about(write.county(), id), visit.words.as_bytes())?),
                case_id: Set(visit.case),
                import_id: Set(Some(visit.import.0)),
                row_no: Set(Some(visit.import.1)),
                created_at: Set(write.at()),
                updated_at: Set(write.at()),
            });
        }
        visit::Entity::insert_many(rows).exec_without_returning(write.tx()).await?;
    }
    Ok(())
}

/// Writes a campaign and its visits: the persons in turn to the accounts.
pub(super) async fn plan(
    write: &Write,
    campaign: campaign::ActiveModel,
    id: CampaignId,
    due: Day,
    visits: &[(PartyId, AccountId, String)],
) -> Result<(), DbErr> {
    campaign::Entity::insert(campaign).exec_without_returning(write.tx()).await?;
    let row = |(party, account, name): &(PartyId, AccountId, String)| visit::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(VisitId::new()),
        campaign_id: Set(Some(id)),
        party_id: Set(*party),
        account_id: Set(Some(*account)),
        visitor: Set(name.clone()),
        due: Set(Some(due.0)),
        visited_on: Set(None),
        words_sealed: Set(Vec::new()),
        case_id: Set(None),
        import_id: Set(None),
        row_no: Set(None),
        created_at: Set(write.at()),
        updated_at: Set(write.at()),
    };
    for chunk in visits.chunks(rows_per_statement(15)) {
        visit::Entity::insert_many(chunk.iter().map(row)).exec_without_returning(write.tx()).await?;
    }
    Ok(())
}

/// The campaigns, newest first.
pub(super) async fn campaigns(
    db: &impl ConnectionTrait,
    county: &CountyId,
) -> Result<Vec<campaign::Model>, DbErr> {
    campaign::Entity::find()
        .filter(campaign::Column::County.eq(county.clone()))
        .order_by_desc(campaign::Column::Id)
        .limit(50)
        .all(db)
        .await
}

/// Planned and made visits of each campaign.
pub(super) async fn progress(
    db: &impl ConnectionTrait,
    county: &CountyId,
) -> Result<BTreeMap<CampaignId, (i64, i64)>, DbErr> {
    let rows: Vec<(Option<CampaignId>, i64, i64)> = visit::Entity::find()
        .select_only()
        .column(visit::Column::CampaignId)
        .column_as(visit::Column::Id.count(), "planned")
        .column_as(visit::Column::VisitedOn.count(), "made")
        .filter(visit::Column::County.eq(county.clone()))
        .filter(visit::Column::CampaignId.is_not_null())
        .group_by(visit::Column::CampaignId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(id, planned, made)| Some((id?, (planned, made)))).collect())
}

/// An account's visits that are still to be made, by due date.
pub(super) async fn mine(
    db: &impl ConnectionTrait,
    county: &CountyId,
    account: AccountId,
) -> Result<Vec<visit::Model>, DbErr> {
    visit::Entity::find()
        .filter(visit::Column::County.eq(county.clone()))
        .filter(visit::Column::AccountId.eq(account))
        .filter(visit::Column::VisitedOn.is_null())
        .order_by_asc(visit::Column::Due)
        .order_by_asc(visit::Column::Id)
        .limit(300)
        .all(db)
        .await
}

/// A visit.
pub(super) async fn by_id(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: VisitId,
) -> Result<Option<visit::Model>, DbErr> {
    visit::Entity::find_by_id((county.clone(), id)).one(db).await
}

/// Marks a visit as made.
pub(super) async fn done(
    app: &App,
    write: &Write,
    visit: visit::Model,
    on: Day,
    words: &str,
    case: Option<CaseId>,
) -> Result<(), Problem> {
    let sealed = app.keys.seal(&about(write.county(), visit.id), words.as_bytes())?;
    let mut row = visit.into_active_model();
    row.visited_on = Set(Some(on.0));
    row.words_sealed = Set(sealed);
    row.case_id = Set(case);
    row.updated_at = Set(write.at());
    row.update(write.tx()).await?;
    Ok(())
}

/// A person's visits, newest first, with their words.
///
/// # Errors
/// The database's.
pub async fn of_party(
    app: &App,
    county: &CountyId,
    id: PartyId,
) -> Result<Vec<(visit::Model, String)>, Problem> {
    let found = visit::Entity::find()
        .filter(visit::Column::County.eq(county.clone()))
        .filter(visit::Column::PartyId.eq(id))
        .order_by_desc(visit::Column::VisitedOn)
        .limit(50)
        .all(&app.db)
        .await?;
    found
        .into_iter()
        .map(|v| {
            let w = words(app, &v)?;
            Ok((v, w))
        })
        .collect()
}

/// All persons with a visit of another source than an import: an undone import leaves them.
///
/// # Errors
/// The database's.
pub async fn parties_with_visits(
    db: &impl ConnectionTrait,
    county: &CountyId,
) -> Result<BTreeSet<PartyId>, DbErr> {
    let rows: Vec<PartyId> = visit::Entity::find()
        .select_only()
        .column(visit::Column::PartyId)
        .filter(visit::Column::County.eq(county.clone()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Takes back the visits that an import brought; cases that they opened stay, because somebody may be at work on them.
///
/// # Errors
/// The database's.
pub async fn remove_import(write: &Write, import: ImportId) -> Result<u64, DbErr> {
    let gone = visit::Entity::delete_many()
        .filter(visit::Column::County.eq(write.county().clone()))
        .filter(visit::Column::ImportId.eq(import))
        .exec(write.tx())
        .await?;
    Ok(gone.rows_affected)
}

/// Gives the visits of a person who was merged to the one who stays. Answers how many.
///
/// # Errors
/// The database's.
pub async fn reassign(write: &Write, from: PartyId, into: PartyId) -> Result<u64, DbErr> {
    let moved = visit::Entity::update_many()
        .col_expr(visit::Column::PartyId, Expr::value(into))
        .filter(visit::Column::County.eq(write.county().clone()))
        .filter(visit::Column::PartyId.eq(from))
        .exec(write.tx())
        .await?;
    Ok(moved.rows_affected)
}
