//! Dividing, changing, carrying on and closing a commitment.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use sea_orm::sea_query::Expr;
use serde::Deserialize;
use zhida_types::{Comparator, Day, Force, Quantity, RegionCode};

use super::divide::{Part, divide};
use super::entity::commitment;
use super::forms::{CommitmentForm, below, dated, people, percent};
use super::show_pages::{apply, found, region, write_for};
use super::store::{self, NewCommitment};
use super::{refresh, table};
use crate::account::Role;
use crate::app::App;
use crate::ids::{AccountId, CommitmentId};
use crate::problem::Problem;
use crate::web::extract::{Form, Path, day};
use crate::web::{Officer, Shell, page, to};

/// The forms of one that is there.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/commitments/{id}/parts", get(parts).post(set_parts))
        .route("/commitments/{id}/edit", get(edit).post(change))
        .route("/commitments/{id}/close", post(close))
        .route("/commitments/{id}/roll", post(roll))
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
    let until = day("until", &form.until)?;
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
