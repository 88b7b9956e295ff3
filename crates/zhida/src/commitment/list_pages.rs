//! The list of commitments as a table, a timetable and a map; its export.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use zhida_types::Day;

use super::entity::commitment;
use super::store::{self, Wanted};
use super::{LIGHTS, refresh, table};
use crate::app::App;
use crate::ids::{CommitmentId, CountyId};
use crate::problem::Problem;
use crate::texts::T;
use crate::web::extract::{Query, behind};
use crate::web::{Officer, Shell, TownMap, download, page};

/// The list and its export.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/commitments", get(list)).route("/commitments.xlsx", get(xlsx))
}

const PER_PAGE: usize = 100;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    view: String,
    light: String,
    list: String,
    whose: String,
    q: String,
    soft: String,
    after: String,
}

impl ListQuery {
    fn wanted(&self, o: &Officer) -> Wanted {
        Wanted {
            state: if self.light == "closed" { "done" } else { "open" }.to_owned(),
            light: if ["red", "yellow", "green", "blue", "grey"].contains(&self.light.as_str()) {
                self.light.clone()
            } else {
                String::new()
            },
            list: self.list.clone(),
            person: (self.whose == "mine").then_some(o.id),
            unit: (self.whose == "unit").then_some(o.unit),
            soft: self.soft == "yes",
            roots: self.whose.is_empty() && self.q.is_empty(),
            text: self.q.trim().to_owned(),
        }
    }

    fn address(&self) -> String {
        let pairs = [
            ("light", &self.light),
            ("list", &self.list),
            ("whose", &self.whose),
            ("q", &self.q),
            ("soft", &self.soft),
        ];
        let pairs: Vec<_> = pairs.into_iter().filter(|(_, v)| !v.is_empty()).collect();
        serde_html_form::to_string(pairs).unwrap_or_default()
    }
}

/// A commitment as lists and trees show it.
pub(super) struct Line {
    pub(super) id: CommitmentId,
    pub(super) no: String,
    pub(super) title: String,
    pub(super) who: String,
    pub(super) target: String,
    pub(super) done: String,
    pub(super) percent: i64,
    pub(super) planned: i64,
    pub(super) light: String,
    pub(super) soft: bool,
    pub(super) until: String,
    /// Where its bar begins and how long it is, in percent of the timetable.
    pub(super) bar: (i64, i64),
    /// Its steps: where, title, whether reached.
    pub(super) steps: Vec<(i64, String, bool)>,
    /// What the plan before came to.
    pub(super) before: Option<(CommitmentId, String)>,
}

/// The place where a commitment is owed.
pub(super) fn who(app: &App, c: &commitment::Model) -> String {
    let region = app.regions.name(&c.region).unwrap_or(&c.region);
    if c.person_name.is_empty() { region.to_owned() } else { format!("{region} · {}", c.person_name) }
}

pub(super) fn line(app: &App, t: &T, c: &commitment::Model) -> Line {
    Line {
        id: c.id,
        no: c.no.clone(),
        title: c.title.clone(),
        who: who(app, c),
        target: table::target(t, c),
        done: table::both_done(t, c, (c.actual, c.actual2)),
        percent: refresh::share_done(c) / 10,
        planned: c.planned / 10,
        light: if c.state == "done" { "closed".to_owned() } else { c.light.clone() },
        soft: c.soft,
        until: c.until_day.to_string(),
        bar: (0, 100),
        steps: Vec::new(),
        before: None,
    }
}

/// What commitments of the plan before came to, by its id, for those that carry one on.
pub(super) async fn before(
    app: &App,
    t: &T,
    all: &[commitment::Model],
) -> Result<BTreeMap<CommitmentId, String>, Problem> {
    let mut by_county: BTreeMap<&CountyId, Vec<CommitmentId>> = BTreeMap::new();
    for c in all {
        by_county.entry(&c.county).or_default().extend(c.rolled_from);
    }
    let mut found = BTreeMap::new();
    for (county, ids) in by_county.into_iter().filter(|(_, ids)| !ids.is_empty()) {
        let year = |c: &commitment::Model| {
            let done = table::both_done(t, c, (c.actual, c.actual2));
            format!("{} {done} / {}", c.until_day.format("%Y"), table::target(t, c))
        };
        found.extend(store::by_ids(&app.db, county, &ids).await?.iter().map(|c| (c.id, year(c))));
    }
    Ok(found)
}

/// The span of a timetable.
struct Span(Day, Day);

impl Span {
    fn of(all: &[commitment::Model]) -> Option<Self> {
        let from = all.iter().map(|c| c.from_day).min()?;
        let until = all.iter().map(|c| c.until_day).max()?;
        Some(Self(Day(from), Day(until)))
    }

    fn at(&self, day: Day) -> i64 {
        let all = i64::from(self.1.epoch() - self.0.epoch()).max(1);
        (i64::from(day.epoch() - self.0.epoch()) * 100 / all).clamp(0, 100)
    }

    /// The first days of months: where, and how they are called; every third where there are many.
    fn months(&self) -> Vec<(i64, String)> {
        let mut months = Vec::new();
        let mut month = zhida_types::Period::month_of(self.0);
        let long = self.1.epoch() - self.0.epoch() > 500;
        for n in 0..120 {
            let first = month.first();
            if first > self.1 {
                break;
            }
            if first >= self.0 && (!long || n % 3 == 0) {
                months.push((self.at(first), month.to_string()));
            }
            month = zhida_types::Period::month_of(month.last().plus_days(1));
        }
        months
    }
}

#[derive(Template)]
#[template(path = "commitment/list.html")]
struct ListPage {
    shell: Shell,
    query: ListQuery,
    lists: Vec<(String, String)>,
    counts: Vec<(&'static str, i64)>,
    lines: Vec<Line>,
    months: Vec<(i64, String)>,
    today: Option<i64>,
    map: Option<TownMap>,
    places: Vec<(String, usize, usize)>,
    next: String,
    /// Whether any carries on what was promised before.
    carried: bool,
}

/// What the lights mean, by the first pack that says so.
pub(super) fn light_names(o: &Officer) -> Vec<(String, String)> {
    let lights = o.app.lights().map(|(_, l)| l);
    let all = lights.into_iter().flat_map(|l| &l.lights);
    all.map(|l| (l.colour.clone(), l.label.get(o.lang).to_owned())).collect()
}

pub(super) fn lists(o: &Officer) -> Vec<(String, String)> {
    let all = o.app.packs().flat_map(|p| &p.commitments);
    all.map(|l| (l.code.clone(), l.title.get(o.lang).to_owned())).collect()
}

fn map(o: &Officer, t: &T, all: &[commitment::Model]) -> (Option<TownMap>, Vec<(String, usize, usize)>) {
    let red = |code: &str| {
        let of = |c: &&commitment::Model| c.region.starts_with(code);
        let here = all.iter().filter(of).count();
        (here, all.iter().filter(of).filter(|c| c.light == "red").count())
    };
    let towns: Vec<(&str, &str)> = o.app.regions.towns(&o.county.0).collect();
    let counts: Vec<(&str, &str, i64)> =
        towns.iter().map(|(code, name)| (*code, *name, i64::try_from(red(code).1).unwrap_or(0))).collect();
    let map = TownMap::new(&o.app.regions, t, counts.iter().copied(), |_| {
        "/commitments?light=red&whose=unit".to_owned()
    });
    let mut regions: Vec<String> = all.iter().map(|c| c.region.clone()).collect();
    regions.sort();
    regions.dedup();
    let place = |code: String| {
        let exact = all.iter().filter(|c| c.region == code);
        let (n, bad) = (exact.clone().count(), exact.filter(|c| c.light == "red").count());
        (o.app.regions.name(&code).unwrap_or(&code).to_owned(), n, bad)
    };
    (map, regions.into_iter().map(place).collect())
}

async fn list(o: Officer, Query(query): Query<ListQuery>) -> Result<Response, Problem> {
    let after = behind(&query.after);
    let mut wanted = query.wanted(&o);
    if query.view == "map" {
        wanted.roots = false;
    }
    let limit = if query.view == "map" { 5_000 } else { PER_PAGE + 1 };
    let scope = (&o.county, &o.region);
    let limit64 = u64::try_from(limit).unwrap_or(u64::MAX);
    let mut found = store::list(&o.app.db, scope, &wanted, after, limit64).await?;
    let shell = o.shell("commitments");
    let (map, places) = if query.view == "map" { map(&o, &shell.t, &found) } else { (None, Vec::new()) };
    let more = found.len() > PER_PAGE;
    found.truncate(PER_PAGE);
    let next = found.last().filter(|_| more && query.view != "map").map_or_else(String::new, |c| {
        format!("/commitments?view={}&{}&after={}_{}", query.view, query.address(), c.until_day, c.id)
    });
    let span = Span::of(&found);
    let before = before(&o.app, &shell.t, &found).await?;
    let mut lines: Vec<Line> = found.iter().map(|c| line(&o.app, &shell.t, c)).collect();
    for (line, c) in lines.iter_mut().zip(&found) {
        line.before = c.rolled_from.and_then(|id| Some((id, before.get(&id)?.clone())));
    }
    let carried = !before.is_empty();
    let (mut months, mut today) = (Vec::new(), None);
    if let Some(span) = span.filter(|_| query.view == "gantt") {
        let mut by_county: BTreeMap<CountyId, Vec<CommitmentId>> = BTreeMap::new();
        for c in &found {
            by_county.entry(c.county.clone()).or_default().push(c.id);
        }
        let mut steps = BTreeMap::new();
        for (county, ids) in &by_county {
            steps.extend(store::milestones(&o.app.db, county, ids).await?);
        }
        for (line, c) in lines.iter_mut().zip(&found) {
            let from = span.at(Day(c.from_day));
            line.bar = (from, (span.at(Day(c.until_day)) - from).max(1));
            let own = steps.get(&c.id).into_iter().flatten();
            line.steps = own.map(|m| (span.at(Day(m.due)), m.title.clone(), m.done_on.is_some())).collect();
        }
        months = span.months();
        let now = o.app.clock.today();
        today = (now >= span.0 && now <= span.1).then(|| span.at(now));
    }
    let counted = super::scope::lights(&o.app.db, &o.county, &o.region, &LIGHTS).await?;
    let counts = LIGHTS.into_iter().zip(counted).collect();
    page(&ListPage {
        lists: lists(&o),
        counts,
        lines,
        months,
        today,
        map,
        places,
        next,
        carried,
        query,
        shell,
    })
}

async fn xlsx(o: Officer, Query(query): Query<ListQuery>) -> Result<Response, Problem> {
    let t = o.shell("").t;
    let found = store::list(&o.app.db, (&o.county, &o.region), &query.wanted(&o), None, 100_000).await?;
    let heads = [
        "item-no",
        "commitment",
        "owes",
        "target",
        "done",
        "percent-done",
        "percent-planned",
        "light",
        "until",
    ];
    let row = |c: &commitment::Model| {
        let l = line(&o.app, &t, c);
        let light = t.s(format!("light-{}", l.light));
        vec![
            l.no,
            l.title,
            l.who,
            l.target,
            l.done,
            l.percent.to_string(),
            l.planned.to_string(),
            light,
            l.until,
        ]
    };
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    download::xlsx("commitments", &heads.map(|h| t.s(h)), &rows)
}
