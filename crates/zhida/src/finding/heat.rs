//! Where what is found lies thickest: kinds of findings against towns, or against what is known of whoever works there.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;
use serde::Deserialize;
use zhida_rules::{FieldKind, Lang};

use super::store;
use crate::app::App;
use crate::ids::CountyId;
use crate::party::{buckets, groups};
use crate::problem::Problem;
use crate::web::extract::Query;
use crate::web::{Officer, Shell, page};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    by: String,
    state: String,
}

struct Row {
    name: String,
    cells: Vec<(i64, i64)>,
    total: i64,
}

#[derive(Template)]
#[template(path = "finding/heat.html")]
struct HeatPage {
    shell: Shell,
    /// What columns can be: code, label, whether they are.
    by: Vec<(String, String, bool)>,
    state: String,
    heads: Vec<String>,
    rows: Vec<Row>,
    total: i64,
}

/// The fields of firms by which findings at their worksites can be told apart: `kind.field`, label.
fn fields(app: &App, lang: Lang) -> Vec<(String, String)> {
    let registers = app.registers().filter(|r| r.identity() == zhida_pack::IdentityKind::CreditCode);
    let of = |r: &'_ std::sync::Arc<zhida_pack::Pack>| {
        let codes =
            r.profile.fields().iter().filter(|f| matches!(f.kind, FieldKind::Code { .. }) && !f.sensitive);
        codes.map(|f| (format!("{}.{}", r.kind(), f.name), f.label.get(lang).to_owned())).collect::<Vec<_>>()
    };
    registers.flat_map(of).collect()
}

/// What a column is for a place: its town, or the group of the firm that bears its name.
async fn columns(
    o: &Officer,
    by: &str,
) -> Result<(Vec<(String, String)>, Option<BTreeMap<String, String>>), Problem> {
    let Some((kind, field)) = by.split_once('.') else {
        let owned = |(c, n): (&str, &str)| (c.to_owned(), n.to_owned());
        let regions = if o.region.as_str().len() < 6 {
            o.app.regions.counties(o.region.as_str()).into_iter().map(owned).collect()
        } else {
            o.app.regions.towns(&o.county.0).map(owned).collect()
        };
        return Ok((regions, None));
    };
    let snapshot = o.app.snapshot(&CountyId(o.county.0.clone()), kind).await?;
    let id = snapshot.register.profile.find(field).ok_or(Problem::NotFound)?;
    let mut of = BTreeMap::new();
    for (row, party) in snapshot.people.iter().enumerate() {
        let group = buckets(&snapshot.register, field, &snapshot.table.cell(row, id)).into_iter().next();
        of.insert(party.name.clone(), group.unwrap_or_else(|| "-".to_owned()));
    }
    Ok((groups(&o.app, &snapshot.register, &o.county.0, field, o.lang), Some(of)))
}

/// What a rule of a checklist, or a kind of tip, is called.
fn named(app: &App, rule: &str, lang: Lang) -> Option<String> {
    let found = app.packs().find_map(|p| p.checklists.iter().find_map(|c| c.finding(rule)));
    let tip = || app.packs().filter_map(|p| p.tips.as_ref()).flat_map(|t| &t.kinds).find(|k| k.code == rule);
    found.map(|r| r.text.get(lang).to_owned()).or_else(|| tip().map(|k| k.label.get(lang).to_owned()))
}

pub(super) async fn show(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let shell = o.shell("findings");
    let states: &[&str] = match asked.state.as_str() {
        "all" => &[],
        _ => &["open", "fixed"],
    };
    let counts = store::heat(&o.app.db, (&o.county, &o.region), states).await?;
    let (groups, of) = columns(&o, &asked.by).await?;
    let place = |town: &Option<String>, about: &str| -> usize {
        let found = match (&of, town) {
            (Some(of), _) => of.get(about).and_then(|code| groups.iter().position(|(c, _)| c == code)),
            (None, Some(town)) => groups.iter().position(|(c, _)| town.starts_with(c.as_str())),
            (None, None) => None,
        };
        found.unwrap_or(groups.len())
    };
    let mut sums: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for (rule, town, about, n) in &counts {
        let row = sums.entry(rule.clone()).or_insert_with(|| vec![0; groups.len() + 1]);
        if let Some(cell) = row.get_mut(place(town, about)) {
            *cell += n;
        }
    }
    // One finding is not hot because nothing else is.
    let most = sums.values().flatten().copied().max().unwrap_or(0).max(4);
    let mut heads: Vec<String> = groups.into_iter().map(|(_, name)| name).collect();
    heads.push(shell.t.s("not-known"));
    // Columns in which nothing was found are left out.
    let full: Vec<usize> =
        (0..heads.len()).filter(|c| sums.values().any(|row| row.get(*c).is_some_and(|n| *n > 0))).collect();
    let row = |(rule, cells): (&String, &Vec<i64>)| Row {
        name: named(&o.app, rule, o.lang).unwrap_or_else(|| shell.t.s("heat-by-hand")),
        total: cells.iter().sum(),
        cells: full.iter().filter_map(|c| cells.get(*c)).map(|n| (*n, (*n * 4 + most - 1) / most)).collect(),
    };
    let mut rows: Vec<Row> = sums.iter().map(row).collect();
    rows.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.name.cmp(&b.name)));
    let town = ("town".to_owned(), shell.t.s("town"));
    let chosen = if asked.by.is_empty() { "town" } else { &asked.by };
    let by = std::iter::once(town).chain(fields(&o.app, o.lang));
    page(&HeatPage {
        by: by.map(|(code, label)| (code.clone(), label, code == chosen)).collect(),
        heads: full.iter().filter_map(|c| heads.get(*c)).cloned().collect(),
        total: rows.iter().map(|r| r.total).sum(),
        rows,
        state: asked.state,
        shell,
    })
}
