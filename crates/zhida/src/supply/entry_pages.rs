//! The list of entries, one entry, and taking one back.

use std::collections::BTreeSet;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::holders::{amount_text, item_name, seen};
use crate::account::Role;
use crate::app::App;
use crate::clock::shown;
use crate::ids::{EntryId, HolderId, PartyId};
use crate::ledger::{self, Entry, Receipt};
use crate::problem::Problem;
use crate::web::extract::{Form, Path, Query};
use crate::web::{Officer, Shell, page, to};

/// The pages of entries.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/supplies/entries", get(list))
        .route("/supplies/entries/{id}", get(show))
        .route("/supplies/entries/{id}/reverse", post(reverse))
}

const PER_PAGE: u64 = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    holder: Option<HolderId>,
    party: Option<PartyId>,
    before: Option<EntryId>,
}

/// What moved: from where, to where, of what, how much.
struct Moved {
    name: String,
    item: String,
    batch: String,
    amount: String,
    out: bool,
}

struct Line {
    id: EntryId,
    day: String,
    act: String,
    party: String,
    words: String,
    who: String,
    counter: bool,
    moved: Vec<Moved>,
    /// Whether it is about a holder that the officer may see.
    seen: bool,
}

async fn lines(o: &Officer, t: &crate::texts::T, entries: Vec<Entry>) -> Result<Vec<Line>, Problem> {
    let ids: Vec<EntryId> = entries.iter().map(|e| e.id).collect();
    let mut postings = ledger::postings(&o.app.db, &o.county, &ids).await?;
    let holders: BTreeSet<HolderId> = postings.values().flatten().map(|p| p.holder_id).collect();
    let holders: Vec<HolderId> = holders.into_iter().collect();
    let holders = ledger::holders(&o.app.db, &o.county, &holders).await?;
    let moved = |p: ledger::Posting| Moved {
        name: holders.get(&p.holder_id).map_or_else(String::new, |h| h.name.clone()),
        item: item_name(&o.app, t, &p.item, o.lang),
        amount: amount_text(&p.item, p.amount),
        out: p.amount < 0,
        batch: p.batch,
    };
    let mut found = Vec::new();
    for e in entries {
        let own = postings.remove(&e.id).unwrap_or_default();
        let visible = |p: &ledger::Posting| holders.get(&p.holder_id).is_some_and(|h| seen(o, h));
        found.push(Line {
            seen: own.iter().any(visible),
            id: e.id,
            day: e.day.to_string(),
            act: e.act,
            party: e.party_name,
            words: e.words,
            who: e.account_name,
            counter: e.reverses_id.is_some(),
            moved: own.into_iter().map(moved).collect(),
        });
    }
    Ok(found)
}

#[derive(Template)]
#[template(path = "supply/entries.html")]
struct ListPage {
    shell: Shell,
    holder: Option<ledger::Holder>,
    lines: Vec<Line>,
    next: String,
}

async fn list(o: Officer, Query(query): Query<ListQuery>) -> Result<Response, Problem> {
    let shell = o.shell("supplies");
    let found =
        ledger::entries(&o.app.db, &o.county, (query.holder, query.party), query.before, PER_PAGE).await?;
    let more = u64::try_from(found.len()).unwrap_or(0) == PER_PAGE;
    let next = found.last().filter(|_| more).map_or_else(String::new, |e| {
        let holder = query.holder.map_or_else(String::new, |h| format!("&holder={h}"));
        let party = query.party.map_or_else(String::new, |p| format!("&party={p}"));
        format!("/supplies/entries?before={}{holder}{party}", e.id)
    });
    let holder = match query.holder {
        Some(id) => {
            let holder = ledger::holder_by_id(&o.app.db, &o.county, id).await?;
            Some(holder.filter(|h| seen(&o, h)).ok_or(Problem::NotFound)?)
        }
        None => None,
    };
    let mut lines = lines(&o, &shell.t, found).await?;
    lines.retain(|l| l.seen);
    page(&ListPage { shell, holder, lines, next })
}

#[derive(Template)]
#[template(path = "supply/entry.html")]
struct EntryPage {
    shell: Shell,
    line: Line,
    receipt: Receipt,
    posted: String,
    reverses: Option<EntryId>,
    reversed_by: Option<EntryId>,
    may_reverse: bool,
}

async fn show(o: Officer, Path(id): Path<EntryId>) -> Result<Response, Problem> {
    let entry = ledger::entry(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let shell = o.shell("supplies");
    let reversed_by = ledger::reversal_of(&o.app.db, &o.county, id).await?.map(|e| e.id);
    let receipt = serde_json::from_str(&entry.receipt).unwrap_or_default();
    let (posted, reverses) = (shown(entry.created_at), entry.reverses_id);
    let line = lines(&o, &shell.t, vec![entry]).await?.pop().filter(|l| l.seen).ok_or(Problem::NotFound)?;
    let may_reverse = o.role >= Role::Supervisor && reverses.is_none() && reversed_by.is_none();
    page(&EntryPage { shell, line, receipt, posted, reverses, reversed_by, may_reverse })
}

#[derive(Debug, Deserialize)]
struct ReverseForm {
    #[serde(default)]
    words: String,
}

async fn reverse(
    o: Officer,
    Path(id): Path<EntryId>,
    Form(form): Form<ReverseForm>,
) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let mut write = o.write().await?;
    let counter = ledger::reverse(&mut write, id, o.app.clock.today(), &form.words).await?;
    write.commit().await?;
    Ok(to(&format!("/supplies/entries/{counter}"), "posted"))
}
