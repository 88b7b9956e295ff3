//! What is owed, class by class, and the batch that pays it.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;
use zhida_types::Fen;

use super::acts::{self, Paid, label};
use super::due::Line;
use super::entity::Model;
use super::store;
use crate::account::Role;
use crate::app::App;
use crate::class::{self, Class};
use crate::clock::shown;
use crate::ids::{OfferId, PartyId};
use crate::journal::Subject;
use crate::offer::{self, Offer};
use crate::problem::Problem;
use crate::provider;
use crate::web::extract::{Form, Nothing, Path};
use crate::web::{Officer, Shell, download, page, to};

/// The pages of subsidies.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/subsidies", get(list))
        .route("/subsidies/pay", post(pay))
        .route("/subsidies/batches/{batch}", get(file))
        .route("/subsidies/{class}", get(show))
        .route("/subsidies/{class}/propose", post(propose))
        .route("/subsidies/{class}/decide", post(decide))
}

/// Sums by state, in fen.
fn sums(all: &[Model]) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for one in all {
        *sums.entry(one.state.clone()).or_default() += one.amount;
    }
    sums
}

struct ClassLine {
    id: OfferId,
    title: String,
    provider: String,
    proposed: String,
    checked: String,
    paid: String,
}

#[derive(Template)]
#[template(path = "subsidy/list.html")]
struct ListPage {
    shell: Shell,
    lines: Vec<ClassLine>,
    waiting: String,
    batches: Vec<BatchLine>,
    supervisor: bool,
}

struct BatchLine {
    batch: String,
    paid: String,
    items: usize,
    sum: String,
}

/// What was paid, batch by batch, the newest first.
fn batches(all: &[Model]) -> Vec<BatchLine> {
    let mut by: BTreeMap<&str, Vec<&Model>> = BTreeMap::new();
    for one in all.iter().filter(|s| !s.batch.is_empty()) {
        by.entry(&one.batch).or_default().push(one);
    }
    let line = |(batch, own): (&str, Vec<&Model>)| BatchLine {
        batch: batch.to_owned(),
        paid: own.iter().find_map(|s| s.paid_at).map_or_else(String::new, shown),
        items: own.len(),
        sum: Fen(own.iter().map(|s| s.amount).sum()).to_string(),
    };
    by.into_iter().rev().map(line).collect()
}

fn yuan(sums: &BTreeMap<String, i64>, state: &str) -> String {
    Fen(sums.get(state).copied().unwrap_or(0)).to_string()
}

async fn list(o: Officer) -> Result<Response, Problem> {
    let classes = class::all(&o.app.db, &o.county).await?;
    let ids: Vec<OfferId> = classes.iter().map(|c| c.id).collect();
    let offers = offer::list(&o.app.db, &o.county, &ids).await?;
    let by = provider::of_ids(&o.app.db, &o.county, &classes.iter().map(|c| c.provider_id).collect()).await?;
    let mut of_class: BTreeMap<OfferId, Vec<Model>> = BTreeMap::new();
    for one in store::in_state(&o.app.db, &o.county, "").await? {
        of_class.entry(one.class_id).or_default().push(one);
    }
    let all: Vec<Model> = of_class.values().flatten().cloned().collect();
    let line = |c: Class| {
        let sums = sums(of_class.get(&c.id).map_or(&[][..], Vec::as_slice));
        ClassLine {
            id: c.id,
            title: offers.get(&c.id).map(|x| x.title.clone()).unwrap_or_default(),
            provider: by.get(&c.provider_id).map(|p| p.name.clone()).unwrap_or_default(),
            proposed: yuan(&sums, "proposed"),
            checked: yuan(&sums, "checked"),
            paid: yuan(&sums, "paid"),
        }
    };
    page(&ListPage {
        shell: o.shell("classes"),
        lines: classes.into_iter().map(line).collect(),
        waiting: yuan(&sums(&all), "checked"),
        batches: batches(&all),
        supervisor: o.require(Role::Supervisor).is_ok(),
    })
}

struct PersonLine {
    party: PartyId,
    name: String,
    kind: String,
    amount: String,
    /// How it stands, or why nothing is due.
    state: String,
    bad: bool,
}

#[derive(Template)]
#[template(path = "subsidy/show.html")]
struct ShowPage {
    shell: Shell,
    id: OfferId,
    title: String,
    lines: Vec<PersonLine>,
    /// To be proposed, proposed, checked, paid.
    due: String,
    proposed: String,
    checked: String,
    paid: String,
    may_propose: bool,
    may_decide: bool,
    own: bool,
}

async fn found(o: &Officer, id: OfferId) -> Result<(Class, Offer), Problem> {
    let class = class::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let offer = offer::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    Ok((class, offer))
}

async fn show(o: Officer, Path(id): Path<OfferId>) -> Result<Response, Problem> {
    let (class, offer) = found(&o, id).await?;
    let parts = acts::parts(&o.app, &class).await?;
    let lines = acts::owed(&o.app, &class, &offer).await?;
    let there = store::of_class(&o.app.db, &o.county, id).await?;
    let names = o.app.seen((&o.county, &o.region), lines.iter().map(|l| l.person.party)).await?;
    let shell = o.shell("classes");
    let percent = |code: &str| parts.iter().find(|s| s.code == code).map_or(0, |s| s.class_percent);
    let line = |l: &Line| {
        let own = there.iter().find(|s| s.party_id == l.person.party && s.kind == l.kind);
        let (state, amount, bad) = match own {
            Some(s) => {
                let mut state = format!("{} {}", shell.t.s(format!("subsidy-{}", s.state)), s.words);
                // What is on file is not what is owed by now: the difference, and why.
                if s.state != "refused" && s.amount != l.amount {
                    let why =
                        if l.why.is_empty() { String::new() } else { shell.t.v(l.why, percent(&l.kind)) };
                    let now = shell.t.ab("subsidy-differs", Fen(l.amount), why);
                    state = format!("{} · {now}", state.trim());
                }
                (state, s.amount, s.state == "refused" || s.amount != l.amount)
            }
            None if l.why.is_empty() => (shell.t.s("subsidy-due"), l.amount, false),
            None => (shell.t.v(l.why, percent(&l.kind)), 0, true),
        };
        Some(PersonLine {
            party: l.person.party,
            name: names.get(&l.person.party)?.name.clone(),
            kind: label(&parts, &l.kind, o.lang),
            amount: Fen(amount).to_string(),
            state,
            bad,
        })
    };
    let sums = sums(&there);
    let waits = acts::open(&lines, &there);
    page(&ShowPage {
        id,
        title: offer.title,
        due: Fen(waits.iter().map(|l| l.amount).sum()).to_string(),
        proposed: yuan(&sums, "proposed"),
        checked: yuan(&sums, "checked"),
        paid: yuan(&sums, "paid"),
        may_propose: !waits.is_empty() && class.state != "stopped",
        may_decide: sums.contains_key("proposed") && o.require(Role::Supervisor).is_ok(),
        own: there.iter().any(|s| s.state == "proposed" && s.proposed_by == o.actor().id()),
        lines: lines.iter().filter_map(line).collect(),
        shell,
    })
}

async fn propose(
    o: Officer,
    Path(id): Path<OfferId>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Problem> {
    let (class, offer) = found(&o, id).await?;
    let mut write = o.write().await?;
    acts::propose(&o.app, &mut write, &class, &offer).await?;
    write.commit().await?;
    Ok(to(&format!("/subsidies/{id}"), "saved"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Decision {
    decision: String,
    words: String,
}

async fn decide(
    o: Officer,
    Path(id): Path<OfferId>,
    Form(form): Form<Decision>,
) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let (class, _) = found(&o, id).await?;
    let mut write = o.write().await?;
    acts::decide(&mut write, &class, (&form.decision, &form.words)).await?;
    write.commit().await?;
    Ok(to(&format!("/subsidies/{id}"), "saved"))
}

/// `POST /subsidies/pay`: everything that is checked, once. The batch's file is to be had from the list from then on.
async fn pay(o: Officer, Form(Nothing {}): Form<Nothing>) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let mut write = o.write().await?;
    acts::pay(&o.app, &mut write).await?;
    write.commit().await?;
    Ok(to("/subsidies", "subsidies-paid"))
}

/// `GET /subsidies/batches/{batch}`: the file for the bank, a line for each class and part.
async fn file(o: Officer, Path(batch): Path<String>) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let of = store::of_batch(&o.app.db, &o.county, &batch).await?;
    if of.is_empty() || batch.is_empty() {
        return Err(Problem::NotFound);
    }
    let lines = acts::batched(&o.app, &o.app.db, &o.county, &of).await?;
    let (t, rules) = (o.app.words(o.lang), provider::terms(&o.app)?);
    let head =
        ["batch-code", "item-no", "account-name", "account", "bank", "amount-in-yuan", "payment-words"];
    let row = |(n, l): (usize, Paid)| {
        let kind = label(&rules.subsidies, &l.kind, o.lang);
        let people = t.n("payment-people", l.people);
        let words = format!("{} · {} · {kind} · {people}", l.contract, l.title);
        let yuan = Fen(l.fen).to_string();
        vec![batch.clone(), (n + 1).to_string(), l.payee.name, l.payee.account, l.payee.bank, yuan, words]
    };
    let head: Vec<String> = head.iter().map(|key| t.s(key)).collect();
    let text = download::table(&head, lines.into_iter().enumerate().map(row))?;
    let mut write = o.write().await?;
    let detail = json!({ "batch": batch });
    write.note("subsidies-file", Subject::new("county", &o.county), detail).await?;
    write.commit().await?;
    Ok(download::csv_file(&batch, text))
}
