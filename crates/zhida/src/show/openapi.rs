//! The description of the interface for programs.

use axum::Json;
use serde_json::{Value, json};

/// `GET /api/openapi.json`
pub(super) async fn show() -> Json<Value> {
    let list = |summary: &str, parameters: Value, item: &str| {
        json!({ "get": { "summary": summary, "parameters": parameters, "security": [{ "session": [] }], "responses": {
            "200": { "description": "ok", "content": { "application/json": { "schema": { "$ref": format!("#/components/schemas/{item}") } } } },
            "401": { "$ref": "#/components/responses/Problem" }, "404": { "$ref": "#/components/responses/Problem" },
            "422": { "$ref": "#/components/responses/Problem" } } } })
    };
    let query = |name: &str, words: &str| json!({ "name": name, "in": "query", "description": words, "schema": { "type": "string" } });
    let filter = json!([
        query("q", "part of the name, end of the identity number or phone"),
        query("f", "field:value, several allowed"),
        query("rule", "a CEL condition over the profile"),
        query("after", "the last id of the page before")
    ]);
    let code =
        json!([{ "name": "programme", "in": "path", "required": true, "schema": { "type": "string" } }]);
    let object = |properties: Value| json!({ "type": "object", "properties": properties });
    let text = json!({ "type": "string" });
    let whole = json!({ "type": "integer" });
    let mut visits = list("The officer's own visits that are to be made", json!([]), "Visits");
    let pairs =
        json!({ "type": "array", "items": { "type": "array", "items": text, "minItems": 2, "maxItems": 2 } });
    let sent = object(json!({ "id": text, "csrf": text, "values": pairs }));
    visits["post"] = json!({ "summary": "Records a visit that was kept without network; sent twice it is recorded once",
        "security": [{ "session": [] }],
        "requestBody": { "required": true, "content": { "application/json": { "schema": sent } } },
        "responses": {
            "200": { "description": "whether it was new", "content": { "application/json": { "schema": { "type": "object" } } } },
            "404": { "$ref": "#/components/responses/Problem" }, "409": { "$ref": "#/components/responses/Problem" },
            "422": { "$ref": "#/components/responses/Problem" } } });
    let mut checks = list("Checks that the officer is asked to fill in", json!([]), "Checks");
    let sent =
        object(json!({ "id": text, "csrf": text, "values": pairs, "filled_at": text, "sent_at": text }));
    checks["post"] = json!({ "summary": "Records a check that was kept without network; sent twice it is recorded once",
        "security": [{ "session": [] }],
        "requestBody": { "required": true, "content": { "application/json": { "schema": sent } } },
        "responses": visits["post"]["responses"] });
    let photos = json!({ "post": { "summary": "Keeps a photo, once by its content; the form's token stands in x-csrf",
        "security": [{ "session": [] }],
        "requestBody": { "required": true, "content": { "image/*": {} } },
        "responses": {
            "200": { "description": "its hash", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Photo" } } } },
            "422": { "$ref": "#/components/responses/Problem" } } } });
    let asked = json!([
        query("network", "the address of a network's map; the first network without it"),
        query("near", "longitude,latitude: the nearest first"),
        query("within", "metres"),
        query("services", "codes with commas: all of them are there"),
        query("open_at", "now, or an instant: open then, as far as is known"),
        query("county", "the first digits of a region, where nothing is asked for by nearness"),
        query("datum", "wgs84, cgcs2000, gcj02 or bd09: of what is asked and answered"),
        query("format", "json, geojson (with the tags of OpenStreetMap) or csv"),
        query("limit", "up to 200")
    ]);
    let mut open_places = list("Places of a network that anybody may use", asked, "Places");
    open_places["get"]["security"] = json!([]);
    let asked = json!([
        query("search", "part of a name or address"),
        query("page", "from 1"),
        query("per_page", "up to 1,000"),
        query("full", "true: everything that belongs to a service"),
        query("organization_id", "the network of one county"),
        query("taxonomy_term_id", "something that is offered there")
    ]);
    let mut services =
        list("Places of networks as Open Referral HSDS 3: a page of services", asked, "Services");
    services["get"]["security"] = json!([]);
    let id = json!([{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }]);
    let mut service = list("One of them with everything that belongs to it", id, "Service");
    service["get"]["security"] = json!([]);
    let about = json!([
        query("lon", "longitude: the county about it instead of the home county"),
        query("lat", "latitude")
    ]);
    let mut outlines = list(
        "Approximate outlines of a county's towns, points where none is known, as GeoJSON",
        about,
        "Outlines",
    );
    outlines["get"]["security"] = json!([]);
    Json(json!({
        "openapi": "3.1.0",
        "info": { "title": "Zhida", "version": env!("CARGO_PKG_VERSION"), "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" } },
        "paths": {
            "/api/people": list("Persons of the officer's region", filter, "People"),
            "/api/occupations": list("What a title may mean", json!([query("title", "a title as people write it")]), "Occupations"),
            "/api/portrait": list("Counts by one or two fields, small groups null", json!([query("x", "the rows' field"), query("y", "the columns' field")]), "Portrait"),
            "/api/offers": list("Offers of the county", json!([query("programme", "a programme's code"), query("q", "part of title or provider"), query("after", "the last id of the page before")]), "Offers"),
            "/api/cases": list("Cases of the officer's region", json!([query("programme", "a programme's code"), query("stage", "a stage's code")]), "Cases"),
            "/api/programmes/{programme}": list("Who may take part in a programme, who not and why", code, "Eligibility"),
            "/api/rule": list("Whom a rule holds for, while it is being written", json!([query("rule", "a CEL condition over the profile")]), "Tried"),
            "/api/visits": visits,
            "/api/checks": checks,
            "/api/photos": photos,
            "/api/v1/places": open_places,
            "/api/v1/outlines": outlines,
            "/hsds/v3/services": services,
            "/hsds/v3/services/{id}": service,
        },
        "components": {
            "securitySchemes": { "session": { "type": "apiKey", "in": "cookie", "name": "zhida" } },
            "responses": { "Problem": { "description": "RFC 9457", "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } } } },
            "schemas": {
                "Problem": object(json!({ "type": text, "title": text, "status": whole, "detail": text })),
                "People": object(json!({ "total": whole, "people": { "type": "array", "items": object(json!({ "id": text, "name": text, "id_number": text, "phone": text, "town": text, "tier": { "type": ["string", "null"] } })) }, "after": { "type": ["string", "null"] } })),
                "Occupations": object(json!({ "title": text, "sure": { "type": "boolean" }, "guesses": { "type": "array", "items": object(json!({ "code": text, "name": text, "confidence": { "type": "number" } })) } })),
                "Portrait": object(json!({ "x": text, "y": text, "people": whole, "columns": { "type": "array", "items": text }, "rows": { "type": "array", "items": { "type": "object" } } })),
                "Offers": object(json!({ "offers": { "type": "array", "items": { "type": "object" } }, "after": { "type": ["string", "null"] } })),
                "Cases": object(json!({ "cases": { "type": "array", "items": { "type": "object" } } })),
                "Eligibility": object(json!({ "programme": text, "day": text, "eligible": whole, "not": whole, "unknown": whole, "why_not": { "type": "array" }, "missing": { "type": "array" } })),
                "Tried": object(json!({ "fault": text, "text": text, "eligible": whole, "not": whole, "unknown": whole })),
                "Checks": object(json!({ "checks": { "type": "array", "items": object(json!({ "id": text, "about": text, "checklist": text, "due": text })) } })),
                "Places": object(json!({ "datum": text, "places": { "type": "array", "items": object(json!({ "code": text, "name": text, "address": text,
                    "lon": { "type": "number" }, "lat": { "type": "number" }, "tier": text, "entry": text, "services": { "type": "array", "items": text },
                    "state": text, "opening_hours": { "type": ["string", "null"] }, "open": { "type": ["boolean", "null"] },
                    "seen": { "type": ["object", "null"] }, "metres": { "type": "number" }, "walk_minutes": whole })) } })),
                "Outlines": object(json!({ "type": text, "features": { "type": "array", "items": { "type": "object" } } })),
                "Service": object(json!({ "id": text, "name": text, "status": text, "organization": { "type": "object" } })),
                "Services": object(json!({ "total_items": whole, "total_pages": whole, "page_number": whole, "size": whole,
                    "first_page": { "type": "boolean" }, "last_page": { "type": "boolean" }, "empty": { "type": "boolean" },
                    "contents": { "type": "array", "items": { "$ref": "#/components/schemas/Service" } } })),
                "Photo": object(json!({ "hash": text })),
                "Visits": object(json!({ "visits": { "type": "array", "items": { "type": "object" } } }))
            }
        }
    }))
}
