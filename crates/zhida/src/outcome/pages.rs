//! What officers do about work that was found: whom to ask, claims, evidence, verification, later looks, extracts.

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use zhida_types::Day;

use super::acts::{self, Shown, due};
use super::audit;
use super::entity::{follow_up, outcome};
use super::extract::{Register, Taken, extract, take as keep};
use super::store;
use crate::account::Role;
use crate::app::App;
use crate::case::{self, Case};
use crate::clock::shown;
use crate::ids::{CaseId, OutcomeId, PartyId};
use crate::photo;
use crate::problem::Problem;
use crate::provider;
use crate::web::extract::{Form, Path, Query, Upload, chosen, day};
use crate::web::{Officer, Shell, UPLOAD_BYTES, page, to};

/// The pages of work that was found.
pub fn routes() -> Router<App> {
    let upload = || DefaultBodyLimit::max(UPLOAD_BYTES);
    Router::new()
        .route("/outcomes", get(list).post(claim))
        .route("/outcomes/extract", post(take).layer(upload()))
        .route("/outcomes/audit", post(audit::draw_audit))
        .route("/outcomes/{id}", get(show))
        .route("/outcomes/{id}/evidence", post(evidence).layer(upload()))
        .route("/outcomes/{id}/verify", post(verify))
        .route("/outcomes/{id}/follow", post(follow))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    state: String,
    after: Option<OutcomeId>,
}

/// States of the list; the first is whoever finished and has said nothing yet.
const STATES: [&str; 5] = ["finished", "claimed", "evidenced", "verified", "refused"];

const PAGE: u64 = 100;

struct Line {
    id: OutcomeId,
    name: String,
    programme: String,
    employer: String,
    since: String,
    evidence: String,
    /// The months after which it is due to be looked at again, as far as nobody has.
    again: Vec<u32>,
}

struct Finished {
    case: CaseId,
    party: PartyId,
    name: String,
    programme: String,
    when: String,
}

#[derive(Template)]
#[template(path = "outcome/list.html")]
struct ListPage {
    shell: Shell,
    state: &'static str,
    states: [&'static str; 5],
    finished: Vec<Finished>,
    lines: Vec<Line>,
    next: Option<OutcomeId>,
    today: String,
    by: [&'static str; 3],
    minimum: i64,
    /// The least and the greatest share that is audited, for whoever may draw.
    audit: Option<[u32; 2]>,
}

/// Whoever finished and has said nothing yet, as far as an officer of the region may see them.
async fn finished(o: &Officer) -> Result<Vec<Finished>, Problem> {
    let course = &provider::terms(&o.app)?.course;
    let mut all: Vec<Case> = Vec::new();
    for programme in o.app.packs().flat_map(|p| &p.programmes) {
        let stage = programme.stage(&course.finished);
        if stage.is_some_and(|s| s.next.iter().any(|next| course.work.contains(next))) {
            let stages = [course.finished.as_str()];
            all.extend(case::at_stages(&o.app.db, &o.county, &programme.code, &stages, PAGE).await?);
        }
    }
    let names = o.app.seen((&o.county, &o.region), all.iter().map(|c| c.party_id)).await?;
    let line = |c: Case| {
        Some(Finished {
            name: names.get(&c.party_id)?.name.clone(),
            programme: o.app.title(&c.programme, o.lang),
            when: shown(c.updated_at),
            case: c.id,
            party: c.party_id,
        })
    };
    Ok(all.into_iter().filter_map(line).collect())
}

async fn list(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let rules = provider::terms(&o.app)?;
    let state = STATES.into_iter().find(|s| *s == asked.state).unwrap_or(STATES[0]);
    let (mut lines, mut next, mut waiting) = (Vec::new(), None, Vec::new());
    if state == "finished" {
        waiting = finished(&o).await?;
    } else {
        let mut found = store::in_state(&o.app.db, &o.county, state, asked.after, PAGE + 1).await?;
        let more = found.len() as u64 > PAGE;
        found.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
        next = found.last().map(|x| x.id).filter(|_| more);
        let names = o.app.seen((&o.county, &o.region), found.iter().map(|x| x.party_id)).await?;
        let ids: Vec<OutcomeId> = found.iter().map(|x| x.id).collect();
        let followed = store::follow_ups(&o.app.db, &o.county, &ids).await?;
        let today = o.app.clock.today();
        for x in found {
            let Some(name) = names.get(&x.party_id) else { continue };
            let done = |m: u32| followed.iter().any(|f| f.outcome_id == x.id && f.months == i64::from(m));
            let again = rules.outcome.follow_ups.iter().copied();
            let again = again.filter(|m| x.state == "verified" && due(&x, *m) <= today && !done(*m));
            lines.push(Line {
                id: x.id,
                name: name.name.clone(),
                programme: o.app.title(&x.programme, o.lang),
                since: x.since.to_string(),
                evidence: label(&o, &x.evidence),
                again: again.collect(),
                employer: x.employer,
            });
        }
    }
    page(&ListPage {
        shell: o.shell("outcomes"),
        state,
        states: STATES,
        finished: waiting,
        lines,
        next,
        today: o.app.clock.today().to_string(),
        by: acts::BY,
        minimum: rules.outcome.minimum_days,
        audit: o.require(Role::Supervisor).is_ok().then_some(rules.outcome.audit_percent),
    })
}

/// What a kind of evidence is called.
fn label(o: &Officer, code: &str) -> String {
    let all = provider::terms(&o.app).map(|r| r.outcome.evidence.as_slice()).unwrap_or_default();
    all.iter().find(|e| e.code == code).map_or(code, |e| e.label.get(o.lang)).to_owned()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Claim {
    case: String,
    by: String,
    employer: String,
    since: String,
}

async fn claim(o: Officer, Form(form): Form<Claim>) -> Result<Response, Problem> {
    let id: CaseId = chosen("case", &form.case)?;
    let case = case::by_id(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    o.app
        .seen((&o.county, &o.region), [case.party_id])
        .await?
        .remove(&case.party_id)
        .ok_or(Problem::NotFound)?;
    let since = day("since", &form.since)?;
    let mut write = o.write().await?;
    let id = acts::claim(&o.app, &mut write, &case, (&form.by, &form.employer, since)).await?;
    write.commit().await?;
    Ok(to(&format!("/outcomes/{id}"), "saved"))
}

#[derive(Template)]
#[template(path = "outcome/show.html")]
struct ShowPage {
    shell: Shell,
    x: outcome::Model,
    name: String,
    programme: String,
    state: String,
    kind: String,
    kinds: Vec<(String, String)>,
    evidenced: String,
    verified: String,
    /// The first day on which it can be verified, where that is to come.
    wait: Option<String>,
    own: bool,
    follow_ups: Vec<follow_up::Model>,
    /// Months that are due, and those to come with their days.
    again: Vec<u32>,
    later: Vec<(u32, String)>,
}

/// Work that was found by somebody whom the officer may see.
async fn found(o: &Officer, id: OutcomeId) -> Result<(outcome::Model, String), Problem> {
    let x = store::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let names = o.app.seen((&o.county, &o.region), [x.party_id]).await?;
    let name = names.get(&x.party_id).ok_or(Problem::NotFound)?.name.clone();
    Ok((x, name))
}

async fn show(o: Officer, Path(id): Path<OutcomeId>) -> Result<Response, Problem> {
    let rules = provider::terms(&o.app)?;
    let (x, name) = found(&o, id).await?;
    let follow_ups = store::follow_ups(&o.app.db, &o.county, &[id]).await?;
    let today = o.app.clock.today();
    let open = |m: &u32| x.state == "verified" && !follow_ups.iter().any(|f| f.months == i64::from(*m));
    let open: Vec<u32> = rules.outcome.follow_ups.iter().copied().filter(open).collect();
    let later = open.iter().filter(|m| due(&x, **m) > today);
    let lasted = Day(x.since).plus_days(rules.outcome.minimum_days);
    let at = |at: Option<chrono::DateTime<chrono::Utc>>| at.map_or_else(String::new, shown);
    let shell = o.shell("outcomes");
    page(&ShowPage {
        name,
        programme: o.app.title(&x.programme, o.lang),
        state: shell.t.s(format!("outcome-{}", x.state)),
        kind: label(&o, &x.evidence),
        kinds: rules
            .outcome
            .evidence
            .iter()
            .map(|e| (e.code.clone(), e.label.get(o.lang).to_owned()))
            .collect(),
        evidenced: at(x.evidenced_at),
        verified: at(x.verified_at),
        wait: (x.state == "evidenced" && lasted > today).then(|| lasted.to_string()),
        own: x.evidenced_by == o.actor().id(),
        later: later.map(|m| (*m, due(&x, *m).to_string())).collect(),
        again: open.iter().copied().filter(|m| due(&x, *m) <= today).collect(),
        follow_ups,
        x,
        shell,
    })
}

async fn evidence(o: Officer, Path(id): Path<OutcomeId>, form: Upload) -> Result<Response, Problem> {
    let (x, _) = found(&o, id).await?;
    let mut write = o.write().await?;
    let photo = photo::sent(&o.app, &mut write, &form, "photo").await?;
    let new = Shown { kind: form.one("kind").to_owned(), number: form.one("number").to_owned(), photo };
    acts::evidence(&o.app, &mut write, &x, &new).await?;
    write.commit().await?;
    Ok(to(&format!("/outcomes/{id}"), "saved"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Verdict {
    verdict: String,
    fits: String,
    words: String,
}

async fn verify(
    o: Officer,
    Path(id): Path<OutcomeId>,
    Form(form): Form<Verdict>,
) -> Result<Response, Problem> {
    let (x, _) = found(&o, id).await?;
    let good = match form.verdict.as_str() {
        "verified" => true,
        "refused" => false,
        _ => return Err(Problem::field("verdict", "fault-none-chosen", "")),
    };
    let mut write = o.write().await?;
    acts::verify(&o.app, &mut write, &x, (good, form.fits == "yes", &form.words)).await?;
    write.commit().await?;
    Ok(to(&format!("/outcomes/{id}"), "saved"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Again {
    months: u32,
    in_work: String,
    words: String,
}

async fn follow(o: Officer, Path(id): Path<OutcomeId>, Form(form): Form<Again>) -> Result<Response, Problem> {
    let (x, _) = found(&o, id).await?;
    let in_work = match form.in_work.as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(Problem::field("in_work", "fault-none-chosen", "")),
    };
    let mut write = o.write().await?;
    acts::follow_up(&o.app, &mut write, &x, (form.months, in_work, &form.words)).await?;
    write.commit().await?;
    Ok(to(&format!("/outcomes/{id}"), "saved"))
}

#[derive(Template)]
#[template(path = "outcome/taken.html")]
struct TakenPage {
    shell: Shell,
    taken: Taken,
}

/// `POST /outcomes/extract`: says how many people of the register stand in the file, and nothing of anybody else.
async fn take(o: Officer, form: Upload) -> Result<Response, Problem> {
    let file = form.files.iter().find(|f| f.field == "file" && !f.bytes.is_empty());
    let file = file.ok_or(Problem::field("file", "fault-no-file", ""))?;
    let of = Register::of(form.one("register")).unwrap_or(Register::Insurance);
    let read = extract(&o.app, &o.county, (of, file.bytes.to_vec())).await?;
    let mut write = o.write().await?;
    let taken = keep(&o.app, &mut write, read).await?;
    write.commit().await?;
    page(&TakenPage { shell: o.shell("outcomes"), taken })
}
