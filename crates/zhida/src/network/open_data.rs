//! The places of networks for programs: JSON, `GeoJSON` with the tags of `OpenStreetMap`, .csv.

use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use zhida_pack::Network;
use zhida_types::{Datum, LonLat};

use super::Spot;
use super::near::Filter;
use super::near_page::at;
use super::standing::Standing;
use crate::app::App;
use crate::problem::Problem;
use crate::web::extract::Query;
use crate::web::{Visitor, download};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/places", get(places)).route("/api/v1/outlines", get(outlines))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Around {
    lon: String,
    lat: String,
}

/// The towns of the county about a position, of the home county without one, for maps: as approximate outlines, and as the points
/// of their seats where no outline is known.
async fn outlines(v: Visitor, Query(around): Query<Around>) -> Result<Response, Problem> {
    let regions = &v.app.regions;
    let at = number::<f64>("lon", &around.lon)?.zip(number::<f64>("lat", &around.lat)?);
    let near = at.and_then(|at| regions.county_at(at)).unwrap_or(v.app.config.county.as_str());
    let feature = |(code, name): (&str, &str)| {
        let rings = regions.shape(code);
        let ring = |r: &Vec<(f64, f64)>| json!([r.iter().map(|(x, y)| json!([x, y])).collect::<Vec<_>>()]);
        let geometry = if rings.is_empty() {
            let (lon, lat) = regions.seat(code)?;
            json!({ "type": "Point", "coordinates": [lon, lat] })
        } else {
            json!({ "type": "MultiPolygon", "coordinates": rings.iter().map(ring).collect::<Vec<_>>() })
        };
        let properties = json!({ "code": code, "name": name });
        Some(json!({ "type": "Feature", "properties": properties, "geometry": geometry }))
    };
    let features: Vec<Value> = regions.towns(near).filter_map(feature).collect();
    let mut all = json!({ "type": "FeatureCollection", "features": features });
    let map = &v.app.config.map;
    if !map.tiles.is_empty() {
        all["tiles"] = json!({ "url": map.tiles, "attribution": map.attribution });
    }
    let head =
        [(header::CONTENT_TYPE, "application/geo+json"), (header::CACHE_CONTROL, "public, max-age=86400")];
    Ok((head, all.to_string()).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    network: String,
    /// Longitude and latitude, with a comma.
    near: String,
    within: String,
    services: String,
    open_at: String,
    county: String,
    datum: String,
    format: String,
    limit: String,
}

/// Answers of one question at most, where it says from where; all where it does not.
const MOST: usize = 200;

fn number<T: std::str::FromStr>(field: &str, text: &str) -> Result<Option<T>, Problem> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_bad| Problem::field(field, "fault-number", text)),
    }
}

async fn places(v: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let network = match asked.network.as_str() {
        "" => v.app.packs().find_map(|p| p.network.as_ref()).ok_or(Problem::NotFound)?,
        address => at(&v.app, address)?.1,
    };
    let codes: Vec<String> = asked.services.split(',').filter(|s| !s.is_empty()).map(str::to_owned).collect();
    if let Some(wrong) = codes.iter().find(|c| network.service(c).is_none()) {
        return Err(Problem::field("services", "fault-value", wrong));
    }
    let datum = match asked.datum.as_str() {
        "" => Datum::default(),
        text => Datum::named(text).ok_or_else(|| Problem::field("datum", "fault-value", text))?,
    };
    let now = match asked.open_at.as_str() {
        "" | "now" => v.app.clock.now(),
        text => DateTime::parse_from_rfc3339(text)
            .map_err(|_bad| Problem::field("open_at", "fault-day", text))?
            .to_utc(),
    };
    let kept = v.app.maps.get(&v.app, network).await?;
    let filter = Filter { services: network.bits(&codes), open: !asked.open_at.is_empty() };
    let within = number::<f64>("within", &asked.within)?.unwrap_or(f64::INFINITY);
    let limit = number::<usize>("limit", &asked.limit)?.unwrap_or(20).clamp(1, MOST);
    let found: Vec<(Option<f64>, Arc<Spot>, Standing)> = if asked.near.is_empty() {
        let of_county = |s: &&Arc<Spot>| asked.county.is_empty() || s.county.0.starts_with(&asked.county);
        let all = kept.all().iter().filter(of_county);
        all.filter_map(|s| Some((None, Arc::clone(s), filter.takes(network, s, now)?))).collect()
    } else {
        let at = LonLat::parse(&asked.near)
            .map_err(|_none| Problem::field("near", "fault-position", &asked.near))?;
        let at = datum.to_wgs84([at.lon, at.lat]);
        let found = kept.find(network, (at, limit, within), filter, now);
        found.into_iter().map(|(m, s, stands)| (Some(m), s, stands)).collect()
    };
    match asked.format.as_str() {
        "" | "json" => Ok(axum::Json(json!({
            "datum": datum.code(),
            "places": found.iter().map(|f| object(network, f, datum, now)).collect::<Vec<_>>(),
        }))
        .into_response()),
        "geojson" => Ok(geojson(network, &found, datum, now)),
        "csv" => csv(network, &found, datum),
        other => Err(Problem::field("format", "fault-value", other)),
    }
}

type Found = (Option<f64>, Arc<Spot>, Standing);

pub(super) fn rounded(x: f64) -> f64 {
    (x * 1e6).round() / 1e6
}

fn object(network: &Network, (metres, spot, stands): &Found, datum: Datum, now: DateTime<Utc>) -> Value {
    let [lon, lat] = datum.of_wgs84(spot.at);
    let codes: Vec<&str> = network.of_bits(spot.services).map(|s| s.code.as_str()).collect();
    let mut object = json!({
        "code": spot.code, "name": spot.name, "address": spot.address, "lon": rounded(lon), "lat": rounded(lat),
        "tier": spot.tier, "entry": spot.entry, "services": codes, "state": spot.state,
        "opening_hours": spot.hours.as_ref().map(|h| h.text.as_str()), "open": stands.open,
        "seen": stands.seen.as_ref().map(|(by, minutes)| json!({ "by": by, "at": now - chrono::Duration::minutes(*minutes) })),
    });
    if let Some(metres) = metres {
        object["metres"] = json!(metres.round());
        object["walk_minutes"] = json!(network.walk_minutes(*metres));
    }
    object
}

fn geojson(network: &Network, found: &[Found], datum: Datum, now: DateTime<Utc>) -> Response {
    let feature = |f: &Found| {
        let mut properties = object(network, f, datum, now);
        let at = json!([properties["lon"], properties["lat"]]);
        let mut tags = serde_json::Map::new();
        for (key, value) in
            network.of_bits(f.1.services).flat_map(|s| &s.osm).filter_map(|t| t.split_once('='))
        {
            tags.entry(key).or_insert_with(|| json!(value));
        }
        if let Some(hours) = &f.1.hours {
            tags.insert("opening_hours".to_owned(), json!(hours.text));
        }
        tags.insert("name".to_owned(), json!(f.1.name));
        tags.insert("ref".to_owned(), json!(f.1.code));
        properties["osm"] = Value::Object(tags);
        json!({ "type": "Feature", "id": f.1.code, "geometry": { "type": "Point", "coordinates": at }, "properties": properties })
    };
    let all =
        json!({ "type": "FeatureCollection", "features": found.iter().map(feature).collect::<Vec<_>>() });
    ([(header::CONTENT_TYPE, "application/geo+json")], all.to_string()).into_response()
}

fn csv(network: &Network, found: &[Found], datum: Datum) -> Result<Response, Problem> {
    let head = [
        "code",
        "name",
        "address",
        "lon",
        "lat",
        "datum",
        "tier",
        "entry",
        "services",
        "opening_hours",
        "state",
    ];
    let row = |(_, spot, _): &Found| {
        let [lon, lat] = datum.of_wgs84(spot.at);
        let codes: Vec<&str> = network.of_bits(spot.services).map(|s| s.code.as_str()).collect();
        vec![
            spot.code.clone(),
            spot.name.clone(),
            spot.address.clone(),
            rounded(lon).to_string(),
            rounded(lat).to_string(),
            datum.code().to_owned(),
            spot.tier.clone(),
            spot.entry.clone(),
            codes.join(";"),
            spot.hours.as_ref().map_or_else(String::new, |h| h.text.clone()),
            spot.state.clone(),
        ]
    };
    download::csv(&head, found.iter().map(row))
}
