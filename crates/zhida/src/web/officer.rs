//! Who asks: an officer with a session, or somebody with a link.

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use tower_sessions::Session;
use zhida_rules::Lang;
use zhida_types::RegionCode;

use super::shell::{Shell, language};
use crate::account::{self, Role};
use crate::app::App;
use crate::ids::{AccountId, CountyId, UnitId};
use crate::journal::{Actor, Subject, Write};
use crate::problem::Problem;

/// The keys under which a session keeps who logged in.
pub(crate) const ACCOUNT: &str = "account";
pub(crate) const CSRF: &str = "csrf";

/// Where an inspector's notes are sent: the only thing that an inspector writes.
pub(crate) const NOTES: &str = "/notes";

/// A logged-in officer and the request's frame.
#[derive(Clone, Debug)]
pub struct Officer {
    /// The state.
    pub app: App,
    /// The account.
    pub id: AccountId,
    /// The county: every query names it.
    pub county: CountyId,
    /// The region whose people this officer may see.
    pub region: RegionCode,
    /// The unit.
    pub unit: UnitId,
    /// The unit's name.
    pub unit_name: String,
    /// The person's name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// The reader's language.
    pub lang: Lang,
    /// The token of this session's forms.
    pub csrf: String,
    /// The page's address.
    pub path: String,
    /// The note after an act.
    pub note: Option<String>,
}

impl Officer {
    /// The page's frame.
    pub fn shell(&self, nav: &'static str) -> Shell {
        Shell::officer(self, nav)
    }

    /// Who acts, for the journal.
    pub fn actor(&self) -> Actor {
        Actor { account: Some(self.id), name: self.name.clone() }
    }

    /// Begins an act of this officer.
    ///
    /// # Errors
    /// The database's.
    pub async fn write(&self) -> Result<Write, Problem> {
        Ok(Write::begin(&self.app.db, &self.county, &self.actor(), self.app.clock.now()).await?)
    }

    /// Refuses a lower role. An inspector passes everywhere, since nothing but looking ever gets so far.
    ///
    /// # Errors
    /// [`Problem::Forbidden`].
    pub fn require(&self, role: Role) -> Result<(), Problem> {
        if self.role >= role || self.role == Role::Inspector { Ok(()) } else { Err(Problem::Forbidden) }
    }
}

impl FromRequestParts<App> for Officer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let session = parts.extensions.get::<Session>().cloned().ok_or(Problem::LoggedOut)?;
        let known: Option<(CountyId, AccountId)> = session.get(ACCOUNT).await.map_err(anyhow::Error::from)?;
        let (county, id) = known.ok_or(Problem::LoggedOut)?;
        let found = account::find(&app.db, &county, id).await?;
        let account = found.filter(|a| a.active).ok_or(Problem::LoggedOut)?;
        let looks = matches!(parts.method, Method::GET | Method::HEAD);
        let path = parts.uri.path();
        let apart = match account.role {
            Role::Reviewer => !reviews(path),
            Role::Partner => !partners(path),
            _ => false,
        };
        if apart {
            return Err(Problem::Forbidden);
        }
        if account.role == Role::Inspector {
            if !looks && parts.uri.path() != NOTES && !stops(parts.uri.path()) {
                return Err(Problem::Forbidden);
            }
            // What an inspector looks at stands in the journal like every other act.
            let actor = Actor { account: Some(id), name: account.name.clone() };
            let mut write = Write::begin(&app.db, &county, &actor, app.clock.now()).await?;
            let path = parts.uri.path_and_query().map_or("/", |p| p.as_str());
            write.note("looked", Subject::new("page", path), serde_json::json!({})).await?;
            write.commit().await?;
        }
        let csrf: Option<String> = session.get(CSRF).await.map_err(anyhow::Error::from)?;
        let unit = crate::unit::find(&app.db, &county, account.unit).await?;
        let query = parts.uri.query().unwrap_or_default();
        let note = query.split('&').find_map(|pair| pair.strip_prefix("note=")).map(str::to_owned);
        Ok(Self {
            app: app.clone(),
            id,
            county,
            region: account.region,
            unit: account.unit,
            unit_name: unit.map_or_else(String::new, |u| u.name),
            name: account.name,
            role: account.role,
            lang: language(&parts.headers),
            csrf: csrf.unwrap_or_default(),
            path: without_note(&parts.uri),
            note,
        })
    }
}

/// Whether an address stops a class, or lets go on one that an inspector stopped.
fn stops(path: &str) -> bool {
    path.strip_prefix("/classes/").is_some_and(|rest| rest.ends_with("/stop") || rest.ends_with("/resume"))
}

/// Whether an address is of those that a partner needs: its own part, its own password.
fn partners(path: &str) -> bool {
    path == "/" || path == "/ours" || path.starts_with("/ours/") || own_account(path)
}

/// Whether an address is the logout or the own password.
fn own_account(path: &str) -> bool {
    path == "/logout" || path.strip_prefix("/accounts/").is_some_and(|rest| rest.ends_with("/password"))
}

/// Whether an address is of those that a reviewer needs: what is asked of it, the forms, their photos, its own password.
fn reviews(path: &str) -> bool {
    let own = |rest: &str| !rest.is_empty() && rest != "new" && !rest.starts_with("draws");
    path == "/"
        || path == "/api/checks"
        || path == "/api/photos"
        || path.strip_prefix("/checks/").is_some_and(own)
        || own_account(path)
}

/// The address without the note, so that changing the language does not repeat it.
fn without_note(uri: &axum::http::Uri) -> String {
    let rest: Vec<&str> =
        uri.query().unwrap_or_default().split('&').filter(|p| !p.starts_with("note=")).collect();
    let rest = rest.join("&");
    if rest.is_empty() { uri.path().to_owned() } else { format!("{}?{rest}", uri.path()) }
}

/// Somebody without a login.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The state.
    pub app: App,
    /// The reader's language.
    pub lang: Lang,
    /// The page's address.
    pub path: String,
    /// The note after an act.
    pub note: Option<String>,
}

impl Visitor {
    /// The county that an address names; the installation's where it names none.
    pub fn county(&self, asked: &str) -> CountyId {
        CountyId::parse(asked).unwrap_or_else(|| CountyId(self.app.config.county.clone()))
    }

    /// The page's frame.
    pub fn shell(&self) -> Shell {
        Shell { note: self.note.clone(), ..Shell::public(&self.app, self.lang, &self.path) }
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let query = parts.uri.query().unwrap_or_default();
        let note = query.split('&').find_map(|pair| pair.strip_prefix("note=")).map(str::to_owned);
        Ok(Self { app: app.clone(), lang: language(&parts.headers), path: without_note(&parts.uri), note })
    }
}
