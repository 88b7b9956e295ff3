//! The journal as supervisors read it.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

use super::store::{self, Entry};
use super::verify;
use crate::app::App;
use crate::problem::Problem;
use crate::web::extract::Query;
use crate::web::{Officer, Role, Shell, page};

/// The pages of the journal.
pub fn routes() -> Router<App> {
    Router::new().route("/journal", get(list)).route("/journal/verify", get(check))
}

const PAGE: u64 = 100;

#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    before: Option<i64>,
    #[serde(default)]
    act: String,
}

#[derive(Template)]
#[template(path = "journal/list.html")]
struct ListPage {
    shell: Shell,
    entries: Vec<Entry>,
    next: Option<i64>,
    act: String,
    verdict: Option<(bool, String)>,
}

impl ListPage {
    fn act_name(&self, entry: &Entry) -> String {
        self.shell.t.s(format!("act-{}", entry.act))
    }
}

async fn listed(o: Officer, asked: Asked, verdict: Option<(bool, String)>) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let act = Some(asked.act.as_str()).filter(|a| !a.is_empty());
    let entries = store::page(&o.app.db, &o.county, asked.before, act, PAGE).await?;
    let next = if entries.len() as u64 == PAGE { entries.last().map(|e| e.seq) } else { None };
    page(&ListPage { shell: o.shell("journal"), entries, next, act: asked.act, verdict })
}

async fn list(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    listed(o, asked, None).await
}

async fn check(o: Officer) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let found = verify(&o.app.db).await?;
    let t = o.shell("").t;
    let mine = found.into_iter().find_map(|result| match result {
        Ok(intact) if intact.county == o.county => {
            Some((true, t.ab("journal-intact", intact.entries.to_string(), &intact.hash)))
        }
        Err(flaw) if flaw.county == o.county => Some((false, t.n("journal-broken", flaw.seq))),
        _ => None,
    });
    listed(o, Asked::default(), mine).await
}
