//! Queries on accounts.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use zhida_types::RegionCode;

use super::entity::{ActiveModel, Column, Entity, Model, Role};
use crate::ids::{AccountId, CountyId, UnitId};
use crate::journal::{Subject, Write};
use crate::problem::Problem;

/// An account as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The county.
    pub county: CountyId,
    /// The id.
    pub id: AccountId,
    /// The unit.
    pub unit: UnitId,
    /// The login.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// The region whose people the account may see.
    pub region: RegionCode,
    /// Whether it may log in.
    pub active: bool,
}

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The unit.
    pub unit: UnitId,
    /// The login.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// The region.
    pub region: RegionCode,
    /// The password's hash.
    pub password_hash: String,
}

impl TryFrom<Model> for Account {
    type Error = DbErr;
    fn try_from(m: Model) -> Result<Self, DbErr> {
        let region =
            RegionCode::parse(&m.region).map_err(|e| DbErr::Custom(format!("account {}: {e}", m.id)))?;
        let Model { county, id, unit_id: unit, login, name, role, active, .. } = m;
        Ok(Self { county, id, unit, login, name, role, region, active })
    }
}

/// Creates an account.
///
/// # Errors
/// A login that the county has already, or the database's.
pub async fn create(write: &mut Write, new: NewAccount) -> Result<AccountId, Problem> {
    let taken =
        Entity::find().filter(Column::County.eq(write.county().clone())).filter(Column::Login.eq(&new.login));
    if taken.one(write.tx()).await?.is_some() {
        return Err(Problem::field("login", "fault-login-taken", &new.login));
    }
    let id = AccountId::new();
    let detail = serde_json::json!({ "login": new.login, "role": new.role.key(), "region": new.region });
    let account = ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        unit_id: Set(new.unit),
        login: Set(new.login),
        name: Set(new.name),
        role: Set(new.role),
        region: Set(new.region.to_string()),
        password_hash: Set(new.password_hash),
        active: Set(true),
        failures: Set(0),
        locked_until: Set(None),
        created_at: Set(write.at()),
    };
    account.insert(write.tx()).await?;
    write.note("account-created", Subject::new("account", id), detail).await?;
    Ok(id)
}

/// An account by its id.
///
/// # Errors
/// The database's.
pub async fn find(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: AccountId,
) -> Result<Option<Account>, DbErr> {
    Entity::find_by_id((county.clone(), id)).one(db).await?.map(Account::try_from).transpose()
}

/// The county's accounts by login.
///
/// # Errors
/// The database's.
pub async fn list(db: &impl ConnectionTrait, county: &CountyId) -> Result<Vec<Account>, DbErr> {
    let query =
        Entity::find().filter(Column::County.eq(county.clone())).order_by_asc(Column::Login).limit(1_000);
    query.all(db).await?.into_iter().map(Account::try_from).collect()
}

/// Who can be asked to fill in checks: those who may log in and do more than look.
///
/// # Errors
/// The database's.
pub async fn reviewers(db: &impl ConnectionTrait, county: &CountyId) -> Result<Vec<Account>, DbErr> {
    let all = list(db, county).await?.into_iter();
    Ok(all.filter(|a| a.active && ![Role::Inspector, Role::Partner].contains(&a.role)).collect())
}

/// Who can be given work: those who may log in and do more than look or fill in checks.
///
/// # Errors
/// The database's.
pub async fn workers(db: &impl ConnectionTrait, county: &CountyId) -> Result<Vec<Account>, DbErr> {
    let all = list(db, county).await?.into_iter();
    Ok(all.filter(|a| a.active && a.role >= Role::Officer).collect())
}

/// The accounts with a login, in all counties or in one: people type `name` or `name@330424`.
pub(super) async fn by_login(
    db: &impl ConnectionTrait,
    login: &str,
    county: Option<&str>,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find().filter(Column::Login.eq(login)).filter(Column::Active.eq(true));
    if let Some(county) = county {
        query = query.filter(Column::County.eq(county));
    }
    query.limit(2).all(db).await
}

/// Counts a failed attempt, or clears the count.
pub(super) async fn attempts(
    write: &Write,
    account: Model,
    failures: i64,
    locked_until: Option<DateTime<Utc>>,
) -> Result<(), DbErr> {
    let mut account = account.into_active_model();
    account.failures = Set(failures);
    account.locked_until = Set(locked_until);
    account.update(write.tx()).await?;
    Ok(())
}

/// Sets a new password.
pub(super) async fn set_password(write: &mut Write, id: AccountId, hash: String) -> Result<(), Problem> {
    let found = Entity::find_by_id((write.county().clone(), id)).one(write.tx()).await?;
    let found = found.ok_or(Problem::NotFound)?;
    if found.role == Role::Inspector {
        return Err(Problem::Conflict("fault-inspector"));
    }
    let mut account = found.into_active_model();
    account.password_hash = Set(hash);
    account.failures = Set(0);
    account.locked_until = Set(None);
    account.update(write.tx()).await?;
    write.note("password-set", Subject::new("account", id), serde_json::json!({})).await?;
    Ok(())
}

/// Lets an account log in or not.
pub(super) async fn set_active(write: &mut Write, id: AccountId, active: bool) -> Result<(), Problem> {
    let found = Entity::find_by_id((write.county().clone(), id)).one(write.tx()).await?;
    let found = found.ok_or(Problem::NotFound)?;
    if !active && found.role == Role::Inspector {
        // Whoever is inspected must not be able to shut the inspector out.
        return Err(Problem::Conflict("fault-inspector"));
    }
    if !active && crate::ledger::in_hand(write.tx(), write.county(), id).await? {
        return Err(Problem::Conflict("fault-in-hand"));
    }
    let mut account = found.into_active_model();
    account.active = Set(active);
    account.update(write.tx()).await?;
    write
        .note("account-switched", Subject::new("account", id), serde_json::json!({ "active": active }))
        .await?;
    Ok(())
}

/// Moves the accounts of a unit to another. Answers how many.
///
/// # Errors
/// The database's.
pub async fn move_unit(write: &Write, from: UnitId, into: UnitId) -> Result<u64, DbErr> {
    let moved = Entity::update_many()
        .col_expr(Column::UnitId, sea_orm::sea_query::Expr::value(into))
        .filter(Column::County.eq(write.county().clone()))
        .filter(Column::UnitId.eq(from))
        .exec(write.tx())
        .await?;
    Ok(moved.rows_affected)
}
