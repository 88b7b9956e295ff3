//! The board and the page of a case.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::Value;
use zhida_pack::StageKind;

use super::entity::Case;
use super::forms::{BulkForm, MoveForm, RemindForm};
use super::grant::facts_of;
use super::invite::{gives_words, remind};
use super::moves::{Step, step, steps};
use super::{compare_page, public, run_pages, store};
use crate::account::Role;
use crate::app::App;
use crate::ids::{CaseId, OfferId};
use crate::message;
use crate::offer;
use crate::party;
use crate::problem::Problem;
use crate::web::extract::{Form, Path, Query};
use crate::web::{Officer, Shell, download, page, to};

/// The pages of matching and cases.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/match", get(run_pages::overview))
        .route("/match/run", post(run_pages::start))
        .route("/match/runs/{id}", get(run_pages::show))
        .route("/match/runs/{id}/against/{other}", get(compare_page::show))
        .route("/match/runs/{id}/approve", post(run_pages::approve))
        .route("/match/runs/{id}/discard", post(run_pages::discard))
        .route("/match/runs/{id}/pairs/{proposal}", post(run_pages::change))
        .route("/cases", get(board))
        .route("/cases.xlsx", get(export))
        .route("/cases/move", post(bulk))
        .route("/cases/remind", post(reminded))
        .route("/cases/{id}", get(show))
        .route("/cases/{id}/move", post(advance))
        .route("/api/cases", get(api))
        .route("/o/{token}", get(public::show).post(public::answer))
        .route("/hooks/{county}/replies", post(public::reply))
}

/// Cases of one column that the board shows.
const COLUMN: u64 = 60;

#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    #[serde(default)]
    programme: String,
    #[serde(default)]
    stage: String,
}

struct Line {
    case: Case,
    name: String,
    offer: String,
    overdue: bool,
}

struct Column {
    code: String,
    label: String,
    total: i64,
    lines: Vec<Line>,
    next: Vec<(String, String, bool)>,
    /// Whether its persons can be reminded to answer.
    waits: bool,
}

#[derive(Template)]
#[template(path = "case/board.html")]
struct BoardPage {
    shell: Shell,
    programmes: Vec<(String, String)>,
    programme: String,
    stage: String,
    columns: Vec<Column>,
    total: i64,
}

fn labels(o: &Officer, programme: &str, stage: &str) -> String {
    let found = o.app.programme(programme).ok().and_then(|(_, p)| p.stage(stage));
    found.map_or_else(|| stage.to_owned(), |s| s.label.get(o.lang).to_owned())
}

/// The cases whose persons this officer may see, with names and offers.
async fn lines(o: &Officer, cases: Vec<Case>) -> Result<Vec<Line>, Problem> {
    let people = party::briefs(&o.app.db, (&o.county, &o.region), cases.iter().map(|c| c.party_id)).await?;
    let ids: BTreeSet<OfferId> = cases.iter().filter_map(|c| c.offer_id).collect();
    let ids: Vec<OfferId> = ids.into_iter().collect();
    let offers = offer::list(&o.app.db, &o.county, &ids).await?;
    let today = o.app.clock.today();
    let line = |case: Case| {
        let person = people.get(&case.party_id)?;
        let offer = case
            .offer_id
            .and_then(|id| offers.get(&id))
            .map_or_else(|| case.words.clone(), |x| x.title.clone());
        Some(Line { name: person.name.clone(), offer, overdue: case.due.is_some_and(|d| d < today.0), case })
    };
    Ok(cases.into_iter().filter_map(line).collect())
}

async fn board(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let all = || o.app.registers().flat_map(|r| &r.programmes);
    let programme = all().find(|p| p.code == asked.programme).or_else(|| all().next());
    let programme = programme.ok_or(Problem::NotFound)?;
    let counts = store::stage_counts(&o.app.db, &o.county, &programme.code).await?;
    let mut totals: BTreeMap<&str, i64> = BTreeMap::new();
    for (_, stage, n) in &counts {
        *totals.entry(stage).or_default() += n;
    }
    let mut columns = Vec::new();
    for stage in programme.stages.iter().filter(|s| asked.stage.is_empty() || s.code == asked.stage) {
        let total = totals.get(stage.code.as_str()).copied().unwrap_or(0);
        let limit = if asked.stage.is_empty() { COLUMN } else { 1_000 };
        let found = if total > 0 {
            store::board(&o.app.db, &o.county, &programme.code, &stage.code, limit).await?
        } else {
            Vec::new()
        };
        let next = stage.next.iter().filter_map(|code| programme.stage(code));
        let next = next.filter(|s| !programme.settled(s));
        columns.push(Column {
            waits: stage.kind == StageKind::Invited && programme.reminder.is_some(),
            code: stage.code.clone(),
            label: stage.label.get(o.lang).to_owned(),
            total,
            lines: lines(&o, found).await?,
            next: next.map(|s| (s.code.clone(), s.label.get(o.lang).to_owned(), s.evidence)).collect(),
        });
    }
    page(&BoardPage {
        shell: o.shell("cases"),
        programmes: all().map(|p| (p.code.clone(), p.title.get(o.lang).to_owned())).collect(),
        programme: programme.code.clone(),
        stage: asked.stage,
        total: totals.values().sum(),
        columns,
    })
}

async fn export(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let cases = store::board(&o.app.db, &o.county, &asked.programme, &asked.stage, 1_000_000).await?;
    let t = o.shell("").t;
    let header = ["name", "programme", "offer", "stage", "due", "words"].map(|k| t.s(k));
    let rows: Vec<Vec<String>> = lines(&o, cases)
        .await?
        .into_iter()
        .map(|l| {
            let programme = run_pages::title(&o, &l.case.programme);
            let stage = labels(&o, &l.case.programme, &l.case.stage);
            vec![
                l.name,
                programme,
                l.offer,
                stage,
                l.case.due.map_or_else(String::new, |d| d.to_string()),
                l.case.words,
            ]
        })
        .collect();
    download::xlsx("cases", &header, &rows)
}

async fn api(o: Officer, Query(asked): Query<Asked>) -> Result<axum::Json<Value>, Problem> {
    let cases = store::board(&o.app.db, &o.county, &asked.programme, &asked.stage, 500).await?;
    let found: Vec<Value> = lines(&o, cases)
        .await?
        .into_iter()
        .map(|l| {
            serde_json::json!({ "id": l.case.id, "programme": l.case.programme, "party": l.case.party_id, "name": l.name,
                "offer": l.case.offer_id, "stage": l.case.stage, "due": l.case.due, "overdue": l.overdue })
        })
        .collect();
    Ok(axum::Json(serde_json::json!({ "cases": found })))
}

/// A case, where this officer may see its person.
async fn seen(o: &Officer, id: CaseId) -> Result<(Case, String), Problem> {
    let case = store::by_id(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let name = party::seen(o, case.party_id).await?.name;
    Ok((case, name))
}

struct StepLine {
    at: String,
    who: String,
    from: String,
    to: String,
    words: String,
}

struct MessageLine {
    state: String,
    channel: String,
    sent: String,
}

#[derive(Template)]
#[template(path = "case/case.html")]
struct CasePage {
    shell: Shell,
    case: Case,
    name: String,
    programme: String,
    stage: String,
    offer: Option<(OfferId, String, String)>,
    why: Vec<(String, i64)>,
    rule: Vec<String>,
    need: String,
    /// What a clause gives, in words.
    gives: String,
    /// The facts as of the decision.
    facts: Vec<(String, String)>,
    next: Vec<(String, String, bool)>,
    steps: Vec<StepLine>,
    messages: Vec<MessageLine>,
}

async fn show(o: Officer, Path(id): Path<CaseId>) -> Result<Response, Problem> {
    let (case, name) = seen(&o, id).await?;
    let (register, programme) = o.app.programme(&case.programme)?;
    let held = facts_of(&o.app, &case)?;
    let fact = |f: &zhida_rules::Field| {
        let value = held.get(&f.name).filter(|_| !f.sensitive)?;
        let cell = party::cell_of(f, Some(value));
        let shown = match (&f.kind, &cell) {
            (zhida_rules::FieldKind::Region, zhida_rules::Cell::Text(code)) => {
                o.app.regions.name(code).unwrap_or(code).to_owned()
            }
            _ => f.display(&cell, o.lang),
        };
        Some((f.label.get(o.lang).to_owned(), shown))
    };
    let facts = register.profile.fields().iter().filter_map(fact).collect();
    let offer = match case.offer_id {
        Some(id) => offer::find(&o.app.db, &o.county, id).await?.map(|x| (x.id, x.title, x.provider)),
        None => None,
    };
    let reason: Value = serde_json::from_str(&case.reason)?;
    let steps = store::steps(&o.app.db, &o.county, id).await?;
    let steps = steps.into_iter().map(|s| StepLine {
        at: crate::clock::shown(s.at),
        who: s.actor_name,
        from: labels(&o, &case.programme, &s.from_stage),
        to: labels(&o, &case.programme, &s.to_stage),
        words: s.words,
    });
    let shell = o.shell("cases");
    let messages = message::of_cases(&o.app.db, &o.county, &[id]).await?;
    let messages = messages.into_iter().map(|m| MessageLine {
        state: shell.t.s(m.state.key()),
        channel: shell.t.s(format!("channel-{}", m.channel)),
        sent: m.sent_at.map_or_else(String::new, crate::clock::shown),
    });
    let next = programme
        .stage(&case.stage)
        .into_iter()
        .flat_map(|s| &s.next)
        .filter_map(|code| programme.stage(code))
        .filter(|s| !programme.settled(s));
    let gives = programme.gives.as_ref().zip(case.amount);
    page(&CasePage {
        gives: gives.map_or_else(String::new, |(g, n)| gives_words(&shell.t, &o.app, g, n)),
        facts,
        programme: programme.title.get(o.lang).to_owned(),
        stage: labels(&o, &case.programme, &case.stage),
        why: public::spoke(&reason, o.lang).into_iter().map(|s| (s.label, s.percent)).collect(),
        rule: public::rule(&reason, o.lang),
        need: reason["need"].as_str().unwrap_or_default().to_owned(),
        next: next.map(|s| (s.code.clone(), s.label.get(o.lang).to_owned(), s.evidence)).collect(),
        steps: steps.collect(),
        messages: messages.collect(),
        shell,
        case,
        name,
        offer,
    })
}

async fn advance(
    o: Officer,
    Path(id): Path<CaseId>,
    Form(form): Form<MoveForm>,
) -> Result<Response, Problem> {
    let (case, _) = seen(&o, id).await?;
    if case.version != form.version {
        return Err(Problem::Conflict("fault-moved"));
    }
    may(&o, &case.programme, &form.to)?;
    let mut write = o.write().await?;
    step(&o.app, &mut write, &case, &Step { to: &form.to, words: &form.words }).await?;
    write.commit().await?;
    Ok(to(&format!("/cases/{id}"), "case-moved"))
}

/// Refuses an officer what a supervisor decides, and everybody what the bank's answer or the store's books alone may say.
fn may(o: &Officer, programme: &str, to: &str) -> Result<(), Problem> {
    let (_, programme) = o.app.programme(programme)?;
    if programme.stage(to).is_some_and(|s| programme.settled(s)) {
        return Err(Problem::Conflict("fault-settled-by-books"));
    }
    let granted = programme.stage(to).is_some_and(|s| s.kind == StageKind::Granted);
    if granted { o.require(Role::Supervisor) } else { Ok(()) }
}

/// Moves several cases, all or none.
async fn bulk(o: Officer, Form(form): Form<BulkForm>) -> Result<Response, Problem> {
    let cases = chosen(&o, &form.case).await?;
    for case in &cases {
        may(&o, &case.programme, &form.to)?;
    }
    let mut write = o.write().await?;
    steps(&o.app, &mut write, &cases, &Step { to: &form.to, words: &form.words }).await?;
    write.commit().await?;
    Ok(to(back(&form.back), "cases-moved"))
}

async fn reminded(o: Officer, Form(form): Form<RemindForm>) -> Result<Response, Problem> {
    let cases = chosen(&o, &form.case).await?;
    let mut write = o.write().await?;
    remind(&o.app, &mut write, &cases).await?;
    write.commit().await?;
    Ok(to(back(&form.back), "reminded"))
}

/// The board that a form came from.
fn back(path: &str) -> &str {
    if path.starts_with("/cases") { path } else { "/cases" }
}

/// The cases that a form names, where this officer may see all of their persons.
async fn chosen(o: &Officer, ids: &[CaseId]) -> Result<Vec<Case>, Problem> {
    if ids.is_empty() {
        return Err(Problem::field("case", "fault-none-chosen", ""));
    }
    let cases = store::by_ids(&o.app.db, &o.county, ids).await?;
    let people = party::briefs(&o.app.db, (&o.county, &o.region), cases.iter().map(|c| c.party_id)).await?;
    let wanted: BTreeSet<CaseId> = ids.iter().copied().collect();
    if cases.len() != wanted.len() || cases.iter().any(|c| !people.contains_key(&c.party_id)) {
        return Err(Problem::NotFound);
    }
    Ok(cases)
}
