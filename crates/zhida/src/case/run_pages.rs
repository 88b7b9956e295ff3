//! The match page: choose a programme, see who may take part, run, review pairs, approve.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::Value;

use super::entity::{Proposal, Run};
use super::forms::{ChangeForm, RunForm};
use super::store;
use crate::account::Role;
use crate::clock::shown;
use crate::ids::{OfferId, ProposalId, RunId};
use crate::journal::Subject;
use crate::offer;
use crate::party::{Filter, groups};
use crate::problem::Problem;
use crate::programme;
use crate::task;
use crate::web::extract::{Form, Nothing, Path, Query};
use crate::web::{Officer, Shell, page, to};

/// A programme with its counts.
struct Card {
    code: String,
    title: String,
    summary: String,
    eligible: usize,
    not: usize,
    unknown: usize,
    offers: usize,
    seats: i64,
    why_not: Vec<(String, usize)>,
    missing: Vec<(String, usize)>,
}

struct RunLine {
    id: RunId,
    /// The run of the programme before it.
    before: Option<RunId>,
    title: String,
    day: String,
    state: String,
    chosen: i64,
    seats: i64,
}

#[derive(Template)]
#[template(path = "case/match.html")]
struct MatchPage {
    shell: Shell,
    cards: Vec<Card>,
    runs: Vec<RunLine>,
}

fn words(o: &Officer, reasons: &[programme::Reason]) -> Vec<(String, usize)> {
    reasons.iter().take(3).map(|r| (r.words(o.lang).to_owned(), r.count)).collect()
}

pub(super) async fn overview(o: Officer) -> Result<Response, Problem> {
    let mut cards = Vec::new();
    let with_offers = |r: &std::sync::Arc<zhida_pack::Pack>| {
        let programmes = r.programmes.iter().filter(|p| p.offer.is_some());
        programmes.map(|p| p.code.clone()).collect::<Vec<String>>()
    };
    for code in o.app.registers().flat_map(with_offers) {
        let (register, programme) = o.app.programme(&code)?;
        let snapshot = o.app.snapshot(&o.county, register.kind()).await?;
        let rows = Filter::default().rows(&snapshot, &o.region)?;
        let found = programme::assess(&o.county, programme, &snapshot, &rows)?;
        let offers = offer::of_programme(&o.app.db, &o.county, &programme.code, snapshot.day).await?;
        cards.push(Card {
            code: programme.code.clone(),
            title: programme.title.get(o.lang).to_owned(),
            summary: programme.summary.get(o.lang).to_owned(),
            eligible: found.eligible.count(),
            not: found.refused,
            unknown: found.unknown,
            offers: offers.len(),
            seats: offers.iter().map(|x| x.seats).sum(),
            why_not: words(&o, &found.why_not),
            missing: words(&o, &found.missing),
        });
    }
    let runs = store::runs(&o.app.db, &o.county, "", 20).await?;
    let line = |(at, run): (usize, &Run)| {
        let before = runs.iter().skip(at + 1).find(|r| r.programme == run.programme).map(|r| r.id);
        RunLine { before, ..run_line(&o, run) }
    };
    let runs = runs.iter().enumerate().map(line).collect();
    page(&MatchPage { shell: o.shell("match"), cards, runs })
}

fn count(run: &Run, key: &str) -> i64 {
    let counts: Value = serde_json::from_str(&run.counts).unwrap_or_default();
    counts[key].as_i64().unwrap_or(0)
}

fn run_line(o: &Officer, run: &Run) -> RunLine {
    RunLine {
        id: run.id,
        before: None,
        title: title(o, &run.programme),
        day: shown(run.created_at),
        state: run.state.clone(),
        chosen: count(run, "chosen"),
        seats: count(run, "seats"),
    }
}

pub(super) fn title(o: &Officer, programme: &str) -> String {
    o.app.title(programme, o.lang)
}

pub(super) async fn start(o: Officer, Form(form): Form<RunForm>) -> Result<Response, Problem> {
    let known = o.app.programme(&form.programme).ok().filter(|(_, p)| p.offer.is_some());
    known.ok_or_else(|| Problem::field("programme", "fault-programme", &form.programme))?;
    let mut write = o.write().await?;
    let id = task::start(&write, "match-run", &serde_json::json!({ "programme": form.programme })).await?;
    write
        .note("match-asked", Subject::new("task", id), serde_json::json!({ "programme": form.programme }))
        .await?;
    write.commit().await?;
    Ok(Redirect::to(&format!("/tasks/{id}")).into_response())
}

/// An offer of the run with its seats, chosen ones and price.
struct OfferLine {
    id: OfferId,
    title: String,
    provider: String,
    seats: i64,
    chosen: i64,
    price: String,
    now: bool,
}

/// A pair with its terms.
struct PairLine {
    proposal: Proposal,
    name: String,
    town: String,
    tier: String,
    score: String,
    terms: Vec<(String, i64)>,
    cause: String,
}

struct FairLine {
    field: String,
    groups: Vec<(String, i64, i64, i64)>,
    ratio: String,
    flagged: bool,
}

#[derive(Template)]
#[template(path = "case/run.html")]
struct RunPage {
    shell: Shell,
    run: Run,
    title: String,
    counts: BTreeMap<&'static str, i64>,
    why_not: Vec<(String, i64)>,
    missing: Vec<(String, i64)>,
    offers: Vec<OfferLine>,
    pairs: Vec<PairLine>,
    next: Option<String>,
    fairness: Vec<FairLine>,
    may_decide: bool,
    optimal: bool,
}

impl RunPage {
    fn count(&self, key: &str) -> i64 {
        self.counts.get(key).copied().unwrap_or(0)
    }
}

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    offer: Option<OfferId>,
    after: Option<ProposalId>,
}

/// States in which a run can be decided: also one whose approval was stopped before it was done.
const OPEN: &[&str] = &["proposed", "approving"];

/// Pairs on a page.
const PAGE: usize = 50;

pub(super) async fn show(
    o: Officer,
    Path(id): Path<RunId>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let run = store::run_by_id(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let prices: BTreeMap<String, i64> = serde_json::from_str(&run.prices)?;
    let chosen = store::chosen_counts(&o.app.db, &o.county, id).await?;
    let ids: Vec<OfferId> = prices.keys().filter_map(|k| k.parse().ok()).collect();
    let known = offer::list(&o.app.db, &o.county, &ids).await?;
    let first = asked.offer.or_else(|| chosen.keys().next().copied());
    let offers: Vec<OfferLine> = known
        .values()
        .map(|x| OfferLine {
            id: x.id,
            title: x.title.clone(),
            provider: x.provider.clone(),
            seats: x.seats,
            chosen: chosen.get(&x.id).copied().unwrap_or(0),
            price: points(prices.get(&x.id.to_string()).copied().unwrap_or(0)),
            now: Some(x.id) == first,
        })
        .collect();
    let (pairs, next) = match first {
        Some(offer) => pairs(&o, &run, offer, asked.after).await?,
        None => (Vec::new(), None),
    };
    let next = next.zip(first).map(|(after, offer)| format!("offer={offer}&after={after}"));
    let keys = ["parties", "eligible", "not", "unknown", "under_way", "offers", "seats", "chosen"];
    let counts = keys.into_iter().map(|key| (key, count(&run, key))).collect();
    let reasons: Value = serde_json::from_str(&run.reasons)?;
    page(&RunPage {
        shell: o.shell("match"),
        title: title(&o, &run.programme),
        counts,
        why_not: reason_lines(&o, &reasons["why_not"]),
        missing: reason_lines(&o, &reasons["missing"]),
        offers,
        pairs,
        next,
        fairness: fairness(&o, &run)?,
        may_decide: o.role >= Role::Supervisor && OPEN.contains(&run.state.as_str()),
        optimal: run.objective == run.bound,
        run,
    })
}

/// A score of a million as a figure of a hundred.
pub(super) fn points(score: i64) -> String {
    format!("{}.{}", score / 10_000, score / 1_000 % 10)
}

fn reason_lines(o: &Officer, reasons: &Value) -> Vec<(String, i64)> {
    let key = o.lang.as_str();
    let all = reasons.as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter()
        .map(|r| (r[key].as_str().unwrap_or_default().to_owned(), r["count"].as_i64().unwrap_or(0)))
        .collect()
}

async fn pairs(
    o: &Officer,
    run: &Run,
    offer: OfferId,
    after: Option<ProposalId>,
) -> Result<(Vec<PairLine>, Option<ProposalId>), Problem> {
    let (register, programme) = o.app.programme(&run.programme)?;
    let mut lines = Vec::new();
    let after = match after {
        Some(id) => store::proposal_by_id(&o.app.db, &o.county, id).await?.filter(|p| p.run_id == run.id),
        None => None,
    };
    let limit = PAGE as u64 + 1;
    let mut found = store::of_offer(&o.app.db, &o.county, (run.id, offer), after.as_ref(), limit).await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found.last().map(|p| p.id).filter(|_| more);
    let ids = found.iter().map(|p| p.party_id);
    let people = crate::party::briefs(&o.app.db, (&o.county, &o.region), ids).await?;
    for proposal in found {
        // Persons outside the officer's region are not shown.
        let Some(person) = people.get(&proposal.party_id) else { continue };
        let values: BTreeMap<String, f64> = serde_json::from_str(&proposal.terms)?;
        #[expect(clippy::cast_possible_truncation, reason = "a percentage")]
        let percent = |v: f64| (v * 100.0).round() as i64;
        let terms = programme
            .terms
            .iter()
            .filter_map(|t| Some((t.label.get(o.lang).to_owned(), percent(*values.get(&t.name)?))));
        lines.push(PairLine {
            name: person.name.clone(),
            town: o.app.regions.name(&person.town).unwrap_or_default().to_owned(),
            tier: crate::party::tier_name(&o.app, register, person.tier.as_deref(), o.lang),
            score: points(proposal.score),
            terms: terms.collect(),
            cause: proposal.cause.clone(),
            proposal,
        });
    }
    Ok((lines, next))
}

fn fairness(o: &Officer, run: &Run) -> Result<Vec<FairLine>, Problem> {
    let report: Vec<Value> = serde_json::from_str(&run.fairness)?;
    let (register, _) = o.app.programme(&run.programme)?;
    let line = |r: &Value| {
        let field = r["field"].as_str().unwrap_or_default();
        let names: BTreeMap<String, String> =
            groups(&o.app, register, &o.county.0, field, o.lang).into_iter().collect();
        let all = r["groups"].as_array().map(Vec::as_slice).unwrap_or_default();
        let group = |g: &Value| {
            let code = g["group"].as_str().unwrap_or_default();
            let (pool, selected) = (g["pool"].as_i64().unwrap_or(0), g["selected"].as_i64().unwrap_or(0));
            let rate = if pool > 0 { selected * 100 / pool } else { 0 };
            (names.get(code).cloned().unwrap_or_else(|| code.to_owned()), pool, selected, rate)
        };
        FairLine {
            field: register.profile.named(field).map_or_else(String::new, |f| f.label.get(o.lang).to_owned()),
            groups: all.iter().map(group).collect(),
            ratio: format!("{:.2}", r["ratio"].as_f64().unwrap_or(1.0)),
            flagged: r["flagged"].as_bool().unwrap_or(false),
        }
    };
    Ok(report.iter().map(line).collect())
}

pub(super) async fn change(
    o: Officer,
    Path((id, proposal)): Path<(RunId, ProposalId)>,
    Form(form): Form<ChangeForm>,
) -> Result<Response, Problem> {
    let run = store::run_by_id(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    if run.state != "proposed" {
        return Err(Problem::Conflict("fault-run-decided"));
    }
    if form.cause.trim().chars().count() < 2 {
        return Err(Problem::field("cause", "fault-cause", ""));
    }
    let found = store::proposal_by_id(&o.app.db, &o.county, proposal).await?.filter(|p| p.run_id == id);
    let found = found.ok_or(Problem::NotFound)?;
    crate::party::seen(&o, found.party_id).await?;
    let chosen = form.chosen == "yes";
    let mut write = o.write().await?;
    store::choose(&write, &found, chosen, form.cause.trim()).await?;
    let detail = serde_json::json!({ "run": id, "party": found.party_id, "offer": found.offer_id, "chosen": chosen, "cause": form.cause.trim() });
    write.note("pair-changed", Subject::new("proposal", proposal), detail).await?;
    write.commit().await?;
    Ok(to(&format!("/match/runs/{id}?offer={}", found.offer_id), "pair-changed"))
}

pub(super) async fn approve(
    o: Officer,
    Path(id): Path<RunId>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let mut write = o.write().await?;
    if !store::set_run_state(&write, id, OPEN, "approving").await? {
        let known = store::run_by_id(&o.app.db, &o.county, id).await?;
        return Err(if known.is_some() { Problem::Conflict("fault-run-decided") } else { Problem::NotFound });
    }
    let task = task::start(&write, "match-approve", &serde_json::json!({ "run": id })).await?;
    write.note("approval-asked", Subject::new("run", id), serde_json::json!({})).await?;
    write.commit().await?;
    Ok(Redirect::to(&format!("/tasks/{task}")).into_response())
}

pub(super) async fn discard(
    o: Officer,
    Path(id): Path<RunId>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Problem> {
    let mut write = o.write().await?;
    if !store::set_run_state(&write, id, OPEN, "discarded").await? {
        let known = store::run_by_id(&o.app.db, &o.county, id).await?;
        return Err(if known.is_some() { Problem::Conflict("fault-run-decided") } else { Problem::NotFound });
    }
    write.note("run-discarded", Subject::new("run", id), serde_json::json!({})).await?;
    write.commit().await?;
    Ok(to("/match", "run-discarded"))
}
