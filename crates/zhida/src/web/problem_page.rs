//! A problem as a page for people and as problem+json (RFC 9457) for programs, by `Accept` and path.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::shell::{Shell, language};
use crate::app::App;
use crate::problem::Problem;
use crate::texts::T;

#[derive(Template)]
#[template(path = "web/problem.html")]
struct ProblemPage {
    shell: Shell,
    title: String,
    lines: Vec<String>,
    reference: Option<String>,
}

/// A problem on its way from the handler to [`render`].
#[derive(Clone)]
struct Carried(Arc<Problem>);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::LoggedOut => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooBusy(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(Carried(Arc::new(self)));
        response
    }
}

/// Any address that no slice knows.
pub(super) async fn nothing_here() -> Problem {
    Problem::NotFound
}

/// Turns a carried problem into words.
pub(super) async fn render(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let address = request.uri().path_and_query().map_or_else(|| path.clone(), ToString::to_string);
    let headers = request.headers().clone();
    let get = request.method() == axum::http::Method::GET;
    let response = next.run(request).await;
    let Some(Carried(problem)) = response.extensions().get::<Carried>().cloned() else { return response };
    let status = response.status();
    let t = T { texts: Arc::clone(&app.texts), lang: language(&headers) };
    let reference = reference(&app, &problem);
    let (title, lines) = words(&t, &problem);
    if wants_json(&path, &headers) {
        return json(status, &problem, &title, &lines, reference.as_deref());
    }
    if matches!(*problem, Problem::LoggedOut) {
        let back = if get { address } else { "/".to_owned() };
        return Redirect::to(&format!("/login?back={}", urlencode(&back))).into_response();
    }
    let shell = Shell::public(&app, t.lang, &path);
    let page = ProblemPage { shell, title, lines, reference };
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "the problem page cannot be rendered");
            status.into_response()
        }
    }
}

/// An internal error is logged under a number that the page shows; the page never shows the error.
fn reference(app: &App, problem: &Problem) -> Option<String> {
    let Problem::Internal(error) = problem else { return None };
    let number = format!("{:x}", app.clock.now().timestamp_micros());
    tracing::error!(number, error = format!("{error:#}"), "internal error");
    Some(number)
}

fn words(t: &T, problem: &Problem) -> (String, Vec<String>) {
    let key = match problem {
        Problem::NotFound => "problem-not-found",
        Problem::LoggedOut => "problem-logged-out",
        Problem::Forbidden => "problem-forbidden",
        Problem::Invalid(_) => "problem-invalid",
        Problem::Conflict(_) => "problem-conflict",
        Problem::TooBusy(_) => "problem-busy",
        Problem::Internal(_) => "problem-internal",
    };
    let lines = match problem {
        Problem::Invalid(faults) => faults.iter().map(|f| t.v(f.key, &f.value)).collect(),
        Problem::Conflict(key) | Problem::TooBusy(key) => vec![t.s(key)],
        _ => vec![t.s(format!("{key}-help"))],
    };
    (t.s(key), lines)
}

fn wants_json(path: &str, headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    path.starts_with("/api/") || (accept.contains("json") && !accept.contains("text/html"))
}

fn json(
    status: StatusCode,
    problem: &Problem,
    title: &str,
    lines: &[String],
    reference: Option<&str>,
) -> Response {
    let fields: Vec<serde_json::Value> = match problem {
        Problem::Invalid(faults) => faults
            .iter()
            .zip(lines)
            .map(|(f, text)| serde_json::json!({ "field": f.field, "code": f.key, "detail": text }))
            .collect(),
        _ => Vec::new(),
    };
    let body = serde_json::json!({
        "type": "about:blank", "title": title, "status": status.as_u16(), "detail": lines.join(" "),
        "errors": fields, "instance": reference,
    });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}

/// A text as part of an address.
pub fn urlencode(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-_.~/".contains(&b) {
            out.push(char::from(b));
        } else {
            let _infallible = write!(out, "%{b:02X}");
        }
        out
    })
}
