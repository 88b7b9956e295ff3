//! The list of persons, and what an officer records about one.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::Value;
use zhida_pack::{IdentityKind, Pack, PartyKind};
use zhida_rules::{Cell, Field, FieldKind, Lang};

use super::entity::State;
use super::facts::{Sheet, cell_of, known};
use super::filter::{Condition, Filter, groups};
use super::forms::{self, Reveal};
use super::occupation_pages;
use super::snapshot::{Person, Snapshot, in_region};
use super::store;
use crate::app::App;
use crate::ids::PartyId;
use crate::journal::Subject;
use crate::problem::Problem;
use crate::web::extract::{Form, Path, Query};
use crate::web::{Officer, Shell, download, page, to};

/// The pages of persons.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/people", get(list))
        .route("/people.xlsx", get(export))
        .route("/api/people", get(api))
        .route("/people/{id}/reveal", post(reveal))
        .route("/people/{id}/facts", get(edit).post(record))
        .route("/occupations", get(occupation_pages::list).post(occupation_pages::learn))
        .route("/api/occupations", get(occupation_pages::api))
}

pub(super) const PAGE: usize = 50;

/// Where a page of a list begins.
#[derive(Debug, Default, serde::Deserialize)]
struct Start {
    after: Option<PartyId>,
}

impl Start {
    fn row(&self, snapshot: &Snapshot) -> usize {
        self.after.and_then(|id| snapshot.row(id)).map_or(0, |at| at + 1)
    }
}

/// A field by which people are chosen, with its groups and the one that is chosen.
struct Choice {
    label: String,
    groups: Vec<(String, String, bool)>,
}

/// A line of the list.
struct Line {
    person: Person,
    town: String,
    tier: String,
    values: Vec<String>,
}

#[derive(Template)]
#[template(path = "party/list.html")]
struct ListPage {
    shell: Shell,
    filter: Filter,
    chips: Vec<(String, String)>,
    choices: Vec<Choice>,
    columns: Vec<String>,
    lines: Vec<Line>,
    total: usize,
    next: Option<String>,
    query: String,
    everybody: usize,
    /// The registers: kind, label, whether it is this one.
    kinds: Vec<(String, String, bool)>,
    /// Whether the register classifies what people did.
    classified: bool,
    /// Whether a rule sorts them.
    tiered: bool,
    /// How many were found: a key of the texts.
    found: &'static str,
    /// What the number by which they are known is called.
    number: &'static str,
}

/// The columns of the list beside name, town and tier: the profile's first code and number fields.
fn columns(register: &Pack) -> Vec<&Field> {
    let shown = |f: &&Field| {
        !f.sensitive
            && matches!(f.kind, FieldKind::Code { .. } | FieldKind::Int | FieldKind::Set { .. })
            && f.derive.is_none()
            || f.follows()
    };
    register.profile.fields().iter().filter(shown).take(6).collect()
}

fn line(o: &Officer, snapshot: &Snapshot, at: usize, columns: &[&Field]) -> Option<Line> {
    let person = snapshot.people.get(at)?.clone();
    let value = |f: &&Field| {
        let id = snapshot.register.profile.find(&f.name)?;
        Some(f.display(&snapshot.table.cell(at, id), o.lang))
    };
    let town = o.app.regions.name(&person.town).unwrap_or_default().to_owned();
    let tier = tier_name(&o.app, &snapshot.register, person.tier.as_deref(), o.lang);
    Some(Line { values: columns.iter().map(|f| value(f).unwrap_or_default()).collect(), town, tier, person })
}

/// A tier's name; nothing where there is none.
pub(crate) fn tier_name(app: &App, register: &Pack, tier: Option<&str>, lang: Lang) -> String {
    match tier {
        None | Some("none") => String::new(),
        Some("unknown") => app.texts.get(lang, "to-clarify", &[]),
        Some(code) => register.tier_label(code, lang).unwrap_or(code).to_owned(),
    }
}

async fn list(
    o: Officer,
    Query(filter): Query<Filter>,
    Query(start): Query<Start>,
) -> Result<Response, Problem> {
    let snapshot = o.app.snapshot(&o.county, &filter.kind).await?;
    let rows = filter.rows(&snapshot, &o.region)?;
    let start = start.row(&snapshot);
    let shown: Vec<usize> = rows.iter().skip_while(|at| *at < start).take(PAGE + 1).collect();
    let columns = columns(&snapshot.register);
    let lines: Vec<Line> =
        shown.iter().take(PAGE).filter_map(|at| line(&o, &snapshot, *at, &columns)).collect();
    let next = (shown.len() > PAGE).then(|| lines.last().map(|l| l.person.id)).flatten();
    let query = filter.query();
    let next =
        next.map(|id| if query.is_empty() { format!("after={id}") } else { format!("{query}&after={id}") });
    let everybody = Filter::default().rows(&snapshot, &o.region)?.count();
    page(&ListPage {
        shell: o.shell("people"),
        chips: chips(&o, &snapshot.register, &filter),
        choices: choices(&o, &snapshot.register, &filter),
        columns: columns.iter().map(|f| f.label.get(o.lang).to_owned()).collect(),
        total: rows.count(),
        lines,
        next,
        query,
        kinds: kinds(&o, snapshot.register.kind()),
        classified: snapshot.register.profile.fields().iter().any(|f| f.classification.is_some()),
        tiered: !snapshot.register.tiers.is_empty(),
        found: if snapshot.register.kind() == "person" { "people-found" } else { "parties-found" },
        number: match snapshot.register.identity() {
            IdentityKind::IdNumber => "id-number",
            IdentityKind::CreditCode => "credit-code",
        },
        filter,
        everybody,
    })
}

/// The registers: kind, label, whether it is the one that is shown.
pub(crate) fn kinds(o: &Officer, shown: &str) -> Vec<(String, String, bool)> {
    let kind = |p: &PartyKind| (p.kind.clone(), p.label.get(o.lang).to_owned(), p.kind == shown);
    o.app.registers().filter_map(|r| r.party.as_ref()).map(kind).collect()
}

/// The conditions in words, each with the address that takes it away.
pub(crate) fn chips(o: &Officer, register: &Pack, filter: &Filter) -> Vec<(String, String)> {
    let words = |c: &Condition| {
        let label = match register.profile.named(&c.field) {
            Some(field) => field.label.get(o.lang).to_owned(),
            None => o.shell("").t.s("tier"),
        };
        let named = groups(&o.app, register, &o.county.0, &c.field, o.lang)
            .into_iter()
            .find(|(code, _)| *code == c.value);
        let value = named.map(|(_, n)| n).or_else(|| o.app.occupations.name(&c.value).map(str::to_owned));
        (format!("{label}: {}", value.unwrap_or_else(|| c.value.clone())), filter.without(c).query())
    };
    filter.conditions().iter().map(words).collect()
}

fn choices(o: &Officer, register: &Pack, filter: &Filter) -> Vec<Choice> {
    let t = o.shell("").t;
    let mut fields: Vec<(String, String)> = vec![("tier".to_owned(), t.s("tier"))];
    let profile = register.profile.fields().iter();
    fields.extend(profile.filter(|f| !f.sensitive).map(|f| (f.name.clone(), f.label.get(o.lang).to_owned())));
    let chosen = filter.conditions();
    let choice = |(field, label): (String, String)| {
        let groups: Vec<(String, String, bool)> = groups(&o.app, register, &o.county.0, &field, o.lang)
            .into_iter()
            .map(|(code, name)| {
                let now = chosen.iter().any(|c| c.field == field && c.value == code);
                (format!("{field}:{code}"), name, now)
            })
            .collect();
        (groups.len() > 1).then_some(Choice { label, groups })
    };
    fields.into_iter().filter_map(choice).collect()
}

async fn export(o: Officer, Query(filter): Query<Filter>) -> Result<Response, Problem> {
    let snapshot = o.app.snapshot(&o.county, &filter.kind).await?;
    let rows = filter.rows(&snapshot, &o.region)?;
    let t = o.shell("").t;
    let columns: Vec<&Field> = snapshot.register.profile.fields().iter().filter(|f| !f.sensitive).collect();
    let own = ["name", "id-number", "phone", "town", "tier"].map(|k| t.s(k));
    let header: Vec<String> =
        own.into_iter().chain(columns.iter().map(|f| f.label.get(o.lang).to_owned())).collect();
    let lines = rows.iter().filter_map(|at| line(&o, &snapshot, at, &columns)).map(|l| {
        let own = [l.person.name, l.person.identity_mask, l.person.phone_mask, l.town, l.tier];
        own.into_iter().chain(l.values).collect()
    });
    let lines: Vec<Vec<String>> = lines.collect();
    let mut write = o.write().await?;
    let detail = serde_json::json!({ "rows": lines.len(), "filter": filter.query() });
    write.note("people-exported", Subject::new("county", &o.county), detail).await?;
    write.commit().await?;
    download::xlsx("people", &header, &lines)
}

async fn api(
    o: Officer,
    Query(filter): Query<Filter>,
    Query(start): Query<Start>,
) -> Result<axum::Json<Value>, Problem> {
    let snapshot = o.app.snapshot(&o.county, &filter.kind).await?;
    let rows = filter.rows(&snapshot, &o.region)?;
    let start = start.row(&snapshot);
    let shown: Vec<usize> = rows.iter().skip_while(|at| *at < start).take(PAGE + 1).collect();
    let person = |at: &usize| {
        let p = snapshot.people.get(*at)?;
        Some(
            serde_json::json!({ "id": p.id, "name": p.name, "id_number": p.identity_mask, "phone": p.phone_mask,
            "town": p.town, "tier": p.tier }),
        )
    };
    let people: Vec<Value> = shown.iter().take(PAGE).filter_map(person).collect();
    let next = if shown.len() > PAGE { people.last().map(|p| p["id"].clone()) } else { None };
    Ok(axum::Json(serde_json::json!({ "total": rows.count(), "people": people, "after": next })))
}

/// The person, where this officer may see them; where not, there is none.
pub(crate) async fn seen(o: &Officer, id: PartyId) -> Result<store::Found, Problem> {
    let found = store::find(&o.app, &o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let town = found.town.as_deref().unwrap_or_default();
    let seen = found.state == State::Active && in_region(town, &o.region);
    seen.then_some(found).ok_or(Problem::NotFound)
}

#[derive(Template)]
#[template(path = "party/reveal.html")]
struct RevealPage {
    shell: Shell,
    id: PartyId,
    name: String,
    shown: Vec<(String, String)>,
}

async fn reveal(o: Officer, Path(id): Path<PartyId>, Form(form): Form<Reveal>) -> Result<Response, Problem> {
    let person = seen(&o, id).await?;
    if form.reason.trim().chars().count() < 4 {
        return Err(Problem::field("reason", "fault-reason", ""));
    }
    let mut write = o.write().await?;
    write
        .note("revealed", Subject::new("party", id), serde_json::json!({ "reason": form.reason.trim() }))
        .await?;
    write.commit().await?;
    let shell = o.shell("people");
    let values = known(&person.sheets).0;
    let text = |field: &str| values.get(field).and_then(|h| h.value.as_str()).unwrap_or_default().to_owned();
    let shown = [("id-number", "id_number"), ("phone", "phone"), ("address", "address")];
    let shown = shown.map(|(key, field)| (shell.t.s(key), text(field))).into_iter().collect();
    page(&RevealPage { shell, id, name: person.name, shown })
}

/// A field of the form: name, label, type, value, options.
struct Input {
    name: String,
    label: String,
    kind: &'static str,
    value: String,
    purpose: String,
    options: Vec<(String, String, bool)>,
}

#[derive(Template)]
#[template(path = "party/edit.html")]
struct EditPage {
    shell: Shell,
    id: PartyId,
    name: String,
    inputs: Vec<Input>,
}

async fn edit(o: Officer, Path(id): Path<PartyId>) -> Result<Response, Problem> {
    let person = seen(&o, id).await?;
    let values = known(&person.sheets).0;
    let register = o.app.register(&person.kind)?;
    let inputs = register.profile.fields().iter().filter(|f| !f.follows() && f.classification.is_none());
    let inputs =
        inputs.map(|f| input(&o, register, f, &cell_of(f, values.get(&f.name).map(|h| &h.value)))).collect();
    page(&EditPage { shell: o.shell("people"), id, name: person.name, inputs })
}

fn input(o: &Officer, register: &Pack, field: &Field, cell: &Cell) -> Input {
    let held = |code: &str| match cell {
        Cell::Code(c) | Cell::Text(c) => c == code,
        Cell::Set(codes) => codes.iter().any(|c| c == code),
        Cell::Bool(b) => (code == "yes") == *b,
        _ => false,
    };
    let options = match field.kind {
        FieldKind::Int | FieldKind::Double | FieldKind::Text | FieldKind::Date => Vec::new(),
        _ => groups(&o.app, register, &o.county.0, &field.name, o.lang),
    };
    let options = options.into_iter().filter(|(code, _)| code != "-");
    Input {
        name: field.name.clone(),
        label: field.label.get(o.lang).to_owned(),
        kind: match field.kind {
            FieldKind::Int | FieldKind::Double => "number",
            FieldKind::Date => "date",
            FieldKind::Set { .. } => "set",
            FieldKind::Bool | FieldKind::Code { .. } | FieldKind::Region => "choice",
            FieldKind::Text => "text",
        },
        value: match cell {
            Cell::Int(n) => n.to_string(),
            other => field.display(other, o.lang),
        },
        purpose: field.purpose.as_ref().map_or_else(String::new, |p| p.get(o.lang).to_owned()),
        options: options
            .map(|(code, name)| {
                let now = held(&code);
                (code, name, now)
            })
            .collect(),
    }
}

async fn record(
    o: Officer,
    Path(id): Path<PartyId>,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let person = seen(&o, id).await?;
    let values = forms::facts(&o.app.register(&person.kind)?.profile, &form)?;
    let fields: Vec<&String> = values.keys().collect();
    let detail = serde_json::json!({ "fields": fields });
    let sheet = Sheet {
        source: "officer".to_owned(),
        purpose: String::new(),
        as_of: o.app.clock.today(),
        import: None,
        values: values.clone(),
    };
    let mut write = o.write().await?;
    store::add_sheets(&o.app, &write, &[(id, sheet)]).await?;
    write.note("facts-recorded", Subject::new("party", id), detail).await?;
    write.commit().await?;
    super::tier::recompute(&o.app, &o.county, &o.actor()).await?;
    Ok(to(&format!("/people/{id}"), "facts-recorded"))
}
