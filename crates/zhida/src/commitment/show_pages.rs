//! One commitment: what is promised and done, its curve, its tree, who owes what, reports, steps, changes.

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::{get, post};
use sea_orm::sea_query::Expr;
use serde::Deserialize;
use zhida_types::{Day, Quantity, RegionCode};

use super::entity::commitment;
use super::list_pages::{Line, before, light_names, line, who};
use super::progress::{Report, decide, report};
use super::{curve, refresh, scope, store, table};
use crate::account::Role;
use crate::app::App;
use crate::clock::shown;
use crate::ids::{CommitmentId, MilestoneId, ProgressId};
use crate::journal::{Subject, Write};
use crate::photo;
use crate::problem::Problem;
use crate::web::extract::{Form, Nothing, Path, Upload, day};
use crate::web::{Officer, Shell, UPLOAD_BYTES, line_chart_of, page, to};

/// The page of one, and what is done on it every month.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/commitments/{id}", get(show))
        .route("/commitments/{id}/progress", post(progress).layer(DefaultBodyLimit::max(UPLOAD_BYTES)))
        .route("/commitments/{id}/progress/{report}", post(check))
        .route("/commitments/{id}/milestones/{milestone}", post(milestone))
        .route("/commitments/{id}/tell", post(tell))
        .route("/commitments/{id}/explain", post(explain))
}

/// A commitment that the officer may see, wherever it lives.
pub(super) async fn found(o: &Officer, id: CommitmentId) -> Result<commitment::Model, Problem> {
    store::seen(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)
}

/// A transaction in the county that owes a commitment.
pub(super) async fn write_for(o: &Officer, c: &commitment::Model) -> Result<Write, Problem> {
    Ok(Write::begin(&o.app.db, &c.county, &o.actor(), o.app.clock.now()).await?)
}

/// Changes a commitment that is still in the version that the form was made from.
pub(super) async fn apply(
    o: &Officer,
    c: &commitment::Model,
    version: i64,
    (values, changed): store::Changes,
    cause: &str,
) -> Result<Response, Problem> {
    if version != c.version {
        return Err(Problem::Conflict("fault-changed"));
    }
    let mut write = write_for(o, c).await?;
    store::change(&mut write, c, values, &changed, cause).await?;
    write.commit().await?;
    refresh::relight(&o.app, &c.county, o.app.clock.today()).await?;
    Ok(to(&format!("/commitments/{}", c.id), "saved"))
}

/// A node of the tree below.
struct Node {
    depth: usize,
    line: Line,
    told: bool,
    seen: bool,
}

struct ReportLine {
    id: ProgressId,
    day: String,
    value: String,
    words: String,
    photos: Vec<String>,
    who: String,
    state: String,
    checked: String,
    may_check: bool,
}

struct Step {
    id: MilestoneId,
    title: String,
    due: String,
    done_on: String,
    late: bool,
}

struct Change {
    at: String,
    who: String,
    field: String,
    before: String,
    after: String,
    cause: String,
}

#[derive(Template)]
#[template(path = "commitment/show.html")]
#[expect(clippy::struct_excessive_bools, reason = "what a page shows or not")]
struct ShowPage {
    shell: Shell,
    c: commitment::Model,
    l: Line,
    light_name: String,
    duties: Vec<(&'static str, String)>,
    unit: String,
    parent: Option<(CommitmentId, String)>,
    chart: String,
    nodes: Vec<Node>,
    sum: String,
    sum_fits: bool,
    reports: Vec<ReportLine>,
    steps: Vec<Step>,
    changes: Vec<Change>,
    indicator: String,
    indicator_page: String,
    may_report: bool,
    may_tell: bool,
    own: bool,
    today: String,
    second: String,
}

/// Levels of the tree that a page shows.
const LEVELS: usize = 4;
/// Nodes that a page shows.
const NODES: usize = 400;

async fn tree(o: &Officer, shell: &Shell, root: &commitment::Model) -> Result<Vec<Node>, Problem> {
    let mut levels = vec![std::collections::BTreeMap::new()];
    let mut parents = vec![root.id];
    for _ in 0..LEVELS {
        let below = store::children(&o.app.db, &parents).await?;
        parents = below.values().flatten().map(|c| c.id).take(NODES).collect();
        let empty = below.is_empty();
        levels.push(below);
        if empty {
            break;
        }
    }
    let mut nodes = Vec::new();
    let mut stack: Vec<(usize, commitment::Model)> = Vec::new();
    let push = |depth: usize, id: CommitmentId, stack: &mut Vec<(usize, commitment::Model)>| {
        let below = levels.get(depth).and_then(|l| l.get(&id)).into_iter().flatten();
        stack.extend(below.rev().map(|c| (depth, c.clone())));
    };
    push(1, root.id, &mut stack);
    while let Some((depth, c)) = stack.pop() {
        if nodes.len() >= NODES {
            break;
        }
        nodes.push(Node {
            depth,
            line: line(&o.app, &shell.t, &c),
            told: c.told_at.is_some(),
            seen: scope::sees(&o.county, &o.region, &c.county),
        });
        push(depth + 1, c.id, &mut stack);
    }
    Ok(nodes)
}

/// The planned curve beside what was done, in percent of the target.
async fn chart(o: &Officer, shell: &Shell, c: &commitment::Model) -> Result<String, Problem> {
    const MARKS: i64 = 24;
    let points = curve::read(&c.curve);
    let (from, until, today) = (Day(c.from_day), Day(c.until_day), o.app.clock.today());
    let readings = store::readings(&o.app.db, &c.county, c.id).await?;
    let days = i64::from(until.epoch() - from.epoch()).max(1);
    let percent = |per_mille: i64| usize::try_from(per_mille / 10).unwrap_or(0);
    let row = |n: i64| {
        let day = from.plus_days(days * n / MARKS);
        let reached = readings.iter().rev().find(|r| r.day <= day.0).map_or(0, |r| r.value);
        let done = Quantity(reached).per_mille_of(Quantity(c.value)).unwrap_or(0);
        // What is to come is not known.
        let done = (from.plus_days(days * (n - 1) / MARKS) < today).then(|| percent(done));
        (f64::from(day.epoch()), vec![Some(percent(curve::planned(&points, from, until, day))), done])
    };
    let rows: Vec<(f64, Vec<Option<usize>>)> = (0..=MARKS).map(row).collect();
    #[expect(clippy::cast_possible_truncation, reason = "a whole number of days, from above")]
    let words =
        |x: f64| Day::from_epoch(x as i32).map_or_else(String::new, |d| d.0.format("%m-%d").to_string());
    let t = &shell.t;
    Ok(line_chart_of(&t.s("curve"), &[t.s("planned"), t.s("done")], &rows, words))
}

fn duty_lines(all: Vec<super::entity::duty::Model>) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    for relation in ["lead", "co", "with", "guide"] {
        let names: Vec<String> =
            all.iter().filter(|d| d.relation == relation).map(|d| d.name.clone()).collect();
        if !names.is_empty() {
            lines.push((relation, names.join("、")));
        }
    }
    lines
}

fn report_lines(
    o: &Officer,
    t: &crate::texts::T,
    c: &commitment::Model,
    all: Vec<super::entity::progress::Model>,
) -> Vec<ReportLine> {
    let me = o.actor().id();
    all.into_iter()
        .map(|r| ReportLine {
            id: r.id,
            day: r.day.to_string(),
            value: table::both_done(t, c, (r.value, r.value2.unwrap_or(0))),
            words: r.words,
            photos: serde_json::from_str(&r.photos).unwrap_or_default(),
            who: r.account_name,
            may_check: r.state == "reported" && r.account != me && c.county == o.county,
            state: r.state,
            checked: if r.checked_by.is_empty() {
                String::new()
            } else {
                format!("{} {}", r.checked_by, r.cause)
            },
        })
        .collect()
}

async fn show(o: Officer, Path(id): Path<CommitmentId>) -> Result<Response, Problem> {
    let c = found(&o, id).await?;
    let shell = o.shell("commitments");
    let t = shell.t.clone();
    let ids = [c.id];
    let duties = store::duties(&o.app.db, &c.county, &ids).await?.remove(&c.id).unwrap_or_default();
    let steps = store::milestones(&o.app.db, &c.county, &ids).await?.remove(&c.id).unwrap_or_default();
    let reports = store::reports(&o.app.db, &c.county, c.id).await?;
    let parent = match c.parent_id {
        Some(parent) => store::seen(&o.app.db, &o.county, &o.region, parent).await?,
        None => None,
    };
    let nodes = tree(&o, &shell, &c).await?;
    let parts = store::children(&o.app.db, &ids).await?.remove(&c.id).unwrap_or_default();
    let values: Vec<_> = parts.iter().map(|p| (Quantity(p.value), p.value2.map(Quantity))).collect();
    let comparator = zhida_types::Comparator::named(&c.comparator).unwrap_or_default();
    let sum_fits =
        super::divide::adds_up(comparator, (Quantity(c.value), c.value2.map(Quantity)), &values).is_ok();
    let unit = match c.unit_id {
        Some(unit) => crate::unit::find(&o.app.db, &c.county, unit).await?.map(|u| u.name),
        None => None,
    };
    let changes = store::revisions(&o.app.db, &c.county, c.id).await?.into_iter().map(|r| Change {
        at: shown(r.at),
        who: r.actor_name,
        field: r.field,
        before: r.before,
        after: r.after,
        cause: r.cause,
    });
    let found = o.app.indicators().find(|(name, _)| *name == c.indicator).map(|(_, i)| i);
    let today = o.app.clock.today();
    let step = |m: super::entity::milestone::Model| Step {
        id: m.id,
        title: m.title,
        due: m.due.to_string(),
        late: m.done_on.is_none() && m.due < today.0,
        done_on: m.done_on.map_or_else(String::new, |d| d.to_string()),
    };
    let own = c.county == o.county;
    let total = |pick: fn(&(Quantity, Option<Quantity>)) -> i64| values.iter().map(pick).sum::<i64>();
    let mut l = line(&o.app, &t, &c);
    let before = before(&o.app, &t, std::slice::from_ref(&c)).await?;
    l.before = before.into_iter().next();
    page(&ShowPage {
        l,
        light_name: light_names(&o)
            .into_iter()
            .find(|(colour, _)| *colour == c.light)
            .map_or_else(|| t.s(format!("light-{}", c.light)), |(_, name)| name),
        duties: duty_lines(duties),
        unit: unit.unwrap_or_default(),
        parent: parent.map(|p| (p.id, format!("{} · {}", who(&o.app, &p), p.title))),
        chart: chart(&o, &shell, &c).await?,
        sum: table::both_done(&t, &c, (total(|v| v.0.0), total(|v| v.1.unwrap_or_default().0))),
        sum_fits: nodes.is_empty() || sum_fits,
        reports: report_lines(&o, &t, &c, reports),
        steps: steps.into_iter().map(step).collect(),
        changes: changes.collect(),
        indicator: found.map_or_else(String::new, |i| i.counting.get(o.lang).to_owned()),
        indicator_page: found.map_or_else(String::new, |i| i.page.clone()),
        may_report: own && c.state == "open" && c.indicator.is_empty() && nodes.is_empty(),
        may_tell: own && c.told_at.is_none() && c.parent_id.is_some(),
        own,
        today: today.to_string(),
        second: if c.value2.is_some() { t.unit_of_count(&c.unit2) } else { String::new() },
        nodes,
        shell,
        c,
    })
}

fn quantity(field: &str, text: &str) -> Result<Quantity, Problem> {
    text.parse().map_err(|_no_number| Problem::field(field, "fault-number", text))
}

async fn progress(o: Officer, Path(id): Path<CommitmentId>, form: Upload) -> Result<Response, Problem> {
    let c = found(&o, id).await?;
    if c.county != o.county {
        return Err(Problem::Forbidden);
    }
    let day = day("day", form.one("day"))?;
    let second = form.one("value2").trim();
    let mut write = write_for(&o, &c).await?;
    let mut photos = Vec::new();
    for file in form.files.iter().filter(|f| f.field == "photos") {
        photos.push(photo::keep(&o.app, &mut write, file.bytes.to_vec()).await?);
    }
    photos.sort();
    photos.dedup();
    let sent = Report {
        day,
        value: quantity("value", form.one("value"))?,
        value2: if second.is_empty() { None } else { Some(quantity("value2", second)?) },
        words: form.one("words").trim().chars().take(1_000).collect(),
        photos,
    };
    report(&o.app, &mut write, &c, sent).await?;
    write.commit().await?;
    Ok(to(&format!("/commitments/{id}"), "progress-reported"))
}

#[derive(Debug, Deserialize)]
struct DecisionForm {
    accept: String,
    #[serde(default)]
    cause: String,
}

async fn check(
    o: Officer,
    Path((id, report)): Path<(CommitmentId, ProgressId)>,
    Form(form): Form<DecisionForm>,
) -> Result<Response, Problem> {
    let c = found(&o, id).await?;
    if c.county != o.county {
        return Err(Problem::Forbidden);
    }
    let mut write = write_for(&o, &c).await?;
    decide(&mut write, &c, report, form.accept == "yes", &form.cause).await?;
    write.commit().await?;
    Ok(to(&format!("/commitments/{id}"), "saved"))
}

#[derive(Debug, Deserialize)]
struct MilestoneForm {
    #[serde(default)]
    done: String,
}

async fn milestone(
    o: Officer,
    Path((id, milestone)): Path<(CommitmentId, MilestoneId)>,
    Form(form): Form<MilestoneForm>,
) -> Result<Response, Problem> {
    let c = found(&o, id).await?;
    if c.county != o.county {
        return Err(Problem::Forbidden);
    }
    let on = if form.done.is_empty() { None } else { Some(day("done", &form.done)?) };
    if on.is_some_and(|d| d > o.app.clock.today()) {
        return Err(Problem::field("done", "fault-future", &form.done));
    }
    let mut write = write_for(&o, &c).await?;
    if !store::reach_milestone(&write, c.id, milestone, on).await? {
        return Err(Problem::NotFound);
    }
    let detail = serde_json::json!({ "milestone": milestone, "on": on });
    write.note("milestone-reached", Subject::new("commitment", c.id), detail).await?;
    write.commit().await?;
    Ok(to(&format!("/commitments/{id}"), "saved"))
}

/// `POST /commitments/{id}/tell`: the office below says that it knows of what was given to it.
async fn tell(
    o: Officer,
    Path(id): Path<CommitmentId>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Problem> {
    let c = found(&o, id).await?;
    if c.county != o.county {
        return Err(Problem::Forbidden);
    }
    if c.told_at.is_some() {
        return Err(Problem::Conflict("fault-changed"));
    }
    let values = vec![
        (commitment::Column::ToldAt, Expr::value(Some(o.app.clock.now()))),
        (commitment::Column::ToldBy, Expr::value(o.name.clone())),
    ];
    let changed = vec![("told", String::new(), o.name.clone())];
    apply(&o, &c, c.version, (values, changed), "").await
}

#[derive(Debug, Deserialize)]
struct ExplainForm {
    words: String,
    version: i64,
}

async fn explain(
    o: Officer,
    Path(id): Path<CommitmentId>,
    Form(form): Form<ExplainForm>,
) -> Result<Response, Problem> {
    let c = found(&o, id).await?;
    if c.county != o.county && o.role < Role::Supervisor {
        return Err(Problem::Forbidden);
    }
    let words: String = form.words.trim().chars().take(500).collect();
    let values = vec![(commitment::Column::Explanation, Expr::value(words.clone()))];
    let changed = vec![("explanation", c.explanation.clone(), words)];
    apply(&o, &c, form.version, (values, changed), "").await
}

/// The region of a commitment.
pub(super) fn region(c: &commitment::Model) -> Result<RegionCode, Problem> {
    Ok(RegionCode::parse(&c.region).map_err(anyhow::Error::from)?)
}
