//! What officers do with calls.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use zhida_types::Fen;

use super::acts::{self, NewBid, NewTender};
use super::entity::{bid, contract, objection, tender};
use super::store;
use crate::account::Role;
use crate::app::App;
use crate::check;
use crate::ids::{BidId, ObjectionId, ProviderId, ReviewId, TenderId};
use crate::journal::Subject;
use crate::problem::Problem;
use crate::provider;
use crate::texts::T;
use crate::web::extract::{Form, Path, chosen, day, money};
use crate::web::{Officer, Shell, page, to};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/tenders", get(list).post(make))
        .route("/tenders/{id}", get(show))
        .route("/tenders/{id}/bids", post(bid_in))
        .route("/tenders/{id}/draw", post(draw))
        .route("/tenders/{id}/publish", post(publish))
        .route("/tenders/{id}/objections/{objection}", post(answer))
        .route("/tenders/{id}/decide", post(decide))
}

/// Calls that a list shows.
pub(super) const MOST: u64 = 500;

struct Line {
    id: TenderId,
    title: String,
    seats: i64,
    budget: String,
    closes: String,
    state: String,
}

#[derive(Template)]
#[template(path = "tender/list.html")]
struct ListPage {
    shell: Shell,
    lines: Vec<Line>,
    programmes: Vec<(String, String)>,
    closes: String,
    supervisor: bool,
}

/// How a call stands: a key of the texts.
pub(super) fn state(app: &App, t: &tender::Model) -> String {
    let today = app.clock.today().0;
    match t.state.as_str() {
        "open" if today > t.closes => "tender-closed".to_owned(),
        "published" if t.publicity_until.is_some_and(|d| d < today) => "tender-to-decide".to_owned(),
        state => format!("tender-{state}"),
    }
}

async fn list(o: Officer) -> Result<Response, Problem> {
    let (pack, _) = provider::rules(&o.app)?;
    let found = store::all(&o.app.db, &o.county, MOST).await?;
    let shell = o.shell("providers");
    let line = |t: tender::Model| Line {
        id: t.id,
        seats: t.seats,
        budget: Fen(t.budget).to_string(),
        closes: t.closes.to_string(),
        state: shell.t.s(state(&o.app, &t)),
        title: t.title,
    };
    let offered = pack.programmes.iter().filter(|p| p.offer.is_some());
    page(&ListPage {
        lines: found.into_iter().map(line).collect(),
        programmes: offered.map(|p| (p.code.clone(), p.title.get(o.lang).to_owned())).collect(),
        closes: o.app.clock.today().plus_days(14).to_string(),
        supervisor: o.require(Role::Supervisor).is_ok(),
        shell,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TenderForm {
    title: String,
    programme: String,
    need: String,
    seats: String,
    budget: String,
    cap: String,
    closes: String,
}

async fn make(o: Officer, Form(form): Form<TenderForm>) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let new = NewTender {
        title: form.title,
        programme: form.programme,
        need: form.need,
        seats: form.seats.trim().parse().unwrap_or(0),
        budget: money("budget", &form.budget)?,
        cap: money("cap", &form.cap)?,
        closes: day("closes", &form.closes)?,
        origin: o.app.config.origin().to_owned(),
    };
    let mut write = o.write().await?;
    let id = acts::open(&o.app, &mut write, &new).await?;
    write.commit().await?;
    Ok(to(&format!("/tenders/{id}"), "saved"))
}

/// A bid as pages show it.
pub(super) struct BidLine {
    pub(super) id: BidId,
    pub(super) provider: Option<ProviderId>,
    pub(super) name: String,
    pub(super) price: String,
    pub(super) words: String,
    pub(super) state: String,
    /// Why it is out.
    pub(super) flaws: Vec<String>,
    pub(super) review: Option<ReviewId>,
    /// Whether every reviewer has filled it in.
    pub(super) reviewed: bool,
    pub(super) score: Option<i64>,
    pub(super) record: Option<i64>,
    pub(super) points: Option<String>,
    pub(super) chosen: bool,
    pub(super) contract: Option<contract::Model>,
}

/// Why a bid is out, in words.
fn blocked(app: &App, t: &T, bid: &bid::Model) -> Vec<String> {
    // Only the draw writes it.
    let all: Vec<provider::Flaw> = serde_json::from_str(&bid.blocked).unwrap_or_default();
    all.iter().map(|flaw| provider::words(app, t, flaw)).collect()
}

/// The bids of a call, ranked where they are, those that are out last.
pub(super) async fn lines(app: &App, t: &T, tender: &tender::Model) -> Result<Vec<BidLine>, Problem> {
    let bids = store::bids(&app.db, &tender.county, tender.id).await?;
    let ids = bids.iter().map(|b| b.provider_id).collect();
    let known = provider::of_ids(&app.db, &tender.county, &ids).await?;
    let about: Vec<String> = bids.iter().map(|b| b.id.to_string()).collect();
    let list = provider::terms(app)?.checklist.as_str();
    let stands = check::standings(&app.db, &tender.county, ("bid", list), &about).await?;
    let contracts = store::contracts(&app.db, &tender.county, &[tender.id]).await?;
    let line = |b: &bid::Model| BidLine {
        id: b.id,
        provider: Some(b.provider_id),
        name: known.get(&b.provider_id).map(|p| p.name.clone()).unwrap_or_default(),
        price: Fen(b.price).to_string(),
        words: b.words.clone(),
        state: t.s(format!("bid-{}", b.state)),
        flaws: blocked(app, t, b),
        review: b.review_id,
        reviewed: stands.get(&b.id.to_string()).is_some_and(|s| s.closed),
        score: b.score,
        record: b.record,
        points: b.points.map(|p| format!("{}.{:02}", p / 100, p % 100)),
        chosen: b.state == "chosen",
        contract: contracts.iter().find(|c| c.bid_id == b.id).cloned(),
    };
    let mut ranked: Vec<&bid::Model> = bids.iter().collect();
    ranked.sort_by_key(|b| (b.state == "out", std::cmp::Reverse(b.points), b.price, b.id));
    Ok(ranked.into_iter().map(line).collect())
}

#[derive(Template)]
#[template(path = "tender/show.html")]
struct ShowPage {
    shell: Shell,
    t: tender::Model,
    programme: String,
    budget: String,
    cap: String,
    state: String,
    bids: Vec<BidLine>,
    objections: Vec<objection::Model>,
    /// Providers that have not bid.
    others: Vec<(ProviderId, String)>,
    reviewers: usize,
    pool: usize,
    public: String,
    /// Which act is next: `bids`, `draw`, `publish`, `wait`, `decide` or none.
    next: &'static str,
    supervisor: bool,
    own: bool,
}

async fn found(o: &Officer, id: TenderId) -> Result<tender::Model, Problem> {
    store::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)
}

async fn show(o: Officer, Path(id): Path<TenderId>) -> Result<Response, Problem> {
    let rules = provider::terms(&o.app)?;
    let t = found(&o, id).await?;
    let shell = o.shell("providers");
    let bids = lines(&o.app, &shell.t, &t).await?;
    let others = provider::all(&o.app.db, &o.county).await?.into_iter();
    let others = others.filter(|p| !bids.iter().any(|b| b.provider == Some(p.id)));
    let pool: Vec<String> = serde_json::from_str(&t.pool).unwrap_or_default();
    let next = match state(&o.app, &t).as_str() {
        "tender-open" => "bids",
        "tender-closed" => "draw",
        "tender-reviewing" => "publish",
        "tender-published" => "wait",
        "tender-to-decide" => "decide",
        _ => "",
    };
    page(&ShowPage {
        programme: o.app.title(&t.programme, o.lang),
        budget: Fen(t.budget).to_string(),
        cap: Fen(t.cap).to_string(),
        state: shell.t.s(state(&o.app, &t)),
        objections: store::objections(&o.app.db, &o.county, id).await?,
        others: others.map(|p| (p.id, p.name)).collect(),
        reviewers: rules.reviewers,
        pool: pool.len(),
        public: format!("/calls/{}/{}", o.county, id),
        supervisor: o.require(Role::Supervisor).is_ok(),
        own: t.account == o.actor().id(),
        next,
        bids,
        t,
        shell,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BidForm {
    provider: String,
    price: String,
    words: String,
}

/// A bid that came on paper.
async fn bid_in(
    o: Officer,
    Path(id): Path<TenderId>,
    Form(form): Form<BidForm>,
) -> Result<Response, Problem> {
    let t = found(&o, id).await?;
    let of: ProviderId = chosen("provider", &form.provider)?;
    provider::find(&o.app.db, &o.county, of).await?.ok_or(Problem::NotFound)?;
    let new = NewBid { provider: of, price: money("price", &form.price)?, words: form.words };
    let mut write = o.write().await?;
    acts::bid(&mut write, &t, &new).await?;
    write.commit().await?;
    Ok(to(&format!("/tenders/{id}"), "saved"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Version {
    version: i64,
}

/// A call in the version that a page showed.
async fn in_version(o: &Officer, id: TenderId, version: i64) -> Result<tender::Model, Problem> {
    o.require(Role::Supervisor)?;
    let t = found(o, id).await?;
    if t.version == version { Ok(t) } else { Err(Problem::Conflict("fault-changed")) }
}

async fn draw(o: Officer, Path(id): Path<TenderId>, Form(form): Form<Version>) -> Result<Response, Problem> {
    let t = in_version(&o, id, form.version).await?;
    let mut write = o.write().await?;
    acts::draw(&o.app, &mut write, &t).await?;
    write.commit().await?;
    Ok(to(&format!("/tenders/{id}"), "saved"))
}

async fn publish(
    o: Officer,
    Path(id): Path<TenderId>,
    Form(form): Form<Version>,
) -> Result<Response, Problem> {
    let t = in_version(&o, id, form.version).await?;
    let mut write = o.write().await?;
    acts::publish(&o.app, &mut write, &t).await?;
    write.commit().await?;
    Ok(to(&format!("/tenders/{id}"), "saved"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    words: String,
}

async fn answer(
    o: Officer,
    Path((id, objection)): Path<(TenderId, ObjectionId)>,
    Form(form): Form<Answer>,
) -> Result<Response, Problem> {
    found(&o, id).await?;
    if form.words.trim().is_empty() {
        return Err(Problem::field("words", "fault-empty", ""));
    }
    let mut write = o.write().await?;
    if !store::answer(&write, (id, objection), form.words.trim()).await? {
        return Err(Problem::Conflict("fault-changed"));
    }
    let detail = serde_json::json!({ "objection": objection, "words": form.words.trim() });
    write.note("objection-answered", Subject::new("tender", id), detail).await?;
    write.commit().await?;
    Ok(to(&format!("/tenders/{id}"), "saved"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Decision {
    bid: Vec<BidId>,
    reasons: String,
    version: i64,
}

async fn decide(
    o: Officer,
    Path(id): Path<TenderId>,
    Form(form): Form<Decision>,
) -> Result<Response, Problem> {
    let t = in_version(&o, id, form.version).await?;
    let mut write = o.write().await?;
    acts::decide(&mut write, &t, (&form.bid, &form.reasons)).await?;
    write.commit().await?;
    Ok(to(&format!("/tenders/{id}"), "saved"))
}
