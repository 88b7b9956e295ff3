//! What officers do with hearings: the list, proposing a measure, deciding.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use zhida_pack::{Pack, Sanction};
use zhida_types::Day;

use super::decide::{Decision, decide};
use super::entity::Model;
use super::propose::{NewHearing, propose};
use super::store;
use crate::account::Role;
use crate::app::App;
use crate::finding::About;
use crate::ids::{HearingId, PlaceId, ProviderId};
use crate::problem::Problem;
use crate::web::extract::{Form, Path, Query, day};
use crate::web::{Officer, Shell, page, qr, to};
use crate::{place, provider};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/hearings", get(list).post(create))
        .route("/hearings/new", get(blank))
        .route("/hearings/{id}", get(show))
        .route("/hearings/{id}/decide", post(settle))
}

/// The measure of a hearing.
pub(super) fn sanction<'a>(app: &'a App, h: &Model) -> Result<&'a Sanction, Problem> {
    let pack = app.packs().find(|p| p.name == h.pack);
    pack.and_then(|p| p.sanctions.iter().find(|s| s.code == h.sanction)).ok_or(Problem::NotFound)
}

const PAGE: u64 = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// `place:…` or `provider:…`; all where empty.
    about: String,
    before: Option<HearingId>,
}

struct Line {
    id: HearingId,
    about: String,
    sanction: String,
    until: String,
    state: String,
    waits: bool,
}

#[derive(Template)]
#[template(path = "hearing/list.html")]
struct ListPage {
    shell: Shell,
    lines: Vec<Line>,
    about: String,
    next: Option<HearingId>,
}

/// How a hearing stands: a key of the texts.
pub(super) fn state(h: &Model, today: Day) -> String {
    match h.state.as_str() {
        "decided" => format!("hearing-{}", h.decision),
        "open" if today.0 > h.until => "hearing-silent".to_owned(),
        state => format!("hearing-{state}"),
    }
}

async fn list(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let mut found =
        store::page(&o.app.db, (&o.county, &o.region), (asked.about.split_once(':'), asked.before), PAGE + 1)
            .await?;
    let more = found.len() as u64 > PAGE;
    found.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let next = found.last().map(|h| h.id).filter(|_| more);
    let (shell, today) = (o.shell("findings"), o.app.clock.today());
    let line = |h: Model| Line {
        id: h.id,
        sanction: sanction(&o.app, &h)
            .map_or_else(|_| h.sanction.clone(), |s| s.label.get(o.lang).to_owned()),
        until: h.until.to_string(),
        state: shell.t.s(state(&h, today)),
        waits: h.state == "answered" || (h.state == "open" && today.0 > h.until),
        about: h.about_name,
    };
    let lines = found.into_iter().map(line).collect();
    page(&ListPage { shell, lines, about: asked.about, next })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Whom {
    /// `place:…` or `provider:…`.
    about: String,
    /// What is known already, to begin the grounds with.
    grounds: String,
}

/// What a measure may be taken against, with the measures that there are.
async fn target<'a>(o: &'a Officer, about: &str) -> Result<(About, &'a Pack, Vec<&'a Sanction>), Problem> {
    let (kind, id) = about.split_once(':').ok_or(Problem::NotFound)?;
    let (about, pack) = match kind {
        "place" => {
            let id: PlaceId = id.parse().map_err(|_none| Problem::NotFound)?;
            let place = place::find(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
            let of = |p: &&Pack| p.places.iter().any(|k| k.code == place.kind);
            (About::from(&place), o.app.packs().find(of).ok_or(Problem::NotFound)?)
        }
        "provider" => {
            let id: ProviderId = id.parse().map_err(|_none| Problem::NotFound)?;
            let provider = provider::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
            (About::from(&provider), provider::rules(&o.app)?.0)
        }
        _ => return Err(Problem::NotFound),
    };
    let fits = |s: &&Sanction| s.bars_months.is_some() == (kind == "provider");
    let all: Vec<&Sanction> = pack.sanctions.iter().filter(fits).collect();
    if all.is_empty() { Err(Problem::NotFound) } else { Ok((about, pack, all)) }
}

#[derive(Template)]
#[template(path = "hearing/new.html")]
struct NewPage {
    shell: Shell,
    about: String,
    name: String,
    /// Code, label, days in which the other side is heard.
    sanctions: Vec<(String, String, i64)>,
    grounds: String,
    until: String,
}

async fn blank(o: Officer, Query(whom): Query<Whom>) -> Result<Response, Problem> {
    let (about, _, all) = target(&o, &whom.about).await?;
    let days = all.iter().map(|s| s.days).max().unwrap_or(0);
    let sanctions = all.iter().map(|s| (s.code.clone(), s.label.get(o.lang).to_owned(), s.days)).collect();
    page(&NewPage {
        about: whom.about,
        grounds: whom.grounds,
        name: about.name,
        sanctions,
        until: o.app.clock.today().plus_days(days).to_string(),
        shell: o.shell("findings"),
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Proposal {
    about: String,
    sanction: String,
    grounds: String,
    until: String,
}

#[derive(Template)]
#[template(path = "hearing/link.html")]
struct LinkPage {
    shell: Shell,
    id: HearingId,
    name: String,
    link: String,
    picture: String,
    until: String,
}

/// Proposes a measure, and shows the other side's link, this once.
async fn create(o: Officer, Form(form): Form<Proposal>) -> Result<Response, Problem> {
    let (about, pack, all) = target(&o, &form.about).await?;
    let sanction = all.into_iter().find(|s| s.code == form.sanction);
    let sanction = sanction.ok_or_else(|| Problem::field("sanction", "fault-none-chosen", ""))?;
    let until = day("until", &form.until)?;
    let name = about.name.clone();
    let new = NewHearing { pack: &pack.name, sanction, about, grounds: form.grounds, until };
    let mut write = o.write().await?;
    let (id, secret) = propose(&mut write, new, o.app.clock.today()).await?;
    write.commit().await?;
    let link = o.app.config.address(&format!("/hear/{secret}"));
    let picture = qr(&link)?;
    page(&LinkPage { id, name, link, picture, until: until.to_string(), shell: o.shell("findings") })
}

#[derive(Template)]
#[template(path = "hearing/show.html")]
struct ShowPage {
    shell: Shell,
    h: Model,
    sanction: String,
    source: String,
    state: String,
    opened: String,
    answered: String,
    decided: String,
    /// Whether this officer may decide, and whether imposing it is possible yet.
    may: bool,
    heard: bool,
}

async fn found(o: &Officer, id: HearingId) -> Result<Model, Problem> {
    store::find(&o.app.db, (&o.county, &o.region), id).await?.ok_or(Problem::NotFound)
}

async fn show(o: Officer, Path(id): Path<HearingId>) -> Result<Response, Problem> {
    let h = found(&o, id).await?;
    let sanction = sanction(&o.app, &h)?;
    let (shell, today) = (o.shell("findings"), o.app.clock.today());
    let shown = |at: Option<chrono::DateTime<chrono::Utc>>| at.map_or_else(String::new, crate::clock::shown);
    page(&ShowPage {
        sanction: sanction.label.get(o.lang).to_owned(),
        source: sanction.source.clone(),
        state: shell.t.s(state(&h, today)),
        opened: crate::clock::shown(h.created_at),
        answered: shown(h.answered_at),
        decided: shown(h.decided_at),
        may: h.state != "decided" && o.require(Role::Supervisor).is_ok() && h.account != o.actor().id(),
        heard: h.state != "open" || today.0 > h.until,
        h,
        shell,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Ruling {
    decision: String,
    reasons: String,
    version: i64,
}

async fn settle(
    o: Officer,
    Path(id): Path<HearingId>,
    Form(form): Form<Ruling>,
) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let h = found(&o, id).await?;
    if h.version != form.version {
        return Err(Problem::Conflict("fault-changed"));
    }
    let decision = match form.decision.as_str() {
        "imposed" => Decision::Imposed,
        "dropped" => Decision::Dropped,
        _ => return Err(Problem::field("decision", "fault-none-chosen", "")),
    };
    let sanction = sanction(&o.app, &h)?;
    let mut write = o.write().await?;
    decide(&mut write, &h, sanction, (decision, &form.reasons), o.app.clock.today()).await?;
    write.commit().await?;
    Ok(to(&format!("/hearings/{id}"), "saved"))
}
