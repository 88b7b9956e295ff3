//! Calls as anybody sees them: what is wanted, the criteria, who bid, the ranking, objections with their answers, the decision with
//! its reasons. Bids and objections come without a login.

use askama::Template;
use axum::Router;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use zhida_types::Fen;

use super::acts::{self, NewBid};
use super::entity::{objection, tender};
use super::pages::{BidLine, MOST, lines, state};
use super::store;
use crate::app::App;
use crate::ids::{CountyId, TenderId};
use crate::journal::{Actor, Write};
use crate::problem::Problem;
use crate::provider::{self, NewProvider};
use crate::web::extract::{Path, PublicForm, Query, money};
use crate::web::{Shell, Visitor, device, page, to, with_device};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/calls", get(list))
        .route("/calls/{county}/{id}", get(show))
        .route("/calls/{county}/{id}/bid", post(bid))
        .route("/calls/{county}/{id}/object", post(object))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Of {
    county: String,
}

struct Line {
    link: String,
    title: String,
    seats: i64,
    closes: String,
    state: String,
}

#[derive(Template)]
#[template(path = "tender/calls.html")]
struct CallsPage {
    shell: Shell,
    name: String,
    lines: Vec<Line>,
}

async fn list(v: Visitor, Query(of): Query<Of>) -> Result<Response, Problem> {
    let county = v.county(&of.county);
    let found = store::all(&v.app.db, &county, MOST).await?;
    let shell = v.shell();
    let line = |t: tender::Model| Line {
        link: format!("/calls/{county}/{}", t.id),
        seats: t.seats,
        closes: t.closes.to_string(),
        state: shell.t.s(state(&v.app, &t)),
        title: t.title,
    };
    let lines = found.into_iter().map(line).collect();
    page(&CallsPage { name: v.app.regions.name(&county.0).unwrap_or_default().to_owned(), lines, shell })
}

async fn found(app: &App, county: &str, id: TenderId) -> Result<tender::Model, Problem> {
    let county = CountyId::parse(county).ok_or(Problem::NotFound)?;
    store::find(&app.db, &county, id).await?.ok_or(Problem::NotFound)
}

#[derive(Template)]
#[template(path = "tender/call.html")]
struct CallPage {
    shell: Shell,
    link: String,
    t: tender::Model,
    programme: String,
    budget: String,
    cap: String,
    state: String,
    /// Section, questions with their weight.
    criteria: Vec<(String, Vec<(String, i64)>)>,
    papers: Vec<(String, bool)>,
    score_percent: i64,
    record: zhida_pack::Record,
    reviewers: usize,
    pool: usize,
    bids: Vec<BidLine>,
    objections: Vec<objection::Model>,
    /// Whether bids, and objections, are taken.
    bidding: bool,
    objecting: bool,
    ranked: bool,
}

async fn show(v: Visitor, Path((county, id)): Path<(String, TenderId)>) -> Result<Response, Problem> {
    let (pack, rules) = provider::rules(&v.app)?;
    let t = found(&v.app, &county, id).await?;
    let shell = v.shell();
    let list = pack.checklist(&rules.checklist).ok_or(Problem::NotFound)?;
    let section = |s: &zhida_pack::Section| {
        let asked = s.questions.iter().filter(|q| q.weight > 0);
        let asked = asked.map(|q| (q.text.get(v.lang).to_owned(), q.weight)).collect();
        (s.title.get(v.lang).to_owned(), asked)
    };
    let stands = state(&v.app, &t);
    let ranked = ["tender-published", "tender-to-decide", "tender-decided"].contains(&stands.as_str());
    let pool: Vec<String> = serde_json::from_str(&t.pool).unwrap_or_default();
    // Until the bidding ends nobody learns who bids and for how much.
    let bids = if ["tender-open", "tender-closed"].contains(&stands.as_str()) {
        Vec::new()
    } else {
        lines(&v.app, &shell.t, &t).await?
    };
    page(&CallPage {
        link: format!("/calls/{county}/{id}"),
        programme: v.app.title(&t.programme, v.lang),
        budget: Fen(t.budget).to_string(),
        cap: Fen(t.cap).to_string(),
        state: shell.t.s(&stands),
        criteria: list.sections.iter().map(section).collect(),
        papers: rules.papers.iter().map(|p| (p.label.get(v.lang).to_owned(), p.required)).collect(),
        score_percent: rules.score_percent,
        record: rules.record.clone(),
        reviewers: rules.reviewers,
        pool: pool.len(),
        objections: store::objections(&v.app.db, &t.county, id).await?,
        bidding: stands == "tender-open",
        objecting: stands == "tender-published",
        ranked,
        bids,
        t,
        shell,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BidForm {
    code: String,
    name: String,
    contact: String,
    phone: String,
    price: String,
    words: String,
}

/// `POST /calls/…/bid`: a provider that the county knows is known by its credit code, and keeps what is on file of it; another is
/// put on the register, without papers until an officer has seen them.
async fn bid(
    v: Visitor,
    Path((county, id)): Path<(String, TenderId)>,
    PublicForm(form): PublicForm<BidForm>,
) -> Result<Response, Problem> {
    let t = found(&v.app, &county, id).await?;
    let price = money("price", &form.price)?;
    let mut write = Write::begin(&v.app.db, &t.county, &Actor::public(), v.app.clock.now()).await?;
    let new = NewProvider {
        code: form.code,
        name: form.name,
        contact: form.contact,
        phone: form.phone,
        words: String::new(),
        origin: v.app.config.origin().to_owned(),
    };
    let of = provider::known_or_new(&mut write, &new).await?;
    acts::bid(&mut write, &t, &NewBid { provider: of, price, words: form.words }).await?;
    write.commit().await?;
    Ok(to(&format!("/calls/{county}/{id}"), "bid-taken"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Objection {
    words: String,
}

async fn object(
    v: Visitor,
    headers: HeaderMap,
    Path((county, id)): Path<(String, TenderId)>,
    PublicForm(form): PublicForm<Objection>,
) -> Result<Response, Problem> {
    let t = found(&v.app, &county, id).await?;
    let by = device(&v.app, &headers).unwrap_or_default();
    let mut write = Write::begin(&v.app.db, &t.county, &Actor::public(), v.app.clock.now()).await?;
    acts::object(&mut write, &t, (&form.words, &by)).await?;
    write.commit().await?;
    with_device(&v.app, (&headers, "/calls"), to(&format!("/calls/{county}/{id}"), "objection-taken"))
}
