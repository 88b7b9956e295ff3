//! What an officer is asked to fill in: the page that a phone keeps, the form of one, and what a phone sends later.

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use tower_sessions::Session;
use zhida_pack::{Checklist, QuestionKind};
use zhida_rules::Lang;

use super::entity::{check, review};
use super::fill::{Filled, fill, recuse};
use super::{forms, own_draw, pages, store};
use crate::app::App;
use crate::ids::CheckId;
use crate::photo;
use crate::problem::Problem;
use crate::web::extract::{Form, Path, Upload, check_token};
use crate::web::{Officer, Shell, UPLOAD_BYTES, page, to};

/// The pages of a reviewer.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/checks/mine", get(mine))
        .route("/checks/mine/draw", post(own_draw::take))
        .route("/checks/{id}", get(form).post(submit).layer(DefaultBodyLimit::max(UPLOAD_BYTES)))
        .route("/checks/{id}/recuse", post(declare))
        .route("/api/checks", get(api_mine).post(api_fill))
}

struct Choice {
    code: String,
    label: String,
}

/// A question as the form shows it.
struct Ask {
    code: String,
    text: String,
    kind: &'static str,
    options: Vec<Choice>,
    unit: String,
    min: String,
    max: String,
    optional: bool,
    knock_out: bool,
}

struct Section {
    title: String,
    asks: Vec<Ask>,
}

/// A check as the form shows it.
struct Sheet {
    id: CheckId,
    title: String,
    version: String,
    about: String,
    town: String,
    due: String,
    overdue: bool,
    sections: Vec<Section>,
}

fn sections(list: &Checklist, lang: Lang) -> Vec<Section> {
    let number = |x: Option<f64>| x.map_or_else(String::new, |x| x.to_string());
    let section = |s: &zhida_pack::Section| Section {
        title: s.title.get(lang).to_owned(),
        asks: s
            .questions
            .iter()
            .map(|q| Ask {
                code: q.code.clone(),
                text: q.text.get(lang).to_owned(),
                kind: q.kind.as_str(),
                options: q
                    .options
                    .iter()
                    .map(|o| Choice { code: o.code.clone(), label: o.label.get(lang).to_owned() })
                    .collect(),
                unit: q.unit.as_ref().map_or_else(String::new, |u| u.get(lang).to_owned()),
                min: number(q.min),
                max: number(q.max),
                optional: q.optional,
                knock_out: q.knock_out,
            })
            .collect(),
    };
    list.sections.iter().map(section).collect()
}

async fn sheet(o: &Officer, check: &check::Model, review: &review::Model) -> Result<Sheet, Problem> {
    let list = store::version(&o.app.db, &o.county, review.checklist_id).await?;
    Ok(Sheet {
        id: check.id,
        title: pages::title(&o.app, review, o.lang),
        version: list.version.clone(),
        about: review.about_name.clone(),
        town: review.town.as_deref().and_then(|t| o.app.regions.name(t)).unwrap_or_default().to_owned(),
        due: review.due.to_string(),
        overdue: review.due < o.app.clock.today().0,
        sections: sections(&list, o.lang),
    })
}

/// Most sheets on the page that a phone keeps.
const KEPT: u64 = 60;

#[derive(Template)]
#[template(path = "check/mine.html")]
struct MinePage {
    shell: Shell,
    sheets: Vec<Sheet>,
    own: Vec<own_draw::Own>,
}

async fn mine(o: Officer) -> Result<Response, Problem> {
    let mut sheets = Vec::new();
    for (check, review) in store::asked(&o.app.db, &o.county, o.id, KEPT).await? {
        sheets.push(sheet(&o, &check, &review).await?);
    }
    let own = own_draw::own(&o, o.lang).await?;
    page(&MinePage { shell: o.shell("checks"), sheets, own })
}

#[derive(Template)]
#[template(path = "check/form.html")]
struct FormPage {
    shell: Shell,
    s: Sheet,
    filled: bool,
    review: crate::ids::ReviewId,
}

async fn form(o: Officer, Path(id): Path<CheckId>) -> Result<Response, Problem> {
    let check = store::check(&o.app.db, &o.county, id).await?.filter(|c| c.account_id == o.id);
    let check = check.ok_or(Problem::NotFound)?;
    let review = store::review_of(&o.app.db, &o.county, check.review_id).await?;
    let s = sheet(&o, &check, &review).await?;
    page(&FormPage { shell: o.shell("checks"), s, filled: check.state != "asked", review: review.id })
}

/// The checklist of a check that the officer is asked to fill in.
async fn list_of(o: &Officer, id: CheckId) -> Result<Checklist, Problem> {
    let check = store::check(&o.app.db, &o.county, id).await?.filter(|c| c.account_id == o.id);
    let review = store::review_of(&o.app.db, &o.county, check.ok_or(Problem::NotFound)?.review_id).await?;
    store::version(&o.app.db, &o.county, review.checklist_id).await
}

/// Faults with the question's words instead of its code, in the reader's language.
fn in_words(o: &Officer, list: &Checklist, problem: Problem) -> Problem {
    let Problem::Invalid(mut faults) = problem else { return problem };
    for fault in &mut faults {
        if let Some(question) = list.question(&fault.field) {
            question.text.get(o.lang).clone_into(&mut fault.field);
            if fault.key == "fault-unanswered" {
                fault.value.clone_from(&fault.field);
            }
        }
    }
    Problem::Invalid(faults)
}

async fn submit(o: Officer, Path(id): Path<CheckId>, form: Upload) -> Result<Response, Problem> {
    let list = list_of(&o, id).await?;
    let mut write = o.write().await?;
    let mut pairs = form.pairs;
    for file in &form.files {
        if list.question(&file.field).is_some_and(|q| q.kind == QuestionKind::Photo) {
            pairs.push((file.field.clone(), photo::keep(&o.app, &mut write, file.bytes.to_vec()).await?));
        }
    }
    let answers = forms::read(&list, &pairs).map_err(|p| in_words(&o, &list, p))?;
    let filled = Filled { answers, filled_at: write.at(), sent_at: None };
    let fresh =
        fill(&o.app, &mut write, (o.id, o.unit), id, &filled).await.map_err(|p| in_words(&o, &list, p))?;
    if fresh {
        write.commit().await?;
    }
    Ok(to("/checks/mine", if fresh { "check-filled" } else { "check-filled-before" }))
}

#[derive(Debug, Deserialize)]
struct RecuseForm {
    cause: String,
}

async fn declare(
    o: Officer,
    Path(id): Path<CheckId>,
    Form(form): Form<RecuseForm>,
) -> Result<Response, Problem> {
    let mut write = o.write().await?;
    recuse(&o.app, &mut write, (o.id, o.unit), id, &form.cause).await?;
    write.commit().await?;
    Ok(to("/checks/mine", "conflict-declared"))
}

async fn api_mine(o: Officer) -> Result<axum::Json<Value>, Problem> {
    let found = store::asked(&o.app.db, &o.county, o.id, KEPT).await?;
    let checks: Vec<Value> = found
        .iter()
        .map(|(c, r)| json!({ "id": c.id, "about": r.about_name, "checklist": r.code, "due": r.due }))
        .collect();
    Ok(axum::Json(json!({ "checks": checks })))
}

#[derive(Debug, Deserialize)]
struct Sent {
    id: CheckId,
    csrf: String,
    values: Vec<(String, String)>,
    filled_at: DateTime<Utc>,
    sent_at: DateTime<Utc>,
}

/// `POST /api/checks`: a check that a phone kept while it had no network; photos were sent before and stand as hashes.
/// Sending it twice records it once; the phone's clock is put right by what it shows now.
async fn api_fill(
    o: Officer,
    session: Session,
    axum::Json(sent): axum::Json<Sent>,
) -> Result<axum::Json<Value>, Problem> {
    check_token(Some(&session), &sent.csrf).await?;
    let list = list_of(&o, sent.id).await?;
    let answers = forms::read(&list, &sent.values).map_err(|p| in_words(&o, &list, p))?;
    let filled = Filled { answers, filled_at: sent.filled_at, sent_at: Some(sent.sent_at) };
    let mut write = o.write().await?;
    let fresh = fill(&o.app, &mut write, (o.id, o.unit), sent.id, &filled)
        .await
        .map_err(|p| in_words(&o, &list, p))?;
    if fresh {
        write.commit().await?;
    }
    Ok(axum::Json(json!({ "recorded": fresh })))
}
