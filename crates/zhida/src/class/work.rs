//! What a trainee, or whoever hired one, says of work that was found, by the class's link: whose phone it is is known from the lessons,
//! else the number that the office has is asked for. A picture or a number can come along, now or later. Nothing of it counts before somebody else verified it.

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;

use super::entity::class;
use super::here::{name_of, roster, whose};
use super::store;
use crate::app::App;
use crate::ids::{CountyId, OfferId};
use crate::journal::{Actor, Write};
use crate::offer;
use crate::outcome::{self, Shown};
use crate::photo;
use crate::problem::Problem;
use crate::provider;
use crate::web::extract::{Path, PublicUpload, day};
use crate::web::{Shell, UPLOAD_BYTES, Visitor, device, page, to, with_device};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/work/{county}/{class}", get(show).post(tell))
        .layer(DefaultBodyLimit::max(UPLOAD_BYTES))
}

async fn found(app: &App, county: &str, id: OfferId) -> Result<class::Model, Problem> {
    let county = CountyId::parse(county).ok_or(Problem::NotFound)?;
    store::find(&app.db, &county, id).await?.ok_or(Problem::NotFound)
}

#[derive(Template)]
#[template(path = "class/work.html")]
struct WorkPage {
    shell: Shell,
    title: String,
    link: String,
    /// Who the phone belongs to, masked.
    known: Option<String>,
    kinds: Vec<(String, String)>,
    today: String,
}

async fn show(
    v: Visitor,
    headers: HeaderMap,
    Path((county, id)): Path<(String, OfferId)>,
) -> Result<Response, Problem> {
    let class = found(&v.app, &county, id).await?;
    let offer = offer::find(&v.app.db, &class.county, id).await?.ok_or(Problem::NotFound)?;
    let by = device(&v.app, &headers).unwrap_or_default();
    let rules = provider::terms(&v.app)?;
    // A match with an extract is not something that one can show.
    let kinds = rules.outcome.evidence.iter().filter(|e| e.code != rules.outcome.insured);
    let answer = page(&WorkPage {
        title: offer.title,
        link: format!("/work/{county}/{id}"),
        known: name_of(&v.app, &class, &by).await?,
        kinds: kinds.map(|e| (e.code.clone(), e.label.get(v.lang).to_owned())).collect(),
        today: v.app.clock.today().to_string(),
        shell: v.shell(),
    })?;
    with_device(&v.app, (&headers, "/work"), answer)
}

/// `POST`: the first time a claim, and evidence with it or later. The same words twice change nothing.
async fn tell(
    v: Visitor,
    headers: HeaderMap,
    Path((county, id)): Path<(String, OfferId)>,
    PublicUpload(form): PublicUpload,
) -> Result<Response, Problem> {
    let class = found(&v.app, &county, id).await?;
    let by = device(&v.app, &headers).unwrap_or_default();
    let roster = roster(&v.app, &class).await?;
    // An employer knows the number of whom it hired; its own phone says nothing about that.
    let says = if form.one("by") == "employer" { "employer" } else { "person" };
    let by = if says == "employer" { "" } else { by.as_str() };
    let party = whose(&v.app, (&class, &roster), by, form.one("phone")).await?;
    let case = roster.iter().find(|c| c.party_id == party).ok_or(Problem::NotFound)?;
    let mut write = Write::begin(&v.app.db, &class.county, &Actor::public(), v.app.clock.now()).await?;
    let there = outcome::of_cases(write.tx(), &class.county, &[case.id]).await?.remove(&case.id);
    if there.is_none() {
        let since = day("since", form.one("since"))?;
        let words = (says, form.one("employer"), since);
        outcome::claim(&v.app, &mut write, case, words).await?;
    }
    let shown = Shown {
        kind: form.one("kind").to_owned(),
        number: form.one("number").trim().chars().take(100).collect(),
        photo: photo::sent(&v.app, &mut write, &form, "photo").await?,
    };
    if !shown.photo.is_empty() || !shown.number.is_empty() {
        let now = outcome::of_cases(write.tx(), &class.county, &[case.id]).await?.remove(&case.id);
        let now = now.ok_or(Problem::NotFound)?;
        outcome::evidence(&v.app, &mut write, &now, &shown).await?;
    } else if there.is_some() {
        return Err(Problem::field("photo", "fault-no-evidence", ""));
    }
    write.commit().await?;
    with_device(&v.app, (&headers, "/work"), to(&format!("/work/{county}/{id}"), "work-told"))
}
