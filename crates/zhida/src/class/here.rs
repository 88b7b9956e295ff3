//! What a trainee sees who reads the code on the teacher's screen: the first time the phone number that the office has, later one
//! tap. Nothing is asked twice, no app, no login.

use askama::Template;
use axum::Router;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use zhida_types::{LonLat, Phone};

use super::acts::{attend, going};
use super::code::was;
use super::entity::{class, lesson};
use super::standing::on_roster;
use super::store;
use crate::app::App;
use crate::case::{self, Case};
use crate::clock::span;
use crate::ids::{CountyId, LessonId, PartyId};
use crate::journal::{Actor, Write};
use crate::offer;
use crate::party;
use crate::problem::Problem;
use crate::provider;
use crate::web::extract::{Path, PublicForm};
use crate::web::{Shell, Visitor, device, page, to, with_device};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/in/{county}/{lesson}/{code}", get(show).post(come))
        .route("/in/{county}/{lesson}", get(done))
}

/// Windows of time within which a code that was read still opens the page, and within which the page can be sent.
const READ: i64 = 1;
const SENT: i64 = 9;

async fn found(app: &App, county: &str, id: LessonId) -> Result<(class::Model, lesson::Model), Problem> {
    let county = CountyId::parse(county).ok_or(Problem::NotFound)?;
    let lesson = store::lesson(&app.db, &county, id).await?.ok_or(Problem::NotFound)?;
    let class = store::find(&app.db, &county, lesson.class_id).await?.ok_or(Problem::NotFound)?;
    Ok((class, lesson))
}

/// Refuses a code that was not on the screen within so many windows of time.
fn fresh(
    app: &App,
    (class, lesson): (&class::Model, &lesson::Model),
    code: &str,
    windows: i64,
) -> Result<(), Problem> {
    going(class)?;
    let seconds = provider::terms(app)?.running.code_seconds;
    let known = was(app, lesson, &class.secret, (app.clock.now(), seconds, windows), code);
    if known { Ok(()) } else { Err(Problem::Conflict("fault-code-old")) }
}

/// The cases of those who may be in the room: on the roster.
pub(super) async fn roster(app: &App, class: &class::Model) -> Result<Vec<Case>, Problem> {
    let cases = case::of_offers(&app.db, &class.county, &[class.id]).await?;
    Ok(cases.into_iter().filter(|c| on_roster(app, c)).collect())
}

/// Whose phone this was at an earlier lesson of the class, if it was one person's alone.
async fn known(app: &App, class: &class::Model, device: &str) -> Result<Option<PartyId>, Problem> {
    let marks = store::marks(&app.db, &class.county, &[class.id]).await?;
    let mut own = marks.iter().filter(|m| !device.is_empty() && m.device == device).map(|m| m.party_id);
    let first = own.next();
    Ok(first.filter(|first| own.all(|p| p == *first)))
}

/// Who it is: by the number that the office has of somebody on the roster, or, where none is given, by the phone.
pub(super) async fn whose(
    app: &App,
    (class, roster): (&class::Model, &[Case]),
    device: &str,
    phone: &str,
) -> Result<PartyId, Problem> {
    if phone.trim().is_empty() {
        return known(app, class, device).await?.ok_or_else(|| Problem::field("phone", "fault-empty", ""));
    }
    let ids: Vec<PartyId> = roster.iter().map(|c| c.party_id).collect();
    let contacts = party::contacts(app, &app.db, &class.county, &ids).await?;
    let digits = Phone::parse_demonstration(&Phone::as_written(phone))
        .map_err(|_wrong| Problem::field("phone", "fault-phone-roster", ""))?;
    let hash = app.keys.lookup("phone", digits.reveal());
    let own = contacts.iter().find(|(_, c)| c.phone_hash.as_deref() == Some(hash.as_str()));
    Ok(*own.ok_or_else(|| Problem::field("phone", "fault-phone-roster", ""))?.0)
}

/// The name, of which only the first character is shown, of whomever a phone belongs to.
pub(super) async fn name_of(
    app: &App,
    class: &class::Model,
    device: &str,
) -> Result<Option<String>, Problem> {
    let Some(party) = known(app, class, device).await? else { return Ok(None) };
    let names = party::contacts(app, &app.db, &class.county, &[party]).await?;
    Ok(names.get(&party).map(|c| masked(&c.name)))
}

/// A name of which only the first character is shown.
pub(super) fn masked(name: &str) -> String {
    name.chars().take(1).chain(std::iter::repeat_n('*', name.chars().count().saturating_sub(1))).collect()
}

#[derive(Template)]
#[template(path = "class/here.html")]
struct HerePage {
    shell: Shell,
    title: String,
    when: String,
    link: String,
    /// Who the phone belongs to, masked.
    known: Option<String>,
    /// Whether the phone's position is of use.
    placed: bool,
}

async fn show(
    v: Visitor,
    headers: HeaderMap,
    Path((county, id, code)): Path<(String, LessonId, String)>,
) -> Result<Response, Problem> {
    let (class, lesson) = found(&v.app, &county, id).await?;
    fresh(&v.app, (&class, &lesson), &code, READ)?;
    let offer = offer::find(&v.app.db, &class.county, class.id).await?.ok_or(Problem::NotFound)?;
    let by = device(&v.app, &headers).unwrap_or_default();
    let known = name_of(&v.app, &class, &by).await?;
    let answer = page(&HerePage {
        title: offer.title,
        when: span(lesson.starts_at, lesson.ends_at),
        link: format!("/in/{county}/{id}/{code}"),
        known,
        placed: class.lon.is_some(),
        shell: v.shell(),
    })?;
    with_device(&v.app, (&headers, "/in"), answer)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Come {
    phone: String,
    /// Where the phone is, degrees; empty where its owner does not say.
    lon: String,
    lat: String,
}

/// How far a phone is from a class, in metres: nothing where its owner does not say, or nobody has said where the class is.
fn metres(of: &class::Model, come: &Come) -> Option<i64> {
    let at = LonLat::new(come.lon.trim().parse().ok()?, come.lat.trim().parse().ok()?).ok()?;
    let metres = at.metres_to(LonLat { lon: of.lon?, lat: of.lat? });
    #[expect(clippy::cast_possible_truncation, reason = "no two places of the earth are more metres apart")]
    Some(metres.round() as i64)
}

async fn come(
    v: Visitor,
    headers: HeaderMap,
    Path((county, id, code)): Path<(String, LessonId, String)>,
    PublicForm(form): PublicForm<Come>,
) -> Result<Response, Problem> {
    let (class, lesson) = found(&v.app, &county, id).await?;
    fresh(&v.app, (&class, &lesson), &code, SENT)?;
    let by = device(&v.app, &headers).unwrap_or_default();
    let roster = roster(&v.app, &class).await?;
    let party = whose(&v.app, (&class, &roster), &by, &form.phone).await?;
    let case = roster.iter().find(|c| c.party_id == party).ok_or(Problem::NotFound)?;
    let mut write = Write::begin(&v.app.db, &class.county, &Actor::public(), v.app.clock.now()).await?;
    let fresh = attend(&mut write, (&class, &lesson), &[case], "code", (&by, metres(&class, &form))).await?;
    if fresh > 0 {
        write.commit().await?;
    }
    let note = if fresh > 0 { "attended" } else { "attended-before" };
    with_device(&v.app, (&headers, "/in"), to(&format!("/in/{county}/{id}"), note))
}

#[derive(Template)]
#[template(path = "class/done.html")]
struct DonePage {
    shell: Shell,
    title: String,
    when: String,
    timetable: String,
    rate: String,
    work: String,
}

async fn done(v: Visitor, Path((county, id)): Path<(String, LessonId)>) -> Result<Response, Problem> {
    let (class, lesson) = found(&v.app, &county, id).await?;
    let offer = offer::find(&v.app.db, &class.county, class.id).await?.ok_or(Problem::NotFound)?;
    page(&DonePage {
        title: offer.title,
        when: span(lesson.starts_at, lesson.ends_at),
        timetable: format!("/timetable/{county}/{}", class.id),
        rate: format!("/rate/{county}/{}", class.id),
        work: super::work::link(&class),
        shell: v.shell(),
    })
}
