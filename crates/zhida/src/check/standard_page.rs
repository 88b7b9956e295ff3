//! How a place stands against the standard of its network: for each tier the last review with its score, and what is missing.

use std::collections::BTreeSet;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use zhida_pack::{Checklist, Network, Pack, PlaceTier, TierAsks};

use super::entity::review;
use super::gate::{self, Gate};
use super::{forms, store};
use crate::app::App;
use crate::ids::{PlaceId, ReviewId};
use crate::network;
use crate::place::{self, Place};
use crate::problem::Problem;
use crate::web::extract::Path;
use crate::web::{Officer, Shell, page};

/// The page of a place's standard.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/places/{id}/standard", get(show))
}

/// The last review of a tier's checklist.
struct Last {
    id: ReviewId,
    when: String,
    score: String,
    passed: bool,
    /// Until when it is good, and whether that is over.
    valid: Option<(String, bool)>,
    /// What was answered badly, those that fail the whole first.
    missing: Vec<(String, bool)>,
}

/// One of the things that a place shows before it rises: what, how it stands, what is asked, and whether it is met as far as known.
struct AskLine {
    what: String,
    stands: String,
    asked: String,
    met: Option<bool>,
}

struct TierLine {
    asks: Vec<AskLine>,
    label: String,
    list: String,
    title: String,
    /// Whether the place is of this tier, and whether this is the next one up.
    now: bool,
    next: bool,
    pass: i64,
    questions: Vec<String>,
    last: Option<Last>,
}

#[derive(Template)]
#[template(path = "check/standard.html")]
struct StandardPage {
    shell: Shell,
    id: PlaceId,
    name: String,
    tiers: Vec<TierLine>,
    /// What every place of the network has to have and this one lacks by the register.
    lacking: Vec<String>,
}

/// What was answered badly in a review: text, and whether it fails the whole.
async fn missing(o: &Officer, review: &review::Model) -> Result<Vec<(String, bool)>, Problem> {
    let list = store::version(&o.app.db, &o.county, review.checklist_id).await?;
    let checks = store::checks(&o.app.db, &o.county, &[review.id]).await?;
    let mut missed: BTreeSet<String> = BTreeSet::new();
    for check in checks.values().flatten().filter(|c| c.state == "filled") {
        let answers = forms::from_json(&list, &check.answers)?;
        let outcome = list.outcome(&answers).map_err(|e| Problem::Internal(anyhow::anyhow!(e)))?;
        missed.extend(outcome.missed);
    }
    let asked = list.questions().filter(|q| missed.contains(&q.code));
    let mut words: Vec<(String, bool)> =
        asked.map(|q| (q.text.get(o.lang).to_owned(), q.knock_out)).collect();
    words.sort_by_key(|(_, knocks_out)| !knocks_out);
    Ok(words)
}

/// Days of ratings that count.
const RATED_DAYS: i64 = 365;

/// What a place shows before it rises to a tier, beside the tier's checklist.
async fn asks(
    o: &Officer,
    (pack, network): (&Pack, &Network),
    place: &Place,
    asks: &TierAsks,
) -> Result<Vec<AskLine>, Problem> {
    let t = o.shell("").t;
    let services = place.services().iter().filter(|s| network.service(s).is_some()).count();
    let (id, today) = (place.id.to_string(), o.app.clock.today());
    let functions = gate::gate(&o.app.db, &o.county, &asks.functions, ("place", &id), today).await?;
    let since = o.app.clock.now() - chrono::Duration::days(RATED_DAYS);
    let (stars, n) = network::rated(&o.app.db, &o.county, place.id, since).await?;
    let title = pack.checklist(&asks.functions).map_or("", |l| l.title.get(o.lang));
    let word = match functions {
        Gate::Open(_) => "passed",
        Gate::Failed(_) => "not-passed",
        Gate::Expired(_) | Gate::Unchecked => "standard-unchecked",
    };
    let rated = network::mean(stars, n).map_or_else(String::new, |mean| t.ab("standard-rated", mean, n));
    Ok(vec![
        AskLine {
            what: t.s("standard-services"),
            stands: services.to_string(),
            asked: t.v("at-least", asks.services),
            met: Some(services >= asks.services),
        },
        AskLine {
            what: t.v("standard-functions", title),
            stands: t.s(word),
            asked: t.s("passed"),
            met: match functions {
                Gate::Open(_) => Some(true),
                Gate::Failed(_) => Some(false),
                Gate::Expired(_) | Gate::Unchecked => None,
            },
        },
        AskLine {
            what: t.s("standard-content"),
            stands: if rated.is_empty() { t.s("standard-unrated") } else { rated },
            asked: t.ab("standard-stars", format!("{}.{}", asks.stars / 10, asks.stars % 10), asks.ratings),
            met: (n >= asks.ratings).then_some(stars * 10 >= asks.stars * n),
        },
    ])
}

async fn line(
    o: &Officer,
    (pack, network): (&Pack, &Network),
    place: &Place,
    (at, tier, list): (usize, &PlaceTier, &Checklist),
) -> Result<TierLine, Problem> {
    let about = ("place", place.id.to_string());
    let found = store::last_closed(&o.app.db, &o.county, (about.0, &about.1), &list.code).await?;
    let today = o.app.clock.today();
    let last = match found {
        Some(review) => Some(Last {
            when: review.closed_at.map_or_else(String::new, crate::clock::shown),
            score: review.score.map_or_else(String::new, |s| s.to_string()),
            passed: review.passed == Some(true),
            valid: review.valid_until.map(|d| (d.to_string(), d < today.0)),
            missing: missing(o, &review).await?,
            id: review.id,
        }),
        None => None,
    };
    let own = network.tiers.iter().position(|t| t.code == place.tier);
    let asks = match &tier.asks {
        Some(of) => asks(o, (pack, network), place, of).await?,
        None => Vec::new(),
    };
    Ok(TierLine {
        asks,
        label: tier.label.get(o.lang).to_owned(),
        list: format!("{}/{}", pack.name, list.code),
        title: list.title.get(o.lang).to_owned(),
        now: own == Some(at),
        next: own.map_or(at == 0, |own| own + 1 == at),
        pass: list.pass,
        questions: list.questions().filter(|q| q.weight > 0).map(|q| q.text.get(o.lang).to_owned()).collect(),
        last,
    })
}

async fn show(o: Officer, Path(id): Path<PlaceId>) -> Result<Response, Problem> {
    let place = place::find(&o.app.db, &o.county, &o.region, id).await?.ok_or(Problem::NotFound)?;
    let (pack, network) = o.app.network(&place.kind).ok_or(Problem::NotFound)?;
    let mut tiers = Vec::new();
    for (at, tier) in network.tiers.iter().enumerate() {
        if let Some(list) = pack.checklist(&tier.checklist) {
            tiers.push(line(&o, (pack, network), &place, (at, tier, list)).await?);
        }
    }
    let lacking = network.lacking(network.bits(&place.services()));
    page(&StandardPage {
        lacking: lacking.map(|s| s.label.get(o.lang).to_owned()).collect(),
        shell: o.shell("places"),
        id,
        name: place.name,
        tiers,
    })
}
