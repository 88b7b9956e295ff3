//! Making commitments: from a pack's list, from a published table, by hand.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use zhida_pack::{CommitmentList, Pack};

use super::adopt::adopt;
use super::forms::{CommitmentForm, UNITS, below, checked, indicators, people};
use super::store;
use super::{refresh, responsibility, table};
use crate::account::Role;
use crate::app::App;
use crate::ids::AccountId;
use crate::problem::Problem;
use crate::web::extract::Form;
use crate::web::{Officer, Shell, page, to};

/// The forms of new ones.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/commitments/new", get(blank).post(create))
        .route("/commitments/list", post(from_list))
        .route("/commitments/table", post(preview))
        .route("/commitments/table/take", post(take_table))
}

struct ListLine {
    name: String,
    title: String,
    source: String,
    items: usize,
    fits: bool,
}

#[derive(Template)]
#[template(path = "commitment/new.html")]
struct NewPage {
    shell: Shell,
    lists: Vec<ListLine>,
    units: Vec<(&'static str, String)>,
    regions: Vec<(String, String)>,
    indicators: Vec<(String, String)>,
    accounts: Vec<(AccountId, String)>,
    from: String,
    until: String,
}

async fn blank(o: Officer) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let shell = o.shell("commitments");
    let today = o.app.clock.today();
    let year = zhida_types::Period::year_of(today);
    let line = |(pack, list): (&Pack, &CommitmentList)| ListLine {
        name: format!("{}/{}", pack.name, list.code),
        title: list.title.get(o.lang).to_owned(),
        source: list.source.get(o.lang).to_owned(),
        items: list.items.len(),
        fits: list.region == o.region.as_str(),
    };
    let lists = o.app.packs().flat_map(|p| p.commitments.iter().map(move |l| (p, l))).map(line).collect();
    page(&NewPage {
        units: UNITS.iter().map(|u| (*u, shell.t.unit_of_count(u))).collect(),
        regions: below(&o, o.region.as_str()),
        indicators: indicators(&o),
        accounts: people(&o, &o.county).await?,
        from: year.first().to_string(),
        until: year.last().to_string(),
        lists,
        shell,
    })
}

async fn create(o: Officer, Form(form): Form<CommitmentForm>) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let new = checked(&o, &form, &people(&o, &o.county).await?)?;
    let mut write = o.write().await?;
    let ids = store::create(&mut write, vec![new]).await?;
    write.commit().await?;
    refresh::relight(&o.app, &o.county, o.app.clock.today()).await?;
    let path = ids.first().map_or_else(|| "/commitments".to_owned(), |id| format!("/commitments/{id}"));
    Ok(to(&path, "saved"))
}

#[derive(Debug, Deserialize)]
struct ListForm {
    list: String,
}

async fn from_list(o: Officer, Form(form): Form<ListForm>) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let named = form.list.split_once('/').and_then(|(pack, code)| {
        let pack = o.app.packs().find(|p| p.name == pack)?;
        Some((pack, pack.commitments.iter().find(|l| l.code == code)?))
    });
    let (pack, list) = named.ok_or_else(|| Problem::field("list", "fault-value", &form.list))?;
    if list.region != o.region.as_str() {
        return Err(Problem::Conflict("fault-list-region"));
    }
    let mut write = o.write().await?;
    adopt(&mut write, (pack, list), o.unit, o.lang).await?;
    write.commit().await?;
    refresh::relight(&o.app, &o.county, o.app.clock.today()).await?;
    Ok(to("/commitments", "saved"))
}

struct TableLine {
    no: String,
    title: String,
    value: String,
    words: String,
    unit: &'static str,
    second: String,
    unit2: &'static str,
    comparator: &'static str,
    force: &'static str,
    lead: String,
    co: String,
}

#[derive(Template)]
#[template(path = "commitment/table.html")]
struct TablePage {
    shell: Shell,
    source: String,
    from: String,
    until: String,
    lines: Vec<TableLine>,
}

#[derive(Debug, Deserialize)]
struct TableForm {
    text: String,
    #[serde(default)]
    source: String,
    from: String,
    until: String,
}

/// The counting words of Chinese texts with the units that they mean.
fn counting_words(o: &Officer) -> Vec<(String, &'static str)> {
    let words = |unit: &'static str| {
        let key = format!("counted-{unit}");
        let text = o.app.texts.get(zhida_rules::Lang::Zh, &key, &[]);
        text.split('、').map(|word| (word.to_owned(), unit)).collect::<Vec<_>>()
    };
    UNITS.iter().copied().filter(|u| o.app.texts.has(&format!("counted-{u}"))).flat_map(words).collect()
}

/// `POST /commitments/table`: what a pasted table holds, to be looked at before anything is written.
async fn preview(o: Officer, Form(form): Form<TableForm>) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let words = counting_words(&o);
    let known: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
    let unit = |word: &str| words.iter().find(|(w, _)| w == word).map_or("piece", |(_, unit)| unit);
    let items = responsibility::items(&form.text, &known);
    if items.is_empty() {
        return Err(Problem::field("text", "fault-no-items", ""));
    }
    let shell = o.shell("commitments");
    let line = |i: responsibility::Item| {
        let (first, second) = (i.figures.first(), i.figures.get(1));
        let in_words =
            |f: &zhida_types::Found| table::figure(&shell.t, f.value, unit(&f.unit), f.comparator(), f.force);
        TableLine {
            value: first.map_or_else(|| "1".to_owned(), |f| f.value.to_string()),
            unit: first.map_or("document", |f| unit(&f.unit)),
            second: second.map_or_else(String::new, |f| f.value.to_string()),
            unit2: second.map_or("", |f| unit(&f.unit)),
            comparator: first.map_or("exact", |f| f.comparator().as_str()),
            force: first.map_or("binding", |f| f.force.as_str()),
            words: i.figures.iter().map(in_words).collect::<Vec<_>>().join(" · "),
            lead: i.lead.join("、"),
            co: i.co.join("、"),
            no: i.no,
            title: i.title,
        }
    };
    let lines = items.into_iter().map(line).collect();
    page(&TablePage { lines, shell, source: form.source, from: form.from, until: form.until })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TakeForm {
    source: String,
    from: String,
    until: String,
    take: Vec<usize>,
    no: Vec<String>,
    title: Vec<String>,
    value: Vec<String>,
    unit: Vec<String>,
    value2: Vec<String>,
    unit2: Vec<String>,
    comparator: Vec<String>,
    force: Vec<String>,
    lead: Vec<String>,
    co: Vec<String>,
}

async fn take_table(o: Officer, Form(form): Form<TakeForm>) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let at = |list: &[String], i: usize| list.get(i).cloned().unwrap_or_default();
    let counting = o.shell("").t.s("counting-as-published");
    let mut new = Vec::new();
    for i in &form.take {
        let one = CommitmentForm {
            no: at(&form.no, *i),
            title: at(&form.title, *i),
            source: form.source.clone(),
            counting: counting.clone(),
            value: at(&form.value, *i),
            unit: at(&form.unit, *i),
            value2: at(&form.value2, *i),
            unit2: at(&form.unit2, *i),
            comparator: at(&form.comparator, *i),
            force: at(&form.force, *i),
            from: form.from.clone(),
            until: form.until.clone(),
            region: o.region.to_string(),
            lead: at(&form.lead, *i),
            co: at(&form.co, *i),
            ..CommitmentForm::default()
        };
        new.push(checked(&o, &one, &[])?);
    }
    if new.is_empty() {
        return Err(Problem::field("take", "fault-none-chosen", ""));
    }
    let mut write = o.write().await?;
    store::create(&mut write, new).await?;
    write.commit().await?;
    refresh::relight(&o.app, &o.county, o.app.clock.today()).await?;
    Ok(to("/commitments", "saved"))
}
