//! What is owed, class by class, and the batch that pays it.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use zhida_pack::Subsidy;
use zhida_rules::Lang;
use zhida_types::Fen;

use super::acts;
use super::due::Line;
use super::entity::Model;
use super::store;
use crate::account::Role;
use crate::app::App;
use crate::class::{self, Class};
use crate::ids::{OfferId, PartyId};
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

async fn found(o: &Officer, id: OfferId) -> Result<(Class, Offer), Problem> {
    let class = class::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let offer = offer::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    Ok((class, offer))
}

/// What a part is called.
fn label(parts: &[Subsidy], code: &str, lang: Lang) -> String {
    parts.iter().find(|s| s.code == code).map_or(code, |s| s.label.get(lang)).to_owned()
}

async fn show(o: Officer, Path(id): Path<OfferId>) -> Result<Response, Problem> {
    let rules = provider::terms(&o.app)?;
    let (class, offer) = found(&o, id).await?;
    let lines = acts::owed(&o.app, &class, &offer).await?;
    let there = store::of_class(&o.app.db, &o.county, id).await?;
    let names = o.app.seen((&o.county, &o.region), lines.iter().map(|l| l.person.party)).await?;
    let shell = o.shell("classes");
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
            kind: label(&rules.subsidies, &l.kind, o.lang),
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

/// `POST /subsidies/pay`: everything that is checked, as a file with a line for each class and part, and paid by it: once.
async fn pay(o: Officer, Form(Nothing {}): Form<Nothing>) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let rules = provider::terms(&o.app)?;
    let mut write = o.write().await?;
    let (batch, lines) = acts::pay(&mut write).await?;
    write.commit().await?;
    let t = o.app.words(o.lang);
    let head = ["providers", "credit-code", "class-title", "subsidy-kind", "tender-seats", "subsidy-amount"];
    let row = |(of, (people, fen)): (acts::Paid, (usize, i64))| {
        let kind = label(&rules.subsidies, &of.kind, o.lang);
        vec![of.provider, of.code, of.title, kind, people.to_string(), Fen(fen).to_string()]
    };
    let rows: Vec<Vec<String>> = lines.into_iter().map(row).collect();
    download::xlsx(&batch, &head.map(|key| t.s(key)), &rows)
}
