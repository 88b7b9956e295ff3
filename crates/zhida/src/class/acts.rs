//! What is done with a class.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::Expr;
use serde_json::json;
use zhida_pack::{Severity, StageKind};
use zhida_rules::Lang;
use zhida_types::{Day, LonLat};

use super::entity::{attendance, class, lesson};
use super::signals::Signal;
use super::standing::{held, kind, on_roster};
use super::store;
use super::words::words;
use crate::app::App;
use crate::case::{self, Case, Step};
use crate::db::seal::{link, token};
use crate::finding::{self, About, NewFinding};
use crate::ids::{AttendanceId, ContractId, CountyId, LessonId, OfferId, TeacherId, UnitId};
use crate::journal::{Subject, Write};
use crate::offer::{self, Offer};
use crate::problem::Problem;
use crate::{provider, tender};

/// A class that is to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewClass {
    /// The contract under which it is taught: by whom, and at which price.
    pub contract: ContractId,
    /// Where.
    pub room: String,
}

/// The seats that the classes of contracts have taken.
///
/// # Errors
/// The database's.
pub(super) async fn seats_taken(
    db: &impl ConnectionTrait,
    county: &CountyId,
) -> Result<BTreeMap<ContractId, i64>, Problem> {
    let classes = store::all(db, county).await?;
    let ids: Vec<OfferId> = classes.iter().map(|c| c.id).collect();
    let offers = offer::list(db, county, &ids).await?;
    let mut taken = BTreeMap::new();
    for class in classes {
        if let (Some(contract), Some(of)) = (class.contract_id, offers.get(&class.id)) {
            *taken.entry(contract).or_insert(0) += of.seats;
        }
    }
    Ok(taken)
}

/// Begins a class of an offer under a contract. Answers the secret part of the teacher's link.
///
/// # Errors
/// A contract that is over or whose seats are taken, a provider that has not passed its gate, an offer that has a class, or the database's.
pub async fn open(app: &App, write: &mut Write, of: &Offer, new: &NewClass) -> Result<String, Problem> {
    let county = write.county().clone();
    let contract = tender::contract(write.tx(), &county, new.contract).await?.ok_or(Problem::NotFound)?;
    let by = provider::find(write.tx(), &county, contract.provider_id).await?.ok_or(Problem::NotFound)?;
    let today = Day::at(write.at());
    let stands = tender::intake(app, write.tx(), (&county, std::slice::from_ref(&by)), today).await?;
    if let Some(key) = stands.get(&by.id).and_then(|(intake, _)| intake.fault()) {
        return Err(Problem::field("contract", key, &by.name));
    }
    if !contract.in_force(today) {
        return Err(Problem::field("contract", "fault-contract-over", &contract.number));
    }
    if store::find(write.tx(), &county, of.id).await?.is_some() {
        return Err(Problem::Conflict("fault-class-there"));
    }
    let taken = seats_taken(write.tx(), &county).await?.get(&contract.id).copied().unwrap_or(0);
    if taken + of.seats > contract.seats {
        let left = format!("{} · {} > {}", contract.number, of.seats, (contract.seats - taken).max(0));
        return Err(Problem::field("contract", "fault-contract-seats", left));
    }
    // Of two who begin classes under it at once the second counts the seats again.
    crate::db::change(write.tx(), &contract, Vec::new()).await?;
    let (link, token_hash) = link(&county)?;
    let row = class::ActiveModel {
        county: Set(county),
        id: Set(of.id),
        provider_id: Set(by.id),
        tender_id: Set(Some(contract.tender_id)),
        contract_id: Set(Some(contract.id)),
        price: Set(contract.price),
        room: Set(new.room.trim().to_owned()),
        lon: Set(None),
        lat: Set(None),
        state: Set("running".to_owned()),
        stop: Set(String::new()),
        stopped_by: Set(String::new()),
        stopped_role: Set(String::new()),
        token_hash: Set(token_hash),
        secret: Set(token()?),
        account: Set(write.actor().id()),
        version: Set(1),
        created_at: Set(write.at()),
    };
    store::insert(write, row).await?;
    let detail = json!({ "title": of.title, "provider": by.name, "contract": contract.number });
    write.note("class-opened", Subject::new("offer", of.id), detail).await?;
    Ok(link)
}

/// Makes the teacher's link anew; the one before is worth nothing. Answers the secret part.
pub(super) async fn renew_link(write: &mut Write, now: &class::Model) -> Result<String, Problem> {
    let (link, hash) = link(write.county())?;
    crate::db::change(write.tx(), now, vec![(class::Column::TokenHash, Expr::value(hash))]).await?;
    write.note("class-link", Subject::new("offer", now.id), json!({})).await?;
    Ok(link)
}

/// Says where the room of a class is, so that phones that say where they are can be compared with it.
pub(super) async fn locate(write: &mut Write, now: &class::Model, at: LonLat) -> Result<(), Problem> {
    let values = vec![
        (class::Column::Lon, Expr::value(Some(at.lon))),
        (class::Column::Lat, Expr::value(Some(at.lat))),
    ];
    crate::db::change(write.tx(), now, values).await?;
    write.note("class-located", Subject::new("offer", now.id), json!({ "at": at })).await?;
    Ok(())
}

/// A lesson that is planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLesson {
    /// When it begins.
    pub from: DateTime<Utc>,
    /// When it ends.
    pub to: DateTime<Utc>,
    /// Where; the class's room where empty.
    pub room: String,
    /// Who teaches.
    pub teacher: Option<TeacherId>,
    /// What.
    pub topic: String,
}

/// Plans lessons. Answers their ids.
///
/// # Errors
/// An end before its beginning, a teacher of somebody else or whose certificate has run out, a class that is stopped, or the
/// database's.
pub async fn plan(
    write: &mut Write,
    of: &class::Model,
    new: Vec<NewLesson>,
) -> Result<Vec<LessonId>, Problem> {
    going(of)?;
    let teachers = provider::teachers(write.tx(), write.county(), &[of.provider_id]).await?;
    let before = store::lessons(write.tx(), write.county(), &[of.id]).await?;
    let mut number = before.iter().map(|l| l.number).max().unwrap_or(0);
    let (mut rows, mut ids) = (Vec::new(), Vec::new());
    for l in new {
        if l.from >= l.to {
            return Err(Problem::field("to", "fault-event-order", ""));
        }
        let teacher = match l.teacher {
            Some(id) => Some(teachers.iter().find(|t| t.id == id).ok_or(Problem::NotFound)?),
            None => None,
        };
        let on = Day::at(l.from);
        if let Some((name, day)) = teacher.and_then(|t| t.expires.filter(|d| *d < on.0).map(|d| (&t.name, d)))
        {
            return Err(Problem::field("teacher", "fault-teacher-expired", format!("{name} {day}")));
        }
        number += 1;
        let id = LessonId::new();
        ids.push(id);
        rows.push(lesson::ActiveModel {
            county: Set(write.county().clone()),
            id: Set(id),
            class_id: Set(of.id),
            number: Set(number),
            starts_at: Set(l.from),
            ends_at: Set(l.to),
            room: Set(if l.room.trim().is_empty() { of.room.clone() } else { l.room.trim().to_owned() }),
            teacher_id: Set(teacher.map(|t| t.id)),
            teacher: Set(teacher.map(|t| t.name.clone()).unwrap_or_default()),
            certificate: Set(teacher.map(|t| t.certificate.clone()).unwrap_or_default()),
            topic: Set(l.topic.trim().to_owned()),
            state: Set("planned".to_owned()),
            observer_id: Set(None),
            observer: Set(String::new()),
            observed_at: Set(None),
            observed: Set(None),
            observed_words: Set(String::new()),
            photos: Set("[]".to_owned()),
            version: Set(1),
        });
    }
    let n = rows.len();
    store::insert_lessons(write, rows).await?;
    write.note("lessons-planned", Subject::new("offer", of.id), json!({ "lessons": n })).await?;
    Ok(ids)
}

/// Refuses what may not be done with a class that was stopped, or has ended.
pub(super) fn going(of: &class::Model) -> Result<(), Problem> {
    match of.state.as_str() {
        "stopped" => Err(Problem::Conflict("fault-class-stopped")),
        "ended" => Err(Problem::Conflict("fault-class-ended")),
        _ => Ok(()),
    }
}

/// Cancels a lesson to which nobody came.
pub(super) async fn cancel(write: &mut Write, of: &class::Model, now: &lesson::Model) -> Result<(), Problem> {
    let came = store::marks(write.tx(), write.county(), &[of.id]).await?;
    if came.iter().any(|m| m.lesson_id == now.id) {
        return Err(Problem::Conflict("fault-lesson-held"));
    }
    crate::db::change(write.tx(), now, vec![(lesson::Column::State, Expr::value("cancelled"))]).await?;
    write.note("lesson-cancelled", Subject::new("offer", of.id), json!({ "lesson": now.number })).await?;
    Ok(())
}

/// Somebody of the office keeps a record of a lesson, once: how many there were, and what was seen.
///
/// # Errors
/// Before it begins, a record that is there, or the database's.
pub async fn observe(
    write: &mut Write,
    now: &lesson::Model,
    (count, words): (i64, &str),
    photos: &[String],
) -> Result<(), Problem> {
    if now.observed_at.is_some() {
        return Err(Problem::Conflict("fault-observed"));
    }
    if write.at() < now.starts_at {
        return Err(Problem::Conflict("fault-lesson-early"));
    }
    if !(0..=10_000).contains(&count) {
        return Err(Problem::field("count", "fault-number-within", "0–10000"));
    }
    let values = vec![
        (lesson::Column::ObserverId, Expr::value(write.actor().account)),
        (lesson::Column::Observer, Expr::value(write.actor().name.clone())),
        (lesson::Column::ObservedAt, Expr::value(Some(write.at()))),
        (lesson::Column::Observed, Expr::value(Some(count))),
        (lesson::Column::ObservedWords, Expr::value(words.trim())),
        (lesson::Column::Photos, Expr::value(serde_json::to_string(photos)?)),
    ];
    crate::db::change(write.tx(), now, values).await?;
    let detail = json!({ "lesson": now.number, "count": count });
    write.note("lesson-observed", Subject::new("offer", now.class_id), detail).await?;
    Ok(())
}

/// Keeps that people came to a lesson: `how` is `code`, `paper` or `made-up`. Answers how many are new.
///
/// # Errors
/// A class that is stopped, a lesson that is cancelled, or the database's.
pub async fn attend(
    write: &mut Write,
    (of, now): (&class::Model, &lesson::Model),
    cases: &[&Case],
    how: &str,
    (device, metres): (&str, Option<i64>),
) -> Result<u64, Problem> {
    going(of)?;
    if now.state == "cancelled" {
        return Err(Problem::Conflict("fault-lesson-cancelled"));
    }
    if write.at() < now.starts_at - chrono::Duration::hours(2) {
        return Err(Problem::Conflict("fault-lesson-early"));
    }
    let row = |case: &&Case| attendance::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(AttendanceId::new()),
        lesson_id: Set(now.id),
        class_id: Set(of.id),
        case_id: Set(case.id),
        party_id: Set(case.party_id),
        how: Set(how.to_owned()),
        device: Set(device.to_owned()),
        metres: Set(metres),
        account: Set(write.actor().id()),
        at: Set(write.at()),
    };
    let fresh = store::mark(write, cases.iter().map(row).collect()).await?;
    if fresh > 0 {
        let detail = json!({ "lesson": now.number, "how": how, "people": fresh });
        write.note("attended", Subject::new("offer", of.id), detail).await?;
    }
    Ok(fresh)
}

/// Puts those who accepted on the roster, in the order in which they did, as far as there are seats. Answers how many.
///
/// # Errors
/// A class that is stopped, or the database's.
pub async fn enrol(app: &App, write: &mut Write, of: &class::Model, seats: i64) -> Result<usize, Problem> {
    going(of)?;
    let rules = provider::terms(app)?;
    let cases = case::of_offers(write.tx(), write.county(), &[of.id]).await?;
    let taken = cases.iter().filter(|c| on_roster(app, c)).count();
    let free = usize::try_from(seats).unwrap_or(0).saturating_sub(taken);
    let mut next: Vec<Case> =
        cases.into_iter().filter(|c| kind(app, c) == Some(StageKind::Accepted)).collect();
    next.sort_by_key(|c| (c.updated_at, c.id));
    next.truncate(free);
    if !next.is_empty() {
        case::steps(app, write, &next, &Step { to: &rules.course.enrolled, words: "" }).await?;
    }
    Ok(next.len())
}

/// Ends a class: whoever attended the share of lessons that the pack asks for has finished, with that share as evidence; nobody
/// else has. Answers how many finished and how many did not.
///
/// # Errors
/// A class that is stopped, lessons to come, or the database's.
pub async fn finish(app: &App, write: &mut Write, of: &class::Model) -> Result<(usize, usize), Problem> {
    going(of)?;
    let rules = provider::terms(app)?;
    let own = held(write.tx(), write.county(), &[of.id]).await?.remove(&of.id).unwrap_or_default();
    if !own.over(write.at()) {
        return Err(Problem::Conflict("fault-lessons-left"));
    }
    let counted = own.count(app, &rules.course, write.at());
    let mut by_share: BTreeMap<i64, Vec<Case>> = BTreeMap::new();
    let mut not = 0;
    for case in counted.roster.iter().filter(|c| c.stage == rules.course.enrolled) {
        let share = counted.share(case.id);
        if share >= rules.running.finish_percent {
            by_share.entry(share).or_default().push(case.clone());
        } else {
            not += 1;
        }
    }
    let mut done = 0;
    for (share, cases) in &by_share {
        let words = app.texts.get(Lang::Zh, "finished-share", &[("v", share.to_string().into())]);
        case::steps(app, write, cases, &Step { to: &rules.course.finished, words: &words }).await?;
        done += cases.len();
    }
    super::certificate::issue(write, of, &by_share).await?;
    crate::db::change(write.tx(), of, vec![(class::Column::State, Expr::value("ended"))]).await?;
    let detail = json!({ "finished": done, "not": not });
    write.note("class-ended", Subject::new("offer", of.id), detail).await?;
    Ok((done, not))
}

/// Stops a class, or lets it go on: only somebody of the role that stopped it.
pub(super) async fn stop(
    write: &mut Write,
    now: &class::Model,
    (role, words): (&str, &str),
    going_on: bool,
) -> Result<(), Problem> {
    let words = words.trim();
    if words.is_empty() {
        return Err(Problem::field("words", "fault-empty", ""));
    }
    let (state, by, role_kept) = match (going_on, now.state.as_str()) {
        (true, "stopped") if now.stopped_role != role => return Err(Problem::Forbidden),
        (true, "stopped") => ("running", String::new(), ""),
        (false, "running") => ("stopped", write.actor().name.clone(), role),
        _ => return Err(Problem::Conflict("fault-changed")),
    };
    let values = vec![
        (class::Column::State, Expr::value(state)),
        (class::Column::Stop, Expr::value(if going_on { "" } else { words })),
        (class::Column::StoppedBy, Expr::value(by)),
        (class::Column::StoppedRole, Expr::value(role_kept)),
    ];
    crate::db::change(write.tx(), now, values).await?;
    let act = if going_on { "class-resumed" } else { "class-stopped" };
    write.note(act, Subject::new("offer", now.id), json!({ "words": words })).await?;
    Ok(())
}

/// Days in which a signal that became a finding is cleared up.
const DAYS: i64 = 5;

/// Makes a finding of what was seen of a class, once while it is open.
///
/// # Errors
/// One that is open already, or the database's.
pub(super) async fn raise(
    app: &App,
    write: &mut Write,
    of: Offer,
    (signal, unit): (&Signal, UnitId),
) -> Result<(), Problem> {
    let (pack, _) = provider::rules(app)?;
    let (id, rule) = (of.id.to_string(), format!("signal-{}", signal.key));
    let open = finding::open_at(write.tx(), write.county(), ("offer", &id)).await?;
    if open.iter().any(|f| f.rule == rule) {
        return Err(Problem::Conflict("fault-finding-there"));
    }
    let position = of.lon.zip(of.lat);
    let new = NewFinding {
        review: None,
        pack: pack.name.clone(),
        rule,
        words: words(app, &app.words(Lang::Zh), signal),
        severity: Severity::Serious,
        unit: Some(unit),
        owner: None,
        due: Day::at(write.at()).plus_days(DAYS),
        escalate_days: DAYS,
        photos: Vec::new(),
        about: About { kind: "offer".to_owned(), id, name: of.title, town: of.town, position },
    };
    finding::raise(write, vec![new]).await?;
    Ok(())
}
