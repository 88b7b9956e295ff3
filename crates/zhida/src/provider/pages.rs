//! The register of providers, and one of them with its papers and teachers.

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use zhida_types::Day;

use super::entity::{paper, provider, teacher};
use super::store::{self, NewPaper, NewProvider};
use super::{add_paper, add_teacher, create, find, flaws, papers, teachers, terms, words};
use crate::app::App;
use crate::ids::{ProviderId, TeacherId};
use crate::photo;
use crate::problem::Problem;
use crate::web::extract::{Form, Nothing, Path, Upload, day};
use crate::web::{Officer, Shell, UPLOAD_BYTES, page, to};

/// The pages of providers.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/providers", get(list).post(make))
        .route("/providers/{id}", get(show).post(change))
        .route("/providers/{id}/papers", post(paper_in).layer(DefaultBodyLimit::max(UPLOAD_BYTES)))
        .route("/providers/{id}/teachers", post(teacher_in))
        .route("/providers/{id}/teachers/{teacher}/gone", post(teacher_out))
}

struct Line {
    id: ProviderId,
    name: String,
    code: String,
    teachers: usize,
    flaws: Vec<String>,
}

#[derive(Template)]
#[template(path = "provider/list.html")]
struct ListPage {
    shell: Shell,
    lines: Vec<Line>,
}

async fn list(o: Officer) -> Result<Response, Problem> {
    let rules = terms(&o.app)?;
    let all = store::all(&o.app.db, &o.county).await?;
    let ids: Vec<ProviderId> = all.iter().map(|p| p.id).collect();
    let papers = papers(&o.app.db, &o.county, &ids).await?;
    let teachers = teachers(&o.app.db, &o.county, &ids).await?;
    let (shell, today) = (o.shell("providers"), o.app.clock.today());
    let line = |p: provider::Model| Line {
        flaws: flaws(rules, &p, &papers, &teachers, today)
            .iter()
            .map(|f| words(&o.app, &shell.t, f))
            .collect(),
        teachers: teachers.iter().filter(|t| t.provider_id == p.id).count(),
        id: p.id,
        code: p.code,
        name: p.name,
    };
    let lines = all.into_iter().map(line).collect();
    page(&ListPage { shell, lines })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ProviderForm {
    code: String,
    name: String,
    contact: String,
    phone: String,
    words: String,
    state: String,
    version: i64,
}

impl ProviderForm {
    fn described(&self, app: &App) -> NewProvider {
        NewProvider {
            code: self.code.clone(),
            name: self.name.clone(),
            contact: self.contact.clone(),
            phone: self.phone.clone(),
            words: self.words.clone(),
            origin: app.config.origin().to_owned(),
        }
    }
}

async fn make(o: Officer, Form(form): Form<ProviderForm>) -> Result<Response, Problem> {
    let mut write = o.write().await?;
    let id = create(&mut write, &form.described(&o.app)).await?;
    write.commit().await?;
    Ok(to(&format!("/providers/{id}"), "saved"))
}

struct PaperLine {
    code: String,
    label: String,
    required: bool,
    paper: Option<paper::Model>,
    over: bool,
}

#[derive(Template)]
#[template(path = "provider/show.html")]
struct ShowPage {
    shell: Shell,
    p: provider::Model,
    papers: Vec<PaperLine>,
    teachers: Vec<(teacher::Model, bool)>,
    flaws: Vec<String>,
}

async fn found(o: &Officer, id: ProviderId) -> Result<provider::Model, Problem> {
    find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)
}

async fn show(o: Officer, Path(id): Path<ProviderId>) -> Result<Response, Problem> {
    let rules = terms(&o.app)?;
    let p = found(&o, id).await?;
    let papers = papers(&o.app.db, &o.county, &[id]).await?;
    let teachers = teachers(&o.app.db, &o.county, &[id]).await?;
    let (shell, today) = (o.shell("providers"), o.app.clock.today());
    let over = |day: Option<chrono::NaiveDate>| day.is_some_and(|d| d < today.0);
    let flaws = flaws(rules, &p, &papers, &teachers, today);
    let line = |kind: &zhida_pack::ProviderPaper| {
        let paper = papers.iter().find(|p| p.kind == kind.code).cloned();
        PaperLine {
            code: kind.code.clone(),
            label: kind.label.get(o.lang).to_owned(),
            required: kind.required,
            over: paper.as_ref().is_some_and(|p| over(p.expires)),
            paper,
        }
    };
    page(&ShowPage {
        papers: rules.papers.iter().map(line).collect(),
        flaws: flaws.iter().map(|f| words(&o.app, &shell.t, f)).collect(),
        teachers: teachers.into_iter().map(|t| (t.clone(), over(t.expires))).collect(),
        p,
        shell,
    })
}

async fn change(
    o: Officer,
    Path(id): Path<ProviderId>,
    Form(form): Form<ProviderForm>,
) -> Result<Response, Problem> {
    let now = found(&o, id).await?;
    let state = if form.state == "barred" { "barred" } else { "active" };
    let mut write = o.write().await?;
    store::change(&mut write, &now, &form.described(&o.app), state, form.version).await?;
    write.commit().await?;
    Ok(to(&format!("/providers/{id}"), "saved"))
}

/// The last day of something, where one is given.
fn last_day(text: &str) -> Result<Option<Day>, Problem> {
    if text.trim().is_empty() { Ok(None) } else { day("expires", text).map(Some) }
}

async fn paper_in(o: Officer, Path(id): Path<ProviderId>, form: Upload) -> Result<Response, Problem> {
    let rules = terms(&o.app)?;
    found(&o, id).await?;
    let kind = form.one("kind");
    if !rules.papers.iter().any(|p| p.code == kind) {
        return Err(Problem::field("kind", "fault-none-chosen", ""));
    }
    let expires = last_day(form.one("expires"))?;
    let mut write = o.write().await?;
    let photo = photo::sent(&o.app, &mut write, &form, "photo").await?;
    let new = NewPaper { kind: kind.to_owned(), number: form.one("number").to_owned(), expires, photo };
    add_paper(&mut write, id, &new).await?;
    write.commit().await?;
    Ok(to(&format!("/providers/{id}"), "saved"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TeacherForm {
    name: String,
    certificate: String,
    subject: String,
    expires: String,
}

async fn teacher_in(
    o: Officer,
    Path(id): Path<ProviderId>,
    Form(form): Form<TeacherForm>,
) -> Result<Response, Problem> {
    found(&o, id).await?;
    let expires = last_day(&form.expires)?;
    let mut write = o.write().await?;
    add_teacher(&mut write, id, (&form.name, &form.certificate, &form.subject), expires).await?;
    write.commit().await?;
    Ok(to(&format!("/providers/{id}"), "saved"))
}

async fn teacher_out(
    o: Officer,
    Path((id, teacher)): Path<(ProviderId, TeacherId)>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, Problem> {
    let mut write = o.write().await?;
    store::drop_teacher(&mut write, id, teacher).await?;
    write.commit().await?;
    Ok(to(&format!("/providers/{id}"), "saved"))
}
