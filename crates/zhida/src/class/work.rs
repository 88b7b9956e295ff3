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
        .route("/in/work/{county}/{class}", get(show).post(tell))
        .layer(DefaultBodyLimit::max(UPLOAD_BYTES))
}

/// The address of a class's page: below that of its lessons, where a phone shows whose it is.
pub(super) fn link(class: &class::Model) -> String {
    format!("/in/work/{}/{}", class.county, class.id)
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
        link: link(&class),
        known: name_of(&v.app, &class, &by).await?,
        kinds: kinds.map(|e| (e.code.clone(), e.label.get(v.lang).to_owned())).collect(),
        today: v.app.clock.today().to_string(),
        shell: v.shell(),
    })?;
    with_device(&v.app, (&headers, "/in"), answer)
}

async fn tell(
    v: Visitor,
    headers: HeaderMap,
    Path((county, id)): Path<(String, OfferId)>,
    PublicUpload(form): PublicUpload,
) -> Result<Response, Problem> {
    let class = found(&v.app, &county, id).await?;
    let roster = roster(&v.app, &class).await?;
    // An employer knows the number of whom it hired; its own phone says nothing about that.
    let (by, device) = match form.one("by") {
        "employer" => ("employer", String::new()),
        _ => ("person", device(&v.app, &headers).unwrap_or_default()),
    };
    let party = whose(&v.app, (&class, &roster), &device, form.one("phone")).await?;
    let case = roster.iter().find(|c| c.party_id == party).ok_or(Problem::NotFound)?;
    let since = form.one("since");
    let since = if since.is_empty() { None } else { Some(day("since", since)?) };
    let mut write = Write::begin(&v.app.db, &class.county, &Actor::public(), v.app.clock.now()).await?;
    let shown = Shown {
        kind: form.one("kind").to_owned(),
        number: form.one("number").trim().chars().take(100).collect(),
        photo: photo::sent(&v.app, &mut write, &form, "photo").await?,
    };
    outcome::tell(&v.app, &mut write, case, (by, form.one("employer"), since), &shown).await?;
    write.commit().await?;
    Ok(to(&link(&class), "work-told"))
}
