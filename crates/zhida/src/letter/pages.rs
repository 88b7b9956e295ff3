//! Letters: the list, writing one, its PDF, the answer.

use askama::Template;
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use chrono::Datelike as _;
use sea_orm::ActiveValue::Set;
use serde::Deserialize;
use serde_json::json;
use zhida_pack::Letter as Wording;
use zhida_types::{Day, Period};

use super::entity::{self, Model};
use super::store;
use crate::app::App;
use crate::document::{Block, Document, font, pdf};
use crate::finding;
use crate::ids::{FindingId, LetterId};
use crate::journal::Subject;
use crate::problem::Problem;
use crate::web::extract::{Form, Path, Query};
use crate::web::{Officer, Shell, page, to};

/// The pages of letters.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/letters", get(list).post(send))
        .route("/letters/new", get(blank))
        .route("/letters/{id}", get(show))
        .route("/letters/{id}/pdf", get(as_pdf))
        .route("/letters/{id}/answer", post(answer))
}

#[derive(Debug, Deserialize)]
struct About {
    finding: FindingId,
}

/// A finding that this officer may see.
async fn found(o: &Officer, id: FindingId) -> Result<finding::Finding, Problem> {
    finding::by_id(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)
}

fn forms(app: &App) -> impl Iterator<Item = (&str, &Wording)> {
    app.packs().flat_map(|p| p.letters.iter().map(move |l| (p.name.as_str(), l)))
}

struct Line {
    l: Model,
    title: String,
    late: bool,
}

#[derive(Template)]
#[template(path = "letter/list.html")]
struct ListPage {
    shell: Shell,
    lines: Vec<Line>,
}

fn title(o: &Officer, code: &str) -> String {
    let form = forms(&o.app).find(|(_, l)| l.code == code);
    form.map_or_else(|| code.to_owned(), |(_, l)| l.title.get(o.lang).to_owned())
}

/// An officer of a town sees the letters about findings of the town.
async fn visible(o: &Officer, letters: Vec<Model>) -> Result<Vec<Model>, Problem> {
    if o.region.as_str().len() <= 6 {
        return Ok(letters);
    }
    let mut seen = Vec::new();
    for letter in letters {
        if let Some(id) = letter.finding_id
            && finding::by_id(&o.app.db, &o.county, &o.region, id).await?.is_some()
        {
            seen.push(letter);
        }
    }
    Ok(seen)
}

async fn list(o: Officer) -> Result<Response, Problem> {
    let today = o.app.clock.today();
    let found = visible(&o, store::page(&o.app.db, &o.county, None, 500).await?).await?;
    let line = |l: Model| Line { title: title(&o, &l.code), late: l.state == "sent" && l.due < today.0, l };
    let lines = found.into_iter().map(line).collect();
    page(&ListPage { shell: o.shell("findings"), lines })
}

#[derive(Template)]
#[template(path = "letter/new.html")]
struct NewPage {
    shell: Shell,
    finding: finding::Finding,
    forms: Vec<(String, String, i64)>,
    due: String,
    before: Vec<Line>,
}

async fn blank(o: Officer, Query(about): Query<About>) -> Result<Response, Problem> {
    let finding = found(&o, about.finding).await?;
    let forms: Vec<(String, String, i64)> =
        forms(&o.app).map(|(_, l)| (l.code.clone(), l.title.get(o.lang).to_owned(), l.days)).collect();
    let days = forms.first().map_or(15, |f| f.2);
    let before = store::page(&o.app.db, &o.county, Some(about.finding), 50).await?;
    let line = |l: Model| Line { title: title(&o, &l.code), late: false, l };
    page(&NewPage {
        due: o.app.clock.today().plus_days(days).to_string(),
        before: before.into_iter().map(line).collect(),
        shell: o.shell("findings"),
        finding,
        forms,
    })
}

#[derive(Debug, Deserialize)]
struct SendForm {
    finding: FindingId,
    code: String,
    to_name: String,
    due: String,
}

async fn send(o: Officer, Form(form): Form<SendForm>) -> Result<Response, Problem> {
    let about = found(&o, form.finding).await?;
    let known = forms(&o.app).find(|(_, l)| l.code == form.code);
    let (pack, letter) = known.ok_or_else(|| Problem::field("code", "fault-value", &form.code))?;
    let due = crate::web::extract::day("due", &form.due)?;
    let today = o.app.clock.today();
    if due <= today {
        return Err(Problem::field("due", "fault-past", &form.due));
    }
    let to_name = form.to_name.trim();
    if to_name.is_empty() {
        return Err(Problem::field("to_name", "fault-empty", ""));
    }
    let mut write = o.write().await?;
    let year = Period::year_of(today);
    let first = crate::clock::midnight(year.first());
    let before = store::since(write.tx(), &o.county, first).await?;
    let no = format!("〔{}〕{} 号", today.0.year(), before + 1);
    let chinese = |d: Day| format!("{}年{}月{}日", d.0.year(), d.0.month(), d.0.day());
    let (due_text, day_text) = (chinese(due), chinese(today));
    let values = [
        ("to", to_name),
        ("no", no.as_str()),
        ("unit", o.unit_name.as_str()),
        ("about", about.about_name.as_str()),
        ("words", about.words.as_str()),
        ("due", due_text.as_str()),
        ("day", day_text.as_str()),
    ];
    // A letter is a Chinese document, whoever reads the page.
    let paragraphs: Vec<String> = letter.paragraphs.iter().map(|p| Wording::filled(&p.zh, &values)).collect();
    let id = LetterId::new();
    let row = entity::ActiveModel {
        county: Set(o.county.clone()),
        id: Set(id),
        pack: Set(pack.to_owned()),
        code: Set(form.code.clone()),
        no: Set(no.clone()),
        finding_id: Set(Some(form.finding)),
        to_name: Set(to_name.chars().take(120).collect()),
        words: Set(serde_json::to_string(&paragraphs)?),
        due: Set(due.0),
        state: Set("sent".to_owned()),
        answer: Set(String::new()),
        account_name: Set(o.name.clone()),
        answered_at: Set(None),
        version: Set(1),
        created_at: Set(write.at()),
    };
    store::insert(&write, row).await?;
    let detail = json!({ "finding": form.finding, "no": no, "due": due });
    write.note("letter-sent", Subject::new("letter", id), detail).await?;
    write.commit().await?;
    Ok(to(&format!("/letters/{id}"), "letter-sent"))
}

#[derive(Template)]
#[template(path = "letter/show.html")]
struct ShowPage {
    shell: Shell,
    l: Model,
    title: String,
    paragraphs: Vec<String>,
    late: bool,
}

async fn letter(o: &Officer, id: LetterId) -> Result<Model, Problem> {
    let found = store::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    visible(o, vec![found]).await?.pop().ok_or(Problem::NotFound)
}

async fn show(o: Officer, Path(id): Path<LetterId>) -> Result<Response, Problem> {
    let l = letter(&o, id).await?;
    page(&ShowPage {
        title: title(&o, &l.code),
        paragraphs: serde_json::from_str(&l.words)?,
        late: l.state == "sent" && l.due < o.app.clock.today().0,
        l,
        shell: o.shell("findings"),
    })
}

async fn as_pdf(o: Officer, Path(id): Path<LetterId>) -> Result<Response, Problem> {
    let l = letter(&o, id).await?;
    let form = forms(&o.app).find(|(_, f)| f.code == l.code);
    let paragraphs: Vec<String> = serde_json::from_str(&l.words)?;
    let document = Document {
        title: form.map_or_else(|| l.code.clone(), |(_, f)| f.title.zh.clone()),
        lines: vec![l.no.clone()],
        wide: false,
        blocks: paragraphs.into_iter().map(Block::Text).collect(),
    };
    let bytes = tokio::task::spawn_blocking(move || {
        let (font, face) = font()?;
        pdf(&document, (&font, face), "zh-CN")
    });
    let bytes = bytes.await.map_err(anyhow::Error::from)??;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"letter-{id}.pdf\"")),
    ];
    Ok((headers, bytes).into_response())
}

#[derive(Debug, Deserialize)]
struct AnswerForm {
    words: String,
}

async fn answer(
    o: Officer,
    Path(id): Path<LetterId>,
    Form(form): Form<AnswerForm>,
) -> Result<Response, Problem> {
    let now = letter(&o, id).await?;
    if now.state != "sent" {
        return Err(Problem::Conflict("fault-changed"));
    }
    let words = form.words.trim();
    if words.is_empty() {
        return Err(Problem::field("words", "fault-empty", ""));
    }
    let mut write = o.write().await?;
    store::answer(&write, &now, words).await?;
    write.note("letter-answered", Subject::new("letter", id), json!({ "words": words })).await?;
    write.commit().await?;
    Ok(to(&format!("/letters/{id}"), "saved"))
}
