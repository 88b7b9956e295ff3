//! What was sent, and the gateway's receipts.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use sea_orm::{ActiveEnum as _, Iterable as _};
use zhida_types::RegionCode;

use super::entity::{Model, State};
use super::store;
use crate::app::App;
use crate::db::seal::signature;
use crate::ids::{CountyId, MessageId};
use crate::journal::{Actor, Subject, Write};
use crate::problem::Problem;
use crate::web::extract::{Path, Query};
use crate::web::{Officer, Shell, Visitor, page};

/// The pages of messages.
pub fn routes() -> Router<App> {
    Router::new().route("/messages", get(list)).route("/hooks/{county}/receipts", post(receipts))
}

const PAGE: u64 = 50;

#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    #[serde(default)]
    state: String,
    before: Option<MessageId>,
}

struct Line {
    message: Model,
    name: String,
    text: String,
    fault: String,
}

#[derive(Template)]
#[template(path = "message/list.html")]
struct ListPage {
    shell: Shell,
    counts: Vec<(String, String, i64, bool)>,
    reach: Vec<(&'static str, i64)>,
    lines: Vec<Line>,
    next: Option<MessageId>,
    state: String,
}

async fn list(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let shell = o.shell("messages");
    let chosen = State::iter().find(|s| s.to_value() == asked.state);
    let mut found = store::page(&o.app.db, &o.county, chosen, asked.before, PAGE + 1).await?;
    let more = found.len() as u64 > PAGE;
    found.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let next = if more { found.last().map(|m| m.id) } else { None };
    // What lies outside the officer's region is not shown: neither name nor text.
    let ids = found.iter().map(|m| m.party_id);
    let people = o.app.seen((&o.county, &o.region), ids).await?;
    let mut lines = Vec::new();
    for message in found {
        let Some(person) = people.get(&message.party_id) else { continue };
        let plain = o.app.keys.open(&format!("{}/{}", message.county, message.id), &message.body_sealed)?;
        let envelope: Option<super::channel::Envelope> = serde_json::from_slice(&plain)?;
        let fault = match message.fault.as_str() {
            key @ ("no-address" | "stopped" | "capped") => shell.t.s(format!("withheld-{key}")),
            other => other.to_owned(),
        };
        lines.push(Line {
            name: person.name.clone(),
            text: envelope.map_or_else(String::new, |e| e.text),
            fault,
            message,
        });
    }
    let (counts, reach) = if o.region.as_str() == o.county.0 {
        (store::counts(&o.app.db, &o.county).await?, store::reach(&o.app.db, &o.county).await?)
    } else {
        let (mut counts, mut reach) = (BTreeMap::new(), [0; 4]);
        let all = store::marks(&o.app.db, &o.county).await?;
        let ids = all.iter().map(|(party, ..)| *party);
        let people = o.app.seen((&o.county, &o.region), ids).await?;
        for (party, state, marks) in all {
            if people.contains_key(&party) {
                *counts.entry(state).or_insert(0) += 1;
                for (n, mark) in reach.iter_mut().zip(marks) {
                    *n += i64::from(mark);
                }
            }
        }
        (counts, reach)
    };
    let named = State::iter().filter_map(|s| {
        let n = counts.get(&s).copied()?;
        Some((s.to_value(), shell.t.s(s.key()), n, Some(s) == chosen))
    });
    let counts = named.collect();
    let keys = [State::Sent, State::Delivered, State::Read, State::Answered].map(State::key);
    let reach = keys.into_iter().zip(reach).collect();
    page(&ListPage { shell, counts, reach, lines, next, state: asked.state })
}

/// The body of a webhook whose signature is right.
#[derive(Debug)]
pub struct Signed {
    /// The county of the address.
    pub county: CountyId,
    /// The body.
    pub body: serde_json::Value,
}

/// Checks the signature of an incoming webhook (HMAC-SHA-256 of the body, hexadecimal, in `X-Zhida-Signature`).
///
/// # Errors
/// [`Problem::NotFound`] for another signature: whoever cannot sign learns nothing.
pub fn signed(app: &App, county: &str, headers: &HeaderMap, body: &Bytes) -> Result<Signed, Problem> {
    let secret = &app.config.messages.webhook_secret;
    let sent = headers.get("x-zhida-signature").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let right = signature(secret, body);
    // Hashes are compared, so that the time of the comparison tells nothing about the signature.
    let same = crate::db::seal::sha256_hex(sent.as_bytes()) == crate::db::seal::sha256_hex(right.as_bytes());
    let county = RegionCode::parse(county).map_err(|_not_a_code| Problem::NotFound)?;
    if secret.is_empty() || !same {
        return Err(Problem::NotFound);
    }
    let body = serde_json::from_slice(body).map_err(|e| Problem::field("", "fault-form", e))?;
    Ok(Signed { county: CountyId(county.to_string()), body })
}

/// `POST /hooks/{county}/receipts` with `{"id": "…", "state": "delivered" | "read"}`.
async fn receipts(
    v: Visitor,
    Path(county): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<axum::Json<bool>, Problem> {
    let Signed { county, body } = signed(&v.app, &county, &headers, &body)?;
    let id: MessageId =
        serde_json::from_value(body["id"].clone()).map_err(|e| Problem::field("id", "fault-form", e))?;
    let state = match body["state"].as_str() {
        Some("delivered") => State::Delivered,
        Some("read") => State::Read,
        other => return Err(Problem::field("state", "fault-form", other.unwrap_or_default())),
    };
    let mut write = Write::begin(&v.app.db, &county, &Actor::public(), v.app.clock.now()).await?;
    let known = store::receipt(&write, id, state).await?;
    write
        .note("receipt", Subject::new("message", id), serde_json::json!({ "state": state.to_value() }))
        .await?;
    write.commit().await?;
    Ok(axum::Json(known))
}
