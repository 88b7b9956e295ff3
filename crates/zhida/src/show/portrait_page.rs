//! The portrait as a page, a picture and a table.

use askama::Template;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use zhida_pack::Pack;
use zhida_rules::FieldKind;

use super::portrait::{Portrait, portrait};
use crate::party::{Filter, chips, kinds};
use crate::problem::Problem;
use crate::texts::T;
use crate::web::extract::Query;
use crate::web::{Officer, Shell, Sketch, download, page};

/// The one or two fields that are asked for.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Axes {
    #[serde(default)]
    x: String,
    #[serde(default)]
    y: String,
}

/// A shape of the picture: a rectangle with its words.
pub(super) struct Bar {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    shade: usize,
    label: String,
    label_x: f64,
    value: String,
    value_x: f64,
    anchor: &'static str,
    title: String,
    link: String,
}

/// A town on the map.
pub(super) struct Patch {
    path: String,
    shade: usize,
    title: String,
    link: String,
    label: String,
    x: f64,
    y: f64,
}

/// The picture, ready to be drawn.
#[derive(Template)]
#[template(path = "show/chart.svg", escape = "html")]
pub(super) struct Chart {
    width: f64,
    height: f64,
    title: String,
    bars: Vec<Bar>,
    heads: Vec<(f64, f64, String, &'static str)>,
    patches: Vec<Patch>,
    credit: String,
}

impl Chart {
    /// The accent colour from nothing to full; as attributes, because the page's policy allows no style inside a picture.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the template hands over a reference")]
    fn colour(shade: &usize) -> &'static str {
        ["#eef1f5", "#d3e3f8", "#a9c9f1", "#74a9e6", "#3d84d6", "#1b62b5"]
            .get(*shade)
            .copied()
            .unwrap_or("#1b62b5")
    }
}

#[derive(Template)]
#[template(path = "show/portrait.html")]
struct PortraitPage {
    shell: Shell,
    fields: Vec<(String, String)>,
    x: String,
    y: String,
    filter: Filter,
    kinds: Vec<(String, String, bool)>,
    query: String,
    chips: Vec<(String, String)>,
    p: Portrait,
    chart: String,
    label_x: String,
}

impl PortraitPage {
    fn narrow(&self, code: &str) -> String {
        self.filter.with(&self.x, code).query()
    }
    #[expect(clippy::ref_option, reason = "the template hands over a reference")]
    fn shown(cell: &Option<usize>) -> String {
        cell.map_or_else(|| "<5".to_owned(), |n| n.to_string())
    }
}

/// The fields by which people can be counted.
fn fields(o: &Officer, register: &Pack, t: &T) -> Vec<(String, String)> {
    let countable = |f: &&zhida_rules::Field| {
        matches!(f.kind, FieldKind::Code { .. } | FieldKind::Set { .. } | FieldKind::Bool | FieldKind::Region)
            || (matches!(f.kind, FieldKind::Int) && !f.bands.is_empty())
    };
    let profile = register.profile.fields().iter().filter(countable);
    let profile = profile.map(|f| (f.name.clone(), f.label.get(o.lang).to_owned()));
    profile.chain([("tier".to_owned(), t.s("tier"))]).collect()
}

/// A field's name.
fn named(fields: &[(String, String)], code: &str) -> String {
    fields.iter().find(|(c, _)| c == code).map_or_else(String::new, |(_, name)| name.clone())
}

async fn made(
    o: &Officer,
    filter: &Filter,
    asked: &Axes,
) -> Result<(Portrait, Vec<(String, String)>), Problem> {
    let t = o.shell("").t;
    let register = o.app.register(&filter.kind)?;
    let fields = fields(o, register, &t);
    let known = |name: &String| fields.iter().any(|(code, _)| code == name);
    let begins = |at: usize| register.uses.portrait.get(at).map_or("", String::as_str);
    let (x, y) = match (asked.x.as_str(), asked.y.as_str()) {
        ("", "") => (begins(0), begins(1)),
        asked => asked,
    };
    let x = if known(&x.to_owned()) { x } else { fields.first().map_or("", |(code, _)| code.as_str()) };
    let y = if known(&y.to_owned()) && y != x { y } else { "" };
    let snapshot = o.app.snapshot(&o.county, &filter.kind).await?;
    let rows = filter.rows(&snapshot, &o.region)?;
    Ok((portrait(&o.app, &o.county, &snapshot, &rows, (x, y), o.lang), fields))
}

pub(super) async fn show(
    o: Officer,
    Query(filter): Query<Filter>,
    Query(axes): Query<Axes>,
) -> Result<Response, Problem> {
    let (p, fields) = made(&o, &filter, &axes).await?;
    let shell = o.shell("portrait");
    let chart = chart(&o, &shell.t, &p, &filter, &fields).render().map_err(anyhow::Error::from)?;
    let label = |code: &str| named(&fields, code);
    page(&PortraitPage {
        x: p.x.clone(),
        y: p.y.clone(),
        label_x: label(&p.x),
        query: filter.query(),
        chips: chips(&o, o.app.register(&filter.kind)?, &filter),
        kinds: kinds(&o, o.app.register(&filter.kind)?.kind()),
        shell,
        fields,
        filter,
        p,
        chart,
    })
}

pub(super) async fn picture(
    o: Officer,
    Query(filter): Query<Filter>,
    Query(axes): Query<Axes>,
) -> Result<Response, Problem> {
    let (p, fields) = made(&o, &filter, &axes).await?;
    let svg = chart(&o, &o.shell("").t, &p, &filter, &fields).render().map_err(anyhow::Error::from)?;
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"portrait.svg\""),
    ];
    Ok((headers, svg).into_response())
}

pub(super) async fn table(
    o: Officer,
    Query(filter): Query<Filter>,
    Query(axes): Query<Axes>,
) -> Result<Response, Problem> {
    let (p, fields) = made(&o, &filter, &axes).await?;
    let label = |code: &str| named(&fields, code);
    let t = o.shell("").t;
    let mut header = vec![label(&p.x)];
    if p.y.is_empty() {
        header.push(t.s("persons-count"));
    } else {
        header.extend(p.columns.iter().map(|(_, name)| name.clone()));
        header.push(t.s("total"));
    }
    let rows: Vec<Vec<String>> = p
        .rows
        .iter()
        .zip(&p.cells)
        .zip(&p.totals)
        .map(|(((_, name), cells), total)| {
            let mut line = vec![name.clone()];
            line.extend(cells.iter().map(PortraitPage::shown));
            if !p.y.is_empty() {
                line.push(PortraitPage::shown(total));
            }
            line
        })
        .collect();
    download::xlsx("portrait", &header, &rows)
}

pub(super) async fn api(
    o: Officer,
    Query(filter): Query<Filter>,
    Query(axes): Query<Axes>,
) -> Result<axum::Json<serde_json::Value>, Problem> {
    let (p, _) = made(&o, &filter, &axes).await?;
    Ok(axum::Json(json(&p)))
}

/// A portrait for programs: suppressed cells are null.
pub(crate) fn json(p: &Portrait) -> serde_json::Value {
    let rows: Vec<serde_json::Value> = p
        .rows
        .iter()
        .zip(&p.cells)
        .zip(&p.totals)
        .map(|(((code, name), cells), total)| serde_json::json!({ "code": code, "name": name, "cells": cells, "total": total }))
        .collect();
    let columns: Vec<&String> = p.columns.iter().map(|(code, _)| code).collect();
    serde_json::json!({ "x": p.x, "y": p.y, "people": p.people, "columns": columns, "rows": rows })
}

/// Shades of the accent colour, from light to full.
const SHADES: usize = 5;

fn shade(n: Option<usize>, most: usize) -> usize {
    match n {
        None | Some(0) => 0,
        Some(n) => 1 + n * (SHADES - 1) / most.max(1),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of people are far below 2^52")]
fn share(n: Option<usize>, most: usize) -> f64 {
    n.unwrap_or(0) as f64 / most.max(1) as f64
}

fn chart(o: &Officer, t: &T, p: &Portrait, filter: &Filter, fields: &[(String, String)]) -> Chart {
    let label = |code: &str| named(fields, code);
    let field = o.app.register(&filter.kind).ok().and_then(|r| r.profile.named(&p.x));
    let region = field.is_some_and(|f| f.kind == FieldKind::Region);
    let numeric = field.is_some_and(|f| f.kind == FieldKind::Int);
    let title = if p.y.is_empty() { label(&p.x) } else { format!("{} × {}", label(&p.x), label(&p.y)) };
    let mut chart = Chart {
        width: 760.0,
        height: 60.0,
        title,
        bars: Vec::new(),
        heads: Vec::new(),
        patches: Vec::new(),
        credit: t.n("portrait-credit", p.people),
    };
    let link = |code: &str| format!("/portrait?{}", query(&filter.with(&p.x, code), &p.x, &p.y));
    match (region && p.y.is_empty(), p.columns.len(), numeric) {
        (true, ..) => map(o, t, p, &link, &mut chart),
        (_, 2, true) => pyramid(p, &link, &mut chart),
        (_, n, _) if n > 1 => heat(p, &link, &mut chart),
        _ => bars(p, &link, &mut chart),
    }
    chart
}

fn query(filter: &Filter, x: &str, y: &str) -> String {
    let base = filter.query();
    let joint = if base.is_empty() { "" } else { "&" };
    format!("x={x}&y={y}{joint}{base}")
}

/// Words beside a bar: "<5" where a count is suppressed.
fn count_text(n: Option<usize>) -> String {
    PortraitPage::shown(&n)
}

#[expect(clippy::cast_precision_loss, reason = "row numbers of a picture")]
fn bars(p: &Portrait, link: &dyn Fn(&str) -> String, chart: &mut Chart) {
    let counts: Vec<Option<usize>> = p.cells.iter().map(|row| row.first().copied().flatten()).collect();
    let most = counts.iter().flatten().copied().max().unwrap_or(1);
    for (at, ((code, name), n)) in p.rows.iter().zip(&counts).enumerate() {
        let y = 16.0 + at as f64 * 30.0;
        let width = (share(*n, most) * 500.0).max(2.0);
        chart.bars.push(Bar {
            x: 190.0,
            y,
            width,
            height: 20.0,
            shade: if n.is_none() { 1 } else { SHADES },
            label: name.clone(),
            label_x: 182.0,
            value: count_text(*n),
            value_x: 198.0 + width,
            anchor: "start",
            title: format!("{name}: {}", count_text(*n)),
            link: link(code),
        });
    }
    chart.height = 32.0 + p.rows.len() as f64 * 30.0;
}

#[expect(clippy::cast_precision_loss, reason = "row numbers of a picture")]
fn pyramid(p: &Portrait, link: &dyn Fn(&str) -> String, chart: &mut Chart) {
    let most = p.cells.iter().flatten().flatten().copied().max().unwrap_or(1);
    let (middle, half) = (380.0, 250.0);
    // The oldest stand at the top; a row that is not known is at the foot.
    let mut order: Vec<usize> = (0..p.rows.len()).filter(|r| p.rows[*r].0 != "-").rev().collect();
    order.extend((0..p.rows.len()).filter(|r| p.rows[*r].0 == "-"));
    for (at, r) in order.iter().enumerate() {
        let (code, name) = &p.rows[*r];
        let y = 34.0 + at as f64 * 28.0;
        for (side, n) in p.cells[*r].iter().enumerate() {
            let width = (share(*n, most) * half).max(1.0);
            let left = side == 0;
            chart.bars.push(Bar {
                x: if left { middle - 42.0 - width } else { middle + 42.0 },
                y,
                width,
                height: 20.0,
                shade: if left { 3 } else { SHADES },
                label: if left { name.clone() } else { String::new() },
                label_x: middle + 30.0,
                value: count_text(*n),
                value_x: if left { middle - 48.0 - width } else { middle + 48.0 + width },
                anchor: if left { "end" } else { "start" },
                title: format!("{name} · {}: {}", p.columns[side].1, count_text(*n)),
                link: link(code),
            });
        }
    }
    chart.heads.push((middle - 42.0, 20.0, p.columns[0].1.clone(), "end"));
    chart.heads.push((middle + 42.0, 20.0, p.columns[1].1.clone(), "start"));
    chart.height = 50.0 + p.rows.len() as f64 * 28.0;
}

#[expect(clippy::cast_precision_loss, reason = "row and column numbers of a picture")]
fn heat(p: &Portrait, link: &dyn Fn(&str) -> String, chart: &mut Chart) {
    let most = p.cells.iter().flatten().flatten().copied().max().unwrap_or(1);
    let width = (560.0 / p.columns.len() as f64).clamp(52.0, 140.0);
    let heads: Vec<Vec<String>> = p.columns.iter().map(|(_, name)| wrapped(name, width)).collect();
    let top = heads.iter().map(Vec::len).max().unwrap_or(1) as f64 * LINE + 10.0;
    for (c, lines) in heads.into_iter().enumerate() {
        // The last line of every head stands just above its column.
        let first = top - 8.0 - (lines.len() as f64 - 1.0) * LINE;
        for (line, text) in lines.into_iter().enumerate() {
            let y = first + line as f64 * LINE;
            chart.heads.push((190.0 + (c as f64 + 0.5) * width, y, text, "middle"));
        }
    }
    for (r, (code, name)) in p.rows.iter().enumerate() {
        for (c, n) in p.cells[r].iter().enumerate() {
            let x = 190.0 + c as f64 * width;
            chart.bars.push(Bar {
                x,
                y: top + r as f64 * 30.0,
                width: width - 2.0,
                height: 28.0,
                shade: shade(*n, most),
                label: if c == 0 { name.clone() } else { String::new() },
                label_x: 182.0,
                value: count_text(*n),
                value_x: x + width / 2.0,
                anchor: "middle",
                title: format!("{name} · {}: {}", p.columns[c].1, count_text(*n)),
                link: link(code),
            });
        }
    }
    chart.width = (200.0 + p.columns.len() as f64 * width).max(400.0);
    chart.height = top + 16.0 + p.rows.len() as f64 * 30.0;
}

/// The height of a line of a head.
const LINE: f64 = 15.0;

/// A name in lines that fit a width: broken at blanks, and between Chinese characters; a long word is left whole.
fn wrapped(name: &str, width: f64) -> Vec<String> {
    // At 13 units a letter takes about seven and a character of a wide script thirteen.
    let wide = |text: &str| text.chars().map(|c| if c.is_ascii() { 7.0 } else { 13.0 }).sum::<f64>();
    let mut lines = vec![String::new()];
    for word in name.split_inclusive(|c: char| c == ' ' || !c.is_ascii()) {
        let fits =
            lines.last().is_none_or(|l| l.is_empty() || wide(l) + wide(word.trim_end()) <= width - 4.0);
        if !fits {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
        }
    }
    lines.into_iter().map(|l| l.trim_end().to_owned()).collect()
}

#[expect(clippy::many_single_char_names, reason = "coordinates")]
fn map(o: &Officer, t: &T, p: &Portrait, link: &dyn Fn(&str) -> String, chart: &mut Chart) {
    let regions = &o.app.regions;
    let most = p.cells.iter().flatten().flatten().copied().max().unwrap_or(1);
    let Some(sketch) = Sketch::new(regions, p.rows.iter().map(|(code, _)| code.as_str())) else {
        return bars(p, link, chart);
    };
    for ((code, name), cells) in p.rows.iter().zip(&p.cells) {
        let n = cells.first().copied().flatten();
        let (x, y) = sketch.seat(regions, code);
        let words = format!("{name} {}", count_text(n));
        chart.patches.push(Patch {
            path: sketch.path(regions, code),
            shade: shade(n, most),
            title: words.clone(),
            link: link(code),
            label: words,
            x,
            y,
        });
    }
    chart.height = sketch.height;
    chart.credit = format!("{} · {}", chart.credit, t.s("map-credit"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_broken_and_never_cut() {
        assert_eq!(wrapped("little schooling", 62.0), ["little", "schooling"]);
        assert_eq!(wrapped("caring for family", 80.0), ["caring for", "family"]);
        assert_eq!(wrapped("unemployment", 20.0), ["unemployment"]);
    }
}
