//! Logging in: argon2id, a pause after five failures, and the same answer whether the login exists or not.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use chrono::Duration;

use super::store::{self, Account};
use crate::app::App;
use crate::journal::{Actor, Subject, Write};
use crate::problem::Problem;

/// Failures after which an account pauses.
const FAILURES: i64 = 5;
/// Minutes of the pause.
const PAUSE_MINUTES: i64 = 15;

/// The hash of a password, with a salt of its own.
///
/// # Errors
/// Where the system gives no chance.
pub fn hash_password(password: &str) -> anyhow::Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    Ok(hash.map_err(|e| anyhow::anyhow!("cannot hash a password: {e}"))?.to_string())
}

fn matches(password: &str, hash: &str) -> bool {
    argon2::password_hash::phc::PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Checks a login; the journal keeps success and failure.
///
/// # Errors
/// One message for an unknown login and a wrong password; another while the account pauses.
pub(super) async fn log_in(app: &App, login: &str, password: &str) -> Result<Account, Problem> {
    let (name, county) = match login.trim().split_once('@') {
        Some((name, county)) => (name, Some(county)),
        None => (login.trim(), None),
    };
    let found = store::by_login(&app.db, name, county).await?;
    let refused = || Problem::field("password", "fault-login", "");
    let [account] = found.as_slice() else {
        if found.len() > 1 {
            return Err(Problem::field("login", "fault-login-county", name));
        }
        // As much work as for a login that exists, so that the time tells nothing.
        hash(password.to_owned()).await?;
        return Err(refused());
    };
    let now = app.clock.now();
    if account.locked_until.is_some_and(|until| until > now) {
        return Err(Problem::TooBusy("fault-login-pause"));
    }
    let (stored, typed) = (account.password_hash.clone(), password.to_owned());
    let right = tokio::task::spawn_blocking(move || matches(&typed, &stored)).await;
    let right = right.map_err(|e| Problem::Internal(e.into()))?;
    let view = Account::try_from(account.clone())?;
    let actor = Actor { account: Some(account.id), name: account.name.clone() };
    let mut write = Write::begin(&app.db, &account.county, &actor, now).await?;
    let failures = if right { 0 } else { account.failures + 1 };
    let pause = (failures >= FAILURES).then(|| now + Duration::minutes(PAUSE_MINUTES));
    let failures = if pause.is_some() { 0 } else { failures };
    store::attempts(&write, account.clone(), failures, pause).await?;
    let act = if right { "login" } else { "login-failed" };
    write.note(act, Subject::new("account", account.id), serde_json::json!({})).await?;
    write.commit().await?;
    if right { Ok(view) } else { Err(refused()) }
}

async fn hash(password: String) -> Result<String, Problem> {
    let hashed = tokio::task::spawn_blocking(move || hash_password(&password)).await;
    Ok(hashed.map_err(|e| Problem::Internal(e.into()))??)
}
