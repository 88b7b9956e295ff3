//! The list of offers and the form of one.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use zhida_types::Fen;

use super::entity::Model;
use super::forms::{OfferForm, checked};
use super::store;
use crate::app::App;
use crate::ids::OfferId;
use crate::journal::Subject;
use crate::problem::Problem;
use crate::web::extract::{Form, Path, Query};
use crate::web::{Officer, Shell, page, to};

/// The pages of offers.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/offers", get(list).post(create))
        .route("/offers/new", get(blank))
        .route("/offers/{id}", get(edit).post(change))
        .route("/api/offers", get(api))
}

const PAGE: u64 = 50;

#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    #[serde(default)]
    programme: String,
    #[serde(default)]
    q: String,
    after: Option<OfferId>,
}

#[derive(Template)]
#[template(path = "offer/list.html")]
struct ListPage {
    shell: Shell,
    programmes: Vec<(String, String)>,
    programme: String,
    q: String,
    offers: Vec<Model>,
    next: Option<OfferId>,
}

impl ListPage {
    fn programme_name(&self, code: &str) -> &str {
        self.programmes.iter().find(|(c, _)| c == code).map_or("", |(_, n)| n.as_str())
    }
}

fn programmes(o: &Officer) -> Vec<(String, String)> {
    let all = o.app.registers().flat_map(|r| &r.programmes);
    let with_offers = all.filter(|p| p.offer.is_some());
    with_offers.map(|p| (p.code.clone(), p.title.get(o.lang).to_owned())).collect()
}

async fn list(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let mut offers =
        store::page(&o.app.db, &o.county, &asked.programme, asked.q.trim(), asked.after, PAGE + 1).await?;
    let more = offers.len() as u64 > PAGE;
    offers.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let next = if more { offers.last().map(|offer| offer.id) } else { None };
    page(&ListPage {
        shell: o.shell("offers"),
        programmes: programmes(&o),
        programme: asked.programme,
        q: asked.q,
        offers,
        next,
    })
}

async fn api(o: Officer, Query(asked): Query<Asked>) -> Result<axum::Json<serde_json::Value>, Problem> {
    let offers =
        store::page(&o.app.db, &o.county, &asked.programme, asked.q.trim(), asked.after, PAGE).await?;
    let offers: Vec<serde_json::Value> = offers
        .iter()
        .map(|x| {
            serde_json::json!({ "id": x.id, "programme": x.programme, "title": x.title, "provider": x.provider,
                "seats": x.seats, "starts": x.starts, "ends": x.ends, "occupation": x.occupation, "town": x.town,
                "state": x.state, "origin": x.origin })
        })
        .collect();
    let after = if offers.len() as u64 == PAGE { offers.last().map(|x| x["id"].clone()) } else { None };
    Ok(axum::Json(serde_json::json!({ "offers": offers, "after": after })))
}

#[derive(Template)]
#[template(path = "offer/edit.html")]
struct EditPage {
    shell: Shell,
    id: Option<OfferId>,
    form: OfferForm,
    programmes: Vec<(String, String)>,
    towns: Vec<(String, String)>,
    skills: Vec<(String, String, bool)>,
    occupation_name: String,
    origin: String,
}

/// The profile's list of skills: the first set field that offers name codes of.
pub(crate) fn skill_list(o: &Officer) -> Vec<(String, String)> {
    let skills = o.app.registers().flat_map(|r| r.skills());
    skills.map(|c| (c.code.clone(), c.label.get(o.lang).to_owned())).collect()
}

fn edit_page(o: &Officer, id: Option<OfferId>, form: OfferForm, origin: String) -> Result<Response, Problem> {
    let skills = skill_list(o).into_iter().map(|(code, name)| {
        let now = form.skills.contains(&code);
        (code, name, now)
    });
    page(&EditPage {
        shell: o.shell("offers"),
        id,
        programmes: programmes(o),
        towns: o.app.regions.towns(&o.county.0).map(|(c, n)| (c.to_owned(), n.to_owned())).collect(),
        skills: skills.collect(),
        occupation_name: o.app.occupations.name(&form.occupation).unwrap_or_default().to_owned(),
        form,
        origin,
    })
}

async fn blank(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let form = OfferForm { programme: asked.programme, open: "yes".to_owned(), ..OfferForm::default() };
    edit_page(&o, None, form, String::new())
}

async fn edit(o: Officer, Path(id): Path<OfferId>) -> Result<Response, Problem> {
    let offer = store::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let day = |d: Option<chrono::NaiveDate>| d.map_or_else(String::new, |d| d.to_string());
    let money = |m: Option<i64>| m.map_or_else(String::new, |m| Fen(m).to_string());
    let form = OfferForm {
        seats: offer.seats.to_string(),
        starts: day(offer.starts),
        ends: day(offer.ends),
        wage_from: money(offer.wage_from),
        wage_to: money(offer.wage_to),
        skills: offer.skill_codes().map(str::to_owned).collect(),
        open: if offer.state == "open" { "yes" } else { "" }.to_owned(),
        programme: offer.programme,
        title: offer.title,
        provider: offer.provider,
        shift: offer.shift,
        occupation: offer.occupation.unwrap_or_default(),
        tags: offer.tags,
        town: offer.town.unwrap_or_default(),
        place: offer.place,
        description: offer.description,
        rule: offer.rule,
    };
    edit_page(&o, Some(id), form, offer.origin)
}

async fn create(o: Officer, Form(form): Form<OfferForm>) -> Result<Response, Problem> {
    let new = checked(&o, &form)?;
    let mut write = o.write().await?;
    let ids = store::create_many(&write, std::slice::from_ref(&new)).await?;
    let id = ids.first().copied().ok_or(Problem::NotFound)?;
    write.note("offer-created", Subject::new("offer", id), serde_json::json!({ "title": new.title })).await?;
    write.commit().await?;
    Ok(to(&format!("/offers?programme={}", new.programme), "offer-created"))
}

async fn change(
    o: Officer,
    Path(id): Path<OfferId>,
    Form(form): Form<OfferForm>,
) -> Result<Response, Problem> {
    let new = checked(&o, &form)?;
    let mut write = o.write().await?;
    store::change(&write, id, &new, form.open == "yes").await?;
    write.note("offer-changed", Subject::new("offer", id), serde_json::json!({ "title": new.title })).await?;
    write.commit().await?;
    Ok(to(&format!("/offers/{id}"), "offer-changed"))
}
