//! What officers do with classes: the list, beginning one, the roster, lessons, what makes somebody look, stopping and ending it.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{Datelike as _, Duration, NaiveTime};
use serde::Deserialize;
use zhida_types::{Fen, LonLat};

use super::acts::{self, NewClass, NewLesson};
use super::entity::{class, lesson};
use super::signals::Signal;
use super::standing::{Counted, Held, assessment, held, seen};
use super::store;
use super::words::words;
use crate::account::Role;
use crate::app::App;
use crate::case::Case;
use crate::check;
use crate::clock::{self, span};
use crate::finding;
use crate::ids::{ContractId, LessonId, OfferId, PartyId, ProviderId, TeacherId};
use crate::offer::{self, Offer};
use crate::problem::Problem;
use crate::provider;
use crate::tender;
use crate::texts::T;
use crate::web::extract::{Form, Nothing, Path, Query, chosen, day};
use crate::web::{Officer, Shell, page, qr, to};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/classes", get(list).post(make))
        .route("/classes/new", get(blank))
        .route("/classes/{id}", get(show))
        .route("/classes/{id}/lessons", post(plan))
        .route("/classes/{id}/place", post(locate))
        .route("/classes/{id}/enrol", post(enrol))
        .route("/classes/{id}/finish", post(finish))
        .route("/classes/{id}/stop", post(stop))
        .route("/classes/{id}/resume", post(resume))
        .route("/classes/{id}/link", post(link))
        .route("/classes/{id}/signals", post(raise))
}

/// A class that an officer may see: of the county, all of which anybody of it may see.
pub(super) async fn found(o: &Officer, id: OfferId) -> Result<(class::Model, Offer), Problem> {
    let class = store::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let offer = offer::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    Ok((class, offer))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Of {
    provider: Option<ProviderId>,
    contract: Option<ContractId>,
}

struct Line {
    id: OfferId,
    title: String,
    provider: String,
    state: String,
    stopped: bool,
    roster: usize,
    seats: i64,
    held: usize,
    unseen: usize,
}

#[derive(Template)]
#[template(path = "class/list.html")]
struct ListPage {
    shell: Shell,
    lines: Vec<Line>,
}

async fn list(o: Officer, Query(of): Query<Of>) -> Result<Response, Problem> {
    let course = &provider::terms(&o.app)?.course;
    let mut classes = store::all(&o.app.db, &o.county).await?;
    classes.retain(|c| of.provider.is_none_or(|id| c.provider_id == id));
    classes.retain(|c| of.contract.is_none_or(|id| c.contract_id == Some(id)));
    let ids: Vec<OfferId> = classes.iter().map(|c| c.id).collect();
    let offers = offer::list(&o.app.db, &o.county, &ids).await?;
    let by = provider::of_ids(&o.app.db, &o.county, &classes.iter().map(|c| c.provider_id).collect()).await?;
    let mut own = held(&o.app.db, &o.county, &ids).await?;
    let (shell, now) = (o.shell("classes"), o.app.clock.now());
    let line = |c: class::Model| {
        let counted = own.remove(&c.id).unwrap_or_default().count(&o.app, course, now);
        let offer = offers.get(&c.id);
        Line {
            id: c.id,
            title: offer.map(|x| x.title.clone()).unwrap_or_default(),
            provider: by.get(&c.provider_id).map(|p| p.name.clone()).unwrap_or_default(),
            state: shell.t.s(format!("class-{}", c.state)),
            stopped: c.state == "stopped",
            roster: counted.roster.len(),
            seats: offer.map_or(0, |x| x.seats),
            held: counted.held,
            unseen: counted.unseen,
        }
    };
    let lines = classes.into_iter().map(line).collect();
    page(&ListPage { shell, lines })
}

#[derive(Template)]
#[template(path = "class/new.html")]
struct NewPage {
    shell: Shell,
    offers: Vec<(OfferId, String)>,
    contracts: Vec<ContractLine>,
}

/// A contract under which a class may begin, or why none may.
struct ContractLine {
    id: ContractId,
    number: String,
    provider: String,
    price: String,
    left: i64,
    why: String,
}

/// The contracts of a county that are not over, with the seats that are left.
async fn contract_lines(o: &Officer, t: &T) -> Result<Vec<ContractLine>, Problem> {
    let all = provider::all(&o.app.db, &o.county).await?;
    let today = o.app.clock.today();
    let stands = tender::intake(&o.app, &o.app.db, (&o.county, &all), today).await?;
    let taken = acts::seats_taken(&o.app.db, &o.county).await?;
    let contracts = tender::all_contracts(&o.app.db, &o.county).await?.into_iter();
    let line = |c: tender::Contract| {
        let by = all.iter().find(|p| p.id == c.provider_id);
        let name = by.map(|p| p.name.clone()).unwrap_or_default();
        let left = (c.seats - taken.get(&c.id).copied().unwrap_or(0)).max(0);
        let gate = stands.get(&c.provider_id).and_then(|(intake, _)| intake.fault());
        let why = match gate {
            Some(key) => t.v(key, &name),
            None if left == 0 => t.v("fault-contract-seats", &c.number),
            None => String::new(),
        };
        let price = Fen(c.price).to_string();
        ContractLine { id: c.id, number: c.number, provider: name, price, left, why }
    };
    Ok(contracts.filter(|c| c.in_force(today)).map(line).collect())
}

async fn blank(o: Officer) -> Result<Response, Problem> {
    let (pack, _) = provider::rules(&o.app)?;
    let there: Vec<OfferId> = store::all(&o.app.db, &o.county).await?.into_iter().map(|c| c.id).collect();
    let (shell, mut offers) = (o.shell("classes"), Vec::new());
    let course = &provider::terms(&o.app)?.course;
    for programme in
        pack.programmes.iter().filter(|p| p.offer.is_some() && p.stage(&course.enrolled).is_some())
    {
        let open = offer::of_programme(&o.app.db, &o.county, &programme.code, o.app.clock.today()).await?;
        let open = open.into_iter().filter(|x| !there.contains(&x.id));
        let words = |x: &Offer| {
            let seats = shell.t.n("class-seats", x.seats);
            format!("{} · {} · {seats}", x.title, programme.title.get(o.lang))
        };
        offers.extend(open.map(|x| (x.id, words(&x))));
    }
    let contracts = contract_lines(&o, &shell.t).await?;
    page(&NewPage { shell, offers, contracts })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ClassForm {
    offer: String,
    contract: String,
    room: String,
}

#[derive(Template)]
#[template(path = "class/link.html")]
struct LinkPage {
    shell: Shell,
    id: OfferId,
    title: String,
    link: String,
    picture: String,
}

fn link_page(o: &Officer, (id, title): (OfferId, String), secret: &str) -> Result<Response, Problem> {
    let link = o.app.config.address(&format!("/teach/{secret}"));
    page(&LinkPage { id, title, picture: qr(&link)?, link, shell: o.shell("classes") })
}

async fn make(o: Officer, Form(form): Form<ClassForm>) -> Result<Response, Problem> {
    let id: OfferId = chosen("offer", &form.offer)?;
    let contract: ContractId = chosen("contract", &form.contract)?;
    let offer = offer::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let mut write = o.write().await?;
    let new = NewClass { contract, room: form.room };
    let secret = acts::open(&o.app, &mut write, &offer, &new).await?;
    write.commit().await?;
    link_page(&o, (id, offer.title), &secret)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Where {
    /// Longitude and latitude, with a comma between.
    at: String,
}

async fn locate(o: Officer, Path(id): Path<OfferId>, Form(form): Form<Where>) -> Result<Response, Problem> {
    let (class, _) = found(&o, id).await?;
    let at = LonLat::parse(&form.at).map_err(|_none| Problem::field("at", "fault-position", &form.at))?;
    let mut write = o.write().await?;
    acts::locate(&mut write, &class, at).await?;
    write.commit().await?;
    Ok(to(&format!("/classes/{id}"), "saved"))
}

struct LessonLine {
    id: LessonId,
    number: i64,
    when: String,
    room: String,
    teacher: String,
    topic: String,
    came: usize,
    observed: Option<i64>,
    observer: String,
    cancelled: bool,
    /// Over, and nobody of the office kept a record.
    unseen: bool,
}

struct Trainee {
    party: PartyId,
    name: String,
    stage: String,
    came: usize,
    low: bool,
}

#[derive(Template)]
#[template(path = "class/show.html")]
struct ShowPage {
    shell: Shell,
    c: class::Model,
    offer: Offer,
    programme: String,
    provider: String,
    price: String,
    state: String,
    intake: Option<String>,
    results: &'static str,
    lessons: Vec<LessonLine>,
    roster: Vec<Trainee>,
    waiting: usize,
    counted: Counted,
    signals: Vec<(String, String)>,
    findings: usize,
    teachers: Vec<(TeacherId, String)>,
    first: String,
    /// The checklist of visits, as `pack/code`.
    visit: String,
    /// Whether it may be ended, stopped, or let go on by whoever looks.
    finish: bool,
    may_stop: bool,
    may_resume: bool,
    timetable: String,
    /// The link by which trainees tell of work.
    work: String,
}

/// What hangs on a class, counted, and what of it makes somebody look.
async fn whole(o: &Officer, class: &class::Model) -> Result<(Held, Counted, Vec<Signal>), Problem> {
    let own = held(&o.app.db, &o.county, &[class.id]).await?.remove(&class.id).unwrap_or_default();
    let counted = own.count(&o.app, &provider::terms(&o.app)?.course, o.app.clock.now());
    let signals = seen(&o.app, class, &own, &counted).await?;
    Ok((own, counted, signals))
}

async fn show(o: Officer, Path(id): Path<OfferId>) -> Result<Response, Problem> {
    let (pack, rules) = provider::rules(&o.app)?;
    let (class, offer) = found(&o, id).await?;
    let (_, programme) = o.app.programme(&offer.programme)?;
    let by = provider::find(&o.app.db, &o.county, class.provider_id).await?.ok_or(Problem::NotFound)?;
    let (shell, now) = (o.shell("classes"), o.app.clock.now());
    let (own, counted, signals) = whole(&o, &class).await?;
    let parties: Vec<PartyId> = counted.roster.iter().map(|c| c.party_id).collect();
    let names = o.app.seen((&o.county, &o.region), parties).await?;
    let stage =
        |c: &Case| programme.stage(&c.stage).map_or(c.stage.as_str(), |s| s.label.get(o.lang)).to_owned();
    let trainee = |c: &Case| {
        Some(Trainee {
            party: c.party_id,
            name: names.get(&c.party_id)?.name.clone(),
            stage: stage(c),
            low: counted.held > 0 && counted.share(c.id) < rules.running.finish_percent,
            came: counted.came.get(&c.id).copied().unwrap_or(0),
        })
    };
    let mut came: BTreeMap<LessonId, usize> = BTreeMap::new();
    for mark in &own.marks {
        *came.entry(mark.lesson_id).or_default() += 1;
    }
    let lesson = |l: &lesson::Model| LessonLine {
        id: l.id,
        number: l.number,
        when: span(l.starts_at, l.ends_at),
        room: l.room.clone(),
        teacher: l.teacher.clone(),
        topic: l.topic.clone(),
        came: came.get(&l.id).copied().unwrap_or(0),
        observed: l.observed,
        observer: l.observer.clone(),
        cancelled: l.state == "cancelled",
        unseen: l.state != "cancelled" && l.ends_at <= now && l.observed_at.is_none(),
    };
    let results = assessment(&o.app, &offer).await?.map_or("gate-none", check::Gate::key);
    let findings = finding::open_at(&o.app.db, &o.county, ("offer", &id.to_string())).await?.len();
    let teachers = provider::teachers(&o.app.db, &o.county, &[by.id]).await?;
    let one = (&o.county, std::slice::from_ref(&by));
    let intake = tender::intake(&o.app, &o.app.db, one, o.app.clock.today()).await?;
    let why = intake.get(&by.id).and_then(|(intake, _)| intake.fault());
    page(&ShowPage {
        programme: programme.title.get(o.lang).to_owned(),
        provider: by.name.clone(),
        price: Fen(class.price).to_string(),
        state: shell.t.s(format!("class-{}", class.state)),
        intake: why.map(|key| shell.t.v(key, &by.name)),
        results,
        visit: format!("{}/{}", pack.name, rules.visit),
        lessons: own.lessons.iter().map(lesson).collect(),
        roster: counted.roster.iter().filter_map(trainee).collect(),
        waiting: counted.waiting.len(),
        signals: signals.iter().map(|s| (s.key.clone(), words(&o.app, &shell.t, s))).collect(),
        counted,
        findings,
        teachers: teachers.into_iter().map(|t| (t.id, t.name)).collect(),
        first: o.app.clock.today().plus_days(1).to_string(),
        finish: own.over(now) && class.state == "running" && o.role >= Role::Supervisor,
        may_stop: class.state == "running" && (o.role >= Role::Supervisor || o.role == Role::Inspector),
        may_resume: class.state == "stopped" && class.stopped_role == o.role.key(),
        timetable: format!("/timetable/{}/{id}", o.county),
        work: super::work::link(&class),
        c: class,
        offer,
        shell,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PlanForm {
    first: String,
    from: String,
    to: String,
    count: String,
    /// 0 for Monday.
    weekday: Vec<u32>,
    room: String,
    teacher: String,
    topic: String,
}

/// Lessons that a form may plan at once.
const AT_ONCE: usize = 200;

/// The lessons that a form describes: so many, from the first day on, on the weekdays that are ticked (all where none is).
fn series(form: &PlanForm) -> Result<Vec<NewLesson>, Problem> {
    let time = |field: &str, text: &str| {
        NaiveTime::parse_from_str(text.trim(), "%H:%M")
            .map_err(|_none| Problem::field(field, "fault-date", text))
    };
    let (from, end) = (time("from", &form.from)?, time("to", &form.to)?);
    let mut on = day("first", &form.first)?.0;
    let count: usize = form.count.trim().parse().unwrap_or(0);
    if !(1..=AT_ONCE).contains(&count) {
        return Err(Problem::field("count", "fault-number-within", format!("1–{AT_ONCE}")));
    }
    if form.weekday.iter().any(|d| *d > 6) {
        return Err(Problem::field("weekday", "fault-none-chosen", ""));
    }
    let teacher = form.teacher.parse::<TeacherId>().ok();
    let mut all = Vec::new();
    while all.len() < count {
        if form.weekday.is_empty() || form.weekday.contains(&on.weekday().num_days_from_monday()) {
            all.push(NewLesson {
                from: clock::instant(on.and_time(from)),
                to: clock::instant(on.and_time(end)),
                room: form.room.clone(),
                teacher,
                topic: form.topic.clone(),
            });
        }
        on += Duration::days(1);
    }
    Ok(all)
}

async fn plan(o: Officer, Path(id): Path<OfferId>, Form(form): Form<PlanForm>) -> Result<Response, Problem> {
    let (class, _) = found(&o, id).await?;
    let new = series(&form)?;
    let mut write = o.write().await?;
    acts::plan(&mut write, &class, new).await?;
    write.commit().await?;
    Ok(to(&format!("/classes/{id}"), "saved"))
}

async fn enrol(
    o: Officer,
    Path(id): Path<OfferId>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Problem> {
    let (class, offer) = found(&o, id).await?;
    let mut write = o.write().await?;
    let n = acts::enrol(&o.app, &mut write, &class, offer.seats).await?;
    if n > 0 {
        write.commit().await?;
    }
    Ok(to(&format!("/classes/{id}"), if n > 0 { "enrolled" } else { "enrolled-none" }))
}

async fn finish(
    o: Officer,
    Path(id): Path<OfferId>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let (class, _) = found(&o, id).await?;
    let mut write = o.write().await?;
    acts::finish(&o.app, &mut write, &class).await?;
    write.commit().await?;
    Ok(to(&format!("/classes/{id}"), "class-ended"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Words {
    words: String,
}

async fn stop(o: Officer, Path(id): Path<OfferId>, Form(form): Form<Words>) -> Result<Response, Problem> {
    set_going(&o, id, &form.words, false).await
}

async fn resume(o: Officer, Path(id): Path<OfferId>, Form(form): Form<Words>) -> Result<Response, Problem> {
    set_going(&o, id, &form.words, true).await
}

async fn set_going(o: &Officer, id: OfferId, words: &str, going_on: bool) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let (class, _) = found(o, id).await?;
    let mut write = o.write().await?;
    acts::stop(&mut write, &class, (o.role.key(), words), going_on).await?;
    write.commit().await?;
    Ok(to(&format!("/classes/{id}"), "saved"))
}

async fn link(
    o: Officer,
    Path(id): Path<OfferId>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Problem> {
    let (class, offer) = found(&o, id).await?;
    let mut write = o.write().await?;
    let secret = acts::renew_link(&mut write, &class).await?;
    write.commit().await?;
    link_page(&o, (id, offer.title), &secret)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Raised {
    key: String,
}

/// Makes a finding of a signal, once while it is open.
async fn raise(o: Officer, Path(id): Path<OfferId>, Form(form): Form<Raised>) -> Result<Response, Problem> {
    let (class, offer) = found(&o, id).await?;
    let (_, _, signals) = whole(&o, &class).await?;
    let signal = signals.iter().find(|s| s.key == form.key).ok_or(Problem::NotFound)?;
    let mut write = o.write().await?;
    acts::raise(&o.app, &mut write, offer, (signal, o.unit)).await?;
    write.commit().await?;
    Ok(to(&format!("/classes/{id}"), "saved"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lessons_fall_on_the_days_that_are_ticked_in_the_time_of_china() {
        let form = PlanForm {
            first: "2026-03-02".to_owned(),
            from: "09:00".to_owned(),
            to: "11:30".to_owned(),
            count: "3".to_owned(),
            weekday: vec![1, 3],
            ..PlanForm::default()
        };
        let days: Vec<String> = series(&form).unwrap().iter().map(|l| l.from.to_rfc3339()).collect();
        // A Monday: the first Tuesday is the next day, nine o'clock being one in UTC.
        assert_eq!(
            days,
            ["2026-03-03T01:00:00+00:00", "2026-03-05T01:00:00+00:00", "2026-03-10T01:00:00+00:00"]
        );
        series(&PlanForm { weekday: vec![9], ..form }).unwrap_err();
    }
}
