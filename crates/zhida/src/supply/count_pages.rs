//! Counting what is there: differences are posted as lost or found, so that books and shelves agree again.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use zhida_types::{Fen, Quantity};

use super::holders::{amount_text, item_name, seen, spot};
use crate::app::App;
use crate::ids::HolderId;
use crate::ledger::{self, Holder, Kind, MONEY, Move, NewEntry, Receipt};
use crate::problem::Problem;
use crate::web::extract::{Form, Path};
use crate::web::{Officer, Shell, page, to};

/// The page of a count.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/supplies/count/{id}", get(form).post(send))
}

struct Line {
    item: String,
    name: String,
    batch: String,
    amount: String,
}

#[derive(Template)]
#[template(path = "supply/count.html")]
struct CountPage {
    shell: Shell,
    holder: Holder,
    lines: Vec<Line>,
}

async fn countable(o: &Officer, id: HolderId) -> Result<Holder, Problem> {
    let holder = ledger::holder_by_id(&o.app.db, &o.county, id).await?;
    holder.filter(|h| h.kind.holds() && seen(o, h)).ok_or(Problem::NotFound)
}

async fn form(o: Officer, Path(id): Path<HolderId>) -> Result<Response, Problem> {
    let holder = countable(&o, id).await?;
    let shell = o.shell("supplies");
    let line = |b: ledger::Balance| Line {
        name: item_name(&o.app, &shell.t, &b.item, o.lang),
        amount: amount_text(&b.item, b.amount),
        item: b.item,
        batch: b.batch,
    };
    let lines = ledger::balances(&o.app.db, &o.county, &[id]).await?.into_iter().map(line).collect();
    page(&CountPage { shell, holder, lines })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CountForm {
    item: Vec<String>,
    batch: Vec<String>,
    /// What the books said when the form was shown.
    booked: Vec<String>,
    counted: Vec<String>,
    words: String,
}

fn read(item: &str, text: &str) -> Result<i64, Problem> {
    let wrong = || Problem::field("counted", "fault-amount", text);
    let n = if item == MONEY {
        text.parse::<Fen>().map_err(|_no_amount| wrong())?.0
    } else {
        text.parse::<Quantity>().map_err(|_no_amount| wrong())?.0
    };
    if n >= 0 { Ok(n) } else { Err(wrong()) }
}

async fn send(
    o: Officer,
    Path(id): Path<HolderId>,
    Form(form): Form<CountForm>,
) -> Result<Response, Problem> {
    let holder = countable(&o, id).await?;
    let lines = form.item.len();
    if [form.batch.len(), form.booked.len(), form.counted.len()].iter().any(|n| *n != lines) || lines == 0 {
        return Err(Problem::field("counted", "fault-form", ""));
    }
    let mut write = o.write().await?;
    let now = ledger::balances(write.tx(), &o.county, &[id]).await?;
    let lost = spot(&write, &o.app, Kind::Lost).await?;
    let (mut moves, mut differences) = (Vec::new(), Vec::new());
    for at in 0..lines {
        let (item, batch) = (&form.item[at], &form.batch[at]);
        let booked = now.iter().find(|b| b.item == *item && b.batch == *batch).map_or(0, |b| b.amount);
        if amount_text(item, booked) != form.booked[at] {
            // Something went out or came in while it was counted: the count must be seen against the new books.
            return Err(Problem::Conflict("fault-count-moved"));
        }
        let difference = read(item, &form.counted[at])? - booked;
        if difference != 0 {
            let (from, to) = if difference > 0 { (lost, id) } else { (id, lost) };
            differences.push(format!("{item} {batch} {}", amount_text(item, difference)));
            moves.push(Move { from, to, item: item.clone(), batch: batch.clone(), amount: difference.abs() });
        }
    }
    if moves.is_empty() {
        write
            .note(
                "counted",
                crate::journal::Subject::new("holder", id),
                serde_json::json!({ "lines": lines }),
            )
            .await?;
    } else {
        if form.words.trim().is_empty() {
            return Err(Problem::field("words", "fault-count-cause", differences.join("; ")));
        }
        let entry = NewEntry {
            day: o.app.clock.today(),
            act: "count",
            words: form.words.trim().to_owned(),
            party: None,
            party_name: String::new(),
            receipt: Receipt::default(),
            moves,
        };
        ledger::post(&mut write, vec![entry]).await?;
    }
    write.commit().await?;
    Ok(to(&format!("/supplies/entries?holder={}", holder.id), "counted"))
}
