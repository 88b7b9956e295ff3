//! What officers do with tips, and the sheet with the QR code that hangs at a place.

use askama::Template;
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;

use super::entity::Model;
use super::store;
use crate::app::App;
use crate::document::{Block, Document, font, pdf};
use crate::finding::{self, About, NewFinding};
use crate::ids::{PlaceId, TipId};
use crate::journal::Subject;
use crate::place;
use crate::problem::Problem;
use crate::web::extract::{Form, Path, Query};
use crate::web::{Officer, Shell, page, qr, to};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/tips", get(list))
        .route("/tips/{id}", get(show))
        .route("/tips/{id}/accept", post(accept))
        .route("/tips/{id}/close", post(close))
        .route("/places/{id}/poster", get(poster))
        .route("/places/{id}/poster.pdf", get(poster_pdf))
}

const PAGE: u64 = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    state: String,
    before: Option<TipId>,
}

struct Line {
    id: TipId,
    kind: String,
    about: String,
    words: String,
    at: String,
    state: String,
    new: bool,
}

#[derive(Template)]
#[template(path = "tip/list.html")]
struct ListPage {
    shell: Shell,
    state: String,
    lines: Vec<Line>,
    next: Option<TipId>,
    /// Where anybody reports: title and address.
    open: Vec<(String, String)>,
}

fn kind(o: &Officer, tip: &Model) -> String {
    let tips = o.app.packs().find(|p| p.name == tip.pack).and_then(|p| p.tips.as_ref());
    let kind = tips.and_then(|t| t.kinds.iter().find(|k| k.code == tip.kind));
    kind.map_or_else(|| tip.kind.clone(), |k| k.label.get(o.lang).to_owned())
}

fn address(o: &Officer, pack: &str, place: Option<PlaceId>) -> String {
    let base = o.app.config.base_url.trim_end_matches('/');
    let place = place.map_or_else(String::new, |id| format!("&place={id}"));
    format!("{base}/tell/{pack}?county={}{place}", o.county)
}

async fn list(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let shell = o.shell("tips");
    let mut found =
        store::page(&o.app.db, (&o.county, &o.region), &asked.state, asked.before, PAGE + 1).await?;
    let more = found.len() as u64 > PAGE;
    found.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let next = found.last().map(|t| t.id).filter(|_| more);
    let line = |t: Model| Line {
        id: t.id,
        kind: kind(&o, &t),
        at: crate::clock::shown(t.created_at),
        state: shell.t.s(format!("tip-{}", t.state)),
        new: t.state == "new",
        about: t.about,
        words: t.words,
    };
    let lines = found.into_iter().map(line).collect();
    let open = o.app.packs().filter_map(|p| p.tips.as_ref().map(|t| (p, t)));
    let open = open.map(|(p, t)| (t.title.get(o.lang).to_owned(), address(&o, &p.name, None)));
    page(&ListPage { state: asked.state, lines, next, open: open.collect(), shell })
}

#[derive(Template)]
#[template(path = "tip/show.html")]
struct ShowPage {
    shell: Shell,
    tip: Model,
    kind: String,
    at: String,
    state: String,
    photos: Vec<String>,
    contact: String,
    town: String,
}

async fn found(o: &Officer, id: TipId) -> Result<Model, Problem> {
    store::find(&o.app.db, (&o.county, &o.region), id).await?.ok_or(Problem::NotFound)
}

async fn show(o: Officer, Path(id): Path<TipId>) -> Result<Response, Problem> {
    let tip = found(&o, id).await?;
    let contact = if tip.contact_sealed.is_empty() {
        String::new()
    } else {
        let plain = o.app.keys.open(&format!("{}/{}", tip.county, tip.id), &tip.contact_sealed)?;
        String::from_utf8_lossy(&plain).into_owned()
    };
    let shell = o.shell("tips");
    page(&ShowPage {
        kind: kind(&o, &tip),
        at: crate::clock::shown(tip.created_at),
        state: shell.t.s(format!("tip-{}", tip.state)),
        photos: serde_json::from_str(&tip.photos)?,
        town: tip.town.as_deref().and_then(|t| o.app.regions.name(t)).unwrap_or_default().to_owned(),
        contact,
        tip,
        shell,
    })
}

#[derive(Debug, Deserialize)]
struct Answer {
    #[serde(default)]
    words: String,
    version: i64,
}

async fn accept(o: Officer, Path(id): Path<TipId>, Form(form): Form<Answer>) -> Result<Response, Problem> {
    let now = found(&o, id).await?;
    if now.state != "new" || now.version != form.version {
        return Err(Problem::Conflict("fault-changed"));
    }
    let tips = o.app.packs().find(|p| p.name == now.pack).and_then(|p| p.tips.as_ref());
    let kind = tips.and_then(|t| t.kinds.iter().find(|k| k.code == now.kind)).ok_or(Problem::NotFound)?;
    let about = About {
        kind: if now.place_id.is_some() { "place" } else { "tip" }.to_owned(),
        id: now.place_id.map_or_else(|| now.id.to_string(), |id| id.to_string()),
        name: now.about.clone(),
        town: now.town.clone(),
        position: now.lon.zip(now.lat),
    };
    let words = if now.words.is_empty() { kind.label.zh.clone() } else { now.words.clone() };
    let new = NewFinding {
        review: None,
        pack: now.pack.clone(),
        rule: now.kind.clone(),
        words,
        severity: kind.severity,
        about,
        unit: Some(o.unit),
        owner: None,
        due: o.app.clock.today().plus_days(kind.days),
        escalate_days: 2,
        photos: serde_json::from_str(&now.photos)?,
    };
    let mut write = o.write().await?;
    let ids = finding::raise(&mut write, vec![new]).await?;
    let finding = ids.first().copied().ok_or(Problem::NotFound)?;
    store::answer(&write, &now, ("accepted", form.words.trim()), Some(finding)).await?;
    write.note("tip-accepted", Subject::new("tip", id), json!({ "finding": finding })).await?;
    write.commit().await?;
    Ok(to(&format!("/findings/{finding}"), "tip-accepted"))
}

async fn close(o: Officer, Path(id): Path<TipId>, Form(form): Form<Answer>) -> Result<Response, Problem> {
    let now = found(&o, id).await?;
    if now.state != "new" || now.version != form.version {
        return Err(Problem::Conflict("fault-changed"));
    }
    let words = form.words.trim();
    if words.chars().count() < 2 {
        return Err(Problem::field("words", "fault-cause", ""));
    }
    let mut write = o.write().await?;
    store::answer(&write, &now, ("closed", words), None).await?;
    write.note("tip-closed", Subject::new("tip", id), json!({ "words": words })).await?;
    write.commit().await?;
    Ok(to(&format!("/tips/{id}"), "tip-closed"))
}

#[derive(Template)]
#[template(path = "tip/poster.html")]
struct PosterPage {
    shell: Shell,
    id: PlaceId,
    place: String,
    /// For each service: title, what stands under it, address, its code as a picture.
    codes: Vec<(String, String, String, String)>,
}

/// What hangs at a place: for each service title, what stands under it, and the address.
fn sheets(o: &Officer, place: &place::Place) -> Vec<(String, String, String)> {
    if let (Some(code), Some((_, network))) = (&place.code, o.app.network(&place.kind)) {
        let address = o.app.config.address(&format!("/s/{code}"));
        return vec![(code.clone(), network.intro.get(o.lang).to_owned(), address)];
    }
    let own = o.app.packs().filter(|p| p.places.iter().any(|k| k.code == place.kind));
    let tips = own.filter_map(|p| p.tips.as_ref().map(|t| (p, t)));
    let sheet = |(pack, tips): (&zhida_pack::Pack, &zhida_pack::Tips)| {
        let address = address(o, &pack.name, Some(place.id));
        (tips.title.get(o.lang).to_owned(), tips.intro.get(o.lang).to_owned(), address)
    };
    tips.map(sheet).collect()
}

async fn poster(o: Officer, Path(id): Path<PlaceId>) -> Result<Response, Problem> {
    let place = place::find(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
    let with_picture = |(title, intro, address): (String, String, String)| {
        let picture = qr(&address)?;
        Ok((title, intro, address, picture))
    };
    let codes = sheets(&o, &place).into_iter().map(with_picture).collect::<Result<Vec<_>, Problem>>()?;
    page(&PosterPage { shell: o.shell("places"), id, place: place.name, codes })
}

/// The sheet on A4, to be printed.
async fn poster_pdf(o: Officer, Path(id): Path<PlaceId>) -> Result<Response, Problem> {
    let place = place::find(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
    let mut blocks = vec![Block::Large(place.name.clone())];
    for (title, intro, address) in sheets(&o, &place) {
        blocks.extend([
            Block::Large(title),
            Block::Code(address.clone()),
            Block::Text(intro),
            Block::Text(address),
        ]);
    }
    for line in [place.hours, place.address, place.phone] {
        blocks.push(Block::Text(line));
    }
    let (title, language) = (o.app.regions.name(&o.county.0).unwrap_or_default().to_owned(), o.lang);
    let document = Document { title, lines: Vec::new(), wide: false, blocks };
    let bytes = tokio::task::spawn_blocking(move || {
        let (font, face) = font()?;
        pdf(&document, (&font, face), if language == zhida_rules::Lang::Zh { "zh-CN" } else { "en" })
    });
    let bytes = bytes.await.map_err(anyhow::Error::from)??;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"poster-{id}.pdf\"")),
    ];
    Ok((headers, bytes).into_response())
}
