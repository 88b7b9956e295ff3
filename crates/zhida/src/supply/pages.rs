//! What lies where: stock by place, funds and budget, what is in hand.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::holders::{amount_text, item_name, seen};
use crate::account::Role;
use crate::app::App;
use crate::ids::HolderId;
use crate::ledger::{self, Balance, Holder, Kind};
use crate::problem::Problem;
use crate::web::{Officer, Shell, page};

/// The overview, the check of the books and their export.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/supplies", get(overview))
        .route("/supplies/verify", get(verify))
        .route("/supplies/books.beancount", get(export))
}

struct Row {
    id: HolderId,
    name: String,
    cells: Vec<String>,
}

/// A table of holders by items.
struct Sheet {
    heading: &'static str,
    kind: &'static str,
    items: Vec<String>,
    rows: Vec<Row>,
}

fn sheet(o: &Officer, t: &crate::texts::T, kind: Kind, holders: Vec<Holder>, balances: &[Balance]) -> Sheet {
    let ids: BTreeSet<HolderId> = holders.iter().map(|h| h.id).collect();
    let mine: Vec<&Balance> = balances.iter().filter(|b| ids.contains(&b.holder_id)).collect();
    let items: BTreeSet<&str> = mine.iter().map(|b| b.item.as_str()).collect();
    let mut sums: BTreeMap<(HolderId, &str), i64> = BTreeMap::new();
    for b in &mine {
        *sums.entry((b.holder_id, b.item.as_str())).or_insert(0) += b.amount;
    }
    let rows = holders
        .into_iter()
        .filter(|h| mine.iter().any(|b| b.holder_id == h.id))
        .map(|h| Row {
            id: h.id,
            cells: items
                .iter()
                .map(|i| sums.get(&(h.id, *i)).map_or_else(String::new, |n| amount_text(i, *n)))
                .collect(),
            name: h.name,
        })
        .collect();
    let heading = match kind {
        Kind::Stock => "supplies-stock",
        Kind::Hand => "supplies-hand",
        Kind::Budget => "supplies-budget",
        _ => "supplies-fund",
    };
    let items = items.iter().map(|i| item_name(&o.app, t, i, o.lang)).collect();
    Sheet { heading, kind: kind.as_str(), items, rows }
}

#[derive(Template)]
#[template(path = "supply/overview.html")]
struct OverviewPage {
    shell: Shell,
    sheets: Vec<Sheet>,
    empty: bool,
    no_goods: bool,
}

async fn overview(o: Officer) -> Result<Response, Problem> {
    let shell = o.shell("supplies");
    let mut sheets = Vec::new();
    for kind in [Kind::Stock, Kind::Hand, Kind::Fund, Kind::Budget] {
        let holders = ledger::of_kind(&o.app.db, &o.county, kind).await?;
        let holders: Vec<Holder> = holders.into_iter().filter(|h| seen(&o, h)).collect();
        let ids: Vec<HolderId> = holders.iter().map(|h| h.id).collect();
        let balances = ledger::balances(&o.app.db, &o.county, &ids).await?;
        sheets.push(sheet(&o, &shell.t, kind, holders, &balances));
    }
    sheets.retain(|s| !s.rows.is_empty());
    let no_goods = super::holders::goods(&o.app).next().is_none();
    page(&OverviewPage { empty: sheets.is_empty(), no_goods, sheets, shell })
}

#[derive(Template)]
#[template(path = "supply/verify.html")]
struct VerifyPage {
    shell: Shell,
    entries: i64,
    postings: i64,
    balances: usize,
    flaws: Vec<String>,
}

async fn verify(o: Officer) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let all = ledger::verify(&o.app.db).await?;
    let mine = all.into_iter().find(|s| s.county == o.county);
    let flaws = |s: &ledger::Sound| s.flaws.iter().map(|f| serde_json::json!(f).to_string()).collect();
    page(&VerifyPage {
        shell: o.shell("supplies"),
        entries: mine.as_ref().map_or(0, |s| s.entries),
        postings: mine.as_ref().map_or(0, |s| s.postings),
        balances: mine.as_ref().map_or(0, |s| s.balances),
        flaws: mine.as_ref().map_or_else(Vec::new, flaws),
    })
}

async fn export(o: Officer) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let mut text = Vec::new();
    ledger::export(&o.app.db, &o.county, &mut text).await?;
    let name = format!("attachment; filename=\"{}.beancount\"", o.county);
    let headers =
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, text).into_response())
}
