//! Goods that were granted and are still to be handed over: a list a clause, each with its receipt.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use zhida_pack::{Benefit, Gives, StageKind};
use zhida_types::Day;

use super::holders::{self, amount_text, item_name, resolve, spot};
use crate::app::App;
use crate::case::{self, Step};
use crate::ids::{CaseId, HolderId};
use crate::journal::Write;
use crate::ledger::{self, Kind, Move, NewEntry, Receipt};
use crate::problem::Problem;
use crate::web::extract::{Form, Query};
use crate::web::{Officer, Shell, page, to};

/// The list and its sending.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/supplies/due", get(list).post(give))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    clause: String,
}

struct Line {
    id: CaseId,
    name: String,
    town: String,
    amount: String,
}

#[derive(Template)]
#[template(path = "supply/due.html")]
struct DuePage {
    shell: Shell,
    /// Clauses with goods to hand over: code, title, how many.
    clauses: Vec<(String, String, usize)>,
    clause: String,
    item: String,
    stores: Vec<(String, String)>,
    lines: Vec<Line>,
    more: usize,
}

/// Lines of the page: one person can hand out no more in a day.
const PAGE: usize = 100;

/// The cases of a clause that are granted, for what the officer may see.
async fn granted(o: &Officer, code: &str) -> Result<Vec<(case::Case, String, String)>, Problem> {
    let (_, programme) = o.app.programme(code)?;
    let stages = programme.stages.iter().filter(|s| s.kind == StageKind::Granted);
    let stages: Vec<&str> = stages.map(|s| s.code.as_str()).collect();
    let cases = case::at_stages(&o.app.db, &o.county, code, &stages, 100_000).await?;
    let people = o.app.seen((&o.county, &o.region), cases.iter().map(|c| c.party_id)).await?;
    let line = |c: case::Case| {
        let person = people.get(&c.party_id)?;
        let town = o.app.regions.name(&person.town).unwrap_or_default().to_owned();
        Some((c, person.name.clone(), town))
    };
    Ok(cases.into_iter().filter_map(line).collect())
}

fn goods(app: &App, code: &str) -> Result<(Gives, String), Problem> {
    let (_, programme) = app.programme(code)?;
    let gives = programme.gives.clone().filter(|g| g.benefit == Benefit::Goods).ok_or(Problem::NotFound)?;
    let item = gives.item.clone().ok_or(Problem::NotFound)?;
    Ok((gives, item))
}

async fn list(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let shell = o.shell("supplies");
    let with: Vec<(String, String)> = o
        .app
        .registers()
        .flat_map(|r| &r.programmes)
        .filter(|p| p.gives.as_ref().is_some_and(|g| g.benefit == Benefit::Goods))
        .map(|p| (p.code.clone(), p.title.get(o.lang).to_owned()))
        .collect();
    let mut clauses = Vec::new();
    for (code, title) in with {
        let due = granted(&o, &code).await?.len();
        if due > 0 {
            clauses.push((code, title, due));
        }
    }
    let clause = if asked.clause.is_empty() {
        clauses.first().map_or_else(String::new, |(code, ..)| code.clone())
    } else {
        asked.clause
    };
    let (mut lines, mut more, mut item) = (Vec::new(), 0, String::new());
    if !clause.is_empty() {
        let (_, code) = goods(&o.app, &clause)?;
        let cases = granted(&o, &clause).await?;
        more = cases.len().saturating_sub(PAGE);
        let line = |(c, name, town): (case::Case, String, String)| Line {
            id: c.id,
            name,
            town,
            amount: amount_text(&code, c.amount.unwrap_or(0)),
        };
        lines = cases.into_iter().take(PAGE).map(line).collect();
        item = item_name(&o.app, &shell.t, &code, o.lang);
    }
    let mut stores = holders::stores(&o).await?;
    let hands = crate::account::workers(&o.app.db, &o.county).await?;
    stores.extend(hands.into_iter().map(|a| (format!("hand:{}", a.id), a.name)));
    page(&DuePage { shell, clauses, clause, item, stores, lines, more })
}

/// What was taken from the lots of a holder, the oldest name first.
async fn lots(write: &Write, from: HolderId, item: &str) -> Result<Vec<(String, i64)>, Problem> {
    let held = ledger::balances(write.tx(), write.county(), &[from]).await?;
    Ok(held.into_iter().filter(|b| b.item == item && b.amount > 0).map(|b| (b.batch, b.amount)).collect())
}

/// Takes an amount out of lots, in their order; the rest from the last, so that the ledger says what is missing.
fn take(lots: &mut [(String, i64)], mut amount: i64) -> Vec<(String, i64)> {
    let mut taken = Vec::new();
    for (batch, held) in lots.iter_mut() {
        let part = amount.min(*held);
        if part > 0 {
            *held -= part;
            amount -= part;
            taken.push((batch.clone(), part));
        }
    }
    if amount > 0 {
        taken.push((lots.last().map_or_else(String::new, |(batch, _)| batch.clone()), amount));
    }
    taken
}

/// The lines that have a receipt are handed over, all or none.
async fn give(o: Officer, Form(form): Form<Vec<(String, String)>>) -> Result<Response, Problem> {
    let one = |name: &str| form.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str());
    let clause = one("clause").to_owned();
    let (_, item) = goods(&o.app, &clause)?;
    let signed: Vec<(&str, &str)> = form
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("signed-")?, value.trim())))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    if signed.is_empty() {
        return Err(Problem::field("signed", "fault-receipt", ""));
    }
    let due = granted(&o, &clause).await?;
    let (_, programme) = o.app.programme(&clause)?;
    let done = programme.first(StageKind::Done).ok_or(Problem::Conflict("fault-stage-order"))?;
    let mut write = o.write().await?;
    let from = resolve(&o, &write, one("from")).await?;
    let to_given = spot(&write, &o.app, Kind::Given).await?;
    let mut lots = lots(&write, from, &item).await?;
    let (mut entries, mut cases) = (Vec::new(), Vec::new());
    for (id, signature) in signed {
        let id: CaseId = id.parse().map_err(|_no_id| Problem::NotFound)?;
        let (case, name, _) =
            due.iter().find(|(c, ..)| c.id == id).ok_or(Problem::Conflict("fault-moved"))?;
        let moves = take(&mut lots, case.amount.unwrap_or(0)).into_iter().map(|(batch, amount)| Move {
            from,
            to: to_given,
            item: item.clone(),
            batch,
            amount,
        });
        entries.push(NewEntry {
            day: Day::at(write.at()),
            act: "give",
            words: programme.title.zh.clone(),
            party: Some(case.party_id),
            party_name: name.clone(),
            receipt: Receipt { kind: "signature".to_owned(), value: signature.chars().take(60).collect() },
            moves: moves.collect(),
        });
        cases.push(case.clone());
    }
    ledger::post(&mut write, entries).await?;
    case::steps(&o.app, &mut write, &cases, &Step { to: &done.code, words: "" }).await?;
    write.commit().await?;
    Ok(to(&format!("/supplies/due?clause={clause}"), "posted"))
}
