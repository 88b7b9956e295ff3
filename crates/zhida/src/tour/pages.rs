//! The list of tours with what is due this week, and one tour as its crew sees it on a phone.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use zhida_types::Day;

use super::entity::{encounter, stop, tour};
use super::meet::{NewEncounter, meet};
use super::plan::{self, Due, kind};
use super::{acts, store};
use crate::app::App;
use crate::ids::{EncounterId, PartyId, StopId, TourId};
use crate::ledger::{self, Kind};
use crate::party::{self, Filter};
use crate::problem::Problem;
use crate::supply;
use crate::web::extract::{Form, Path, Query, behind};
use crate::web::{Officer, Shell, page, to};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/tours", get(list))
        .route("/tours/{id}", get(show))
        .route("/tours/{id}/out", post(out))
        .route("/tours/{id}/back", post(back))
        .route("/tours/{id}/cancel", post(cancel))
        .route("/tours/{id}/stops/{stop}", post(stopped))
        .route("/tours/{id}/encounters", post(met))
        .route("/encounters/{id}", get(whose).post(link))
}

const PAGE: u64 = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    kind: String,
    state: String,
    after: String,
}

struct DueLine {
    label: String,
    due: Due,
    warning: String,
}

#[derive(Template)]
#[template(path = "tour/list.html")]
struct ListPage {
    shell: Shell,
    due: Vec<DueLine>,
    kinds: Vec<(String, String)>,
    warnings: Vec<(String, String)>,
    asked: Asked,
    tours: Vec<tour::Model>,
    next: Option<String>,
    today: String,
    soon: String,
    may_warn: bool,
}

impl ListPage {
    fn label(&self, code: &str) -> &str {
        self.kinds.iter().find(|(c, _)| c == code).map_or("", |(_, l)| l.as_str())
    }
}

async fn list(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let scope = (&o.county, &o.region);
    let before = behind::<TourId>(&asked.after);
    let mut tours = store::page(&o.app.db, scope, (&asked.kind, &asked.state), before, PAGE + 1).await?;
    let more = tours.len() as u64 > PAGE;
    tours.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let next = tours.last().filter(|_| more).map(|t| format!("{}_{}", t.day, t.id));
    let kinds = || o.app.packs().flat_map(|p| &p.tours);
    let due = plan::due(&o.app, &o.county).await?;
    let line = |due: Due| {
        let k = kinds().find(|k| k.code == due.kind)?;
        let warning = k.warnings.iter().find(|w| w.code == due.warning);
        Some(DueLine {
            label: k.label.get(o.lang).to_owned(),
            warning: warning.map_or_else(String::new, |w| w.label.get(o.lang).to_owned()),
            due,
        })
    };
    let today = o.app.clock.today();
    let warnings = kinds().flat_map(|k| &k.warnings);
    page(&ListPage {
        due: due.into_iter().filter_map(line).filter(|d| d.due.per_week.is_some()).collect(),
        kinds: kinds().map(|k| (k.code.clone(), k.label.get(o.lang).to_owned())).collect(),
        warnings: warnings.map(|w| (w.code.clone(), w.label.get(o.lang).to_owned())).collect(),
        tours,
        next,
        today: today.to_string(),
        soon: today.plus_days(2).to_string(),
        may_warn: o.role >= crate::account::Role::Supervisor,
        shell: o.shell("tours"),
        asked,
    })
}

struct Met {
    e: encounter::Model,
    outcome: String,
    at: String,
}

#[derive(Template)]
#[template(path = "tour/show.html")]
struct ShowPage {
    shell: Shell,
    t: tour::Model,
    kind: String,
    stops: Vec<stop::Model>,
    done: usize,
    met: Vec<Met>,
    helped: i64,
    outcomes: Vec<(String, String)>,
    /// What the lead has in hand: `item|lot`, its name, how much.
    hand: Vec<(String, String, String)>,
    kilometres: Option<String>,
}

async fn found(o: &Officer, id: TourId) -> Result<tour::Model, Problem> {
    store::find(&o.app.db, (&o.county, &o.region), id).await?.ok_or(Problem::NotFound)
}

async fn show(o: Officer, Path(id): Path<TourId>) -> Result<Response, Problem> {
    let t = found(&o, id).await?;
    let (_, k) = kind(&o.app, &t.kind)?;
    let stops = store::stops(&o.app.db, &o.county, id).await?;
    let met = store::encounters(&o.app.db, &o.county, id).await?;
    let name = |code: &str| {
        let e = k.encounters.iter().find(|e| e.code == code);
        e.map_or_else(|| code.to_owned(), |e| e.label.get(o.lang).to_owned())
    };
    let shell = o.shell("tours");
    let hands = ledger::of_kind(&o.app.db, &o.county, Kind::Hand).await?;
    let own: Vec<_> = hands.iter().filter(|h| h.ref_id == t.lead_id.to_string()).map(|h| h.id).collect();
    let held = ledger::balances(&o.app.db, &o.county, &own).await?;
    let hand = held.iter().filter(|b| b.item != ledger::MONEY && b.amount > 0).map(|b| {
        let item = supply::item_name(&o.app, &shell.t, &b.item, o.lang);
        (format!("{}|{}", b.item, b.batch), item, supply::amount_text(&b.item, b.amount))
    });
    page(&ShowPage {
        kind: k.label.get(o.lang).to_owned(),
        done: stops.iter().filter(|s| s.done_at.is_some()).count(),
        helped: met.iter().filter(|e| e.helped).map(|e| e.persons).sum(),
        met: met
            .into_iter()
            .map(|e| Met { outcome: name(&e.outcome), at: crate::clock::shown(e.at), e })
            .collect(),
        outcomes: k.encounters.iter().map(|e| (e.code.clone(), e.label.get(o.lang).to_owned())).collect(),
        hand: hand.collect(),
        kilometres: t.metres.map(|m| format!("{}.{}", m / 1_000, m % 1_000 / 100)),
        stops,
        t,
        shell,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ActForm {
    crew: String,
    vehicles: String,
    words: String,
}

async fn out(o: Officer, Path(id): Path<TourId>, Form(form): Form<ActForm>) -> Result<Response, Problem> {
    let now = found(&o, id).await?;
    let number = |field: &'static str, text: &str| {
        text.trim().parse::<i64>().map_err(|_no_number| Problem::field(field, "fault-crew", text))
    };
    let (crew, vehicles) = (number("crew", &form.crew)?, number("vehicles", &form.vehicles)?);
    let mut write = o.write().await?;
    acts::out(&mut write, &now, crew, vehicles).await?;
    write.commit().await?;
    Ok(to(&format!("/tours/{id}"), "tour-out"))
}

async fn back(o: Officer, Path(id): Path<TourId>, Form(form): Form<ActForm>) -> Result<Response, Problem> {
    let now = found(&o, id).await?;
    let mut write = o.write().await?;
    acts::back(&mut write, &now, &form.words).await?;
    write.commit().await?;
    Ok(to(&format!("/tours/{id}"), "tour-back"))
}

async fn cancel(o: Officer, Path(id): Path<TourId>, Form(form): Form<ActForm>) -> Result<Response, Problem> {
    let now = found(&o, id).await?;
    let mut write = o.write().await?;
    acts::cancel(&mut write, &now, &form.words).await?;
    write.commit().await?;
    Ok(to(&format!("/tours/{id}"), "tour-cancelled"))
}

async fn stopped(
    o: Officer,
    Path((id, stop)): Path<(TourId, StopId)>,
    Form(form): Form<ActForm>,
) -> Result<Response, Problem> {
    let now = found(&o, id).await?;
    if !matches!(now.state.as_str(), "out" | "back") {
        return Err(Problem::Conflict("fault-tour-not-out"));
    }
    let words: String = form.words.trim().chars().take(300).collect();
    let mut write = o.write().await?;
    if !store::stop_done(&write, id, stop, &words).await? {
        return Err(Problem::Conflict("fault-changed"));
    }
    let detail = serde_json::json!({ "stop": stop, "words": words });
    write.note("tour-stop", crate::journal::Subject::new("tour", id), detail).await?;
    write.commit().await?;
    Ok(to(&format!("/tours/{id}"), "tour-stop"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MetForm {
    name: String,
    outcome: String,
    persons: String,
    words: String,
    stop: String,
    item: String,
    amount: String,
}

async fn met(o: Officer, Path(id): Path<TourId>, Form(form): Form<MetForm>) -> Result<Response, Problem> {
    let now = found(&o, id).await?;
    let persons = form.persons.trim();
    let persons = if persons.is_empty() { Ok(1) } else { persons.parse::<i64>() };
    let persons = persons.map_err(|_no_number| Problem::field("persons", "fault-persons", &form.persons))?;
    let stops = store::stops(&o.app.db, &o.county, id).await?;
    let stop = stops.iter().find(|s| s.id.to_string() == form.stop);
    let town = match stop.and_then(|s| s.place_id) {
        Some(place) => crate::place::find(&o.app.db, &o.county, &o.region, place).await?.and_then(|p| p.town),
        None => now.town.clone(),
    };
    let mut write = o.write().await?;
    let given = match form.item.split_once('|') {
        Some((item, lot)) if !form.amount.trim().is_empty() => {
            let amount = supply::amount(&o.app, item, form.amount.trim())?;
            let lead = now.lead_id.to_string();
            let from = ledger::holder(&write, Kind::Hand, &lead, &now.lead_name, None).await?;
            Some((from, item.to_owned(), lot.to_owned(), amount))
        }
        _ => None,
    };
    let new = NewEncounter {
        name: form.name,
        outcome: form.outcome,
        persons,
        words: form.words,
        town,
        position: stop.and_then(|s| s.lon.zip(s.lat)),
        given,
    };
    meet(&o.app, &mut write, &now, new).await?;
    write.commit().await?;
    Ok(to(&format!("/tours/{id}"), "encounter"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Search {
    q: String,
}

#[derive(Template)]
#[template(path = "tour/encounter.html")]
struct EncounterPage {
    shell: Shell,
    e: encounter::Model,
    at: String,
    q: String,
    found: Vec<(PartyId, String)>,
}

/// An encounter on a tour that this officer may see.
async fn seen(o: &Officer, id: EncounterId) -> Result<encounter::Model, Problem> {
    let e = store::encounter(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    found(o, e.tour_id).await?;
    Ok(e)
}

async fn whose(
    o: Officer,
    Path(id): Path<EncounterId>,
    Query(search): Query<Search>,
) -> Result<Response, Problem> {
    let e = seen(&o, id).await?;
    let mut found = Vec::new();
    if !search.q.trim().is_empty() {
        let filter = Filter { q: search.q.trim().to_owned(), ..Filter::default() };
        for register in o.app.registers() {
            let snapshot = o.app.snapshot(&o.county, register.kind()).await?;
            let rows = filter.rows(&snapshot, &o.region)?;
            let line = |p: &party::Person| {
                (
                    p.id,
                    format!(
                        "{} {} {}",
                        p.name,
                        p.identity_mask,
                        o.app.regions.name(&p.town).unwrap_or_default()
                    ),
                )
            };
            found.extend(rows.iter().filter_map(|at| snapshot.people.get(at)).take(20).map(line));
        }
    }
    page(&EncounterPage { at: crate::clock::shown(e.at), e, q: search.q, found, shell: o.shell("tours") })
}

#[derive(Debug, Deserialize)]
struct LinkForm {
    party: PartyId,
}

async fn link(
    o: Officer,
    Path(id): Path<EncounterId>,
    Form(form): Form<LinkForm>,
) -> Result<Response, Problem> {
    let e = seen(&o, id).await?;
    let person = party::seen(&o, form.party).await?;
    let mut write = o.write().await?;
    super::meet::link(&mut write, id, form.party, &person.name).await?;
    write.commit().await?;
    Ok(to(&format!("/tours/{}", e.tour_id), "encounter-linked"))
}

/// The span of days that an address names; the last thirty where it names none.
pub(super) fn span(today: Day, from: &str, until: &str) -> Result<(Day, Day), Problem> {
    let read = |field: &'static str, text: &str, otherwise: Day| {
        if text.is_empty() { Ok(otherwise) } else { crate::web::extract::day(field, text) }
    };
    let until = read("until", until, today)?;
    let from = read("from", from, until.plus_days(-29))?;
    if until < from || until.epoch() - from.epoch() > 400 {
        return Err(Problem::field("until", "fault-ends-before", until));
    }
    Ok((from, until))
}
