//! Logging in and out; the list of accounts, for administrators.

use askama::Template;
use axum::Router;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use tower_sessions::Session;
use zhida_types::RegionCode;

use super::entity::Role;
use super::login;
use super::store::{self, Account, NewAccount};
use crate::app::App;
use crate::ids::{AccountId, UnitId};
use crate::problem::Problem;
use crate::web::extract::{Form, Nothing, Path, PublicForm, Query};
use crate::web::{Officer, Shell, Visitor, page, to};

/// The pages of accounts.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/login", get(form).post(log_in))
        .route("/logout", post(log_out))
        .route("/accounts", get(list).post(create))
        .route("/accounts/{id}/password", post(password))
        .route("/accounts/{id}/active", post(active))
        .merge(super::unit_pages::routes())
}

#[derive(Debug, Default, Deserialize)]
struct Back {
    #[serde(default)]
    back: String,
}

#[derive(Template)]
#[template(path = "account/login.html")]
struct LoginPage {
    shell: Shell,
    back: String,
    login: String,
    fault: String,
    demonstration: Vec<(&'static str, &'static str)>,
}

fn login_page(v: &Visitor, back: String, login: String, fault: String) -> LoginPage {
    let demonstration = if v.app.config.demonstration {
        crate::demo::LOGINS.iter().map(|l| (l.login, l.password)).collect()
    } else {
        Vec::new()
    };
    LoginPage { shell: v.shell(), back, login, fault, demonstration }
}

async fn form(v: Visitor, Query(back): Query<Back>) -> Result<Response, Problem> {
    page(&login_page(&v, back.back, String::new(), String::new()))
}

#[derive(Debug, Deserialize)]
struct LoginForm {
    login: String,
    password: String,
    #[serde(default)]
    back: String,
}

async fn log_in(
    v: Visitor,
    session: Session,
    PublicForm(form): PublicForm<LoginForm>,
) -> Result<Response, Problem> {
    let account = match login::log_in(&v.app, &form.login, &form.password).await {
        Ok(account) => account,
        Err(Problem::Invalid(faults)) => {
            let t = v.shell().t;
            let words = faults.first().map_or_else(String::new, |f| t.v(f.key, &f.value));
            let mut response = page(&login_page(&v, form.back, form.login, words))?;
            *response.status_mut() = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(response);
        }
        Err(other) => return Err(other),
    };
    let store = anyhow::Error::from;
    // A new id at login, so that nobody can hand a session to somebody else beforehand.
    session.cycle_id().await.map_err(store)?;
    session.insert(crate::web::ACCOUNT, (&account.county, account.id)).await.map_err(store)?;
    session.insert(crate::web::CSRF, crate::db::seal::token()?).await.map_err(store)?;
    let back =
        if form.back.starts_with('/') && !form.back.starts_with("//") { form.back } else { "/".to_owned() };
    Ok(Redirect::to(&back).into_response())
}

async fn log_out(session: Session, Form(Nothing {}): Form<Nothing>) -> Result<Response, Problem> {
    session.flush().await.map_err(anyhow::Error::from)?;
    Ok(Redirect::to("/login").into_response())
}

#[derive(Template)]
#[template(path = "account/list.html")]
struct ListPage {
    shell: Shell,
    accounts: Vec<(Account, String)>,
    regions: Vec<(String, String)>,
    units: Vec<(UnitId, String)>,
}

async fn list(o: Officer) -> Result<Response, Problem> {
    o.require(Role::Administrator)?;
    let name = |code: &str| o.app.regions.name(code).unwrap_or(code).to_owned();
    let accounts = store::list(&o.app.db, &o.county).await?;
    let accounts = accounts
        .into_iter()
        .map(|a| {
            let region = name(a.region.as_str());
            (a, region)
        })
        .collect();
    let county = (o.county.0.clone(), name(&o.county.0));
    let towns = o.app.regions.towns(&o.county.0).map(|(c, n)| (c.to_owned(), n.to_owned()));
    let units = crate::unit::list(&o.app.db, &o.county).await?;
    page(&ListPage {
        shell: o.shell("accounts"),
        units: units.into_iter().filter(|u| u.dissolved_on.is_none()).map(|u| (u.id, u.name)).collect(),
        accounts,
        regions: std::iter::once(county).chain(towns).collect(),
    })
}

#[derive(Debug, Deserialize)]
struct AccountForm {
    login: String,
    name: String,
    role: String,
    region: String,
    password: String,
    #[serde(default)]
    unit: String,
}

/// A password is long rather than strange (NIST SP 800-63B, §5.1.1).
fn long_enough(password: &str) -> Result<(), Problem> {
    if password.chars().count() >= 10 {
        Ok(())
    } else {
        Err(Problem::field("password", "fault-password", ""))
    }
}

async fn create(o: Officer, Form(form): Form<AccountForm>) -> Result<Response, Problem> {
    o.require(Role::Administrator)?;
    long_enough(&form.password)?;
    let role = match form.role.as_str() {
        "inspector" => Role::Inspector,
        "reviewer" => Role::Reviewer,
        "partner" => Role::Partner,
        "officer" => Role::Officer,
        "supervisor" => Role::Supervisor,
        "administrator" => Role::Administrator,
        other => return Err(Problem::field("role", "fault-form", other)),
    };
    let region = RegionCode::parse(&form.region)
        .map_err(|_unreadable| Problem::field("region", "fault-town", &form.region))?;
    if !region.as_str().starts_with(&o.county.0) {
        return Err(Problem::field("region", "fault-town", &form.region));
    }
    if form.login.trim().is_empty() || form.login.contains('@') || form.name.trim().is_empty() {
        return Err(Problem::field("login", "fault-empty", ""));
    }
    let unit = match form.unit.parse::<UnitId>() {
        Ok(id) => crate::unit::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?.id,
        Err(_) => o.unit,
    };
    let password = form.password;
    let hashed = tokio::task::spawn_blocking(move || login::hash_password(&password)).await;
    let new = NewAccount {
        unit,
        login: form.login.trim().to_owned(),
        name: form.name.trim().to_owned(),
        role,
        region,
        password_hash: hashed.map_err(anyhow::Error::from)??,
    };
    let mut write = o.write().await?;
    store::create(&mut write, new).await?;
    write.commit().await?;
    Ok(to("/accounts", "account-created"))
}

#[derive(Debug, Deserialize)]
struct PasswordForm {
    password: String,
}

async fn password(
    o: Officer,
    Path(id): Path<AccountId>,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Problem> {
    if id != o.id {
        o.require(Role::Administrator)?;
    }
    long_enough(&form.password)?;
    let hashed = tokio::task::spawn_blocking(move || login::hash_password(&form.password)).await;
    let hashed = hashed.map_err(anyhow::Error::from)??;
    let mut write = o.write().await?;
    store::set_password(&mut write, id, hashed).await?;
    write.commit().await?;
    Ok(to("/accounts", "password-set"))
}

#[derive(Debug, Deserialize)]
struct ActiveForm {
    active: String,
}

async fn active(
    o: Officer,
    Path(id): Path<AccountId>,
    Form(form): Form<ActiveForm>,
) -> Result<Response, Problem> {
    o.require(Role::Administrator)?;
    if id == o.id {
        return Err(Problem::Conflict("fault-own-account"));
    }
    let mut write = o.write().await?;
    store::set_active(&mut write, id, form.active == "yes").await?;
    write.commit().await?;
    Ok(to("/accounts", "account-switched"))
}
