//! The wall board: the loop's six steps, a map, a trend, what is red; every figure leads to its rows.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;
use zhida_types::{Period, Quantity};

use crate::clock::shown;
use crate::commitment::{self, Measures};
use crate::finding;
use crate::problem::Problem;
use crate::web::{Officer, Shell, TownMap, line_chart_of, page};

/// The six steps of the loop.
const STEPS: [&str; 6] = ["find", "match", "reach", "deliver", "check", "show"];

struct Figure {
    title: String,
    value: String,
    link: String,
    counting: String,
}

struct Step {
    name: &'static str,
    figures: Vec<Figure>,
}

struct Red {
    words: String,
    about: String,
    link: String,
    why: String,
}

#[derive(Template)]
#[template(path = "show/board.html")]
struct BoardPage {
    shell: Shell,
    region: String,
    at: String,
    steps: Vec<Step>,
    lights: Vec<(&'static str, i64)>,
    map: Option<TownMap>,
    below: Vec<(String, Vec<i64>)>,
    chart: String,
    red: Vec<Red>,
}

fn steps(o: &Officer, shell: &Shell, measures: &Measures) -> Vec<Step> {
    let of = |step: &'static str| {
        let all = o.app.indicators().filter(|(_, i)| i.step.as_deref() == Some(step));
        let figures = all.map(|(name, i)| {
            let value = measures.get(&(name, String::new(), String::new())).copied().unwrap_or(0);
            Figure {
                title: i.title.get(o.lang).to_owned(),
                value: shell.t.quantity(Quantity(value)),
                link: if i.page.is_empty() { "/reports".to_owned() } else { i.page.clone() },
                counting: i.counting.get(o.lang).to_owned(),
            }
        });
        Step { name: step, figures: figures.collect() }
    };
    STEPS.map(of).into_iter().collect()
}

/// What was done month by month, of the indicators that tell months apart, as far as a year back.
fn trend(o: &Officer, shell: &Shell, measures: &Measures) -> String {
    let mut month = Period::month_of(o.app.clock.today());
    let mut months = vec![month];
    for _ in 0..11 {
        month = month.before();
        months.push(month);
    }
    months.reverse();
    let told: Vec<(String, String)> = o
        .app
        .indicators()
        .filter(|(_, i)| i.by.iter().any(|b| b == "month"))
        .map(|(name, i)| (name, i.title.get(o.lang).to_owned()))
        .filter(|(key, _)| measures.keys().any(|(k, d, _)| k == key && d == "month"))
        .take(3)
        .collect();
    if told.is_empty() {
        return String::new();
    }
    let value = |key: &str, month: &Period| {
        let key = (key.to_owned(), "month".to_owned(), month.to_string());
        usize::try_from(measures.get(&key).copied().unwrap_or(0) / 1_000).ok()
    };
    let row = |(at, month): (u32, &Period)| {
        (f64::from(at), told.iter().map(|(key, _)| Some(value(key, month).unwrap_or(0))).collect())
    };
    let rows: Vec<(f64, Vec<Option<usize>>)> = (0..).zip(&months).map(row).collect();
    let names: Vec<String> = told.into_iter().map(|(_, name)| name).collect();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "places in a list of twelve")]
    let words = |x: f64| months.get(x as usize).map_or_else(String::new, ToString::to_string);
    line_chart_of(&shell.t.s("board-trend"), &names, &rows, words)
}

/// `GET /board`
pub(super) async fn show(o: Officer) -> Result<Response, Problem> {
    let shell = o.shell("board");
    let db = &o.app.db;
    let measures = commitment::measures(db, &o.county, &o.region).await?;
    let below = commitment::lights_below(db, &o.county, &o.region, &commitment::LIGHTS).await?;
    let sum = |at: usize| below.iter().map(|(_, counts)| counts[at]).sum();
    let lights = commitment::LIGHTS.into_iter().enumerate().map(|(at, light)| (light, sum(at))).collect();
    let mut red = Vec::new();
    for c in commitment::in_light(db, &o.county, &o.region, "red", 8).await? {
        red.push(Red {
            link: format!("/commitments/{}", c.id),
            about: o.app.regions.name(&c.region).unwrap_or_default().to_owned(),
            words: c.title,
            why: shell.t.s("light-red"),
        });
    }
    for f in finding::escalated(db, &o.county, &o.region, 8).await? {
        red.push(Red {
            link: format!("/findings/{}", f.id),
            words: f.words,
            about: f.about_name,
            why: shell.t.n("level-n", f.level),
        });
    }
    let mut open: BTreeMap<String, i64> = BTreeMap::new();
    for c in finding::counts(db, &o.county, &o.region).await?.into_iter().filter(|c| c.state == "open") {
        *open.entry(c.town.unwrap_or_default()).or_insert(0) += c.n;
    }
    let towns: Vec<(&str, &str, i64)> = o
        .app
        .regions
        .towns(&o.county.0)
        .map(|(code, name)| (code, name, open.get(code).copied().unwrap_or(0)))
        .collect();
    let map = TownMap::new(&o.app.regions, &shell.t, towns.iter().copied(), |code| {
        format!("/findings?town={code}")
    });
    let named =
        |(code, counts): (String, Vec<i64>)| (o.app.regions.name(&code).unwrap_or(&code).to_owned(), counts);
    let below = below.into_iter().map(named).collect();
    page(&BoardPage {
        below,
        region: o.app.regions.name(o.region.as_str()).unwrap_or_default().to_owned(),
        at: shown(o.app.clock.now()),
        steps: steps(&o, &shell, &measures),
        lights,
        map,
        chart: trend(&o, &shell, &measures),
        red,
        shell,
    })
}
