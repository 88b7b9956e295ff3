//! Making commitments: from a pack's list, from a published table, by hand; dividing, changing, carrying on and closing.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use sea_orm::sea_query::Expr;
use serde::Deserialize;
use zhida_pack::{CommitmentList, Item, Pack};
use zhida_types::{Comparator, Day, Force, Quantity, RegionCode};

use super::divide::{Part, divide};
use super::entity::commitment;
use super::show_pages::{apply, found, region, write_for};
use super::store::{self, NewCommitment};
use super::{refresh, responsibility, table};
use crate::account::{self, Role};
use crate::app::App;
use crate::ids::{AccountId, CommitmentId, UnitId};
use crate::problem::{FieldFault, Problem};
use crate::web::extract::{Form, Path};
use crate::web::{Officer, Shell, page, to};

/// The forms.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/commitments/new", get(blank).post(create))
        .route("/commitments/list", post(from_list))
        .route("/commitments/table", post(preview))
        .route("/commitments/table/take", post(take_table))
        .route("/commitments/{id}/parts", get(parts).post(set_parts))
        .route("/commitments/{id}/edit", get(edit).post(change))
        .route("/commitments/{id}/close", post(close))
        .route("/commitments/{id}/roll", post(roll))
}

/// The units of count that texts name.
const UNITS: [&str; 22] = [
    "person",
    "person-time",
    "household",
    "firm",
    "place",
    "neighbourhood",
    "building",
    "piece",
    "item",
    "set",
    "event",
    "project",
    "team",
    "vehicle-time",
    "mu",
    "tce",
    "yuan",
    "percent",
    "class",
    "message",
    "station",
    "document",
];

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

/// The region itself and what lies next below it.
fn below(o: &Officer, whole: &str) -> Vec<(String, String)> {
    let name = |code: &str| o.app.regions.name(code).unwrap_or(code).to_owned();
    let mut all = vec![(whole.to_owned(), name(whole))];
    match whole.len() {
        2 | 4 => {
            let below = o.app.regions.counties(whole).into_iter();
            all.extend(below.map(|(c, n)| (c.to_owned(), n.to_owned())));
        }
        6 => all.extend(o.app.regions.towns(whole).map(|(c, n)| (c.to_owned(), n.to_owned()))),
        _ => {}
    }
    all
}

fn indicators(o: &Officer) -> Vec<(String, String)> {
    o.app
        .packs()
        .flat_map(|p| p.indicators.iter().map(move |i| (format!("{}/{}", p.name, i.code), i)))
        .map(|(code, i)| (code, i.title.get(o.lang).to_owned()))
        .collect()
}

async fn people(o: &Officer, county: &crate::ids::CountyId) -> Result<Vec<(AccountId, String)>, Problem> {
    let all = account::list(&o.app.db, county).await?;
    let all = all.into_iter().filter(|a| a.active && a.role != Role::Inspector);
    Ok(all.map(|a| (a.id, a.name)).collect())
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
        units: UNITS.iter().map(|u| (*u, table::unit_name(&shell.t, u))).collect(),
        regions: below(&o, o.region.as_str()),
        indicators: indicators(&o),
        accounts: people(&o, &o.county).await?,
        from: year.first().to_string(),
        until: year.last().to_string(),
        lists,
        shell,
    })
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct CommitmentForm {
    no: String,
    title: String,
    source: String,
    counting: String,
    evidence: String,
    value: String,
    unit: String,
    value2: String,
    unit2: String,
    comparator: String,
    force: String,
    from: String,
    until: String,
    region: String,
    person: String,
    lead: String,
    co: String,
    with: String,
    guide: String,
    indicator: String,
    curve: String,
    milestones: String,
    cause: String,
    explanation: String,
    version: i64,
}

/// Names that a person writes one behind the other.
fn names(text: &str) -> impl Iterator<Item = String> {
    text.split(['、', '，', ',', ';', '；', '\n']).map(|n| n.trim().to_owned()).filter(|n| !n.is_empty())
}

fn duties(form: &CommitmentForm) -> Vec<(String, Option<UnitId>, String)> {
    let all = [("lead", &form.lead), ("co", &form.co), ("with", &form.with), ("guide", &form.guide)];
    all.into_iter()
        .flat_map(|(relation, text)| names(text).map(move |name| (relation.to_owned(), None, name)))
        .collect()
}

/// Lines of a day and what belongs to it: `2024-06-30 40`, `2024-11-15 all begun`.
fn dated<T>(
    field: &str,
    text: &str,
    mut read: impl FnMut(&str) -> Option<T>,
) -> Result<Vec<(Day, T)>, Problem> {
    let mut found = Vec::new();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let wrong = || Problem::field(field, "fault-dated", line);
        let (day, rest) = line.split_once([' ', '\t', '　']).ok_or_else(wrong)?;
        let day = Day::parse(day).map_err(|_unreadable| wrong())?;
        found.push((day, read(rest.trim()).ok_or_else(wrong)?));
    }
    Ok(found)
}

fn percent(text: &str) -> Option<i64> {
    text.trim_end_matches('%').trim().parse().ok().filter(|p| (0..=100).contains(p))
}

fn checked(
    o: &Officer,
    form: &CommitmentForm,
    accounts: &[(AccountId, String)],
) -> Result<NewCommitment, Problem> {
    let mut faults = Vec::new();
    let mut fault = |field: &str, key: &'static str, value: &str| {
        faults.push(FieldFault { field: field.to_owned(), key, value: value.to_owned() });
    };
    if form.title.trim().is_empty() {
        fault("title", "fault-empty", "");
    }
    if form.counting.trim().is_empty() {
        fault("counting", "fault-empty", "");
    }
    let mut quantity = |field: &str, text: &str| match text.trim().parse::<Quantity>() {
        Ok(value) if value.0 > 0 => Some(value),
        _ => {
            fault(field, "fault-number", text);
            None
        }
    };
    let value = quantity("value", &form.value);
    let value2 = if form.value2.trim().is_empty() { None } else { quantity("value2", &form.value2) };
    let mut day = |field: &str, text: &str| {
        let day = Day::parse(text).ok();
        if day.is_none() {
            fault(field, "fault-date", text);
        }
        day
    };
    let days = day("from", &form.from).zip(day("until", &form.until));
    if days.is_some_and(|(from, until)| until <= from) {
        fault("until", "fault-ends-before", &form.until);
    }
    let region = RegionCode::parse(&form.region).ok().filter(|r| o.region.contains(r));
    if region.is_none() {
        fault("region", "fault-town", &form.region);
    }
    if !form.indicator.is_empty() && !indicators(o).iter().any(|(code, _)| *code == form.indicator) {
        fault("indicator", "fault-value", &form.indicator);
    }
    if !UNITS.contains(&form.unit.as_str()) {
        fault("unit", "fault-value", &form.unit);
    }
    let (Some(value), Some(days), Some(region), true) = (value, days, region, faults.is_empty()) else {
        return Err(Problem::Invalid(faults));
    };
    let person = form.person.parse::<AccountId>().ok();
    let person = accounts.iter().find(|(id, _)| Some(*id) == person).cloned();
    Ok(NewCommitment {
        pack: o.app.packs().find(|p| p.lights.is_some()).map_or_else(String::new, |p| p.name.clone()),
        list: String::new(),
        code: String::new(),
        no: form.no.trim().to_owned(),
        title: form.title.trim().to_owned(),
        source: form.source.trim().to_owned(),
        counting: form.counting.trim().to_owned(),
        evidence: form.evidence.trim().to_owned(),
        parent: None,
        rolled_from: None,
        region,
        unit: Some(o.unit),
        person,
        comparator: Comparator::named(&form.comparator).unwrap_or_default(),
        force: Force::named(&form.force).unwrap_or_default(),
        value: (value, form.unit.clone()),
        value2: value2.map(|v| (v, form.unit2.clone())),
        days,
        indicator: form.indicator.clone(),
        curve: dated("curve", &form.curve, percent)?,
        duties: duties(form),
        milestones: dated("milestones", &form.milestones, |t| (!t.is_empty()).then(|| t.to_owned()))?
            .into_iter()
            .map(|(day, title)| (title, day))
            .collect(),
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

/// An item of a pack's list as a commitment.
pub(super) fn of_item(
    o: &Officer,
    (pack, list): (&Pack, &CommitmentList),
    item: &Item,
) -> Result<NewCommitment, Problem> {
    let fault = |e: String| Problem::Internal(anyhow::anyhow!("{}: {e}", list.code));
    let (value, value2) = item.values().map_err(fault)?;
    let day = |text: &str| Day::parse(text).map_err(|e| fault(e.to_string()));
    let mut curve = Vec::new();
    for (text, percent) in &item.curve {
        curve.push((day(text)?, *percent));
    }
    let mut milestones = Vec::new();
    for step in &item.milestones {
        milestones.push((step.title.get(o.lang).to_owned(), day(&step.due)?));
    }
    let d = &item.duties;
    let all = d.lead.iter().map(|n| ("lead", n)).chain(d.co.iter().map(|n| ("co", n)));
    let all = all.chain(d.with.iter().map(|n| ("with", n))).chain(d.guide.iter().map(|n| ("guide", n)));
    Ok(NewCommitment {
        pack: pack.name.clone(),
        list: list.code.clone(),
        code: item.code.clone(),
        no: item.no.clone(),
        title: item.title.zh.clone(),
        source: list.source.zh.clone(),
        counting: item.counting.zh.clone(),
        evidence: item.evidence.as_ref().map_or_else(String::new, |e| e.zh.clone()),
        parent: None,
        rolled_from: None,
        region: o.region.clone(),
        unit: Some(o.unit),
        person: None,
        comparator: item.comparator,
        force: item.force,
        value: (value, item.unit.clone()),
        value2: value2.map(|v| (v, item.unit2.clone())),
        days: (list.from, list.until),
        indicator: item.indicator.as_ref().map_or_else(String::new, |code| {
            if code.contains('/') { code.clone() } else { format!("{}/{code}", pack.name) }
        }),
        curve,
        duties: all.map(|(relation, name)| (relation.to_owned(), None, name.clone())).collect(),
        milestones,
    })
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
    let mut new = Vec::new();
    for item in &list.items {
        if !store::taken(&o.app.db, &o.county, &list.code, &item.code).await? {
            new.push(of_item(&o, (pack, list), item)?);
        }
    }
    if new.is_empty() {
        return Err(Problem::Conflict("fault-list-taken"));
    }
    let mut write = o.write().await?;
    store::create(&mut write, new).await?;
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

struct PartLine {
    id: String,
    region: String,
    name: String,
    person: String,
    value: String,
    value2: String,
}

#[derive(Template)]
#[template(path = "commitment/parts.html")]
struct PartsPage {
    shell: Shell,
    c: commitment::Model,
    target: String,
    two: bool,
    lines: Vec<PartLine>,
    people: Vec<(AccountId, String)>,
}

async fn parts(o: Officer, Path(id): Path<CommitmentId>) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let c = found(&o, id).await?;
    let shell = o.shell("commitments");
    let there = store::children(&o.app.db, &[c.id]).await?.remove(&c.id).unwrap_or_default();
    let people = people(&o, &c.county).await?;
    let mut lines: Vec<PartLine> = there
        .iter()
        .map(|p| PartLine {
            id: p.id.to_string(),
            name: super::list_pages::who(&o.app, p),
            region: p.region.clone(),
            person: p.person_id.map_or_else(String::new, |p| p.to_string()),
            value: Quantity(p.value).to_string(),
            value2: p.value2.map_or_else(String::new, |v| Quantity(v).to_string()),
        })
        .collect();
    let has = |region: &str| there.iter().any(|p| p.region == region && p.person_id.is_none());
    for (code, name) in below(&o, &c.region).into_iter().skip(1).filter(|(code, _)| !has(code)) {
        lines.push(PartLine {
            id: String::new(),
            region: code,
            name,
            person: String::new(),
            value: String::new(),
            value2: String::new(),
        });
    }
    // Persons of the office that owes it: a line each for three more.
    for _ in 0..3 {
        lines.push(PartLine {
            id: String::new(),
            region: c.region.clone(),
            name: String::new(),
            person: String::new(),
            value: String::new(),
            value2: String::new(),
        });
    }
    page(&PartsPage { target: table::target(&shell.t, &c), two: c.value2.is_some(), shell, c, lines, people })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PartsForm {
    part: Vec<String>,
    region: Vec<String>,
    person: Vec<String>,
    value: Vec<String>,
    value2: Vec<String>,
    cause: String,
    version: i64,
}

async fn set_parts(
    o: Officer,
    Path(id): Path<CommitmentId>,
    Form(form): Form<PartsForm>,
) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let c = found(&o, id).await?;
    if c.version != form.version {
        return Err(Problem::Conflict("fault-changed"));
    }
    let people = people(&o, &c.county).await?;
    let at = |list: &[String], i: usize| list.get(i).cloned().unwrap_or_default();
    let quantity = |text: &str| {
        text.trim().parse::<Quantity>().map_err(|_no_number| Problem::field("value", "fault-number", text))
    };
    let mut parts = Vec::new();
    for (i, text) in form.value.iter().enumerate() {
        let (own, second) = (at(&form.part, i), at(&form.value2, i));
        if text.trim().is_empty() && own.is_empty() {
            continue;
        }
        let code = at(&form.region, i);
        let region =
            RegionCode::parse(&code).map_err(|_unreadable| Problem::field("region", "fault-town", &code))?;
        let person = at(&form.person, i).parse::<AccountId>().ok();
        let person = people.iter().find(|(id, _)| Some(*id) == person).cloned();
        parts.push(Part {
            id: own.parse().ok(),
            unit: person.as_ref().and(c.unit_id),
            region,
            person,
            value: (quantity(text)?, if second.trim().is_empty() { None } else { Some(quantity(&second)?) }),
        });
    }
    divide(&o.app, &o.actor(), &c, parts, &form.cause).await?;
    refresh::relight(&o.app, &c.county, o.app.clock.today()).await?;
    Ok(to(&format!("/commitments/{id}"), "saved"))
}

#[derive(Template)]
#[template(path = "commitment/edit.html")]
struct EditPage {
    shell: Shell,
    c: commitment::Model,
    value: String,
    value2: String,
    curve: String,
    people: Vec<(AccountId, String)>,
    may_roll: bool,
    next: (String, String),
}

impl EditPage {
    fn has_person(&self, id: &AccountId) -> bool {
        self.c.person_id == Some(*id)
    }
}

async fn edit(o: Officer, Path(id): Path<CommitmentId>) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let c = found(&o, id).await?;
    let points = super::curve::read(&c.curve);
    let next = zhida_types::Period::year_of(Day(c.until_day).plus_days(1));
    page(&EditPage {
        shell: o.shell("commitments"),
        value: Quantity(c.value).to_string(),
        value2: c.value2.map_or_else(String::new, |v| Quantity(v).to_string()),
        curve: points.iter().map(|(d, p)| format!("{d} {p}")).collect::<Vec<_>>().join("\n"),
        people: people(&o, &c.county).await?,
        may_roll: refresh::share_done(&c) < 1_000 && c.parent_id.is_none(),
        next: (next.first().to_string(), next.last().to_string()),
        c,
    })
}

/// What a form changes of a commitment: values for the table, and what they were.
fn changes(
    c: &commitment::Model,
    form: &CommitmentForm,
    people: &[(AccountId, String)],
) -> Result<store::Changes, Problem> {
    use commitment::Column as C;
    let (mut values, mut changed) = (Vec::new(), Vec::new());
    let number = |field: &str, text: &str| {
        text.trim().parse::<Quantity>().map_err(|_no_number| Problem::field(field, "fault-number", text))
    };
    let value = number("value", &form.value)?;
    if value.0 != c.value {
        values.push((C::Value, Expr::value(value.0)));
        changed.push(("value", Quantity(c.value).to_string(), value.to_string()));
    }
    if let Some(before) = c.value2 {
        let second = number("value2", &form.value2)?;
        if second.0 != before {
            values.push((C::Value2, Expr::value(Some(second.0))));
            changed.push(("value2", Quantity(before).to_string(), second.to_string()));
        }
    }
    let until =
        Day::parse(&form.until).map_err(|_unreadable| Problem::field("until", "fault-date", &form.until))?;
    if until.0 <= c.from_day {
        return Err(Problem::field("until", "fault-ends-before", &form.until));
    }
    if until.0 != c.until_day {
        values.push((C::UntilDay, Expr::value(until.0)));
        changed.push(("until", c.until_day.to_string(), until.to_string()));
    }
    let person = form.person.parse::<AccountId>().ok();
    let person = people.iter().find(|(id, _)| Some(*id) == person);
    if person.map(|(id, _)| *id) != c.person_id {
        let name = person.map_or_else(String::new, |(_, name)| name.clone());
        values.push((C::PersonId, Expr::value(person.map(|(id, _)| *id))));
        values.push((C::PersonName, Expr::value(name.clone())));
        changed.push(("person", c.person_name.clone(), name));
    }
    let text = [
        ("counting", C::Counting, &c.counting, form.counting.trim()),
        ("explanation", C::Explanation, &c.explanation, form.explanation.trim()),
    ];
    for (field, column, before, after) in text {
        if before != after {
            values.push((column, Expr::value(after)));
            changed.push((field, before.clone(), after.to_owned()));
        }
    }
    let curve = serde_json::json!(dated("curve", &form.curve, percent)?).to_string();
    if curve != c.curve {
        values.push((C::Curve, Expr::value(curve.clone())));
        changed.push(("curve", c.curve.clone(), curve));
    }
    Ok((values, changed))
}

async fn change(
    o: Officer,
    Path(id): Path<CommitmentId>,
    Form(form): Form<CommitmentForm>,
) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let c = found(&o, id).await?;
    if form.version != c.version {
        return Err(Problem::Conflict("fault-changed"));
    }
    let (values, changed) = changes(&c, &form, &people(&o, &c.county).await?)?;
    if changed.is_empty() {
        return Err(Problem::Conflict("fault-nothing"));
    }
    if form.cause.trim().is_empty() {
        return Err(Problem::field("cause", "fault-empty", ""));
    }
    let target = (number_or(&form.value, c.value), c.value2.map(|v| number_or(&form.value2, v)));
    whole_and_parts(&o, &c, target).await?;
    apply(&o, &c, form.version, (values, changed), form.cause.trim()).await
}

fn number_or(text: &str, before: i64) -> Quantity {
    text.trim().parse().unwrap_or(Quantity(before))
}

/// Refuses a target that no longer fits its own parts, or with which the parts of the whole above no longer add up.
async fn whole_and_parts(
    o: &Officer,
    c: &commitment::Model,
    target: (Quantity, Option<Quantity>),
) -> Result<(), Problem> {
    let values = |all: &[commitment::Model]| -> Vec<(Quantity, Option<Quantity>)> {
        all.iter()
            .map(|p| if p.id == c.id { target } else { (Quantity(p.value), p.value2.map(Quantity)) })
            .collect()
    };
    let meant = |c: &commitment::Model| Comparator::named(&c.comparator).unwrap_or_default();
    let below = store::children(&o.app.db, &[c.id]).await?.remove(&c.id).unwrap_or_default();
    if !below.is_empty() {
        super::divide::adds_up(meant(c), target, &values(&below))?;
    }
    if let Some(parent) = c.parent_id {
        let beside = store::children(&o.app.db, &[parent]).await?.remove(&parent).unwrap_or_default();
        let county = c.parent_county.as_ref().unwrap_or(&c.county);
        if let Some(whole) = store::by_ids(&o.app.db, county, &[parent]).await?.first() {
            let target = (Quantity(whole.value), whole.value2.map(Quantity));
            super::divide::adds_up(meant(whole), target, &values(&beside))?;
        }
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
struct CloseForm {
    state: String,
    cause: String,
    version: i64,
}

async fn close(
    o: Officer,
    Path(id): Path<CommitmentId>,
    Form(form): Form<CloseForm>,
) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let c = found(&o, id).await?;
    if form.version != c.version {
        return Err(Problem::Conflict("fault-changed"));
    }
    if !["open", "done", "dropped"].contains(&form.state.as_str()) || form.state == c.state {
        return Err(Problem::field("state", "fault-value", &form.state));
    }
    if form.state == "done" && refresh::share_done(&c) < 1_000 {
        return Err(Problem::Conflict("fault-not-reached"));
    }
    if form.cause.trim().is_empty() {
        return Err(Problem::field("cause", "fault-empty", ""));
    }
    let values = vec![(commitment::Column::State, Expr::value(form.state.clone()))];
    let changed = vec![("state", c.state.clone(), form.state)];
    apply(&o, &c, form.version, (values, changed), form.cause.trim()).await
}

#[derive(Debug, Deserialize)]
struct RollForm {
    from: String,
    until: String,
    cause: String,
}

/// `POST /commitments/{id}/roll`: what is not finished is carried on in the next plan, with the reason.
async fn roll(
    o: Officer,
    Path(id): Path<CommitmentId>,
    Form(form): Form<RollForm>,
) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let c = found(&o, id).await?;
    let day = |field: &str, text: &str| {
        Day::parse(text).map_err(|_unreadable| Problem::field(field, "fault-date", text))
    };
    let days = (day("from", &form.from)?, day("until", &form.until)?);
    if days.1 <= days.0 {
        return Err(Problem::field("until", "fault-ends-before", &form.until));
    }
    if form.cause.trim().is_empty() {
        return Err(Problem::field("cause", "fault-empty", ""));
    }
    if c.state != "open" || refresh::share_done(&c) >= 1_000 {
        return Err(Problem::Conflict("fault-commitment-closed"));
    }
    let duties = store::duties(&o.app.db, &c.county, &[c.id]).await?.remove(&c.id).unwrap_or_default();
    let rest = |whole: i64, done: i64| Quantity((whole - done).max(0));
    let new = NewCommitment {
        pack: c.pack.clone(),
        list: c.list.clone(),
        code: c.code.clone(),
        no: c.no.clone(),
        title: c.title.clone(),
        source: c.source.clone(),
        counting: c.counting.clone(),
        evidence: c.evidence.clone(),
        parent: None,
        rolled_from: Some(c.id),
        region: region(&c)?,
        unit: c.unit_id,
        person: c.person_id.map(|id| (id, c.person_name.clone())),
        comparator: Comparator::named(&c.comparator).unwrap_or_default(),
        force: Force::named(&c.force).unwrap_or_default(),
        value: (rest(c.value, c.actual), c.unit.clone()),
        value2: c.value2.map(|v| (rest(v, c.actual2), c.unit2.clone())),
        days,
        indicator: String::new(),
        curve: Vec::new(),
        duties: duties.into_iter().map(|d| (d.relation, d.unit_id, d.name)).collect(),
        milestones: Vec::new(),
    };
    let mut write = write_for(&o, &c).await?;
    let values = vec![(commitment::Column::State, Expr::value("dropped"))];
    let changed = [("state", c.state.clone(), "dropped".to_owned())];
    store::change(&mut write, &c, values, &changed, form.cause.trim()).await?;
    let ids = store::create(&mut write, vec![new]).await?;
    write.commit().await?;
    refresh::relight(&o.app, &c.county, o.app.clock.today()).await?;
    let path = ids.first().map_or_else(|| "/commitments".to_owned(), |id| format!("/commitments/{id}"));
    Ok(to(&path, "saved"))
}
