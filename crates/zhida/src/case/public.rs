//! The page of a link: what is offered and why me; yes, no, a question. And the gateway's incoming text messages.

use askama::Template;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;
use zhida_pack::StageKind;
use zhida_rules::Lang;

use super::answer::{self, Answer};
use super::entity::Case;
use super::forms::AnswerForm;
use super::store;
use crate::app::App;
use crate::ids::CountyId;
use crate::message::{self, Message, Signed, signed};
use crate::offer::{self, Offer};
use crate::party;
use crate::problem::Problem;
use crate::web::extract::{Path, PublicForm};
use crate::web::{Shell, Visitor, page, to};

/// A term that spoke for a person.
pub(super) struct Spoke {
    /// What officers call it.
    pub(super) label: String,
    /// What the person is told; empty for nothing.
    pub(super) why: String,
    /// How much of it there is.
    pub(super) percent: i64,
}

/// The terms that spoke for this person, strongest first.
pub(super) fn spoke(reason: &Value, lang: Lang) -> Vec<Spoke> {
    let key = lang.as_str();
    let terms = reason["terms"].as_array().map(Vec::as_slice).unwrap_or_default();
    let words = |value: &Value| value[key].as_str().unwrap_or_default().to_owned();
    let mut found: Vec<(f64, Spoke)> = terms
        .iter()
        .filter_map(|t| {
            let (value, weight) = (t["value"].as_f64()?, t["weight"].as_f64()?);
            #[expect(clippy::cast_possible_truncation, reason = "a percentage")]
            let percent = (value * 100.0).round() as i64;
            let spoke = Spoke { label: words(t), why: words(&t["why"]), percent };
            (value > 0.5).then_some((value * weight, spoke))
        })
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().map(|(_, spoke)| spoke).collect()
}

/// The conditions of the rule that held.
pub(super) fn rule(reason: &Value, lang: Lang) -> Vec<String> {
    let key = lang.as_str();
    let lines = reason["rule"].as_array().map(Vec::as_slice).unwrap_or_default();
    lines.iter().filter_map(|l| l[key].as_str()).map(str::to_owned).collect()
}

#[expect(clippy::struct_excessive_bools, reason = "what the page shows or not")]
#[derive(Template)]
#[template(path = "case/public.html")]
struct PublicPage {
    shell: Shell,
    name: String,
    programme: String,
    offer: Option<Offer>,
    /// What a clause gives, and the words of the document.
    right: Option<(String, String)>,
    may_ask: bool,
    why: Vec<String>,
    rule: Vec<String>,
    stage: String,
    open: bool,
    accepted: bool,
    asked: bool,
    stopped: bool,
    causes: Vec<(String, String)>,
}

async fn case_of(app: &App, token: &str) -> Result<(CountyId, Message, Case), Problem> {
    let county = CountyId::leading(token).ok_or(Problem::NotFound)?;
    let message =
        message::by_token(&app.db, &county, token, app.clock.now()).await?.ok_or(Problem::NotFound)?;
    let case = store::by_id(&app.db, &county, message.case_id).await?.ok_or(Problem::NotFound)?;
    Ok((county, message, case))
}

pub(super) async fn show(v: Visitor, Path(token): Path<String>) -> Result<Response, Problem> {
    let (county, message, case) = case_of(&v.app, &token).await?;
    message::opened(&v.app.db, &message, v.app.clock.now()).await?;
    let (_, programme) = v.app.programme(&case.programme)?;
    let stage = programme.stage(&case.stage).ok_or(Problem::NotFound)?;
    let names = party::names(&v.app.db, &county, &[case.party_id]).await?;
    let offer = match case.offer_id {
        Some(id) => offer::find(&v.app.db, &county, id).await?,
        None => None,
    };
    let reason: Value = serde_json::from_str(&case.reason)?;
    let shell = v.shell();
    let causes = ["time", "far", "wage", "found", "health", "other"];
    let causes = causes.map(|c| (c.to_owned(), shell.t.s(format!("cause-{c}"))));
    let right = programme.gives.as_ref().map(|gives| {
        let amount = case.amount.map(|n| super::gives_words(&shell.t, &v.app, gives, n));
        (amount.unwrap_or_default(), gives.source.get(v.lang).to_owned())
    });
    page(&PublicPage {
        right,
        may_ask: programme.stages.iter().filter(|s| s.kind == StageKind::Invited).count() > 1,
        name: names.get(&case.party_id).cloned().unwrap_or_default(),
        programme: programme.title.get(v.lang).to_owned(),
        why: spoke(&reason, v.lang).into_iter().map(|s| s.why).filter(|w| !w.is_empty()).collect(),
        rule: rule(&reason, v.lang),
        stage: stage.label.get(v.lang).to_owned(),
        open: stage.kind == StageKind::Invited,
        accepted: matches!(stage.kind, StageKind::Accepted | StageKind::Applied | StageKind::Granted),
        asked: stage.kind == StageKind::Invited
            && programme.first(StageKind::Invited).is_some_and(|s| s.code != stage.code),
        stopped: shell.note.as_deref() == Some("stopped"),
        causes: causes.into_iter().collect(),
        shell,
        offer,
    })
}

pub(super) async fn answer(
    v: Visitor,
    Path(token): Path<String>,
    PublicForm(form): PublicForm<AnswerForm>,
) -> Result<Response, Problem> {
    let (county, message, _) = case_of(&v.app, &token).await?;
    let (answer, note) = match form.answer.as_str() {
        "accept" => (Answer::Accept, "accepted"),
        "decline" => (Answer::Decline(form.cause.chars().take(200).collect()), "declined"),
        "ask" if form.question.trim().is_empty() => {
            return Err(Problem::field("question", "fault-empty", ""));
        }
        "ask" => (Answer::Ask(form.question.chars().take(500).collect()), "asked"),
        "stop" => (Answer::Stop, "stopped"),
        other => return Err(Problem::field("answer", "fault-form", other)),
    };
    answer::take(&v.app, &county, &message, &answer).await?;
    Ok(to(&format!("/o/{token}"), note))
}

/// `POST /hooks/{county}/replies` with `{"from": "138…", "text": "Y4821"}`: a text message that came in.
pub(super) async fn reply(
    v: Visitor,
    Path(county): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<axum::Json<Value>, Problem> {
    let Signed { county, body } = signed(&v.app, &county, &headers, &body)?;
    let (from, text) = (body["from"].as_str().unwrap_or_default(), body["text"].as_str().unwrap_or_default());
    let phone = zhida_types::Phone::parse_demonstration(&zhida_types::Phone::as_written(from))
        .map_err(|e| Problem::field("from", "fault-form", e))?;
    let hash = v.app.keys.lookup("phone", phone.reveal());
    let Some((answer, code)) = answer::read(text, &v.app.register("")?.replies) else {
        return Err(Problem::field("text", "fault-empty", ""));
    };
    let open = message::by_reply(&v.app.db, &county, &hash, &code, v.app.clock.now()).await?;
    // Without digits an answer is taken only where it can mean one offer alone.
    let message = match (open.as_slice(), code.is_empty(), &answer) {
        ([one], ..) => one,
        ([first, ..], false, _) | ([first, ..], _, Answer::Stop) => first,
        _ => return Ok(axum::Json(serde_json::json!({ "taken": false, "open": open.len() }))),
    };
    let case = answer::take(&v.app, &county, message, &answer).await?;
    Ok(axum::Json(serde_json::json!({ "taken": true, "stage": case.stage })))
}
