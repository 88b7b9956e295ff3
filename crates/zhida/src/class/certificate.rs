//! Certificates 结业证书: one for everybody who finished, by the share of lessons attended; anybody can look a number up. One that should not
//! have been given is withdrawn, with the cause, and says so.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use serde::Deserialize;
use serde_json::json;
use zhida_types::Day;

use super::entity::{certificate, class};
use super::here::masked;
use super::store;
use crate::account::Role;
use crate::app::App;
use crate::case::Case;
use crate::ids::{CertificateId, CountyId, OfferId};
use crate::journal::{Subject, Write};
use crate::offer::{self, Offer};
use crate::party;
use crate::problem::Problem;
use crate::provider;
use crate::web::extract::{Form, Path};
use crate::web::{Officer, Shell, Visitor, page, qr, to};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/classes/{id}/certificates", get(list))
        .route("/classes/{id}/certificates/{certificate}/withdraw", post(withdraw))
        .route("/certificates/{county}/{number}", get(check))
}

/// The number of a certificate: the class's last eight digits and its own number in the class.
fn number(class: OfferId, n: usize) -> String {
    let id: Vec<char> = class.to_string().chars().filter(|c| *c != '-').collect();
    let tail: String = id.iter().skip(id.len().saturating_sub(8)).collect();
    format!("{}-{:03}", tail.to_uppercase(), n + 1)
}

/// Gives everybody who finished a certificate: cases by the share of lessons attended, in percent.
///
/// # Errors
/// The database's.
pub(super) async fn issue(
    write: &Write,
    of: &class::Model,
    finished: &BTreeMap<i64, Vec<Case>>,
) -> Result<(), Problem> {
    let offer = offer::find(write.tx(), write.county(), of.id).await?.ok_or(Problem::NotFound)?;
    let all = finished.iter().flat_map(|(share, cases)| cases.iter().map(move |c| (*share, c)));
    let row = |(n, (share, case)): (usize, (i64, &Case))| certificate::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(CertificateId::new()),
        class_id: Set(of.id),
        case_id: Set(case.id),
        party_id: Set(case.party_id),
        number: Set(number(of.id, n)),
        course: Set(offer.title.clone()),
        share: Set(share),
        issued_on: Set(Day::at(write.at()).0),
        state: Set("in-force".to_owned()),
        words: Set(String::new()),
        account: Set(write.actor().id()),
        version: Set(1),
        created_at: Set(write.at()),
    };
    Ok(store::insert_certificates(write, all.enumerate().map(row).collect()).await?)
}

struct Line {
    c: certificate::Model,
    name: String,
    /// Where anybody can look it up, as a picture.
    picture: String,
    link: String,
}

#[derive(Template)]
#[template(path = "class/certificates.html")]
struct ListPage {
    shell: Shell,
    offer: Offer,
    provider: String,
    office: String,
    lines: Vec<Line>,
    supervisor: bool,
    /// People whom the officer may not see.
    unseen: usize,
}

async fn list(o: Officer, Path(id): Path<OfferId>) -> Result<Response, Problem> {
    let class = store::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let offer = offer::find(&o.app.db, &o.county, id).await?.ok_or(Problem::NotFound)?;
    let by = provider::find(&o.app.db, &o.county, class.provider_id).await?.ok_or(Problem::NotFound)?;
    let all = store::certificates(&o.app.db, &o.county, id).await?;
    let names = o.app.seen((&o.county, &o.region), all.iter().map(|c| c.party_id)).await?;
    let (mut lines, mut unseen) = (Vec::new(), 0);
    for c in all {
        let Some(person) = names.get(&c.party_id) else {
            unseen += 1;
            continue;
        };
        let link = o.app.config.address(&format!("/certificates/{}/{}", o.county, c.number));
        lines.push(Line { name: person.name.clone(), picture: qr(&link)?, link, c });
    }
    page(&ListPage {
        office: o.app.regions.name(&o.county.0).unwrap_or_default().to_owned(),
        provider: by.name,
        supervisor: o.require(Role::Supervisor).is_ok(),
        offer,
        lines,
        unseen,
        shell: o.shell("classes"),
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cause {
    words: String,
    version: i64,
}

async fn withdraw(
    o: Officer,
    Path((id, certificate)): Path<(OfferId, CertificateId)>,
    Form(form): Form<Cause>,
) -> Result<Response, Problem> {
    o.require(Role::Supervisor)?;
    let all = store::certificates(&o.app.db, &o.county, id).await?;
    let now = all.into_iter().find(|c| c.id == certificate).ok_or(Problem::NotFound)?;
    if form.words.trim().is_empty() {
        return Err(Problem::field("words", "fault-empty", ""));
    }
    if now.state != "in-force" || now.version != form.version {
        return Err(Problem::Conflict("fault-changed"));
    }
    let mut write = o.write().await?;
    let values = vec![
        (certificate::Column::State, Expr::value("withdrawn")),
        (certificate::Column::Words, Expr::value(form.words.trim())),
    ];
    crate::db::change(write.tx(), &now, values).await?;
    let detail = json!({ "number": now.number, "words": form.words.trim() });
    write.note("certificate-withdrawn", Subject::new("offer", id), detail).await?;
    write.commit().await?;
    Ok(to(&format!("/classes/{id}/certificates"), "saved"))
}

#[derive(Template)]
#[template(path = "class/certificate.html")]
struct CheckPage {
    shell: Shell,
    /// None where there is no such number.
    c: Option<certificate::Model>,
    number: String,
    name: String,
    provider: String,
}

/// Anybody: whether there is such a certificate, for what, and the first character of whose name it bears.
async fn check(v: Visitor, Path((county, number)): Path<(String, String)>) -> Result<Response, Problem> {
    let county = CountyId::parse(&county).ok_or(Problem::NotFound)?;
    let c = store::certificate(&v.app.db, &county, number.trim()).await?;
    let (mut name, mut by) = (String::new(), String::new());
    if let Some(c) = &c {
        let names = party::contacts(&v.app, &v.app.db, &county, &[c.party_id]).await?;
        name = names.get(&c.party_id).map(|p| masked(&p.name)).unwrap_or_default();
        if let Some(class) = store::find(&v.app.db, &county, c.class_id).await? {
            let of = provider::find(&v.app.db, &county, class.provider_id).await?;
            by = of.map(|p| p.name).unwrap_or_default();
        }
    }
    page(&CheckPage { c, number, name, provider: by, shell: v.shell() })
}
