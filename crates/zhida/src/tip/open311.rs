//! Open311 `GeoReport` v2: what anybody may report, reporting it, and what became of it, as JSON and XML.
//!
//! A service code is `PACK.KIND`. The words of a report are not given out: they may name somebody. What stands there is the kind, the
//! place, the days and the state; `extended_status` tells more than open and closed.

use std::collections::BTreeMap;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use zhida_pack::{Pack, TipKind};
use zhida_types::RegionCode;

use super::entity::Model;
use super::keep::{NewTip, keep};
use super::public::{found_place, position};
use super::store;
use crate::app::App;
use crate::finding;
use crate::ids::{CountyId, TipId};
use crate::problem::Problem;
use crate::web::Visitor;
use crate::web::extract::{Path, PublicForm, Query};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/open311/v2/{call}", get(list).post(send))
        .route(
            "/open311/v2/services/{file}",
            get(|v: Visitor, Path(name): Path<String>| std::future::ready(definition(&v, &name))),
        )
        .route("/open311/v2/requests/{file}", get(one))
}

/// Reports of one answer at most, as the standard says.
const MOST: u64 = 1_000;
/// Days that an answer goes back.
const DAYS: i64 = 90;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Json,
    Xml,
}

/// The name and the shape of `services.json`.
fn file(name: &str) -> Option<(&str, Shape)> {
    let (name, ending) = name.rsplit_once('.')?;
    match ending {
        "json" => Some((name, Shape::Json)),
        "xml" => Some((name, Shape::Xml)),
        _ => None,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn element(name: &str, value: &Value) -> String {
    let inner = match value {
        Value::Null => String::new(),
        Value::String(text) => escaped(text),
        Value::Object(fields) => fields.iter().map(|(k, v)| element(k, v)).collect(),
        Value::Array(items) => items.iter().map(|item| element("item", item)).collect(),
        other => other.to_string(),
    };
    format!("<{name}>{inner}</{name}>")
}

fn xml(status: StatusCode, root: &str) -> Response {
    let text = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{root}");
    (status, [(header::CONTENT_TYPE, "text/xml; charset=utf-8")], text).into_response()
}

/// A list in the shape that was asked for: elements of one name within another.
fn answer(shape: Shape, status: StatusCode, (all, each): (&str, &str), items: &[Value]) -> Response {
    match shape {
        Shape::Json => {
            (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], json!(items).to_string())
                .into_response()
        }
        Shape::Xml => {
            let inner: String = items.iter().map(|item| element(each, item)).collect();
            xml(status, &format!("<{all}>{inner}</{all}>"))
        }
    }
}

fn refused(shape: Shape, status: StatusCode, words: &str) -> Response {
    let error = json!({ "code": status.as_u16(), "description": words });
    answer(shape, status, ("errors", "error"), &[error])
}

fn kinds(app: &App) -> impl Iterator<Item = (&Pack, &TipKind)> {
    app.packs().flat_map(|p| p.tips.iter().flat_map(move |t| t.kinds.iter().map(move |k| (p, k))))
}

fn code(pack: &str, kind: &str) -> String {
    format!("{pack}.{kind}")
}

fn kind_of<'a>(app: &'a App, service: &str) -> Option<(&'a Pack, &'a TipKind)> {
    kinds(app).find(|(p, k)| code(&p.name, &k.code) == service)
}

fn service(v: &Visitor, (pack, kind): (&Pack, &TipKind)) -> Value {
    json!({
        "service_code": code(&pack.name, &kind.code), "service_name": kind.label.get(v.lang),
        "description": pack.tips.as_ref().map_or("", |t| t.intro.get(v.lang)), "metadata": false, "type": "realtime",
        "keywords": "", "group": pack.title.get(v.lang),
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    jurisdiction_id: String,
    service_request_id: String,
    service_code: String,
    status: String,
    start_date: String,
    end_date: String,
}

/// An instant as the standard writes it; nothing for an empty text.
fn instant(text: &str) -> Result<Option<DateTime<Utc>>, ()> {
    match text {
        "" => Ok(None),
        text => DateTime::parse_from_rfc3339(text).map(|at| Some(at.to_utc())).map_err(|_bad| ()),
    }
}

/// The county that is named; the server's own where none is.
fn county(v: &Visitor, jurisdiction: &str) -> Option<CountyId> {
    if jurisdiction.is_empty() {
        return Some(CountyId(v.app.config.county.clone()));
    }
    CountyId::parse(jurisdiction)
}

async fn list(v: Visitor, Path(call): Path<String>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let (name, shape) = file(&call).ok_or(Problem::NotFound)?;
    match name {
        "services" => {
            let all: Vec<Value> = kinds(&v.app).map(|k| service(&v, k)).collect();
            Ok(answer(shape, StatusCode::OK, ("services", "service"), &all))
        }
        "requests" => requests(&v, shape, &asked).await,
        _ => Err(Problem::NotFound),
    }
}

/// No service asks for more than the standard does.
fn definition(v: &Visitor, name: &str) -> Result<Response, Problem> {
    let (name, shape) = file(name).ok_or(Problem::NotFound)?;
    if kind_of(&v.app, name).is_none() {
        return Ok(refused(shape, StatusCode::NOT_FOUND, "no such service_code"));
    }
    let body = json!({ "service_code": name, "attributes": [] });
    Ok(match shape {
        Shape::Json => axum::Json(body).into_response(),
        Shape::Xml => xml(StatusCode::OK, &element("service_definition", &body)),
    })
}

async fn requests(v: &Visitor, shape: Shape, asked: &Asked) -> Result<Response, Problem> {
    let Some(county) = county(v, &asked.jurisdiction_id) else {
        return Ok(refused(shape, StatusCode::NOT_FOUND, "no such jurisdiction_id"));
    };
    if !["", "open", "closed"].contains(&asked.status.as_str()) {
        return Ok(refused(shape, StatusCode::BAD_REQUEST, "status is open or closed"));
    }
    let everywhere = RegionCode::parse(&county.0).map_err(anyhow::Error::from)?;
    let mut tips = Vec::new();
    if asked.service_request_id.is_empty() {
        let (Ok(start), Ok(end)) = (instant(&asked.start_date), instant(&asked.end_date)) else {
            return Ok(refused(shape, StatusCode::BAD_REQUEST, "a date is written 2026-01-31T08:00:00Z"));
        };
        let until = end.unwrap_or(v.app.clock.now());
        let since = start.unwrap_or(until - chrono::Duration::days(DAYS));
        tips = store::page(&v.app.db, (&county, &everywhere), "", None, MOST).await?;
        tips.retain(|t| (since..=until).contains(&t.created_at));
    } else {
        for id in asked.service_request_id.split(',').take(50) {
            let Ok(id) = id.trim().parse::<TipId>() else {
                return Ok(refused(shape, StatusCode::NOT_FOUND, "no such service_request_id"));
            };
            tips.extend(store::find(&v.app.db, (&county, &everywhere), id).await?);
        }
    }
    let wanted: Vec<&str> = asked.service_code.split(',').filter(|c| !c.is_empty()).collect();
    tips.retain(|t| wanted.is_empty() || wanted.contains(&code(&t.pack, &t.kind).as_str()));
    let ids: Vec<_> = tips.iter().filter_map(|t| t.finding_id).collect();
    let states = finding::states(&v.app.db, &county, &ids).await?;
    let mut found: Vec<Value> = tips.iter().map(|t| request(v, t, &states)).collect();
    found.retain(|r| asked.status.is_empty() || r["status"] == asked.status.as_str());
    Ok(answer(shape, StatusCode::OK, ("service_requests", "request"), &found))
}

type States = BTreeMap<crate::ids::FindingId, (String, DateTime<Utc>)>;

fn request(v: &Visitor, tip: &Model, states: &States) -> Value {
    let finding = tip.finding_id.and_then(|id| states.get(&id));
    let stage = finding.map_or(tip.state.as_str(), |(state, _)| state.as_str());
    let closed = matches!(stage, "closed" | "verified" | "ended");
    let updated = finding.map(|(_, at)| *at).or(tip.answered_at).unwrap_or(tip.created_at);
    let time = |at: DateTime<Utc>| crate::clock::china(at).format("%Y-%m-%dT%H:%M:%S+08:00").to_string();
    let code = code(&tip.pack, &tip.kind);
    let kind = kind_of(&v.app, &code).map(|(_, k)| k);
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| {
        fields.insert(name.to_owned(), value);
    };
    put("service_request_id", json!(tip.id.to_string()));
    put("status", json!(if closed { "closed" } else { "open" }));
    put("extended_status", json!(stage));
    put("status_notes", json!(tip.answer));
    put("service_name", json!(kind.map_or("", |k| k.label.get(v.lang))));
    put("service_code", json!(code));
    put("description", Value::Null);
    put("requested_datetime", json!(time(tip.created_at)));
    put("updated_datetime", json!(time(updated)));
    put("address", json!(tip.about));
    put("lat", json!(tip.lat));
    put("long", json!(tip.lon));
    Value::Object(fields)
}

async fn one(v: Visitor, Path(name): Path<String>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let (id, shape) = file(&name).ok_or(Problem::NotFound)?;
    let asked = Asked { service_request_id: id.to_owned(), ..asked };
    requests(&v, shape, &asked).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sent {
    jurisdiction_id: String,
    service_code: String,
    lat: String,
    long: String,
    address_string: String,
    /// The id of a place.
    address_id: String,
    description: String,
    email: String,
    phone: String,
}

async fn send(
    v: Visitor,
    Path(call): Path<String>,
    PublicForm(sent): PublicForm<Sent>,
) -> Result<Response, Problem> {
    let (name, shape) = file(&call).ok_or(Problem::NotFound)?;
    if name != "requests" {
        return Err(Problem::NotFound);
    }
    let bad = |words: &str| Ok(refused(shape, StatusCode::BAD_REQUEST, words));
    let Some(county) = county(&v, &sent.jurisdiction_id) else { return bad("no such jurisdiction_id") };
    let Some((pack, kind)) = kind_of(&v.app, &sent.service_code) else {
        return bad("service_code is none of services");
    };
    let place = found_place(&v, &county, &sent.address_id).await?;
    let at = position(&sent.long, &sent.lat).filter(|at| v.app.regions.near(&county.0, *at));
    let at = at.or_else(|| place.as_ref().and_then(|p| p.lon.zip(p.lat)));
    let cut = |text: &str, n: usize| text.trim().chars().take(n).collect::<String>();
    let about = match (&place, at) {
        (Some(place), _) => place.name.clone(),
        (None, _) if !sent.address_string.trim().is_empty() => cut(&sent.address_string, 120),
        (None, Some((lon, lat))) => format!("{lon:.5}, {lat:.5}"),
        (None, None) => return bad("lat and long in the county, address_string or address_id is needed"),
    };
    let words = cut(&sent.description, 500);
    if words.is_empty() {
        return bad("description is needed");
    }
    let named = place.as_ref().and_then(|p| p.town.clone());
    let town = named.or_else(|| at.and_then(|at| v.app.regions.town_at(&county.0, at)).map(str::to_owned));
    let contact = [sent.phone.as_str(), sent.email.as_str()].join(" ");
    let (pack, kind) = (pack.name.clone(), kind.code.clone());
    let new = NewTip { pack: pack.clone(), kind, place, about, town, at, words, contact: cut(&contact, 60) };
    let (id, link) = keep(&v.app, &county, new, Vec::new()).await?;
    let follow = v.app.config.address(&format!("/tell/{pack}/{link}"));
    let made =
        json!({ "service_request_id": id.to_string(), "service_notice": follow, "account_id": Value::Null });
    Ok(answer(shape, StatusCode::OK, ("service_requests", "request"), &[made]))
}
