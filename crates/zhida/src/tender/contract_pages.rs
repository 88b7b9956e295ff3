//! Signing a contract, one contract, and its account.

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use zhida_types::Fen;

use super::contract::{self as acts, NewContract, Payee};
use super::entity::{bid, contract, tender};
use super::store;
use crate::account::Role;
use crate::app::App;
use crate::ids::{BidId, ContractId};
use crate::photo;
use crate::problem::Problem;
use crate::provider;
use crate::web::extract::{Form, Path, Query, Upload, chosen, day};
use crate::web::{Officer, Shell, UPLOAD_BYTES, page, to};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/contracts/new", get(blank))
        .route("/contracts", post(make).layer(DefaultBodyLimit::max(UPLOAD_BYTES)))
        .route("/contracts/{id}", get(show))
        .route("/contracts/{id}/account", post(account))
        .route("/contracts/{id}/end", post(end))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Of {
    bid: String,
}

/// A bid with its call.
async fn found(o: &Officer, id: BidId) -> Result<(tender::Model, bid::Model), Problem> {
    let bid = store::bid(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let tender = store::find(&o.app.db, &o.county, bid.tender_id).await?.ok_or(Problem::NotFound)?;
    Ok((tender, bid))
}

#[derive(Template)]
#[template(path = "tender/contract_new.html")]
struct NewPage {
    shell: Shell,
    bid: BidId,
    tender: tender::Model,
    provider: String,
    price: String,
    left: i64,
    today: String,
    ends: String,
}

async fn blank(o: Officer, Query(of): Query<Of>) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let (tender, bid) = found(&o, chosen("bid", &of.bid)?).await?;
    let by = provider::find(&o.app.db, &o.county, bid.provider_id).await?.ok_or(Problem::NotFound)?;
    let there = store::contracts(&o.app.db, &o.county, &[tender.id]).await?;
    let today = o.app.clock.today();
    page(&NewPage {
        bid: bid.id,
        provider: by.name,
        price: Fen(bid.price).to_string(),
        left: tender.seats - there.iter().map(|c| c.seats).sum::<i64>(),
        today: today.to_string(),
        ends: today.plus_days(364).to_string(),
        tender,
        shell: o.shell("providers"),
    })
}

async fn make(o: Officer, form: Upload) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let (tender, bid) = found(&o, chosen("bid", form.one("bid"))?).await?;
    let signed = day("signed_on", form.one("signed_on"))?;
    let ends = day("ends_on", form.one("ends_on"))?;
    let name = provider::find(&o.app.db, &o.county, bid.provider_id).await?.map(|p| p.name);
    let mut write = o.write().await?;
    let new = NewContract {
        number: form.one("number").to_owned(),
        seats: form.one("seats").trim().parse().unwrap_or(0),
        days: (signed, ends),
        payee: Payee {
            name: name.unwrap_or_default(),
            account: form.one("account").to_owned(),
            bank: form.one("bank").to_owned(),
        },
        photo: photo::sent(&o.app, &mut write, &form, "photo").await?,
    };
    let id = acts::sign(&o.app, &mut write, (&tender, &bid), &new).await?;
    write.commit().await?;
    Ok(to(&format!("/contracts/{id}"), "saved"))
}

#[derive(Template)]
#[template(path = "tender/contract.html")]
struct ShowPage {
    shell: Shell,
    c: contract::Model,
    tender: String,
    provider: String,
    price: String,
    sum: String,
    /// What each part is called, its percent, and from which share of a class it is due.
    parts: Vec<(String, i64, i64)>,
    in_force: bool,
    supervisor: bool,
}

async fn one(o: &Officer, id: ContractId) -> Result<contract::Model, Problem> {
    store::contract(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)
}

async fn show(o: Officer, Path(id): Path<ContractId>) -> Result<Response, Problem> {
    let c = one(&o, id).await?;
    let by = provider::find(&o.app.db, &o.county, c.provider_id).await?.ok_or(Problem::NotFound)?;
    let call = store::find(&o.app.db, &o.county, c.tender_id).await?.ok_or(Problem::NotFound)?;
    let parts = c.parts()?.into_iter();
    page(&ShowPage {
        tender: call.title,
        provider: by.name,
        price: Fen(c.price).to_string(),
        sum: c.sum().to_string(),
        parts: parts.map(|p| (p.label.get(o.lang).to_owned(), p.percent, p.class_percent)).collect(),
        in_force: c.in_force(o.app.clock.today()),
        supervisor: o.require(Role::Supervisor).is_ok(),
        c,
        shell: o.shell("providers"),
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AccountForm {
    account: String,
    bank: String,
    version: i64,
}

async fn account(
    o: Officer,
    Path(id): Path<ContractId>,
    Form(form): Form<AccountForm>,
) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let now = contract::Model { version: form.version, ..one(&o, id).await? };
    let by = provider::find(&o.app.db, &o.county, now.provider_id).await?.ok_or(Problem::NotFound)?;
    let mut write = o.write().await?;
    let payee = Payee { name: by.name, account: form.account, bank: form.bank };
    acts::set_payee(&o.app, &mut write, &now, &payee).await?;
    write.commit().await?;
    Ok(to(&format!("/contracts/{id}"), "saved"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EndForm {
    words: String,
    version: i64,
}

async fn end(o: Officer, Path(id): Path<ContractId>, Form(form): Form<EndForm>) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let now = contract::Model { version: form.version, ..one(&o, id).await? };
    let mut write = o.write().await?;
    acts::end(&mut write, &now, &form.words).await?;
    write.commit().await?;
    Ok(to(&format!("/contracts/{id}"), "saved"))
}
