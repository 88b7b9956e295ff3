//! A plan: what it does in which year and why, on a map and as lists; two plans side by side; what came of an approved one.

use std::collections::BTreeMap;
use std::io::Write as _;

use askama::Template;
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use zhida_pack::{Network, called};

use super::approve;
use super::area::Area;
use super::entity::layout::Model;
use super::files::Files;
use super::new_page::percent;
use super::reach_page::{mark, marks};
use super::{planned, store};
use crate::account::{self, Role};
use crate::app::App;
use crate::ids::{AccountId, CommitmentId, LayoutId};
use crate::journal::Subject;
use crate::problem::Problem;
use crate::task;
use crate::texts::T;
use crate::web::extract::{Form, Nothing, Path, Query};
use crate::web::{Officer, Shell, download, page, to};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/layouts/{id}", get(show))
        .route("/layouts/{id}/map.geojson", get(map))
        .route("/layouts/{id}/list.xlsx", get(sheet))
        .route("/layouts/{id}/files.zip", get(zip))
        .route("/layouts/{id}/again", post(again))
        .route("/layouts/{id}/approve", post(approve_it))
        .route("/layouts/compare", get(compare))
}

/// What may become of a place, in the order in which lists show it.
const DECISIONS: [&str; 7] = ["upgrade", "build", "adjust", "reopen", "close", "keep", "leave"];

/// Decisions that change nothing.
pub(super) const STAY: [&str; 2] = ["keep", "leave"];

/// What an answer says of a place.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    pub(super) id: String,
    pub(super) name: String,
    /// `station` or `candidate`.
    pub(super) kind: String,
    pub(super) now: Option<String>,
    pub(super) decision: String,
    pub(super) tier: Option<String>,
    pub(super) year: Option<String>,
    pub(super) to: Option<String>,
    pub(super) from: Option<String>,
    pub(super) reach: f64,
    pub(super) gained: f64,
    pub(super) lost: f64,
    pub(super) shared: f64,
    pub(super) cost: f64,
    pub(super) quotas: String,
    pub(super) visits: Option<f64>,
}

impl Said {
    /// As a decision that is taken already.
    fn pin(&self) -> String {
        let part = |p: &Option<String>| p.clone().unwrap_or_default();
        let tier = if STAY.contains(&self.decision.as_str()) { String::new() } else { part(&self.tier) };
        // To open a paused place again is to build it, to the engine.
        let decision = if self.decision == "reopen" { "build" } else { &self.decision };
        format!("{}|{decision}|{tier}|{}|{}", self.id, part(&self.year), part(&self.to))
    }

    /// Whether it stands on the register, paused or not.
    fn registered(&self) -> bool {
        self.kind == "station"
    }

    /// That nothing is to become of it.
    fn stay(&self) -> String {
        format!("{}|{}|||", self.id, if self.now.is_some() { "keep" } else { "leave" })
    }
}

/// The places of an answer.
pub(super) fn said(answer: &Value) -> Result<Vec<Said>, Problem> {
    match &answer["places"] {
        Value::Null => Ok(Vec::new()),
        places => Ok(serde_json::from_value(places.clone())?),
    }
}

struct Line {
    name: String,
    code: String,
    link: String,
    what: String,
    year: String,
    why: String,
    cost: String,
    /// As a pin; that nothing is to become of it; which of them is fixed now.
    pin: String,
    stay: String,
    fixed: &'static str,
}

struct YearLine {
    year: String,
    open: Vec<usize>,
    changes: [i64; 3],
    spent: String,
    running: String,
}

struct QuotaLine {
    name: String,
    asked: String,
    before: String,
    after: String,
    binds: bool,
}

#[derive(Template)]
#[template(path = "layout/show.html")]
struct ShowPage {
    shell: Shell,
    id: LayoutId,
    kind: String,
    name: String,
    state: String,
    synthetic: bool,
    why_not: Vec<String>,
    gap: String,
    optimal: bool,
    seconds: String,
    tiers: Vec<String>,
    years: Vec<YearLine>,
    /// Kind and band, people, now, in the end.
    layers: Vec<[String; 4]>,
    quotas: Vec<QuotaLine>,
    counts: Vec<(&'static str, usize)>,
    what: String,
    lines: Vec<Line>,
    more: usize,
    others: Vec<(LayoutId, String)>,
    people: Vec<(AccountId, String)>,
    due: Vec<(String, String, usize)>,
    commitment: Option<CommitmentId>,
    /// Where it is of several counties, how many of them have no list yet after it was approved.
    lists: Option<usize>,
    /// Of the changes of an approved plan: done by the register, in all.
    done: Option<(usize, usize)>,
    supervisor: bool,
    seat: [f64; 2],
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    what: String,
}

/// Lines that the page shows; all stand in the table.
const SHOWN: usize = 200;

/// What becomes of a place, in words.
pub(super) fn what(t: &T, network: &Network, said: &Said, names: &BTreeMap<String, String>) -> String {
    let tier = said.tier.as_deref().and_then(|c| called(&network.tiers, c, t.lang)).unwrap_or_default();
    let name = |id: &Option<String>| {
        id.as_ref().map_or_else(String::new, |id| names.get(id).cloned().unwrap_or_else(|| id.clone()))
    };
    match said.decision.as_str() {
        "upgrade" => t.v("becomes-upgrade", tier),
        "build" if said.from.is_some() => t.ab("becomes-build-from", tier, name(&said.from)),
        "build" => t.v("becomes-build", tier),
        "adjust" => t.v("becomes-adjust", name(&said.to)),
        other => t.s(format!("becomes-{other}")),
    }
}

/// Why, in words: people who gain and lose, who have another place, the rules that it is needed for.
fn why(t: &T, network: &zhida_pack::layout::Spec, said: &Said) -> String {
    let mut parts = vec![t.n("why-reach", rounded(said.reach))];
    for (key, people) in [("why-gained", said.gained), ("why-lost", said.lost), ("why-shared", said.shared)] {
        if people >= 0.5 {
            parts.push(t.n(key, rounded(people)));
        }
    }
    if let Some(visits) = said.visits.filter(|_| said.registered()) {
        parts.push(t.n("why-visits", rounded(visits)));
    }
    let rules = said.quotas.split("; ").filter(|q| !q.is_empty()).map(|quota| {
        let (rule, area) = quota.split_once(": ").map_or((quota, ""), |(rule, area)| (rule, area));
        let label = network.quotas.iter().find(|q| q.name == rule).and_then(|q| q.label.as_ref());
        let words = label.map_or(rule, |l| l.get(t.lang));
        if area.is_empty() { words.to_owned() } else { format!("{words} ({area})") }
    });
    let rules: Vec<String> = rules.collect();
    if !rules.is_empty() {
        parts.push(t.v("why-quotas", t.list(&rules)));
    }
    parts.join(if t.zh() { "；" } else { "; " })
}

#[expect(clippy::cast_possible_truncation, reason = "a number of people")]
fn rounded(x: f64) -> i64 {
    x.round() as i64
}

fn money(value: &Value) -> String {
    value.as_f64().map_or_else(String::new, |v| format!("{v:.0}"))
}

/// A plan with what came out of it.
pub(super) async fn answered(o: &Officer, id: LayoutId) -> Result<(Model, Value), Problem> {
    let row = store::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let answer = if row.answer.is_empty() { Value::Null } else { serde_json::from_str(&row.answer)? };
    Ok((row, answer))
}

fn year_lines(answer: &Value, tiers: &[zhida_pack::PlaceTier], t: &T) -> Vec<YearLine> {
    let line = |year: &Value| {
        let count = |key: &str| year[key].as_i64().unwrap_or(0);
        let open = |tier: &zhida_pack::PlaceTier| {
            usize::try_from(year["open"][&tier.code].as_u64().unwrap_or(0)).unwrap_or(0)
        };
        let name = year["year"].as_str().unwrap_or_default();
        YearLine {
            year: if name == "now" { t.s("layout-now") } else { name.to_owned() },
            open: tiers.iter().map(open).collect(),
            changes: [count("upgrades"), count("builds"), count("closures")],
            spent: money(&year["spent"]),
            running: money(&year["running"]),
        }
    };
    answer["years"].as_array().into_iter().flatten().map(line).collect()
}

/// The people of each layer, served now and in the end, in percent.
fn layer_lines(answer: &Value, spec: &zhida_pack::layout::Spec, t: &T) -> Vec<[String; 4]> {
    let last = answer["years"].as_array().and_then(|y| y.last()).cloned().unwrap_or_default();
    let all = answer["layers"].as_array().into_iter().flatten().filter(|l| !l["hours"].is_null());
    all.map(|layer| {
        let name = layer["name"].as_str().unwrap_or_default();
        let (kind, band) = name.split_once('@').unwrap_or((name, ""));
        let people = layer["people"].as_f64().unwrap_or(0.0);
        let share = |year: &Value| percent(year["served"][name].as_f64().unwrap_or(0.0) / people.max(1e-12));
        let words = format!("{} · {}", spec.kind(kind, t.lang), spec.band(band, t.lang));
        [words, format!("{people:.0}"), share(&answer["years"][0]), share(&last)]
    })
    .collect()
}

fn quota_lines(answer: &Value, spec: &zhida_pack::layout::Spec, t: &T) -> Vec<QuotaLine> {
    let line = |quota: &Value| {
        let name = quota["name"].as_str().unwrap_or_default();
        let label = spec.quotas.iter().find(|q| q.name == name).and_then(|q| q.label.as_ref());
        let number = |key: &str| format!("{:.0}", quota[key].as_f64().unwrap_or(0.0));
        QuotaLine {
            name: label.map_or_else(|| name.to_owned(), |l| l.get(t.lang).to_owned()),
            asked: number("asked"),
            before: number("before"),
            after: number("after"),
            binds: quota["binds"].as_bool().unwrap_or(false),
        }
    };
    answer["quotas"].as_array().into_iter().flatten().map(line).collect()
}

/// What people decided before, by place.
fn pinned(files: &Files) -> BTreeMap<String, String> {
    let text = files.get("decisions.csv").map_or("", String::as_str);
    let rows = csv::Reader::from_reader(text.as_bytes()).into_records();
    let pin = |row: csv::StringRecord| {
        (row.get(0).unwrap_or_default().to_owned(), row.get(1).unwrap_or_default().to_owned())
    };
    rows.filter_map(Result::ok).map(pin).collect()
}

/// The ids of places with their names.
pub(super) fn names(all: &[Said]) -> BTreeMap<String, String> {
    all.iter()
        .map(|s| (s.id.clone(), if s.name.is_empty() { s.id.clone() } else { s.name.clone() }))
        .collect()
}

async fn show(o: Officer, Path(id): Path<LayoutId>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let (row, answer) = answered(&o, id).await?;
    let (network, spec) = planned(&o.app, &row.kind)?;
    let shell = o.shell("places");
    let t = &shell.t;
    let files: Files = serde_json::from_str(&row.files)?;
    let pins = pinned(&files);
    let all = said(&answer)?;
    let names = names(&all);
    let count = |decision: &'static str| (decision, all.iter().filter(|s| s.decision == decision).count());
    let counts = DECISIONS.map(count).into_iter().filter(|(_, n)| *n > 0).collect();
    let wanted = |s: &&Said| match asked.what.as_str() {
        "" => !STAY.contains(&s.decision.as_str()) || pins.contains_key(&s.id),
        what => s.decision == what,
    };
    let mut chosen: Vec<&Said> = all.iter().filter(wanted).collect();
    let rank = |s: &Said| DECISIONS.iter().position(|d| *d == s.decision);
    chosen.sort_by(|a, b| {
        (a.year.as_deref(), rank(a)).cmp(&(b.year.as_deref(), rank(b))).then(b.gained.total_cmp(&a.gained))
    });
    let more = chosen.len().saturating_sub(SHOWN);
    let line = |s: &&Said| Line {
        name: names.get(&s.id).cloned().unwrap_or_default(),
        code: if s.registered() { s.id.clone() } else { String::new() },
        link: if s.registered() { format!("/s/{}", s.id) } else { String::new() },
        what: what(t, network, s, &names),
        year: s.year.clone().unwrap_or_default(),
        why: why(t, spec, s),
        cost: format!("{:.0}", s.cost),
        pin: s.pin(),
        stay: s.stay(),
        fixed: match pins.get(&s.id).map(String::as_str) {
            None => "",
            Some("keep" | "leave") => "stay",
            Some(_) => "pin",
        },
    };
    let lines = chosen.iter().take(SHOWN).map(line).collect();
    let done =
        if row.state == "approved" { Some(approve::done(&o, network, &all, &files).await?) } else { None };
    let others = store::list(&o.app.db, &o.county, &row.kind).await?;
    let others = others.into_iter().filter(|l| l.0 != id && ["ready", "approved"].contains(&l.2.as_str()));
    let supervisor = o.require(Role::Supervisor).is_ok();
    let people = account::workers(&o.app.db, &o.county).await?.into_iter().map(|a| (a.id, a.name)).collect();
    let why_not = answer["infeasible"].as_array().into_iter().flatten().filter_map(Value::as_str);
    page(&ShowPage {
        id,
        kind: row.kind.clone(),
        name: row.name.clone(),
        state: row.state.clone(),
        synthetic: row.origin == "synthetic",
        why_not: why_not.map(str::to_owned).collect(),
        gap: format!("{:.2} %", answer["gap"].as_f64().unwrap_or(0.0) * 100.0),
        optimal: answer["optimal"].as_bool().unwrap_or(false),
        seconds: format!("{:.1}", answer["seconds"].as_f64().unwrap_or(0.0)),
        tiers: network.tiers.iter().map(|x| x.label.get(o.lang).to_owned()).collect(),
        years: year_lines(&answer, &network.tiers, t),
        layers: layer_lines(&answer, spec, t),
        quotas: quota_lines(&answer, spec, t),
        counts,
        what: asked.what,
        lines,
        more,
        others: others.map(|l| (l.0, l.1)).collect(),
        people,
        due: approve::years(&all),
        commitment: row.commitment_id,
        lists: lists(&o, &row, &all, &files).await?,
        done,
        supervisor,
        seat: Area::of(&o).middle(&o.app.regions),
        shell,
    })
}

/// Where a plan is of several counties, how many of them have no list yet after it was approved.
async fn lists(o: &Officer, row: &Model, all: &[Said], files: &Files) -> Result<Option<usize>, Problem> {
    if !Area::of(o).several() {
        return Ok(None);
    }
    let open = row.state == "approved";
    let missing = if open { approve::not_handed_out(o, row, all, files).await?.len() } else { 0 };
    Ok(Some(missing))
}

/// The colour and size of a decision on the map.
fn look(decision: &str) -> Option<(&'static str, f64)> {
    Some(match decision {
        "keep" => ("#8a94a6", 5.0),
        "upgrade" => ("#1d5fbf", 8.0),
        "build" | "reopen" => ("#1d6b3a", 8.0),
        "adjust" => ("#7a3aa8", 8.0),
        "close" => ("#b3261e", 8.0),
        _ => return None,
    })
}

async fn map(o: Officer, Path(id): Path<LayoutId>) -> Result<Response, Problem> {
    let (row, answer) = answered(&o, id).await?;
    let (network, spec) = planned(&o.app, &row.kind)?;
    let files: Files = serde_json::from_str(&row.files)?;
    let t = o.shell("").t;
    let at = super::files::positions(&files);
    let all = said(&answer)?;
    let names = names(&all);
    let mut features = Vec::new();
    for s in &all {
        let (Some(look), Some(at)) = (look(&s.decision), at.get(&s.id)) else { continue };
        let name = names.get(&s.id).map_or("", String::as_str);
        let year = s.year.as_deref().unwrap_or_default();
        let words = format!("{name}\n{year} {}\n{}", what(&t, network, s, &names), why(&t, spec, s));
        features.push(mark(*at, &words, look, s.registered().then(|| format!("/s/{}", s.id))));
    }
    Ok(marks(features))
}

/// The list of an office: what is to be done where until when, and why.
async fn sheet(o: Officer, Path(id): Path<LayoutId>) -> Result<Response, Problem> {
    let (row, answer) = answered(&o, id).await?;
    let (network, spec) = planned(&o.app, &row.kind)?;
    let t = o.shell("").t;
    let all = said(&answer)?;
    let names = names(&all);
    let owners = approve::owners(&o, &row).await?;
    let files: Files = serde_json::from_str(&row.files)?;
    let (counties, several) = (super::area::counties(&files), Area::of(&o).several());
    let head = [
        "county",
        "place-code",
        "place-name",
        "layout-what",
        "layout-until",
        "layout-unit",
        "layout-person",
        "layout-cost",
        "layout-why",
    ];
    let head = head.map(|key| t.s(key));
    let mut rows: Vec<Vec<String>> = Vec::new();
    for s in all.iter().filter(|s| !STAY.contains(&s.decision.as_str())) {
        let county = counties.get(&s.id).map_or("", |c| c.0.as_str());
        let year = s.year.as_deref().unwrap_or_default();
        let owner = owners.get(if several { county } else { year });
        rows.push(vec![
            o.app.regions.name(county).unwrap_or_default().to_owned(),
            if s.registered() { s.id.clone() } else { String::new() },
            names.get(&s.id).cloned().unwrap_or_default(),
            what(&t, network, s, &names),
            owner.filter(|_| !several).map_or_else(|| year.to_owned(), |own| own.until.clone()),
            owner.map_or_else(String::new, |own| own.unit.clone()),
            owner.map_or_else(String::new, |own| own.person.clone()),
            format!("{:.0}", s.cost),
            why(&t, spec, s),
        ]);
    }
    rows.sort_by(|a, b| (&a[0], &a[4]).cmp(&(&b[0], &b[4])));
    let mut write = o.write().await?;
    write.note("layout-exported", Subject::new("layout", id), json!({ "rows": rows.len() })).await?;
    write.commit().await?;
    download::xlsx("layout", &head, &rows)
}

/// All that went in and came out, so that anybody can run and check it: `zhida site plan`, `zhida site verify`.
async fn zip(o: Officer, Path(id): Path<LayoutId>) -> Result<Response, Problem> {
    let (row, _) = answered(&o, id).await?;
    let mut files: Files = serde_json::from_str(&row.files)?;
    files.insert("ANSWER.json".to_owned(), row.answer);
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let fault = |e: zip::result::ZipError| Problem::Internal(e.into());
    for (name, text) in &files {
        out.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).map_err(fault)?;
        out.write_all(text.as_bytes()).map_err(anyhow::Error::from)?;
    }
    let bytes = out.finish().map_err(fault)?.into_inner();
    let mut write = o.write().await?;
    write.note("layout-exported", Subject::new("layout", id), json!({ "files": files.len() })).await?;
    write.commit().await?;
    let disposition = "attachment; filename=\"layout.zip\"";
    Ok(([(header::CONTENT_TYPE, "application/zip"), (header::CONTENT_DISPOSITION, disposition)], bytes)
        .into_response())
}

/// Makes a plan that waits: its task was stopped.
async fn again(
    o: Officer,
    Path(id): Path<LayoutId>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let (row, _) = answered(&o, id).await?;
    if row.state != "waiting" {
        return Err(Problem::Conflict("fault-changed"));
    }
    let write = o.write().await?;
    let task = task::start(&write, "layout-run", &json!({ "layout": id })).await?;
    write.commit().await?;
    Ok(Redirect::to(&format!("/tasks/{task}")).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ApproveForm {
    year: Vec<String>,
    person: Vec<String>,
    until: Vec<String>,
}

async fn approve_it(
    o: Officer,
    Path(id): Path<LayoutId>,
    Form(form): Form<ApproveForm>,
) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let (row, answer) = answered(&o, id).await?;
    let (network, _) = planned(&o.app, &row.kind)?;
    let all = said(&answer)?;
    let mut shares = Vec::new();
    for (at, year) in form.year.iter().enumerate() {
        let person = form.person.get(at).and_then(|p| p.parse::<AccountId>().ok());
        let until = form.until.get(at).map_or("", String::as_str);
        shares.push((year.clone(), person, until.to_owned()));
    }
    let commitment = if Area::of(&o).several() {
        let files: Files = serde_json::from_str(&row.files)?;
        approve::approve_area(&o, (&row, &answer), (&all, &files), network, &shares).await?
    } else {
        approve::approve(&o, (&row, &answer), network, &all, &shares).await?
    };
    Ok(to(&format!("/commitments/{commitment}"), "layout-approved"))
}

#[derive(Debug, Deserialize)]
struct Two {
    a: LayoutId,
    b: LayoutId,
}

struct Difference {
    name: String,
    a: String,
    b: String,
}

#[derive(Template)]
#[template(path = "layout/compare.html")]
struct ComparePage {
    shell: Shell,
    a: (LayoutId, String),
    b: (LayoutId, String),
    /// What is compared, in both.
    figures: Vec<[String; 3]>,
    differ: Vec<Difference>,
    more: usize,
}

async fn compare(o: Officer, Query(two): Query<Two>) -> Result<Response, Problem> {
    let (left_row, first) = answered(&o, two.a).await?;
    let (right_row, second) = answered(&o, two.b).await?;
    if left_row.kind != right_row.kind {
        return Err(Problem::NotFound);
    }
    let (network, spec) = planned(&o.app, &left_row.kind)?;
    let shell = o.shell("places");
    let t = &shell.t;
    let spent = |answer: &Value| {
        let years = answer["years"].as_array().into_iter().flatten();
        format!("{:.0}", years.filter_map(|y| y["spent"].as_f64()).sum::<f64>())
    };
    let gap = |answer: &Value| format!("{:.2} %", answer["gap"].as_f64().unwrap_or(0.0) * 100.0);
    let mut figures = vec![
        [t.s("layout-spent"), spent(&first), spent(&second)],
        [t.s("layout-gap"), gap(&first), gap(&second)],
    ];
    let (one, other) = (said(&first)?, said(&second)?);
    for decision in DECISIONS {
        let n = |all: &[Said]| all.iter().filter(|s| s.decision == decision).count().to_string();
        figures.push([t.s(format!("decided-{decision}")), n(&one), n(&other)]);
    }
    let layers = layer_lines(&second, spec, t);
    for [name, _, _, after] in layer_lines(&first, spec, t) {
        let there = layers.iter().find(|l| l[0] == name).map_or_else(String::new, |l| l[3].clone());
        figures.push([name, after, there]);
    }
    let (mut known, mut differ) = (names(&one), Vec::new());
    known.extend(names(&other));
    let words = |s: &Said| {
        let year = s.year.as_deref().unwrap_or_default();
        format!("{year} {}", what(t, network, s, &known)).trim().to_owned()
    };
    let of = |all: &[Said]| all.iter().map(|s| (s.id.clone(), words(s))).collect::<BTreeMap<_, _>>();
    let (left, right) = (of(&one), of(&other));
    let ids: std::collections::BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    for id in ids {
        let side = |all: &BTreeMap<String, String>| all.get(id).cloned().unwrap_or_else(|| "—".to_owned());
        if left.get(id) != right.get(id) {
            let name = known.get(id).cloned().unwrap_or_default();
            differ.push(Difference { name, a: side(&left), b: side(&right) });
        }
    }
    let more = differ.len().saturating_sub(SHOWN);
    differ.truncate(SHOWN);
    let (a, b) = ((left_row.id, left_row.name), (right_row.id, right_row.name));
    page(&ComparePage { shell, a, b, figures, differ, more })
}
