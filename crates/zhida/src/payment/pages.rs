//! What is to be paid, batches, and a batch with its payments.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::{get, post};
use sea_orm::sea_query::Expr;
use serde::Deserialize;
use serde_json::json;
use zhida_pack::Benefit;
use zhida_types::Fen;

use super::entity::{batch, payment};
use super::{batch as acts, file, result, store};
use crate::account::Role;
use crate::app::App;
use crate::ids::{BatchId, PartyId, PaymentId};
use crate::journal::Subject;
use crate::problem::Problem;
use crate::web::download::csv_file;
use crate::web::extract::{Form, Nothing, Path, Query, Upload};
use crate::web::{Officer, Shell, UPLOAD_BYTES, page, to};

/// The pages of payments.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/payments", get(overview).post(make))
        .route("/payments/{id}", get(show))
        .route("/payments/{id}/check", post(check))
        .route("/payments/{id}/drop", post(drop_batch))
        .route("/payments/{id}/file.csv", get(download))
        .route("/payments/{id}/result", post(take).layer(DefaultBodyLimit::max(UPLOAD_BYTES)))
        .route("/payments/{id}/settle/{payment}", post(settle))
}

/// Batches of a page.
const PAGE: u64 = 50;

struct Due {
    code: String,
    title: String,
    waiver: bool,
    cases: usize,
    total: String,
    no_account: usize,
}

struct BatchLine {
    id: BatchId,
    title: String,
    state: String,
    payments: i64,
    total: String,
    who: String,
    supplier: String,
}

#[derive(Template)]
#[template(path = "payment/overview.html")]
struct OverviewPage {
    shell: Shell,
    due: Vec<Due>,
    batches: Vec<BatchLine>,
    next: Option<BatchId>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Start {
    before: Option<BatchId>,
}

/// What was granted and is neither paid nor on its way, by clause.
async fn due(o: &Officer) -> Result<Vec<Due>, Problem> {
    let clauses: Vec<(String, String, bool)> = o
        .app
        .registers()
        .flat_map(|r| &r.programmes)
        .filter_map(|p| {
            let gives = p.gives.as_ref().filter(|g| g.benefit.pays())?;
            Some((p.code.clone(), p.title.get(o.lang).to_owned(), gives.benefit == Benefit::Waiver))
        })
        .collect();
    let mut found = Vec::new();
    for (code, title, waiver) in clauses {
        let cases = acts::granted(&o.app, &o.app.db, &o.county, &code).await?;
        if cases.is_empty() {
            continue;
        }
        let parties: Vec<PartyId> = cases.iter().map(|c| c.party_id).collect();
        let known = acts::payees(&o.app, &o.app.db, &o.county, &code, &parties).await?;
        found.push(Due {
            total: Fen(cases.iter().filter_map(|c| c.amount).sum()).to_string(),
            no_account: cases.iter().filter(|c| !known.contains_key(&c.party_id)).count(),
            cases: cases.len(),
            code,
            title,
            waiver,
        });
    }
    Ok(found)
}

fn whole_county(o: &Officer) -> Result<(), Problem> {
    // A batch goes over the towns of a county: an officer of one town does not pay.
    if o.region.as_str().len() > 6 { Err(Problem::Forbidden) } else { Ok(()) }
}

async fn overview(o: Officer, Query(start): Query<Start>) -> Result<Response, Problem> {
    whole_county(&o)?;
    let shell = o.shell("payments");
    let mut batches = store::batches(&o.app.db, &o.county, start.before, PAGE + 1).await?;
    let more = batches.len() as u64 > PAGE;
    batches.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let next = batches.last().map(|b| b.id).filter(|_| more);
    let line = |b: batch::Model| BatchLine {
        id: b.id,
        title: b.title,
        state: shell.t.s(format!("batch-{}", b.state)),
        payments: b.payments,
        total: Fen(b.total).to_string(),
        who: b.account_name,
        supplier: b.supplier,
    };
    let batches = batches.into_iter().map(line).collect();
    page(&OverviewPage { due: due(&o).await?, batches, next, shell })
}

#[derive(Debug, Deserialize)]
struct Make {
    clause: String,
    #[serde(default)]
    supplier: String,
}

async fn make(o: Officer, Form(form): Form<Make>) -> Result<Response, Problem> {
    whole_county(&o)?;
    let mut write = o.write().await?;
    let (id, left) = acts::prepare(&o.app, &mut write, &form.clause, &form.supplier).await?;
    write.commit().await?;
    Ok(to(&format!("/payments/{id}"), if left > 0 { "batch-left-out" } else { "batch-made" }))
}

struct PaymentLine {
    p: payment::Model,
    name: String,
    amount: String,
}

#[derive(Template)]
#[template(path = "payment/batch.html")]
struct BatchPage {
    shell: Shell,
    b: batch::Model,
    state: String,
    total: String,
    fund: String,
    counts: Vec<(String, usize, String)>,
    payments: Vec<PaymentLine>,
    may_check: bool,
    own: bool,
}

async fn found(o: &Officer, id: BatchId) -> Result<batch::Model, Problem> {
    whole_county(o)?;
    store::batch(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)
}

async fn show(o: Officer, Path(id): Path<BatchId>) -> Result<Response, Problem> {
    let b = found(&o, id).await?;
    let shell = o.shell("payments");
    let payments = store::payments(&o.app.db, &o.county, id).await?;
    let parties: Vec<PartyId> = payments.iter().map(|p| p.party_id).collect();
    let names = crate::party::names(&o.app.db, &o.county, &parties).await?;
    let mut counts: BTreeMap<&str, (usize, i64)> = BTreeMap::new();
    for p in &payments {
        let count = counts.entry(p.state.as_str()).or_default();
        *count = (count.0 + 1, count.1 + p.amount);
    }
    let counts = counts.into_iter().map(|(state, (n, sum))| (state.to_owned(), n, Fen(sum).to_string()));
    let line = o.app.packs().flat_map(|p| &p.goods.budget).find(|l| l.code == b.fund);
    page(&BatchPage {
        state: shell.t.s(format!("batch-{}", b.state)),
        total: Fen(b.total).to_string(),
        fund: line.map_or_else(String::new, |l| l.label.get(o.lang).to_owned()),
        counts: counts.collect(),
        payments: payments
            .into_iter()
            .map(|p| PaymentLine {
                name: names.get(&p.party_id).cloned().unwrap_or_default(),
                amount: Fen(p.amount).to_string(),
                p,
            })
            .collect(),
        may_check: o.role >= Role::Supervisor,
        own: b.account == o.actor().id(),
        b,
        shell,
    })
}

async fn check(
    o: Officer,
    Path(id): Path<BatchId>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let now = found(&o, id).await?;
    let mut write = o.write().await?;
    acts::check(&o.app, &mut write, &now).await?;
    write.commit().await?;
    Ok(to(&format!("/payments/{id}"), "batch-checked"))
}

#[derive(Debug, Deserialize)]
struct Words {
    #[serde(default)]
    words: String,
    #[serde(default)]
    reached: String,
}

async fn drop_batch(
    o: Officer,
    Path(id): Path<BatchId>,
    Form(form): Form<Words>,
) -> Result<Response, Problem> {
    let now = found(&o, id).await?;
    if !matches!(now.state.as_str(), "draft" | "checked") {
        return Err(Problem::Conflict("fault-batch-state"));
    }
    if form.words.trim().chars().count() < 2 {
        return Err(Problem::field("words", "fault-cause", ""));
    }
    let mut write = o.write().await?;
    let payments = store::payments(write.tx(), &o.county, id).await?;
    let ids: Vec<PaymentId> = payments.iter().map(|p| p.id).collect();
    store::set(&write, &ids, ("dropped", form.words.trim(), None)).await?;
    crate::db::change(write.tx(), &now, vec![(batch::Column::State, Expr::value("dropped"))]).await?;
    write.note("batch-dropped", Subject::new("batch", id), json!({ "words": form.words.trim() })).await?;
    write.commit().await?;
    Ok(to(&format!("/payments/{id}"), "batch-dropped"))
}

/// The file, once it was checked; the first time that it is fetched it counts as sent.
async fn download(o: Officer, Path(id): Path<BatchId>) -> Result<Response, Problem> {
    let now = found(&o, id).await?;
    if !matches!(now.state.as_str(), "checked" | "sent" | "closed") {
        return Err(Problem::Conflict("fault-batch-unchecked"));
    }
    let payments = store::payments(&o.app.db, &o.county, id).await?;
    let bytes = file::csv(&o.app, &o.shell("").t, &now, &payments)?;
    let mut write = o.write().await?;
    if now.state == "checked" {
        acts::send(&mut write, &now).await?;
    }
    let digest = crate::db::seal::sha256_hex(&bytes);
    write.note("batch-file", Subject::new("batch", id), json!({ "sha256": digest })).await?;
    write.commit().await?;
    Ok(csv_file(&id.to_string(), bytes))
}

async fn take(o: Officer, Path(id): Path<BatchId>, form: Upload) -> Result<Response, Problem> {
    let now = found(&o, id).await?;
    let sent = form.files.iter().find(|f| f.field == "file");
    let sent = sent.ok_or_else(|| Problem::field("file", "fault-no-file", ""))?;
    let lines = result::read(&sent.bytes, &now)?;
    let mut write = o.write().await?;
    let outcome = result::take(&o.app, &mut write, &now, &lines).await?;
    write.commit().await?;
    let note = match (outcome.disputed, outcome.failed) {
        (0, 0) => "batch-paid",
        (0, _) => "batch-some-failed",
        _ => "batch-some-disputed",
    };
    Ok(to(&format!("/payments/{id}"), note))
}

async fn settle(
    o: Officer,
    Path((id, payment)): Path<(BatchId, PaymentId)>,
    Form(form): Form<Words>,
) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let now = found(&o, id).await?;
    let mut write = o.write().await?;
    let how = (form.reached == "yes", form.words.as_str());
    result::settle(&o.app, &mut write, &now, payment, how).await?;
    write.commit().await?;
    Ok(to(&format!("/payments/{id}"), "payment-settled"))
}
