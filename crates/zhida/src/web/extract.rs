//! Path, query and form as the framework's, but a fault in them becomes a page, and a form must carry the session's token.

#![expect(clippy::disallowed_types, reason = "this is where the framework's extractors are wrapped")]

use axum::body::Bytes;
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, FromRequestParts, Multipart, Request};
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tower_sessions::Session;
use zhida_types::{Day, Fen};

use super::officer::CSRF;
use crate::app::App;
use crate::problem::Problem;

/// The parts of the path; one that cannot be read is a page that is not there.
#[derive(Clone, Copy, Debug)]
pub struct Path<P>(pub P);

impl<S: Send + Sync, P: DeserializeOwned + Send> FromRequestParts<S> for Path<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let found = axum::extract::Path::<P>::from_request_parts(parts, state).await;
        found.map(|axum::extract::Path(p)| Self(p)).map_err(|_unreadable| Problem::NotFound)
    }
}

/// The query; several values under one name make a list.
#[derive(Clone, Copy, Debug)]
pub struct Query<Q>(pub Q);

impl<S: Send + Sync, Q: DeserializeOwned> FromRequestParts<S> for Query<Q> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        serde_html_form::from_str(query).map(Self).map_err(|e| Problem::field("", "fault-query", e))
    }
}

/// A form of an officer, with the token of the session.
#[derive(Clone, Copy, Debug)]
pub struct Form<F>(pub F);

impl<F: DeserializeOwned> FromRequest<App> for Form<F> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let session = request.extensions().get::<Session>().cloned();
        let bytes = body(request, app).await?;
        let fields: Vec<(String, String)> = read(&bytes)?;
        let sent = fields.iter().find(|(name, _)| name == "csrf").map_or("", |(_, value)| value.as_str());
        check_token(session.as_ref(), sent).await?;
        read(&bytes).map(Self)
    }
}

/// A form that says nothing but that somebody pressed its button.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Nothing {}

/// What somebody chose of a list: an id.
///
/// # Errors
/// Nothing chosen, or no id.
pub fn chosen<I: std::str::FromStr>(field: &str, text: &str) -> Result<I, Problem> {
    text.parse().map_err(|_no_id| Problem::field(field, "fault-none-chosen", ""))
}

/// An amount of money as somebody wrote it, in yuan.
///
/// # Errors
/// A text that is none.
pub fn money(field: &str, text: &str) -> Result<Fen, Problem> {
    text.parse().map_err(|_none| Problem::field(field, "fault-money", text))
}

/// A form of the public: no session, so no token; what it may do hangs on the link.
#[derive(Clone, Copy, Debug)]
pub struct PublicForm<F>(pub F);

impl<F: DeserializeOwned> FromRequest<App> for PublicForm<F> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        read(&body(request, app).await?).map(Self)
    }
}

async fn body(request: Request, app: &App) -> Result<Bytes, Problem> {
    Bytes::from_request(request, app).await.map_err(|e| Problem::field("", "fault-form", e))
}

fn read<F: DeserializeOwned>(bytes: &[u8]) -> Result<F, Problem> {
    serde_html_form::from_bytes(bytes).map_err(|e| Problem::field("", "fault-form", e))
}

/// Compares a form's token with the session's.
///
/// # Errors
/// [`Problem::LoggedOut`] without a session, [`Problem::Conflict`] for another token.
pub async fn check_token(session: Option<&Session>, sent: &str) -> Result<(), Problem> {
    let session = session.ok_or(Problem::LoggedOut)?;
    let token: Option<String> = session.get(CSRF).await.map_err(anyhow::Error::from)?;
    match token {
        None => Err(Problem::LoggedOut),
        Some(token) if token == sent => Ok(()),
        Some(_) => Err(Problem::Conflict("fault-token")),
    }
}

/// A file of a form.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The field.
    pub field: String,
    /// The name that it had.
    pub name: String,
    /// What it holds.
    pub bytes: Bytes,
}

/// A form of an officer with files, with the token of the session.
#[derive(Clone, Debug, Default)]
pub struct Upload {
    /// The fields that are no files, in order.
    pub pairs: Vec<(String, String)>,
    /// The files that are not empty.
    pub files: Vec<Sent>,
}

impl Upload {
    /// The first value of a field; empty where it was not sent.
    pub fn one(&self, field: &str) -> &str {
        self.pairs.iter().find(|(name, _)| name == field).map_or("", |(_, value)| value.as_str())
    }
}

/// A form of the public with files: no session, so no token.
#[derive(Clone, Debug, Default)]
pub struct PublicUpload(pub Upload);

/// The parts of a form with files.
async fn parts(request: Request, app: &App, most: usize) -> Result<Upload, Problem> {
    let unreadable = |e: MultipartError| {
        if e.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
            Problem::field("file", "fault-too-large", most >> 20)
        } else {
            Problem::field("file", "fault-upload", "")
        }
    };
    let mut form = Multipart::from_request(request, app)
        .await
        .map_err(|_no_multipart| Problem::field("file", "fault-upload", ""))?;
    let mut upload = Upload::default();
    while let Some(part) = form.next_field().await.map_err(unreadable)? {
        let field = part.name().unwrap_or_default().to_owned();
        if let Some(name) = part.file_name().map(str::to_owned) {
            let bytes = part.bytes().await.map_err(unreadable)?;
            if !bytes.is_empty() {
                upload.files.push(Sent { field, name, bytes });
            }
        } else {
            upload.pairs.push((field, part.text().await.map_err(unreadable)?));
        }
    }
    Ok(upload)
}

impl FromRequest<App> for PublicUpload {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        parts(request, app, super::PUBLIC_BYTES).await.map(Self)
    }
}

impl FromRequest<App> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let session = request.extensions().get::<Session>().cloned();
        let upload = parts(request, app, super::UPLOAD_BYTES).await?;
        check_token(session.as_ref(), upload.one("csrf")).await?;
        Ok(upload)
    }
}

/// Where a list by day and id goes on, as its address has it: `2026-11-25_…`.
pub fn behind<I: std::str::FromStr>(text: &str) -> Option<(Day, I)> {
    let (day, id) = text.split_once('_')?;
    Some((Day::parse(day).ok()?, id.parse().ok()?))
}

/// A day that a form sends.
///
/// # Errors
/// A text that is no day.
pub fn day(field: &str, text: &str) -> Result<Day, Problem> {
    Day::parse(text).map_err(|_unreadable| Problem::field(field, "fault-date", text))
}
