//! The rules in words, and what they do to the persons on file.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use zhida_rules::{At, Faults, RuleSet};

use super::eligibility::{self, Reason};
use super::trial::{self, Trial, Tried as Changed};
use crate::app::App;
use crate::party::Filter;
use crate::problem::Problem;
use crate::web::extract::{Path, Query};
use crate::web::{Officer, Shell, page};

/// The pages of programmes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/packs", get(packs))
        .route("/packs/{programme}", get(programme))
        .route("/api/programmes/{programme}", get(api))
        .route("/api/rule", get(try_rule))
}

struct Brief {
    code: String,
    title: String,
    summary: String,
}

struct TierBlock {
    source: String,
    from: String,
    now: bool,
    tiers: Vec<(String, String)>,
}

/// A service: what it is for, its programmes, its tiers.
struct Service {
    title: String,
    summary: String,
    version: String,
    programmes: Vec<Brief>,
    tiers: Vec<TierBlock>,
}

#[derive(Template)]
#[template(path = "programme/packs.html")]
struct PacksPage {
    shell: Shell,
    services: Vec<Service>,
}

async fn packs(o: Officer) -> Result<Response, Problem> {
    let service = |pack: &zhida_pack::Pack| {
        let now = pack.tiers_on(o.app.clock.today()).map(|v| v.code.clone());
        let brief = |p: &zhida_pack::Programme| Brief {
            code: p.code.clone(),
            title: p.title.get(o.lang).to_owned(),
            summary: p.summary.get(o.lang).to_owned(),
        };
        let tier = |t: &zhida_pack::Tier| (t.label.get(o.lang).to_owned(), t.when.trim().to_owned());
        let tiers = pack.tiers.iter().rev().map(|v| TierBlock {
            source: v.source.get(o.lang).to_owned(),
            from: v.from.to_string(),
            now: now.as_ref() == Some(&v.code),
            tiers: v.tiers.iter().map(tier).collect(),
        });
        Service {
            title: pack.title.get(o.lang).to_owned(),
            summary: pack.summary.get(o.lang).to_owned(),
            version: pack.version.clone(),
            programmes: pack.programmes.iter().map(brief).collect(),
            tiers: tiers.collect(),
        }
    };
    page(&PacksPage { shell: o.shell("packs"), services: o.app.packs().map(service).collect() })
}

struct TermLine {
    label: String,
    weight: String,
    rule: String,
    tags: String,
}

#[derive(Template)]
#[template(path = "programme/programme.html")]
struct ProgrammePage {
    shell: Shell,
    title: String,
    summary: String,
    when: String,
    counts: (usize, usize, usize),
    why_not: Vec<(String, usize)>,
    missing: Vec<(String, usize)>,
    terms: Vec<TermLine>,
    stages: Vec<(String, String)>,
    code: String,
    trial: Trial,
    /// Facts to ask for, how many verdicts they can settle, of how many people.
    questions: Vec<(String, usize, usize)>,
}

async fn programme(
    o: Officer,
    Path(code): Path<String>,
    Query(changed): Query<Changed>,
) -> Result<Response, Problem> {
    let (register, programme) = o.app.programme(&code)?;
    let snapshot = o.app.snapshot(&o.county, register.kind()).await?;
    let rows = Filter::default().rows(&snapshot, &o.region)?;
    let found = eligibility::assess(&o.county, programme, &snapshot, &rows)?;
    let words = |reasons: &[Reason]| -> Vec<(String, usize)> {
        reasons.iter().map(|r| (r.words(o.lang).to_owned(), r.count)).collect()
    };
    let days = |stage: &zhida_pack::Stage| {
        let t = o.shell("").t;
        (stage.label.get(o.lang).to_owned(), stage.days.map_or_else(String::new, |d| t.n("days", d)))
    };
    let trial = trial::trial(&o, &o.county, programme, &snapshot, &rows, &changed)?;
    let set = eligibility::rule(&o.county, programme, &snapshot)?;
    let label = |id: &zhida_rules::FieldId| {
        let field = register.profile.field(*id);
        field.map_or_else(String::new, |f| f.label.get(o.lang).to_owned())
    };
    let asked = set.questions(&snapshot.table, rows.iter()).into_iter().take(6).map(|q| {
        let fields: Vec<String> = q.fields.iter().map(label).collect();
        (fields.join(" + "), q.settles, q.rows.len())
    });
    let questions = asked.collect();
    page(&ProgrammePage {
        shell: o.shell("packs"),
        code,
        trial,
        questions,
        title: programme.title.get(o.lang).to_owned(),
        summary: programme.summary.get(o.lang).to_owned(),
        when: programme.when.trim().to_owned(),
        counts: (found.eligible.count(), found.refused, found.unknown),
        why_not: words(&found.why_not),
        missing: words(&found.missing),
        terms: programme
            .terms
            .iter()
            .map(|t| TermLine {
                label: t.label.get(o.lang).to_owned(),
                weight: t.weight.to_string(),
                rule: t.when.clone().unwrap_or_default(),
                tags: t.tags.join(", "),
            })
            .collect(),
        stages: programme.stages.iter().map(days).collect(),
    })
}

async fn api(o: Officer, Path(code): Path<String>) -> Result<axum::Json<serde_json::Value>, Problem> {
    let (register, programme) = o.app.programme(&code)?;
    let snapshot = o.app.snapshot(&o.county, register.kind()).await?;
    let rows = Filter::default().rows(&snapshot, &o.region)?;
    let found = eligibility::assess(&o.county, programme, &snapshot, &rows)?;
    Ok(axum::Json(serde_json::json!({
        "programme": code, "day": snapshot.day, "eligible": found.eligible.count(), "not": found.refused,
        "unknown": found.unknown, "why_not": found.why_not, "missing": found.missing,
    })))
}

#[derive(Debug, serde::Deserialize)]
struct Tried {
    rule: String,
    #[serde(default)]
    programme: String,
}

/// `GET /api/rule?rule=…`: a rule while it is being written: its fault with a caret, or how many it holds for.
async fn try_rule(o: Officer, Query(tried): Query<Tried>) -> Result<axum::Json<serde_json::Value>, Problem> {
    let kind = if tried.programme.is_empty() { "" } else { o.app.programme(&tried.programme)?.0.kind() };
    let snapshot = o.app.snapshot(&o.county, kind).await?;
    let rows = Filter::default().rows(&snapshot, &o.region)?;
    let register = &snapshot.register;
    let at = At { day: snapshot.day.epoch(), region: o.county.to_string() };
    let set = RuleSet::compile(&register.profile, &register.params, &at, [("rule", tried.rule.as_str())]);
    let t = o.shell("").t;
    Ok(axum::Json(match set {
        Err(Faults(faults)) => {
            let text = faults.first().map_or_else(String::new, ToString::to_string);
            serde_json::json!({ "fault": text, "text": text })
        }
        Ok(set) => {
            let verdicts = set.evaluate(&snapshot.table);
            let Some(v) = verdicts.first() else { return Err(Problem::NotFound) };
            let (yes, unknown) = (rows.and(&v.truth).count(), rows.and_not(&v.known).count());
            let no = rows.count() - yes - unknown;
            let text = format!(
                "{} {yes} · {} {no} · {} {unknown}",
                t.s("eligible"),
                t.s("not-eligible"),
                t.s("unknown")
            );
            serde_json::json!({ "eligible": yes, "not": no, "unknown": unknown, "text": text })
        }
    }))
}
