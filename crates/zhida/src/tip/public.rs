//! What anybody sees: the form of a place's QR code, and the link by which a report is followed.

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use zhida_pack::Tips;
use zhida_types::{LonLat, RegionCode};

use super::entity;
use super::keep::{NewTip, keep};
use super::store;
use crate::app::App;
use crate::db::seal::sha256_hex;
use crate::finding;
use crate::ids::{CountyId, PlaceId};
use crate::problem::Problem;
use crate::web::extract::{Path, PublicUpload, Query};
use crate::web::{PUBLIC_BYTES, Shell, Visitor, page, to};
use crate::{photo, place};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/tell/{pack}", get(blank).post(send).layer(DefaultBodyLimit::max(PUBLIC_BYTES)))
        .route("/tell/{pack}/{token}", get(follow))
}

/// Photos of one report at most.
const PHOTOS: usize = 3;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    county: String,
    place: String,
    kind: String,
    lon: String,
    lat: String,
}

/// A position in WGS 84 as two texts say it.
pub(super) fn position(lon: &str, lat: &str) -> Option<(f64, f64)> {
    let at = LonLat::new(lon.trim().parse().ok()?, lat.trim().parse().ok()?).ok()?;
    Some((at.lon, at.lat))
}

fn tips<'a>(app: &'a App, pack: &str) -> Result<&'a Tips, Problem> {
    let found = app.packs().find(|p| p.name == pack).and_then(|p| p.tips.as_ref());
    found.ok_or(Problem::NotFound)
}

#[derive(Template)]
#[template(path = "tip/form.html")]
struct FormPage {
    shell: Shell,
    pack: String,
    county: String,
    title: String,
    intro: String,
    kinds: Vec<(String, String)>,
    place: Option<(PlaceId, String)>,
    towns: Vec<(String, String)>,
    /// The kind that is chosen already.
    chosen: String,
    /// Where somebody pointed on a map.
    at: Option<(f64, f64)>,
}

pub(super) async fn found_place(
    v: &Visitor,
    county: &CountyId,
    id: &str,
) -> Result<Option<place::Place>, Problem> {
    let Ok(id) = id.parse::<PlaceId>() else { return Ok(None) };
    let everywhere = RegionCode::parse(&county.0).map_err(anyhow::Error::from)?;
    Ok(place::find(&v.app.db, county, &everywhere, id).await?)
}

async fn blank(
    v: Visitor,
    Path(pack): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let tips = tips(&v.app, &pack)?;
    let county = v.county(&asked.county);
    let place = found_place(&v, &county, &asked.place).await?;
    page(&FormPage {
        title: tips.title.get(v.lang).to_owned(),
        intro: tips.intro.get(v.lang).to_owned(),
        kinds: tips.kinds.iter().map(|k| (k.code.clone(), k.label.get(v.lang).to_owned())).collect(),
        place: place.map(|p| (p.id, p.name)),
        towns: v.app.regions.towns(&county.0).map(|(c, n)| (c.to_owned(), n.to_owned())).collect(),
        at: position(&asked.lon, &asked.lat).filter(|at| v.app.regions.near(&county.0, *at)),
        chosen: asked.kind,
        shell: v.shell(),
        county: county.0,
        pack,
    })
}

async fn send(v: Visitor, Path(pack): Path<String>, form: PublicUpload) -> Result<Response, Problem> {
    let tips = tips(&v.app, &pack)?;
    let form = form.0;
    let county = v.county(form.one("county"));
    let kind = tips.kinds.iter().find(|k| k.code == form.one("kind"));
    let kind = kind.ok_or_else(|| Problem::field("kind", "fault-none-chosen", ""))?;
    let words: String = form.one("words").trim().chars().take(500).collect();
    let place = found_place(&v, &county, form.one("place")).await?;
    let about: String = match &place {
        Some(place) => place.name.clone(),
        None => form.one("about").trim().chars().take(120).collect(),
    };
    if about.is_empty() {
        return Err(Problem::field("about", "fault-where", ""));
    }
    let sent: Vec<_> = form.files.iter().filter(|f| f.field == "photos").collect();
    if words.is_empty() && sent.is_empty() {
        return Err(Problem::field("words", "fault-words-or-photo", ""));
    }
    if sent.len() > PHOTOS {
        return Err(Problem::field("photos", "fault-photos-most", PHOTOS));
    }
    let at = match &place {
        Some(place) => place.lon.zip(place.lat),
        None => position(form.one("lon"), form.one("lat")).filter(|at| v.app.regions.near(&county.0, *at)),
    };
    let town = match (&place, at) {
        (Some(place), _) => place.town.clone(),
        (None, Some(at)) => v.app.regions.town_at(&county.0, at).map(str::to_owned),
        (None, None) => {
            v.app.regions.towns(&county.0).map(|(c, _)| c).find(|c| *c == form.one("town")).map(str::to_owned)
        }
    };
    let mut plain = Vec::new();
    for file in sent {
        plain.push(photo::plain(file.bytes.to_vec()).await?);
    }
    let contact: String = form.one("contact").trim().chars().take(60).collect();
    let kind = kind.code.clone();
    let new = NewTip { pack: pack.clone(), kind, place, about, town, at, words, contact };
    let (_, link) = keep(&v.app, &county, new, plain).await?;
    Ok(to(&format!("/tell/{pack}/{link}"), "tip-sent"))
}

#[derive(Template)]
#[template(path = "tip/follow.html")]
struct FollowPage {
    shell: Shell,
    title: String,
    kind: String,
    tip: entity::Model,
    sent: String,
    state: String,
    /// How it stands: the last thing that was done about it.
    now: String,
    answered: String,
    /// What became of the finding: when, what.
    steps: Vec<(String, String)>,
    link: String,
}

async fn follow(v: Visitor, Path((pack, link)): Path<(String, String)>) -> Result<Response, Problem> {
    let tips = tips(&v.app, &pack)?;
    let county = CountyId::leading(&link).ok_or(Problem::NotFound)?;
    let hash = sha256_hex(link.as_bytes());
    let tip = store::by_token(&v.app.db, &county, &hash).await?.ok_or(Problem::NotFound)?;
    let shell = v.shell();
    let steps = match tip.finding_id {
        Some(id) => finding::history(&v.app.db, &county, id).await?,
        None => Vec::new(),
    };
    let steps = steps
        .into_iter()
        .map(|(at, act)| (crate::clock::shown(at), shell.t.s(format!("finding-step-{act}"))));
    let steps: Vec<(String, String)> = steps.collect();
    let state = shell.t.s(format!("tip-{}", tip.state));
    let kind = tips.kinds.iter().find(|k| k.code == tip.kind);
    page(&FollowPage {
        title: tips.title.get(v.lang).to_owned(),
        kind: kind.map_or_else(String::new, |k| k.label.get(v.lang).to_owned()),
        sent: crate::clock::shown(tip.created_at),
        now: steps.last().map_or_else(|| state.clone(), |(_, what)| what.clone()),
        state,
        answered: tip.answered_at.map_or_else(String::new, crate::clock::shown),
        steps,
        link: v.app.config.address(&format!("/tell/{pack}/{link}")),
        tip,
        shell,
    })
}
