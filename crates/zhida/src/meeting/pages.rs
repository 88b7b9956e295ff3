//! The list of meetings, planning one, and its page: what became of the last, the agenda, minutes, decisions.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use sea_orm::ActiveValue::Set;
use serde::Deserialize;
use serde_json::json;
use zhida_pack::Severity;
use zhida_types::Quantity;

use super::decide::{Becomes, Decision, decide};
use super::entity::{agenda, decision, meeting};
use super::store::{self, Point};
use crate::account::{self, Role};
use crate::app::App;
use crate::clock::shown;
use crate::commitment;
use crate::finding::{self, About, By};
use crate::ids::{AccountId, AgendaId, MeetingId, PlaceId};
use crate::journal::Subject;
use crate::place;
use crate::problem::Problem;
use crate::web::extract::{Form, Path, Query, chosen, day};
use crate::web::{Officer, Shell, page, to};

/// The pages of meetings.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/meetings", get(list).post(create))
        .route("/meetings/new", get(blank))
        .route("/meetings/{id}", get(show).post(hold))
        .route("/meetings/{id}/agenda", post(ask))
        .route("/meetings/{id}/decisions", post(add_decision))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    q: String,
}

struct Line {
    id: MeetingId,
    title: String,
    when: String,
    held: bool,
    lessons: String,
}

#[derive(Template)]
#[template(path = "meeting/list.html")]
struct ListPage {
    shell: Shell,
    q: String,
    lines: Vec<Line>,
}

async fn list(o: Officer, Query(query): Query<ListQuery>) -> Result<Response, Problem> {
    let found = store::list(&o.app.db, &o.county, query.q.trim(), 100).await?;
    let line = |m: meeting::Model| Line {
        id: m.id,
        title: m.title,
        when: shown(m.starts_at),
        held: m.state == "held",
        lessons: m.lessons,
    };
    page(&ListPage { shell: o.shell("meetings"), q: query.q, lines: found.into_iter().map(line).collect() })
}

/// Something that is red, for the agenda: `kind:id` and words.
struct Red {
    name: String,
    words: String,
    why: String,
}

/// What is red in the officer's region: commitments far behind, findings that went up a level or are graver than they may
/// stay.
async fn red(o: &Officer, shell: &Shell) -> Result<Vec<Red>, Problem> {
    let mut all = Vec::new();
    for c in commitment::in_light(&o.app.db, &o.county, &o.region, "red", 50).await? {
        let who = o.app.regions.name(&c.region).unwrap_or_default();
        let who = if c.person_name.is_empty() { who } else { &c.person_name };
        all.push(Red {
            name: format!("commitment:{}", c.id),
            words: format!("{} · {who}", c.title),
            why: shell.t.s("light-red"),
        });
    }
    for f in finding::escalated(&o.app.db, &o.county, &o.region, 50).await? {
        all.push(Red {
            name: format!("finding:{}", f.id),
            words: format!("{} · {}", f.words, f.about_name),
            why: shell.t.n("level-n", f.level),
        });
    }
    Ok(all)
}

#[derive(Template)]
#[template(path = "meeting/new.html")]
struct NewPage {
    shell: Shell,
    red: Vec<Red>,
    previous: Vec<(MeetingId, String)>,
    day: String,
}

async fn blank(o: Officer) -> Result<Response, Problem> {
    let shell = o.shell("meetings");
    let previous = store::list(&o.app.db, &o.county, "", 20).await?;
    page(&NewPage {
        red: red(&o, &shell).await?,
        previous: previous
            .into_iter()
            .map(|m| (m.id, format!("{} {}", shown(m.starts_at), m.title)))
            .collect(),
        day: o.app.clock.today().plus_days(3).to_string(),
        shell,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MeetingForm {
    title: String,
    day: String,
    hour: String,
    room: String,
    previous: String,
    people: String,
    point: Vec<String>,
    asked: String,
}

/// Lines of a name and a unit: `王芳 海盐县总工会`.
fn people(text: &str) -> Vec<store::Person> {
    let line = |line: &str| {
        let (name, unit) = line.split_once([' ', '，', ',', '　', '\t']).unwrap_or((line, ""));
        (name.trim().to_owned(), unit.trim().to_owned(), false)
    };
    text.lines().map(str::trim).filter(|l| !l.is_empty()).map(line).collect()
}

async fn points(o: &Officer, shell: &Shell, form: &MeetingForm) -> Result<Vec<Point>, Problem> {
    let red = red(o, shell).await?;
    let mut points: Vec<Point> = Vec::new();
    for name in &form.point {
        let Some(found) = red.iter().find(|r| r.name == *name) else { continue };
        let (kind, id) = name.split_once(':').unwrap_or(("asked", ""));
        let kind = if kind == "finding" { "finding" } else { "commitment" };
        points.push((kind, id.to_owned(), found.words.clone()));
    }
    let asked = form.asked.lines().map(str::trim).filter(|l| !l.is_empty());
    points.extend(asked.map(|line| ("asked", String::new(), line.to_owned())));
    Ok(points)
}

async fn create(o: Officer, Form(form): Form<MeetingForm>) -> Result<Response, Problem> {
    if form.title.trim().is_empty() {
        return Err(Problem::field("title", "fault-empty", ""));
    }
    let day = day("day", &form.day)?;
    let time = chrono::NaiveTime::parse_from_str(form.hour.trim(), "%H:%M")
        .map_err(|_unreadable| Problem::field("hour", "fault-hour", &form.hour))?;
    let starts = crate::clock::instant(day.0.and_time(time));
    let previous = match form.previous.parse::<MeetingId>() {
        Ok(id) => Some(store::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?.id),
        Err(_) => None,
    };
    let points = points(&o, &o.shell("meetings"), &form).await?;
    let id = MeetingId::new();
    let mut write = o.write().await?;
    let row = meeting::ActiveModel {
        county: Set(o.county.clone()),
        id: Set(id),
        title: Set(form.title.trim().to_owned()),
        starts_at: Set(starts),
        room: Set(form.room.trim().to_owned()),
        unit_id: Set(Some(o.unit)),
        previous_id: Set(previous),
        state: Set("planned".to_owned()),
        minutes: Set(String::new()),
        lessons: Set(String::new()),
        version: Set(1),
        created_at: Set(write.at()),
    };
    store::insert(&write, row).await?;
    store::add_points(&write, id, &points).await?;
    store::set_participants(&write, id, &people(&form.people)).await?;
    let detail = json!({ "title": form.title.trim(), "points": points.len() });
    write.note("meeting-planned", Subject::new("meeting", id), detail).await?;
    write.commit().await?;
    Ok(to(&format!("/meetings/{id}"), "saved"))
}

/// A decision and what became of it.
struct DecisionLine {
    words: String,
    who: String,
    due: String,
    becomes: String,
    link: String,
    state: String,
    settled: bool,
    late: bool,
}

async fn became(o: &Officer, shell: &Shell, d: decision::Model) -> Result<DecisionLine, Problem> {
    let (kind, id) = d.ref_id.split_once(':').unwrap_or(("", ""));
    let (mut state, mut settled, mut link) = (String::new(), false, String::new());
    if let (true, Ok(id)) = (kind == "commitment", id.parse()) {
        if let Some(c) = commitment::seen(&o.app.db, &o.county, &o.region, id).await? {
            settled = c.state == "done" || c.light == "blue";
            state = shell.t.s(format!("light-{}", if c.state == "done" { "closed" } else { &c.light }));
        }
        link = format!("/commitments/{id}");
    } else if let (true, Ok(id)) = (kind == "finding", id.parse()) {
        if let Some(f) = finding::by_id(&o.app.db, &o.county, &o.region, id).await? {
            settled = f.state == "verified";
            state = shell.t.s(format!("finding-{}", f.state));
        }
        link = format!("/findings/{id}");
    }
    Ok(DecisionLine {
        late: !settled && d.due < o.app.clock.today().0,
        words: d.words,
        who: d.who,
        due: d.due.to_string(),
        becomes: d.becomes,
        link,
        state,
        settled,
    })
}

#[derive(Template)]
#[template(path = "meeting/show.html")]
struct ShowPage {
    shell: Shell,
    m: meeting::Model,
    when: String,
    last: Vec<DecisionLine>,
    last_title: String,
    last_id: String,
    points: Vec<agenda::Model>,
    people: Vec<store::Person>,
    people_text: String,
    decisions: Vec<DecisionLine>,
    accounts: Vec<(AccountId, String)>,
    places: Vec<(PlaceId, String)>,
    severities: Vec<&'static str>,
    due: String,
}

async fn show(o: Officer, Path(id): Path<MeetingId>) -> Result<Response, Problem> {
    let m = store::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let shell = o.shell("meetings");
    let (mut last, mut last_title, mut last_id) = (Vec::new(), String::new(), String::new());
    if let Some(previous) = m.previous_id {
        for d in store::decisions(&o.app.db, &o.county, previous).await? {
            last.push(became(&o, &shell, d).await?);
        }
        if let Some(before) = store::find(&o.app.db, &o.county, previous).await? {
            (last_title, last_id) = (before.title, before.id.to_string());
        }
    }
    let mut decisions = Vec::new();
    for d in store::decisions(&o.app.db, &o.county, id).await? {
        decisions.push(became(&o, &shell, d).await?);
    }
    let people = store::participants(&o.app.db, &o.county, id).await?;
    let accounts = account::workers(&o.app.db, &o.county).await?;
    let places = place::of_kind(&o.app.db, &o.county, &o.region, &[]).await?;
    page(&ShowPage {
        when: shown(m.starts_at),
        last,
        last_title,
        last_id,
        points: store::agenda(&o.app.db, &o.county, id).await?,
        people_text: people.iter().map(|(n, u, _)| format!("{n} {u}")).collect::<Vec<_>>().join("\n"),
        people,
        decisions,
        accounts: accounts.into_iter().map(|a| (a.id, a.name)).collect(),
        places: places.into_iter().take(500).map(|p| (p.id, p.name)).collect(),
        severities: Severity::ALL.map(Severity::as_str).to_vec(),
        due: o.app.clock.today().plus_days(30).to_string(),
        shell,
        m,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HoldForm {
    minutes: String,
    lessons: String,
    people: String,
    came: Vec<String>,
    version: i64,
}

async fn hold(
    o: Officer,
    Path(id): Path<MeetingId>,
    Form(form): Form<HoldForm>,
) -> Result<Response, Problem> {
    let m = store::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let mut write = o.write().await?;
    if form.version != m.version || !store::hold(&write, &m, form.minutes.trim(), form.lessons.trim()).await?
    {
        return Err(Problem::Conflict("fault-changed"));
    }
    let mut people = people(&form.people);
    for person in &mut people {
        person.2 = form.came.contains(&person.0);
    }
    store::set_participants(&write, id, &people).await?;
    let detail = json!({ "came": form.came.len(), "minutes": form.minutes.trim().chars().count() });
    write.note("meeting-held", Subject::new("meeting", id), detail).await?;
    write.commit().await?;
    Ok(to(&format!("/meetings/{id}"), "saved"))
}

#[derive(Debug, Deserialize)]
struct AskForm {
    words: String,
}

async fn ask(o: Officer, Path(id): Path<MeetingId>, Form(form): Form<AskForm>) -> Result<Response, Problem> {
    store::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    if form.words.trim().is_empty() {
        return Err(Problem::field("words", "fault-empty", ""));
    }
    let mut write = o.write().await?;
    store::add_points(&write, id, &[("asked", String::new(), form.words.trim().to_owned())]).await?;
    write.note("point-asked", Subject::new("meeting", id), json!({ "words": form.words.trim() })).await?;
    write.commit().await?;
    Ok(to(&format!("/meetings/{id}"), "saved"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DecisionForm {
    agenda: String,
    words: String,
    becomes: String,
    value: String,
    unit: String,
    place: String,
    severity: String,
    person: String,
    due: String,
}

/// The point of the agenda that a decision is about: what a change changes.
fn subject(points: &[agenda::Model], form: &DecisionForm) -> Option<(AgendaId, String, String)> {
    let id: AgendaId = form.agenda.parse().ok()?;
    points.iter().find(|p| p.id == id).map(|p| (p.id, p.kind.clone(), p.ref_id.clone()))
}

async fn becomes(
    o: &Officer,
    about: Option<&(AgendaId, String, String)>,
    form: &DecisionForm,
) -> Result<Becomes, Problem> {
    let value = || {
        form.value
            .trim()
            .parse::<Quantity>()
            .ok()
            .filter(|v| v.0 > 0)
            .ok_or_else(|| Problem::field("value", "fault-number", &form.value))
    };
    match (form.becomes.as_str(), about) {
        ("commitment", _) => {
            let unit = if form.unit.is_empty() { "piece" } else { form.unit.as_str() };
            Ok(Becomes::Commitment(value()?, unit.to_owned()))
        }
        ("finding", _) => {
            let id: PlaceId = chosen("place", &form.place)?;
            let p = place::find(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
            let severity = Severity::ALL.into_iter().find(|s| s.as_str() == form.severity);
            let about = About {
                kind: "place".to_owned(),
                id: p.id.to_string(),
                position: p.lon.zip(p.lat),
                name: p.name,
                town: p.town,
            };
            Ok(Becomes::Finding(severity.unwrap_or(Severity::Minor), about))
        }
        ("change", Some((_, kind, id))) if kind == "commitment" => {
            let id = id.parse().map_err(|_no_id| Problem::NotFound)?;
            Ok(Becomes::Target(id, value()?))
        }
        ("change", Some((_, kind, id))) if kind == "finding" => {
            Ok(Becomes::Owner(id.parse().map_err(|_no_id| Problem::NotFound)?))
        }
        ("change", _) => Err(Problem::field("agenda", "fault-change-of-what", "")),
        (other, _) => Err(Problem::field("becomes", "fault-value", other)),
    }
}

async fn add_decision(
    o: Officer,
    Path(id): Path<MeetingId>,
    Form(form): Form<DecisionForm>,
) -> Result<Response, Problem> {
    let m = store::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    if form.words.trim().is_empty() {
        return Err(Problem::field("words", "fault-empty", ""));
    }
    let due = day("due", &form.due)?;
    let today = o.app.clock.today();
    if due < today {
        return Err(Problem::field("due", "fault-past", &form.due));
    }
    let person: AccountId = chosen("person", &form.person)?;
    let person = account::find(&o.app.db, &o.county, person).await?.filter(|a| a.active);
    let person = person.ok_or(Problem::NotFound)?;
    let points = store::agenda(&o.app.db, &o.county, id).await?;
    let about = subject(&points, &form);
    let new = Decision {
        agenda: about.as_ref().map(|(id, ..)| *id),
        words: form.words.trim().to_owned(),
        who: (person.id, person.name, person.unit),
        due,
        becomes: becomes(&o, about.as_ref(), &form).await?,
        pack: o.app.lights().map_or_else(String::new, |(p, _)| p.name.clone()),
    };
    let by = By { account: o.id, unit: o.unit, supervisor: o.role >= Role::Supervisor };
    let mut write = o.write().await?;
    decide(&mut write, &m, (&o.region, by), new, today).await?;
    write.commit().await?;
    Ok(to(&format!("/meetings/{id}"), "decided"))
}
