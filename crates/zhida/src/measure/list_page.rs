//! All packages with their clauses: whom each is for and has not come, what was granted and paid, how far each fund went.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use zhida_pack::{Measure, Package, PackageKind, Programme, Serves, StageKind};
use zhida_types::Fen;

use super::acts::not_come;
use crate::app::App;
use crate::case;
use crate::ids::PartyId;
use crate::party::Filter;
use crate::problem::Problem;
use crate::programme::Clauses;
use crate::web::extract::Query;
use crate::web::{Officer, Shell, download, page};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/measures", get(list)).route("/measures.xlsx", get(export))
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Asked {
    pack: String,
    q: String,
    novelty: String,
    serves: String,
}

/// Numbers of a clause.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    /// Who qualify and have no case.
    pub(super) waiting: usize,
    /// For whom a fact is missing.
    pub(super) unknown: usize,
    pub(super) told: i64,
    pub(super) applied: i64,
    pub(super) granted: i64,
    pub(super) done: i64,
    /// What was granted and paid, in the ledger's units.
    pub(super) granted_sum: i64,
    pub(super) paid_sum: i64,
}

struct ClauseLine {
    code: String,
    title: String,
    amount: String,
    window: String,
    open: bool,
    auto: bool,
    fund: String,
    paid: String,
    n: Numbers,
}

struct MeasureLine {
    no: String,
    title: String,
    serves: &'static str,
    novelty: &'static str,
    before: String,
    lead: String,
    co: String,
    needs: Vec<String>,
    clauses: Vec<ClauseLine>,
}

struct PackageBlock {
    title: String,
    guarantee: bool,
    edition: String,
    source: String,
    measures: Vec<MeasureLine>,
}

#[derive(Template)]
#[template(path = "measure/list.html")]
struct ListPage {
    shell: Shell,
    asked: Asked,
    packs: Vec<(String, String)>,
    packages: Vec<PackageBlock>,
    measures: usize,
    /// Measures that serve firms, in percent.
    share: Option<usize>,
    funds: Vec<Fund>,
    query: String,
}

/// A line of the budget: what was granted of it and paid.
struct Fund {
    label: String,
    granted: String,
    paid: String,
    percent: i64,
}

/// The numbers of every clause, for what an officer may see.
async fn numbers(o: &Officer) -> Result<BTreeMap<String, Numbers>, Problem> {
    let mut tally: BTreeMap<(String, String), (i64, i64)> = BTreeMap::new();
    for (programme, stage, n, sum) in case::tally(&o.app.db, &o.county).await? {
        tally.insert((programme, stage), (n, sum));
    }
    let mut found = BTreeMap::new();
    for register in o.app.registers().filter(|r| !r.packages.is_empty()) {
        let snapshot = o.app.snapshot(&o.county, register.kind()).await?;
        let rows = Filter::default().rows(&snapshot, &o.region)?;
        let with: Vec<String> = snapshot
            .register
            .programmes
            .iter()
            .filter(|p| p.gives.is_some() && tally.keys().any(|(code, _)| *code == p.code))
            .map(|p| p.code.clone())
            .collect();
        let mut has: BTreeMap<String, std::collections::BTreeSet<PartyId>> = BTreeMap::new();
        for code in with {
            has.insert(code.clone(), under_way(o, &code).await?);
        }
        let clauses = Clauses::compile(&o.county, &snapshot)?;
        for ((programme, _), reach) in clauses.programmes().zip(clauses.reach(&rows)?) {
            let own = has.get(&programme.code);
            let waiting = match own {
                Some(own) => not_come(&reach.eligible, &snapshot, &|id| own.contains(&id)).len(),
                None => reach.eligible.count(),
            };
            let mut n = Numbers { waiting, unknown: reach.unknown.count(), ..Numbers::default() };
            for stage in &programme.stages {
                let key = (programme.code.clone(), stage.code.clone());
                let (cases, sum) = tally.get(&key).copied().unwrap_or_default();
                match stage.kind {
                    StageKind::Invited => n.told += cases,
                    StageKind::Applied => n.applied += cases,
                    StageKind::Granted => {
                        n.granted += cases;
                        n.granted_sum += sum;
                    }
                    StageKind::Done => {
                        n.done += cases;
                        n.paid_sum += sum;
                    }
                    _ => {}
                }
            }
            found.insert(programme.code.clone(), n);
        }
    }
    Ok(found)
}

/// Parties whose cases of a clause have not ended without it.
pub(super) async fn under_way(
    o: &Officer,
    code: &str,
) -> Result<std::collections::BTreeSet<PartyId>, Problem> {
    let (_, programme) = o.app.programme(code)?;
    let open = programme.stages.iter().filter(|s| s.kind != StageKind::Ended).map(|s| s.code.as_str());
    let open: Vec<&str> = open.collect();
    let cases = case::at_stages(&o.app.db, &o.county, code, &open, 1_000_000).await?;
    Ok(cases.into_iter().map(|c| c.party_id).collect())
}

/// What a clause gives in words: its formula, or what it is where nothing is counted.
pub(super) fn amount_words(o: &Officer, shell: &Shell, programme: &Programme) -> String {
    let Some(gives) = &programme.gives else { return String::new() };
    let kind = shell.t.s(format!("benefit-{}", gives.benefit.as_str()));
    let item = gives.item.as_ref().and_then(|item| {
        o.app.packs().flat_map(|p| &p.goods.goods).find(|g| g.code == *item).map(|g| g.label.get(o.lang))
    });
    item.map_or(kind, str::to_owned)
}

fn window(programme: &Programme) -> String {
    let Some(gives) = &programme.gives else { return String::new() };
    match (gives.from, gives.until) {
        (None, None) => String::new(),
        (from, until) => {
            let day = |d: Option<zhida_types::Day>| d.map_or_else(|| "…".to_owned(), |d| d.to_string());
            format!("{} – {}", day(from), day(until))
        }
    }
}

fn clause(o: &Officer, shell: &Shell, code: &str, numbers: &BTreeMap<String, Numbers>) -> Option<ClauseLine> {
    let (_, programme) = o.app.programme(code).ok()?;
    let gives = programme.gives.as_ref()?;
    let n = numbers.get(code).cloned().unwrap_or_default();
    let sum = n.paid_sum;
    let fund = gives.fund.as_ref().and_then(|f| {
        o.app.packs().flat_map(|p| &p.goods.budget).find(|b| b.code == *f).map(|b| b.label.get(o.lang))
    });
    Some(ClauseLine {
        code: code.to_owned(),
        title: programme.title.get(o.lang).to_owned(),
        amount: amount_words(o, shell, programme),
        window: window(programme),
        open: gives.open_on(o.app.clock.today()),
        auto: gives.auto,
        fund: fund.unwrap_or_default().to_owned(),
        paid: if sum > 0 { case::gives_words(&shell.t, &o.app, gives, sum) } else { String::new() },
        n,
    })
}

fn measure(o: &Officer, shell: &Shell, m: &Measure, numbers: &BTreeMap<String, Numbers>) -> MeasureLine {
    let named = |code: &String| {
        let all = o.app.packs().flat_map(|p| &p.packages);
        let found = all.into_iter().find(|p| p.code == *code);
        found.map_or_else(|| code.clone(), |p| p.title.get(o.lang).to_owned())
    };
    MeasureLine {
        no: m.no.clone(),
        title: m.title.get(o.lang).to_owned(),
        serves: m.serves.as_str(),
        novelty: m.novelty.as_str(),
        before: m.before.as_ref().map_or_else(String::new, |b| b.get(o.lang).to_owned()),
        lead: m.lead.clone(),
        co: m.co.join("、"),
        needs: m.needs.iter().map(named).collect(),
        clauses: m.clauses.iter().filter_map(|c| clause(o, shell, c, numbers)).collect(),
    }
}

fn wanted(o: &Officer, asked: &Asked, p: &Package, m: &Measure) -> bool {
    let q = asked.q.trim();
    let clause = |code: &String| {
        o.app.programme(code).is_ok_and(|(_, c)| c.title.zh.contains(q) || c.title.en.contains(q))
    };
    let text = q.is_empty()
        || [&m.title.zh, &m.title.en, &m.lead, &p.title.zh, &p.title.en].iter().any(|t| t.contains(q))
        || m.clauses.iter().any(clause);
    text && (asked.novelty.is_empty() || asked.novelty == m.novelty.as_str())
        && (asked.serves.is_empty() || asked.serves == m.serves.as_str())
}

/// Granted and paid by line of the budget.
fn funds(o: &Officer, numbers: &BTreeMap<String, Numbers>) -> Vec<Fund> {
    let mut sums: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for register in o.app.registers() {
        for programme in &register.programmes {
            let gives = programme.gives.as_ref().filter(|g| g.benefit.pays());
            if let (Some(fund), Some(n)) =
                (gives.and_then(|g| g.fund.as_deref()), numbers.get(&programme.code))
            {
                let sum = sums.entry(fund).or_default();
                sum.0 += n.granted_sum + n.paid_sum;
                sum.1 += n.paid_sum;
            }
        }
    }
    let lines = o.app.packs().flat_map(|p| &p.goods.budget);
    let line = |b: &zhida_pack::BudgetLine| {
        let (granted, paid) = sums.get(b.code.as_str()).copied()?;
        (granted > 0).then(|| Fund {
            label: b.label.get(o.lang).to_owned(),
            granted: Fen(granted).to_string(),
            paid: Fen(paid).to_string(),
            percent: paid.saturating_mul(100) / granted,
        })
    };
    lines.into_iter().filter_map(line).collect()
}

async fn list(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let shell = o.shell("measures");
    let numbers = numbers(&o).await?;
    let with = || o.app.packs().filter(|p| !p.packages.is_empty());
    let chosen = with().filter(|p| asked.pack.is_empty() || p.name == asked.pack);
    let mut packages = Vec::new();
    let (mut all, mut firms) = (0, 0);
    for p in chosen.flat_map(|p| &p.packages) {
        if p.kind == PackageKind::Package {
            all += p.measures.len();
            firms += p.measures.iter().filter(|m| m.serves == Serves::Enterprise).count();
        }
        let measures: Vec<MeasureLine> = p
            .measures
            .iter()
            .filter(|m| wanted(&o, &asked, p, m))
            .map(|m| measure(&o, &shell, m, &numbers))
            .collect();
        if !measures.is_empty() {
            packages.push(PackageBlock {
                title: p.title.get(o.lang).to_owned(),
                guarantee: p.kind == PackageKind::Guarantee,
                edition: p.edition.clone(),
                source: p.source.get(o.lang).to_owned(),
                measures,
            });
        }
    }
    let pairs = [
        ("pack", asked.pack.as_str()),
        ("q", asked.q.as_str()),
        ("novelty", asked.novelty.as_str()),
        ("serves", asked.serves.as_str()),
    ];
    let pairs: Vec<(&str, &str)> = pairs.into_iter().filter(|(_, v)| !v.is_empty()).collect();
    page(&ListPage {
        packs: with().map(|p| (p.name.clone(), p.title.get(o.lang).to_owned())).collect(),
        measures: all,
        share: (firms * 100).checked_div(all),
        funds: funds(&o, &numbers),
        query: serde_html_form::to_string(pairs).unwrap_or_default(),
        packages,
        asked,
        shell,
    })
}

async fn export(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let shell = o.shell("measures");
    let numbers = numbers(&o).await?;
    let header = [
        "package",
        "item-no",
        "measure",
        "clause",
        "benefit",
        "window",
        "waiting",
        "facts-missing",
        "step-known",
        "step-applied",
        "step-granted",
        "step-paid",
        "paid-sum",
    ]
    .map(|k| shell.t.s(k));
    let packs = o.app.packs().filter(|p| asked.pack.is_empty() || p.name == asked.pack);
    let mut lines = Vec::new();
    for p in packs.flat_map(|p| &p.packages) {
        for m in p.measures.iter().filter(|m| wanted(&o, &asked, p, m)) {
            let line = measure(&o, &shell, m, &numbers);
            for c in line.clauses {
                lines.push(vec![
                    p.title.get(o.lang).to_owned(),
                    line.no.clone(),
                    line.title.clone(),
                    c.title,
                    c.amount,
                    c.window,
                    c.n.waiting.to_string(),
                    c.n.unknown.to_string(),
                    c.n.told.to_string(),
                    c.n.applied.to_string(),
                    c.n.granted.to_string(),
                    c.n.done.to_string(),
                    c.paid,
                ]);
            }
        }
    }
    download::xlsx("measures", &header, &lines)
}
