//! The list of reports, and one as a page, a sheet, a PDF; publishing.

use askama::Template;
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use zhida_pack::{Pack, Report, Span};
use zhida_types::Period;

use super::build::build;
use super::store;
use crate::account::Role;
use crate::app::App;
use crate::clock::shown;
use crate::document::{Block, Correction, Document, corrections, font, pdf, xlsx};
use crate::problem::Problem;
use crate::web::extract::{Form, Path, Query};
use crate::web::{Officer, Shell, page, to};

/// The pages of reports.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/reports", get(list))
        .route("/reports/{code}", get(show))
        .route("/reports/{code}/xlsx", get(as_xlsx))
        .route("/reports/{code}/pdf", get(as_pdf))
        .route("/reports/{code}/publish", post(publish))
}

/// A report of any pack.
fn find<'a>(app: &'a App, code: &str) -> Result<(&'a Pack, &'a Report), Problem> {
    app.packs().find_map(|p| p.report(code).map(|r| (p, r))).ok_or(Problem::NotFound)
}

#[derive(Template)]
#[template(path = "report/list.html")]
struct ListPage {
    shell: Shell,
    reports: Vec<(String, String, String)>,
}

async fn list(o: Officer) -> Result<Response, Problem> {
    let all = o.app.packs().flat_map(|p| p.reports.iter().map(move |r| (p, r)));
    let line = |(p, r): (&Pack, &Report)| {
        (r.code.clone(), r.title.get(o.lang).to_owned(), p.title.get(o.lang).to_owned())
    };
    page(&ListPage { shell: o.shell("reports"), reports: all.map(line).collect() })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PeriodQuery {
    period: String,
}

fn period(o: &Officer, report: &Report, text: &str) -> Result<Period, Problem> {
    let today = o.app.clock.today();
    let now = match report.period {
        Span::Month => Period::month_of(today),
        Span::Year => Period::year_of(today),
    };
    if text.is_empty() {
        return Ok(now);
    }
    let asked: Period = text.parse().map_err(|_no_period| Problem::field("period", "fault-period", text))?;
    if asked.first() > today || matches!(asked, Period::Month(..)) != matches!(now, Period::Month(..)) {
        return Err(Problem::field("period", "fault-period", text));
    }
    Ok(asked)
}

async fn filled(o: &Officer, code: &str, text: &str) -> Result<(Period, Document), Problem> {
    let (pack, report) = find(&o.app, code)?;
    let period = period(o, report, text)?;
    let t = o.shell("").t;
    let document = build(&o.app, &t, (&o.county, &o.region), (pack, report), period).await?;
    Ok((period, document))
}

struct Version {
    when: String,
    who: String,
    digest: String,
}

#[derive(Template)]
#[template(path = "report/show.html")]
#[expect(clippy::struct_excessive_bools, reason = "what a page shows or not")]
struct ShowPage {
    shell: Shell,
    code: String,
    period: Period,
    before: Period,
    open: bool,
    d: Document,
    published: Vec<Version>,
    frozen: bool,
    differs: bool,
    /// What is counted otherwise now: where, published, now.
    corrections: Vec<Correction>,
    may_publish: bool,
}

/// What differs between what was published and what the rows say now, the languages of the two being the same.
fn same_figures(published: &Document, now: &Document) -> bool {
    published.blocks == now.blocks
}

async fn show(
    o: Officer,
    Path(code): Path<String>,
    Query(query): Query<PeriodQuery>,
) -> Result<Response, Problem> {
    let (period, now) = filled(&o, &code, &query.period).await?;
    let all = store::published(&o.app.db, &o.county, &code, &period.to_string()).await?;
    let mut frozen: Option<Document> = None;
    if let Some(last) = all.first() {
        frozen = Some(serde_json::from_str(&last.body)?);
    }
    let open = period.is_open(o.app.clock.today());
    let differs = frozen.as_ref().is_some_and(|f| f.title == now.title && !same_figures(f, &now));
    let corrections = match &frozen {
        Some(frozen) if differs => corrections(frozen, &now),
        _ => Vec::new(),
    };
    let version = |m: super::entity::Model| Version {
        when: shown(m.created_at),
        who: m.account_name,
        digest: m.digest.chars().take(12).collect(),
    };
    page(&ShowPage {
        shell: o.shell("reports"),
        before: period.before(),
        open,
        may_publish: o.role >= Role::Supervisor && !open && (frozen.is_none() || differs),
        published: all.into_iter().map(version).collect(),
        frozen: frozen.is_some(),
        differs,
        corrections,
        d: frozen.unwrap_or(now),
        period,
        code,
    })
}

fn attachment(name: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, bytes).into_response()
}

/// The frozen figures of a published period, else the figures of now.
async fn shown_document(o: &Officer, code: &str, text: &str) -> Result<(Period, Document), Problem> {
    let (period, now) = filled(o, code, text).await?;
    let all = store::published(&o.app.db, &o.county, code, &period.to_string()).await?;
    match all.first() {
        Some(last) => Ok((period, serde_json::from_str(&last.body)?)),
        None => Ok((period, now)),
    }
}

async fn as_xlsx(
    o: Officer,
    Path(code): Path<String>,
    Query(query): Query<PeriodQuery>,
) -> Result<Response, Problem> {
    let (period, document) = shown_document(&o, &code, &query.period).await?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(attachment(&format!("{code}-{period}.xlsx"), kind, xlsx(&document)?))
}

async fn as_pdf(
    o: Officer,
    Path(code): Path<String>,
    Query(query): Query<PeriodQuery>,
) -> Result<Response, Problem> {
    let (period, document) = shown_document(&o, &code, &query.period).await?;
    let language = o.lang.tag();
    let bytes = tokio::task::spawn_blocking(move || {
        let (font, face) = font()?;
        pdf(&document, (&font, face), language)
    });
    let bytes = bytes.await.map_err(anyhow::Error::from)??;
    Ok(attachment(&format!("{code}-{period}.pdf"), "application/pdf", bytes))
}

#[derive(Debug, Deserialize)]
struct PublishForm {
    period: String,
}

async fn publish(
    o: Officer,
    Path(code): Path<String>,
    Form(form): Form<PublishForm>,
) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let (period, document) = filled(&o, &code, &form.period).await?;
    if period.is_open(o.app.clock.today()) {
        return Err(Problem::Conflict("fault-period-open"));
    }
    let before = store::published(&o.app.db, &o.county, &code, &period.to_string()).await?;
    if let Some(last) = before.first()
        && same_figures(&serde_json::from_str(&last.body)?, &document)
    {
        return Err(Problem::Conflict("fault-published"));
    }
    let mut write = o.write().await?;
    store::publish(&mut write, (&code, o.region.as_str(), &period.to_string()), &document).await?;
    write.commit().await?;
    Ok(to(&format!("/reports/{code}?period={period}"), "report-published"))
}
