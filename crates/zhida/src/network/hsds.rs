//! The places of networks as Open Referral's HSDS 3 (docs.openreferral.org): each place is a service of its county's network, with
//! where and when, and what it offers as terms of the network's list. Ids that the register does not keep are hashes of names.

use std::collections::BTreeMap;

use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::{Datelike as _, Days, NaiveDate};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;
use zhida_pack::{Coded as _, Network, Pack, Service};
use zhida_rules::Lang;

use super::Spot;
use crate::app::App;
use crate::clock::china;
use crate::ids::{CountyId, PlaceId};
use crate::place::{self, Hours};
use crate::problem::Problem;
use crate::web::Visitor;
use crate::web::extract::{Path, Query};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/hsds/v3", get(about))
        .route("/hsds/v3/services", get(services))
        .route("/hsds/v3/services/{id}", get(service))
}

/// The id of something that the register keeps none for: a hash of its name (RFC 9562, version 8).
fn named(kind: &str, name: impl std::fmt::Display) -> Uuid {
    let hash = crate::db::seal::sha256_hex(format!("{kind}/{name}").as_bytes());
    let half = hash.get(..32).and_then(|h| u128::from_str_radix(h, 16).ok()).unwrap_or_default();
    uuid::Builder::from_custom_bytes(half.to_be_bytes()).into_uuid()
}

async fn about(v: Visitor) -> Response {
    let base = v.app.config.base_url.trim_end_matches('/');
    Json(json!({
        "version": "3.0",
        "profile": "https://docs.openreferral.org/en/latest/hsds/",
        "openapi_url": format!("{base}/api/openapi.json"),
    }))
    .into_response()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    search: String,
    page: String,
    per_page: String,
    full: String,
    organization_id: String,
    taxonomy_term_id: String,
    // What the standard has and is not kept here: refused, so that nobody takes all for a part.
    taxonomy_id: String,
    modified_after: String,
    minimal: String,
}

/// Services on a page: as many as are asked for, and at most.
const USUAL: usize = 100;
const MOST: usize = 1_000;

fn whole(field: &str, text: &str, usual: usize) -> Result<usize, Problem> {
    let read = if text.is_empty() { Some(usual) } else { text.parse().ok().filter(|n| *n > 0) };
    read.ok_or_else(|| Problem::field(field, "fault-number", text))
}

fn id(field: &str, text: &str) -> Result<Option<Uuid>, Problem> {
    let read = (!text.is_empty()).then(|| text.parse()).transpose();
    read.map_err(|_bad| Problem::field(field, "fault-value", text))
}

async fn services(v: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let unkept = [
        ("taxonomy_id", &asked.taxonomy_id),
        ("modified_after", &asked.modified_after),
        ("minimal", &asked.minimal),
    ];
    if let Some((field, value)) = unkept.into_iter().find(|(_, value)| !value.is_empty()) {
        return Err(Problem::field(field, "fault-not-asked-so", value));
    }
    let full = match asked.full.as_str() {
        "" | "false" => false,
        "true" => true,
        other => return Err(Problem::field("full", "fault-value", other)),
    };
    let size = whole("per_page", &asked.per_page, USUAL)?.min(MOST);
    let number = whole("page", &asked.page, 1)?;
    let (by, term) =
        (id("organization_id", &asked.organization_id)?, id("taxonomy_term_id", &asked.taxonomy_term_id)?);
    let part = asked.search.to_lowercase();
    let (mut all, today) = (Vec::new(), china(v.app.clock.now()).date());
    for (pack, network) in v.app.packs().filter_map(|p| Some((p, p.network.as_ref()?))) {
        let words = Words { app: &v.app, pack, network, lang: v.lang, today };
        let bits = term.map(|term| {
            let of = |s: &&Service| words.term_id(s) == term;
            network.bits(&network.services.iter().filter(of).map(|s| s.code.clone()).collect::<Vec<_>>())
        });
        for spot in v.app.maps.get(&v.app, network).await?.all() {
            let fits = by.is_none_or(|by| words.organization_id(&spot.county) == by)
                && bits.is_none_or(|bits| spot.services & bits != 0)
                && (spot.name.to_lowercase().contains(&part) || spot.address.to_lowercase().contains(&part));
            if fits {
                all.push((words, std::sync::Arc::clone(spot)));
            }
        }
    }
    let from = (number - 1).saturating_mul(size).min(all.len());
    let to = from.saturating_add(size).min(all.len());
    let shown = all.get(from..to).unwrap_or_default();
    let contents: Vec<Value> = shown.iter().map(|(words, spot)| words.service(spot, full)).collect();
    let pages = all.len().div_ceil(size);
    Ok(Json(json!({
        "total_items": all.len(), "total_pages": pages, "page_number": number, "size": contents.len(),
        "first_page": number == 1, "last_page": number >= pages, "empty": contents.is_empty(),
        "contents": contents,
    }))
    .into_response())
}

async fn service(v: Visitor, Path(id): Path<PlaceId>) -> Result<Response, Problem> {
    let today = china(v.app.clock.now()).date();
    for (pack, network) in v.app.packs().filter_map(|p| Some((p, p.network.as_ref()?))) {
        let kept = v.app.maps.get(&v.app, network).await?;
        if let Some(spot) = kept.all().iter().find(|s| s.id == id) {
            let words = Words { app: &v.app, pack, network, lang: v.lang, today };
            return Ok(Json(words.service(spot, true)).into_response());
        }
    }
    Err(Problem::NotFound)
}

/// What the words of a service come from.
#[derive(Clone, Copy)]
struct Words<'a> {
    app: &'a App,
    pack: &'a Pack,
    network: &'a Network,
    lang: Lang,
    today: NaiveDate,
}

impl Words<'_> {
    fn organization_id(&self, county: &CountyId) -> Uuid {
        named("organization", format!("{}/{county}", self.network.address))
    }

    fn term_id(&self, service: &Service) -> Uuid {
        named("term", format!("{}/{}", self.network.address, service.code()))
    }

    /// A place as a service: with everything that belongs to it, or only what is one to one with it.
    fn service(&self, spot: &Spot, full: bool) -> Value {
        let (lang, regions) = (self.lang, &self.app.regions);
        let county = regions.name(&spot.county.0).unwrap_or(&spot.county.0);
        let base = self.app.config.base_url.trim_end_matches('/');
        let title = self.pack.title.get(lang);
        let mut service = json!({
            "id": spot.id,
            "name": spot.name,
            "alternate_name": spot.code,
            "description": title,
            "url": format!("{base}/s/{}", spot.code),
            "status": if spot.state == "open" { "active" } else { "temporarily closed" },
            "organization": {
                "id": self.organization_id(&spot.county),
                "name": format!("{county} {title}"),
                "description": self.pack.summary.get(lang),
            },
        });
        if !full {
            return service;
        }
        let offered = self.network.of_bits(spot.services).map(|s| {
            let term = self.term_id(s);
            json!({
                "id": named("attribute", format!("{}/{}", spot.id, s.code)),
                "link_id": spot.id, "link_entity": "service", "taxonomy_term_id": term,
                "taxonomy_term": { "id": term, "code": s.code, "name": s.label.get(lang), "description": s.label.get(lang),
                    "taxonomy": self.network.address, "language": if lang == Lang::Zh { "zh" } else { "en" } },
            })
        });
        service["attributes"] = offered.collect();
        let location = named("location", spot.id);
        let above =
            |digits: usize| spot.county.0.get(..digits).and_then(|c| regions.name(c)).unwrap_or_default();
        service["service_at_locations"] = json!([{
            "id": named("service-at-location", spot.id),
            "service_id": spot.id,
            "location_id": location,
            "location": {
                "id": location,
                "location_type": "physical",
                "name": spot.name,
                "longitude": super::open_data::rounded(spot.at[0]),
                "latitude": super::open_data::rounded(spot.at[1]),
                "addresses": [{
                    "id": named("address", spot.id), "location_id": location,
                    "address_1": spot.address, "region": county, "city": above(4), "state_province": above(2),
                    // The register keeps no postal codes; the standard wants the field.
                    "postal_code": "", "country": "CN", "address_type": "physical",
                }],
                "schedules": spot.hours.as_ref().map_or_else(Vec::new, |h| schedules(spot, location, h, self.today)),
            },
        }]);
        service
    }
}

/// The hours of a plain week as weekly rules, days with the same hours together; the whole of them stands in the description.
fn schedules(spot: &Spot, location: Uuid, hours: &Hours, today: NaiveDate) -> Vec<Value> {
    const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
    let mut spans: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for (weekday, code) in (0..).zip(DAYS) {
        let plain = |day: &NaiveDate| {
            day.weekday().num_days_from_monday() == weekday
                && !place::is_holiday(*day)
                && !place::is_working_weekend(*day)
        };
        let next = (0..60).filter_map(|n| today.checked_add_days(Days::new(n))).find(plain);
        for span in next.map_or_else(Vec::new, |day| hours.on(day)) {
            spans.entry(span).or_default().push(code);
        }
    }
    let rule = |((from, to), days): ((String, String), Vec<&str>)| {
        let to = if to == "24:00" { "23:59" } else { to.as_str() };
        json!({
            "id": named("schedule", format!("{}/{from}-{to}", spot.id)),
            "location_id": location, "freq": "WEEKLY", "interval": 1, "byday": days.join(","), "timezone": 8,
            "opens_at": format!("{from}+08:00"), "closes_at": format!("{to}+08:00"), "description": hours.text,
        })
    };
    spans.into_iter().map(rule).collect()
}
