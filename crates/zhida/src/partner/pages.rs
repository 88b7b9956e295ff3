//! The page of a partner, and what it says that it has put right.

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::{get, post};

use crate::app::App;
use crate::commitment;
use crate::finding::{self, Act, By};
use crate::ids::FindingId;
use crate::place::{self, Place};
use crate::problem::Problem;
use crate::upkeep::{self, Upkeep};
use crate::web::extract::{Path, Upload};
use crate::web::{Officer, Shell, UPLOAD_BYTES, page, to};

/// The pages of partners.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/ours", get(show))
        .route("/ours/findings/{id}/fixed", post(fixed).layer(DefaultBodyLimit::max(UPLOAD_BYTES)))
}

struct PlaceLine {
    name: String,
    code: String,
    address: String,
    state: String,
    /// What it has to bring, by agreement.
    duties: Vec<String>,
    breach: String,
    /// Until when the agreement runs, and whether that is over.
    until: Option<(String, bool)>,
}

struct FindingLine {
    id: FindingId,
    about: String,
    words: String,
    due: String,
    overdue: bool,
    /// Said to be put right, to be verified by somebody else.
    fixed: bool,
}

struct CommitmentLine {
    title: String,
    leads: bool,
    until: String,
    light: String,
}

#[derive(Template)]
#[template(path = "partner/page.html")]
struct OursPage {
    shell: Shell,
    places: Vec<PlaceLine>,
    findings: Vec<FindingLine>,
    commitments: Vec<CommitmentLine>,
}

/// Findings on the page.
const MOST: u64 = 500;

fn place_line(o: &Officer, place: Place, upkeep: Option<&Upkeep>) -> PlaceLine {
    let network = o.app.network(&place.kind).map(|(_, network)| network);
    let own = upkeep.into_iter().flat_map(|u| &u.duties).filter(|(_, by)| *by == "partner");
    let label = |code: &String| {
        let found = network.and_then(|n| n.duties.iter().find(|d| d.code == *code));
        found.map_or_else(|| code.clone(), |d| d.label.get(o.lang).to_owned())
    };
    PlaceLine {
        duties: own.map(|(code, _)| label(code)).collect(),
        breach: upkeep.map_or_else(String::new, |u| u.breach.clone()),
        until: place.agreed_until.map(|d| (d.to_string(), d < o.app.clock.today().0)),
        code: place.code.unwrap_or_default(),
        name: place.name,
        address: place.address,
        state: place.state,
    }
}

async fn show(o: Officer) -> Result<Response, Problem> {
    let today = o.app.clock.today();
    let upkeep = upkeep::all(&o.app.db, &o.county).await?;
    let places = place::of_partner(&o.app.db, &o.county, &o.unit_name).await?;
    let places = places.into_iter().map(|p| {
        let upkeep = upkeep.get(&p.id);
        place_line(&o, p, upkeep)
    });
    let findings = finding::of_unit(&o.app.db, &o.county, o.unit, MOST).await?;
    let commitments = commitment::of_unit(&o.app.db, &o.county, o.unit).await?;
    page(&OursPage {
        shell: o.shell("ours"),
        places: places.collect(),
        findings: findings
            .into_iter()
            .map(|f| FindingLine {
                id: f.id,
                overdue: f.state == "open" && f.due < today.0,
                due: f.due.to_string(),
                fixed: f.state == "fixed",
                about: f.about_name,
                words: f.words,
            })
            .collect(),
        commitments: commitments
            .into_iter()
            .map(|c| CommitmentLine {
                leads: c.unit_id == Some(o.unit),
                until: c.until_day.to_string(),
                title: c.title,
                light: c.light,
            })
            .collect(),
    })
}

/// `POST /ours/findings/{id}/fixed`: the partner says that something it owns is put right, with words and photos; somebody of the
/// office verifies it.
async fn fixed(o: Officer, Path(id): Path<FindingId>, form: Upload) -> Result<Response, Problem> {
    let own = finding::of_unit(&o.app.db, &o.county, o.unit, MOST).await?;
    let now = own.into_iter().find(|f| f.id == id).ok_or(Problem::NotFound)?;
    let mut write = o.write().await?;
    let mut photos = Vec::new();
    for file in form.files.iter().filter(|f| f.field == "photos" && !f.bytes.is_empty()) {
        photos.push(crate::photo::keep(&o.app, &mut write, file.bytes.to_vec()).await?);
    }
    let by = By { account: o.id, unit: o.unit, supervisor: false };
    finding::act(&mut write, &now, &Act::Fix, by, form.one("words"), &photos).await?;
    write.commit().await?;
    Ok(to("/ours", "saved"))
}
