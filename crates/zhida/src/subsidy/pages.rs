//! What is owed, class by class, and the batch that pays it.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use serde::Deserialize;
use serde_json::json;
use zhida_pack::Providers;
use zhida_types::Fen;

use super::due::{Course, Line, Person, due};
use super::entity::{ActiveModel, Column, Model};
use super::store;
use crate::account::Role;
use crate::app::App;
use crate::class::{self, Class, counted};
use crate::ids::{CaseId, OfferId, PartyId, SubsidyId};
use crate::journal::Subject;
use crate::problem::Problem;
use crate::web::extract::{Form, Path};
use crate::web::{Officer, Shell, download, page, to};
use crate::{case, check, offer, outcome, provider};

/// The pages of subsidies.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/subsidies", get(list))
        .route("/subsidies/pay", post(pay))
        .route("/subsidies/{class}", get(show))
        .route("/subsidies/{class}/propose", post(propose))
        .route("/subsidies/{class}/decide", post(decide))
}

fn rules(app: &App) -> Result<&Providers, Problem> {
    provider::rules(app).map(|(_, rules)| rules).ok_or(Problem::NotFound)
}

/// Whether a class was assessed by a gate of its programme, and failed.
async fn failed(o: &Officer, class: &Class) -> Result<bool, Problem> {
    let offer = offer::find(&o.app.db, &o.county, class.id).await?.ok_or(Problem::NotFound)?;
    let (pack, _) = o.app.programme(&offer.programme)?;
    for gate in pack.gates.iter().filter(|g| g.programme == offer.programme) {
        let about = ("offer", &*class.id.to_string());
        let stands = check::gate(&o.app.db, &o.county, &gate.checklist, about, o.app.clock.today()).await?;
        if matches!(stands, check::Gate::Failed(_)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What is owed for the people of a class.
async fn owed(o: &Officer, class: &Class) -> Result<Vec<Line>, Problem> {
    let rules = rules(&o.app)?;
    let cases = case::of_offers(&o.app.db, &o.county, &[class.id]).await?;
    let lessons = class::lessons(&o.app.db, &o.county, &[class.id]).await?;
    let marks = class::marks(&o.app.db, &o.county, &[class.id]).await?;
    let counted = counted(&o.app, rules, (&cases, &lessons, &marks), o.app.clock.now());
    let ids: Vec<CaseId> = counted.roster.iter().map(|c| c.id).collect();
    let work = outcome::of_cases(&o.app.db, &o.county, &ids).await?;
    let course = &rules.course;
    let people: Vec<Person> = counted
        .roster
        .iter()
        .map(|c| Person {
            case: c.id,
            party: c.party_id,
            finished: c.stage != course.enrolled && c.stage != course.left,
            placed: work.get(&c.id).is_some_and(|w| w.state == "verified"),
        })
        .collect();
    let failed = failed(o, class).await?;
    let course = match counted.held {
        _ if failed => Course::Failed,
        0 => Course::Ahead,
        _ => Course::Begun,
    };
    Ok(due(&rules.subsidies, class.price, &people, course))
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
    supervisor: bool,
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

async fn found(o: &Officer, id: OfferId) -> Result<(Class, String), Problem> {
    let class = class::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let offer = offer::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    Ok((class, offer.title))
}

/// The lines that can be proposed: due, and neither proposed nor farther.
fn open<'a>(lines: &'a [Line], there: &[Model]) -> Vec<&'a Line> {
    let on_file = |l: &Line| {
        let mut own = there.iter().filter(|s| s.party_id == l.person.party && s.kind == l.kind);
        own.any(|s| s.state != "refused")
    };
    lines.iter().filter(|l| l.amount > 0 && !on_file(l)).collect()
}

async fn show(o: Officer, Path(id): Path<OfferId>) -> Result<Response, Problem> {
    let rules = rules(&o.app)?;
    let (class, title) = found(&o, id).await?;
    let lines = owed(&o, &class).await?;
    let there = store::of_class(&o.app.db, &o.county, id).await?;
    let names = o.app.seen((&o.county, &o.region), lines.iter().map(|l| l.person.party)).await?;
    let shell = o.shell("classes");
    let label = |code: &str| {
        let found = rules.subsidies.iter().find(|s| s.code == code);
        found.map_or(code, |s| s.label.get(o.lang)).to_owned()
    };
    let percent = |code: &str| rules.subsidies.iter().find(|s| s.code == code).map_or(0, |s| s.class_percent);
    let line = |l: &Line| {
        let own = there.iter().find(|s| s.party_id == l.person.party && s.kind == l.kind);
        let (state, amount, bad) = match own {
            Some(s) => (
                format!("{} {}", shell.t.s(format!("subsidy-{}", s.state)), s.words),
                s.amount,
                s.state == "refused",
            ),
            None if l.why.is_empty() => (shell.t.s("subsidy-due"), l.amount, false),
            None => (shell.t.v(l.why, percent(&l.kind)), 0, true),
        };
        Some(PersonLine {
            party: l.person.party,
            name: names.get(&l.person.party)?.name.clone(),
            kind: label(&l.kind),
            amount: Fen(amount).to_string(),
            state,
            bad,
        })
    };
    let sums = sums(&there);
    let waits = open(&lines, &there);
    page(&ShowPage {
        id,
        title,
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

#[derive(Debug, Deserialize)]
struct Nothing {}

async fn propose(
    o: Officer,
    Path(id): Path<OfferId>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Problem> {
    let (class, _) = found(&o, id).await?;
    if class.state == "stopped" {
        return Err(Problem::Conflict("fault-class-stopped"));
    }
    let lines = owed(&o, &class).await?;
    let there = store::of_class(&o.app.db, &o.county, id).await?;
    let waits = open(&lines, &there);
    let mut write = o.write().await?;
    let row = |l: &&Line| ActiveModel {
        county: Set(o.county.clone()),
        id: Set(SubsidyId::new()),
        class_id: Set(id),
        case_id: Set(l.person.case),
        party_id: Set(l.person.party),
        provider_id: Set(class.provider_id),
        kind: Set(l.kind.clone()),
        amount: Set(l.amount),
        state: Set("proposed".to_owned()),
        words: Set(String::new()),
        batch: Set(String::new()),
        proposed_by: Set(write.actor().id()),
        checked_by: Set(String::new()),
        paid_at: Set(None),
        created_at: Set(write.at()),
    };
    let n = store::propose(&write, waits.iter().map(row).collect()).await?;
    if n == 0 {
        return Err(Problem::Conflict("fault-nothing-due"));
    }
    write.note("subsidies-proposed", Subject::new("offer", id), json!({ "lines": n })).await?;
    write.commit().await?;
    Ok(to(&format!("/subsidies/{id}"), "saved"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Decision {
    decision: String,
    words: String,
}

/// Somebody else than whoever proposed checks what was proposed for a class, or refuses it with the cause.
async fn decide(
    o: Officer,
    Path(id): Path<OfferId>,
    Form(form): Form<Decision>,
) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    found(&o, id).await?;
    let there = store::of_class(&o.app.db, &o.county, id).await?;
    if there.iter().any(|s| s.state == "proposed" && s.proposed_by == o.actor().id()) {
        return Err(Problem::Conflict("fault-own-subsidy"));
    }
    let (state, act) = match form.decision.as_str() {
        "checked" => ("checked", "subsidies-checked"),
        "refused" if form.words.trim().is_empty() => return Err(Problem::field("words", "fault-empty", "")),
        "refused" => ("refused", "subsidies-refused"),
        _ => return Err(Problem::field("decision", "fault-none-chosen", "")),
    };
    let mut write = o.write().await?;
    let values = vec![
        (Column::CheckedBy, Expr::value(write.actor().id())),
        (Column::Words, Expr::value(if state == "refused" { form.words.trim() } else { "" })),
    ];
    let n = store::advance(&write, Some(id), ("proposed", state), values).await?;
    if n == 0 {
        return Err(Problem::Conflict("fault-nothing-due"));
    }
    write.note(act, Subject::new("offer", id), json!({ "lines": n, "words": form.words.trim() })).await?;
    write.commit().await?;
    Ok(to(&format!("/subsidies/{id}"), "saved"))
}

/// `POST /subsidies/pay`: everything that is checked, as a file with a line for each class and part, and paid by it: once.
async fn pay(o: Officer, Form(Nothing {}): Form<Nothing>) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let rules = rules(&o.app)?;
    let mut write = o.write().await?;
    let all = store::in_state(write.tx(), &o.county, "checked").await?;
    if all.is_empty() {
        return Err(Problem::Conflict("fault-nothing-due"));
    }
    let batch = format!("{}-{}", o.county, write.at().format("%Y%m%d%H%M%S"));
    let ids: Vec<OfferId> = all.iter().map(|s| s.class_id).collect();
    let offers = offer::list(write.tx(), &o.county, &ids).await?;
    let by = provider::of_ids(write.tx(), &o.county, &all.iter().map(|s| s.provider_id).collect()).await?;
    let mut lines: BTreeMap<(String, String, String, String), (usize, i64)> = BTreeMap::new();
    for one in &all {
        let of = by.get(&one.provider_id);
        let label = rules.subsidies.iter().find(|s| s.code == one.kind);
        let key = (
            of.map(|p| p.name.clone()).unwrap_or_default(),
            of.map(|p| p.code.clone()).unwrap_or_default(),
            offers.get(&one.class_id).map(|x| x.title.clone()).unwrap_or_default(),
            label.map_or(one.kind.as_str(), |s| s.label.get(o.lang)).to_owned(),
        );
        let line = lines.entry(key).or_default();
        *line = (line.0 + 1, line.1 + one.amount);
    }
    let values =
        vec![(Column::Batch, Expr::value(batch.as_str())), (Column::PaidAt, Expr::value(Some(write.at())))];
    let n = store::advance(&write, None, ("checked", "paid"), values).await?;
    let total: i64 = all.iter().map(|s| s.amount).sum();
    let detail = json!({ "batch": batch, "lines": n, "fen": total });
    write.note("subsidies-paid", Subject::new("county", &o.county), detail).await?;
    write.commit().await?;
    let t = o.shell("").t;
    let head = ["providers", "credit-code", "class-title", "subsidy-kind", "tender-seats", "subsidy-amount"];
    let row =
        |((name, code, title, kind), (people, fen)): ((String, String, String, String), (usize, i64))| {
            vec![name, code, title, kind, people.to_string(), Fen(fen).to_string()]
        };
    let rows: Vec<Vec<String>> = lines.into_iter().map(row).collect();
    download::xlsx(&batch, &head.map(|key| t.s(key)), &rows)
}
