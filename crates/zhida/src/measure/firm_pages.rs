//! What is mine: a firm types its credit code and sees the clauses that it qualifies for, or the one fact that is missing.
//! No login: nothing is shown but titles, amounts and what is missing.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use zhida_pack::IdentityKind;
use zhida_rules::Truth;
use zhida_types::CreditCode;

use super::acts;
use crate::app::App;
use crate::case;
use crate::ids::{CountyId, PartyId};
use crate::journal::{Actor, Write};
use crate::party::{self, Identity, Snapshot};
use crate::problem::Problem;
use crate::programme::{self, Clauses};
use crate::web::extract::{PublicForm, Query};
use crate::web::{Shell, Visitor, page, to};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/firms", get(show).post(apply))
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Asked {
    code: String,
    county: String,
}

struct ClauseLine {
    code: String,
    title: String,
    amount: String,
    source: String,
    window: String,
    papers: Vec<String>,
    missing: Vec<String>,
    stage: String,
    open: bool,
    auto: bool,
}

#[derive(Template)]
#[template(path = "measure/firm.html")]
struct FirmPage {
    shell: Shell,
    asked: Asked,
    /// A key of the texts for what is wrong with the code.
    fault: &'static str,
    name: String,
    yes: Vec<ClauseLine>,
    maybe: Vec<ClauseLine>,
    under_way: Vec<ClauseLine>,
    no: usize,
}

/// The firm of a code, with its row.
async fn firm(
    v: &Visitor,
    county: &CountyId,
    code: &CreditCode,
) -> Result<Option<(std::sync::Arc<Snapshot>, usize, PartyId)>, Problem> {
    for register in v.app.registers().filter(|r| r.identity() == IdentityKind::CreditCode) {
        let numbers = Identity::firm("", Some(code), None).numbers(&v.app.keys);
        let found = party::by_identity(&v.app.db, (county, register.kind()), &[numbers]).await?;
        if let Some(id) = found.into_values().next() {
            let snapshot = v.app.snapshot(county, register.kind()).await?;
            if let Some(row) = snapshot.row(id) {
                return Ok(Some((snapshot, row, id)));
            }
        }
    }
    Ok(None)
}

async fn show(v: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let shell = v.shell();
    let mut shown = FirmPage {
        shell,
        fault: "",
        name: String::new(),
        yes: Vec::new(),
        maybe: Vec::new(),
        under_way: Vec::new(),
        no: 0,
        asked,
    };
    let typed = shown.asked.code.trim().to_uppercase();
    if typed.is_empty() {
        return page(&shown);
    }
    let Ok(code) = CreditCode::parse(&typed) else {
        shown.fault = "firm-code-wrong";
        return page(&shown);
    };
    let county = v.county(&shown.asked.county);
    let Some((snapshot, row, id)) = firm(&v, &county, &code).await? else {
        shown.fault = "firm-unknown";
        return page(&shown);
    };
    shown.name = snapshot.people.get(row).map_or_else(String::new, |p| p.name.clone());
    let cases = case::of_party(&v.app.db, &county, id).await?;
    let today = v.app.clock.today();
    let clauses = Clauses::compile(&county, &snapshot)?;
    for ((programme, gives), verdict) in clauses.programmes().zip(clauses.of_row(row)?) {
        let own = cases.iter().find(|c| c.programme == programme.code);
        let stage = own.and_then(|c| programme.stage(&c.stage));
        let told = stage.is_none_or(|s| s.kind == zhida_pack::StageKind::Invited);
        if told && verdict.truth == Truth::False {
            shown.no += 1;
            continue;
        }
        let missing = if verdict.truth == Truth::Unknown {
            programme::advise(&county, programme, (&snapshot, row), v.lang)?.ask
        } else {
            Vec::new()
        };
        let day = |d: Option<zhida_types::Day>| d.map_or_else(|| "…".to_owned(), |d| d.to_string());
        let known = |p: &&zhida_pack::Paper| {
            let id = p.have.as_ref().and_then(|f| snapshot.register.profile.find(f));
            id.is_none_or(|id| snapshot.table.cell(row, id) == zhida_rules::Cell::Missing)
        };
        let amount = own.and_then(|c| c.amount).filter(|_| !told).or(verdict.amount);
        let line = ClauseLine {
            code: programme.code.clone(),
            title: programme.title.get(v.lang).to_owned(),
            amount: amount.map_or_else(String::new, |n| case::gives_words(&shown.shell.t, &v.app, gives, n)),
            source: gives.source.get(v.lang).to_owned(),
            window: gives
                .until
                .map_or_else(String::new, |_| format!("{} – {}", day(gives.from), day(gives.until))),
            papers: gives.papers.iter().filter(known).map(|p| p.label.get(v.lang).to_owned()).collect(),
            missing,
            stage: stage.map_or_else(String::new, |s| s.label.get(v.lang).to_owned()),
            open: gives.open_on(today),
            auto: gives.auto,
        };
        if told {
            let list = if verdict.truth == Truth::True { &mut shown.yes } else { &mut shown.maybe };
            list.push(line);
        } else {
            shown.under_way.push(line);
        }
    }
    page(&shown)
}

#[derive(Debug, serde::Deserialize)]
struct Apply {
    code: String,
    clause: String,
    #[serde(default)]
    county: String,
}

async fn apply(v: Visitor, PublicForm(form): PublicForm<Apply>) -> Result<Response, Problem> {
    let code = CreditCode::parse(&form.code.trim().to_uppercase())
        .map_err(|_no_code| Problem::field("code", "row-credit-code", &form.code))?;
    let county = v.county(&form.county);
    let (_, _, id) = firm(&v, &county, &code).await?.ok_or(Problem::NotFound)?;
    let mut write = Write::begin(&v.app.db, &county, &Actor::public(), v.app.clock.now()).await?;
    acts::apply(&v.app, &mut write, &form.clause, id, "").await?;
    write.commit().await?;
    Ok(to(&format!("/firms?code={code}&county={county}"), "clause-applied"))
}
