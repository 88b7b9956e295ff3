//! One clause: its terms, its life so far, who qualifies and has not come, and what officers do about it.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::json;
use zhida_pack::Programme;
use zhida_rules::{At, Bitmap, RuleSet};

use super::acts::{self, not_come};
use super::funnel::{Funnel, funnel};
use super::list_page::{amount_words, under_way};
use crate::app::App;
use crate::case;
use crate::ids::PartyId;
use crate::journal::Subject;
use crate::party::{self, Filter, Snapshot};
use crate::problem::Problem;
use crate::programme::Clauses;
use crate::web::extract::{Form, Path, Query};
use crate::web::{Officer, Shell, download, page, to};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/measures/{clause}", get(show))
        .route("/measures/{clause}/waiting.xlsx", get(export))
        .route("/measures/{clause}/tell", post(tell))
        .route("/measures/{clause}/propose", post(propose))
        .route("/measures/{clause}/apply", post(apply))
}

/// Parties that the page names; all of them stand in the sheet.
const NAMED: usize = 50;

struct Waiting {
    id: PartyId,
    name: String,
    town: String,
    amount: String,
}

#[derive(Template)]
#[template(path = "measure/clause.html")]
struct ClausePage {
    shell: Shell,
    code: String,
    title: String,
    register: String,
    kind: String,
    source: String,
    when: String,
    amount: String,
    formula: String,
    fund: String,
    window: String,
    open: bool,
    auto: bool,
    rank: Option<(String, usize)>,
    papers: Vec<(String, bool)>,
    excludes: Vec<(String, String)>,
    waiting: Vec<Waiting>,
    waiting_all: usize,
    unknown: usize,
    questions: Vec<(String, usize, usize)>,
    life: Funnel,
    relevance: String,
    q: String,
    found: Vec<Waiting>,
    told_each: bool,
}

impl ClausePage {
    fn has_text(&self) -> bool {
        self.told_each
    }
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
}

fn line(
    o: &Officer,
    shell: &Shell,
    snapshot: &Snapshot,
    code: &str,
    row: usize,
    amount: Option<i64>,
) -> Option<Waiting> {
    let person = snapshot.people.get(row)?;
    let (_, programme) = o.app.programme(code).ok()?;
    let gives = programme.gives.as_ref()?;
    Some(Waiting {
        id: person.id,
        name: person.name.clone(),
        town: o.app.regions.name(&person.town).unwrap_or_default().to_owned(),
        amount: amount.map_or_else(String::new, |n| case::gives_words(&shell.t, &o.app, gives, n)),
    })
}

/// Who qualify, and who of them have not come, with what each would get.
async fn waiting(
    o: &Officer,
    code: &str,
) -> Result<(std::sync::Arc<Snapshot>, Vec<(usize, Option<i64>)>, Bitmap), Problem> {
    let (register, _) = o.app.programme(code)?;
    let snapshot = o.app.snapshot(&o.county, register.kind()).await?;
    let has = under_way(o, code).await?;
    let rows = Filter::default().rows(&snapshot, &o.region)?;
    let clauses = Clauses::one(&o.county, &snapshot, code)?;
    let reach = clauses.reach(&rows)?.into_iter().next().ok_or(Problem::NotFound)?;
    let mut waiting = Bitmap::zeros(snapshot.people.len());
    for row in not_come(&reach.eligible, &snapshot, &|id| has.contains(&id)) {
        waiting.set(row, true);
    }
    let amounts = clauses.amounts(0, &waiting)?;
    Ok((std::sync::Arc::clone(&snapshot), amounts, reach.unknown))
}

/// The facts that decide about most of those who cannot be decided: fields, how many they settle, of how many.
fn questions(
    o: &Officer,
    programme: &Programme,
    snapshot: &Snapshot,
    unknown: &Bitmap,
) -> Result<Vec<(String, usize, usize)>, Problem> {
    let register = &snapshot.register;
    let at = At { day: snapshot.day.epoch(), region: o.county.to_string() };
    let rules = [(programme.code.as_str(), programme.when.as_str())];
    let set = RuleSet::compile(&register.profile, &register.params, &at, rules);
    let set = set.map_err(anyhow::Error::from)?;
    let asked = set.questions(&snapshot.table, unknown.iter()).into_iter().take(4);
    let words = asked.map(|q| {
        let fields = q.fields.iter().filter_map(|id| register.profile.field(*id));
        let fields: Vec<String> = fields.map(|f| f.label.get(o.lang).to_owned()).collect();
        (fields.join(" + "), q.settles, q.rows.len())
    });
    Ok(words.collect())
}

async fn show(o: Officer, Path(code): Path<String>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let shell = o.shell("measures");
    let (register, programme) = o.app.programme(&code)?;
    let gives = programme.gives.as_ref().ok_or(Problem::NotFound)?;
    let life = funnel(&o.app, &o.county, programme).await?;
    let (snapshot, amounts, unknown) = waiting(&o, &code).await?;
    let named = amounts.iter().take(NAMED);
    let waiting: Vec<Waiting> =
        named.filter_map(|(row, n)| line(&o, &shell, &snapshot, &code, *row, *n)).collect();
    let found = if asked.q.trim().is_empty() {
        Vec::new()
    } else {
        let filter = Filter { q: asked.q.trim().to_owned(), ..Filter::default() };
        let rows = filter.rows(&snapshot, &o.region)?;
        rows.iter().take(20).filter_map(|row| line(&o, &shell, &snapshot, &code, row, None)).collect()
    };
    let field = |name: &str| {
        register.profile.named(name).map_or_else(|| name.to_owned(), |f| f.label.get(o.lang).to_owned())
    };
    let questions = questions(&o, programme, &snapshot, &unknown)?;
    let day = |d: Option<zhida_types::Day>| d.map_or_else(|| "…".to_owned(), |d| d.to_string());
    let title_of = |c: &String| {
        let title = o.app.programme(c).map_or_else(|_| c.clone(), |(_, p)| p.title.get(o.lang).to_owned());
        (c.clone(), title)
    };
    let fund = gives.fund.as_ref().and_then(|f| {
        o.app
            .packs()
            .flat_map(|p| &p.goods.budget)
            .find(|b| b.code == *f)
            .map(|b| b.label.get(o.lang).to_owned())
    });
    page(&ClausePage {
        title: programme.title.get(o.lang).to_owned(),
        register: register.party.as_ref().map_or_else(String::new, |p| p.label.get(o.lang).to_owned()),
        kind: register.kind().to_owned(),
        source: gives.source.get(o.lang).to_owned(),
        when: programme.when.trim().to_owned(),
        amount: amount_words(&o, &shell, programme),
        formula: gives.amount.clone(),
        fund: fund.unwrap_or_default(),
        window: if gives.from.or(gives.until).is_some() {
            format!("{} – {}", day(gives.from), day(gives.until))
        } else {
            String::new()
        },
        open: gives.open_on(o.app.clock.today()),
        auto: gives.auto,
        rank: gives.rank.as_ref().map(|r| (field(&r.by), r.first)),
        papers: gives.papers.iter().map(|p| (p.label.get(o.lang).to_owned(), p.have.is_some())).collect(),
        excludes: gives.excludes.iter().map(title_of).collect(),
        waiting_all: amounts.len(),
        waiting,
        unknown: unknown.count(),
        questions,
        relevance: if life.sent > 0 {
            format!("{:.2}", percent(life.read, life.sent))
        } else {
            String::new()
        },
        life,
        q: asked.q,
        found,
        told_each: programme.message.is_some(),
        code,
        shell,
    })
}

#[expect(clippy::cast_precision_loss, reason = "messages of a county are few enough")]
fn percent(part: i64, whole: i64) -> f64 {
    part as f64 * 100.0 / whole as f64
}

async fn export(o: Officer, Path(code): Path<String>) -> Result<Response, Problem> {
    let shell = o.shell("measures");
    let (snapshot, amounts, _) = waiting(&o, &code).await?;
    let header = ["name", "town", "benefit"].map(|k| shell.t.s(k));
    let lines: Vec<Vec<String>> = amounts
        .iter()
        .filter_map(|(row, n)| line(&o, &shell, &snapshot, &code, *row, *n))
        .map(|w| vec![w.name, w.town, w.amount])
        .collect();
    let mut write = o.write().await?;
    let detail = json!({ "rows": lines.len(), "clause": code });
    write.note("people-exported", Subject::new("county", &o.county), detail).await?;
    write.commit().await?;
    download::xlsx("waiting", &header, &lines)
}

#[derive(Debug, serde::Deserialize)]
struct Act {
    #[serde(default)]
    words: String,
    #[serde(default)]
    party: Option<PartyId>,
}

async fn tell(
    o: Officer,
    Path(code): Path<String>,
    Form(Act { .. }): Form<Act>,
) -> Result<Response, Problem> {
    let mut write = o.write().await?;
    let (cases, queued) = acts::tell(&o.app, &mut write, &code, &o.region).await?;
    let detail = json!({ "cases": cases, "messages": queued });
    write.note("clause-told", Subject::new("programme", &code), detail).await?;
    write.commit().await?;
    Ok(to(&format!("/measures/{code}"), if cases > 0 { "clause-told" } else { "clause-nobody" }))
}

async fn propose(o: Officer, Path(code): Path<String>, Form(act): Form<Act>) -> Result<Response, Problem> {
    let mut write = o.write().await?;
    let cases = acts::propose(&o.app, &mut write, &code, &o.region, act.words.trim()).await?;
    write.note("clause-proposed", Subject::new("programme", &code), json!({ "cases": cases })).await?;
    write.commit().await?;
    Ok(to(&format!("/measures/{code}"), if cases > 0 { "clause-proposed" } else { "clause-nobody" }))
}

async fn apply(o: Officer, Path(code): Path<String>, Form(act): Form<Act>) -> Result<Response, Problem> {
    let party = act.party.ok_or_else(|| Problem::field("party", "fault-none-chosen", ""))?;
    party::seen(&o, party).await?;
    let mut write = o.write().await?;
    let case = acts::apply(&o.app, &mut write, &code, party, act.words.trim()).await?;
    write.commit().await?;
    Ok(to(&format!("/cases/{case}"), "clause-applied"))
}
