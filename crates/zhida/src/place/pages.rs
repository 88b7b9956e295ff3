//! The list of places and the form of one.

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use zhida_pack::{Coded, Network, STATES};
use zhida_rules::Lang;

use super::entity::Model;
use super::forms::{PlaceForm, checked};
use super::store::{self, PHOTOS};
use crate::app::App;
use crate::ids::PlaceId;
use crate::photo;
use crate::problem::Problem;
use crate::web::extract::{Form, Path, Query, Upload};
use crate::web::{Officer, Shell, UPLOAD_BYTES, page, to};

/// The pages of places.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/places", get(list).post(create))
        .route("/places/new", get(blank))
        .route("/places/{id}", get(edit).post(update))
        .route("/places/{id}/photos", post(photos).layer(DefaultBodyLimit::max(UPLOAD_BYTES)))
        .route("/places/{id}/photos/drop", post(drop_photo))
}

const PER_PAGE: usize = 100;

/// What a kind of place is called.
pub fn kind_name(app: &App, code: &str, lang: Lang) -> String {
    let found = app.packs().flat_map(|p| &p.places).find(|k| k.code == code);
    found.map_or_else(|| code.to_owned(), |k| k.label.get(lang).to_owned())
}

pub(super) fn kinds(o: &Officer) -> Vec<(String, String)> {
    let all = o.app.packs().flat_map(|p| &p.places);
    all.map(|k| (k.code.clone(), k.label.get(o.lang).to_owned())).collect()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    kind: String,
    q: String,
    after: Option<PlaceId>,
}

struct Line {
    id: PlaceId,
    name: String,
    kind: String,
    town: String,
    address: String,
    code: String,
    state: String,
}

#[derive(Template)]
#[template(path = "place/list.html")]
struct ListPage {
    shell: Shell,
    kinds: Vec<(String, String)>,
    query: ListQuery,
    lines: Vec<Line>,
    next: Option<PlaceId>,
    /// Whether the kind that is shown belongs to a network.
    listed: bool,
    /// Whether layouts of it are planned.
    layouts: bool,
}

async fn list(o: Officer, Query(query): Query<ListQuery>) -> Result<Response, Problem> {
    let limit = u64::try_from(PER_PAGE).unwrap_or(u64::MAX);
    let found =
        store::list(&o.app.db, (&o.county, &o.region), &query.kind, query.q.trim(), query.after, limit)
            .await?;
    let next = (found.len() == PER_PAGE).then(|| found.last().map(|p| p.id)).flatten();
    let shell = o.shell("places");
    let line = |p: Model| Line {
        id: p.id,
        kind: kind_name(&o.app, &p.kind, o.lang),
        town: p.town.as_deref().and_then(|t| o.app.regions.name(t)).unwrap_or_default().to_owned(),
        name: p.name,
        address: p.address,
        code: p.code.unwrap_or_default(),
        state: if p.state == "open" { String::new() } else { shell.t.s(format!("place-{}", p.state)) },
    };
    let lines = found.into_iter().map(line).collect();
    let kinds = kinds(&o);
    let network = o.app.network(&query.kind);
    let (listed, layouts) = (network.is_some(), network.is_some_and(|(pack, _)| pack.layout.is_some()));
    page(&ListPage { shell, kinds, query, lines, next, listed, layouts })
}

/// Codes with what people call them, and whether each is chosen.
type Choices = Vec<(String, String, bool)>;

#[derive(Template)]
#[template(path = "place/edit.html")]
struct EditPage {
    shell: Shell,
    kinds: Vec<(String, String)>,
    towns: Vec<(String, String)>,
    states: Vec<(&'static str, String)>,
    id: Option<PlaceId>,
    code: String,
    /// Where anybody sees it, for a place of a network.
    public: String,
    now: PlaceForm,
    listing: Option<Listed>,
    photos: Vec<String>,
    most: usize,
}

/// What may be chosen for a place of a network.
struct Listed {
    tiers: Choices,
    classes: Choices,
    builders: Choices,
    entries: Choices,
    services: Choices,
    maps: Choices,
}

fn choices<T: Coded>(all: &[T], lang: Lang, chosen: impl Fn(&str) -> bool) -> Choices {
    let choice = |one: &T| (one.code().to_owned(), one.label().get(lang).to_owned(), chosen(one.code()));
    all.iter().map(choice).collect()
}

impl Listed {
    fn of(network: &Network, now: &PlaceForm, lang: Lang) -> Self {
        Self {
            tiers: choices(&network.tiers, lang, |code| code == now.tier),
            classes: choices(&network.classes, lang, |code| code == now.class),
            builders: choices(&network.builders, lang, |code| code == now.builder),
            entries: choices(&network.entries, lang, |code| code == now.entry),
            services: choices(&network.services, lang, |code| now.services.iter().any(|s| s == code)),
            maps: choices(&network.maps, lang, |code| now.maps.iter().any(|m| m == code)),
        }
    }
}

/// A place that is there: its id, code and photos.
type Known = (PlaceId, String, Vec<String>);

fn form(o: &Officer, place: Option<Known>, now: PlaceForm) -> Result<Response, Problem> {
    let towns = o.app.regions.towns(&o.county.0).map(|(c, n)| (c.to_owned(), n.to_owned())).collect();
    let shell = o.shell("places");
    let states = STATES.iter().map(|s| (*s, shell.t.s(format!("place-{s}")))).collect();
    let listing = o.app.network(&now.kind).map(|(_, n)| Listed::of(n, &now, o.lang));
    let (id, code, photos) =
        place.map_or((None, String::new(), Vec::new()), |(id, code, photos)| (Some(id), code, photos));
    page(&EditPage {
        photos,
        most: PHOTOS,
        kinds: kinds(o),
        towns,
        states,
        listing,
        public: if code.is_empty() { String::new() } else { format!("/s/{code}") },
        id,
        code,
        now,
        shell,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Blank {
    kind: String,
}

async fn blank(o: Officer, Query(asked): Query<Blank>) -> Result<Response, Problem> {
    form(&o, None, PlaceForm { kind: asked.kind, state: "open".to_owned(), ..PlaceForm::default() })
}

async fn edit(o: Officer, Path(id): Path<PlaceId>) -> Result<Response, Problem> {
    let place = store::find(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
    let code = place.code.clone().unwrap_or_default();
    form(&o, Some((id, code, place.photos())), PlaceForm::of(place))
}

async fn photos(o: Officer, Path(id): Path<PlaceId>, form: Upload) -> Result<Response, Problem> {
    store::find(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
    let plain = photo::all_plain(&form.files).await?;
    if plain.is_empty() {
        return Err(Problem::field("photos", "fault-none-chosen", ""));
    }
    let mut write = o.write().await?;
    let hashes = photo::keep_all(&o.app, &mut write, plain).await?;
    store::add_photos(&mut write, id, &hashes).await?;
    write.commit().await?;
    Ok(to(&format!("/places/{id}"), "saved"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dropped {
    hash: String,
}

async fn drop_photo(
    o: Officer,
    Path(id): Path<PlaceId>,
    Form(form): Form<Dropped>,
) -> Result<Response, Problem> {
    store::find(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
    let mut write = o.write().await?;
    store::drop_photo(&mut write, id, &form.hash).await?;
    write.commit().await?;
    Ok(to(&format!("/places/{id}"), "saved"))
}

async fn create(o: Officer, Form(form): Form<PlaceForm>) -> Result<Response, Problem> {
    let new = checked(&o, &form)?;
    let mut write = o.write().await?;
    store::create(&mut write, vec![new]).await?;
    write.commit().await?;
    Ok(to("/places", "saved"))
}

async fn update(
    o: Officer,
    Path(id): Path<PlaceId>,
    Form(form): Form<PlaceForm>,
) -> Result<Response, Problem> {
    store::find(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
    let new = checked(&o, &form)?;
    let mut write = o.write().await?;
    store::update(&mut write, id, form.version, &new).await?;
    write.commit().await?;
    Ok(to(&format!("/places/{id}"), "saved"))
}
