//! What an officer should look at: places that nobody comes to, that were found locked, whose agreement ends, that lack something.
//! A list of work, not of blame.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use zhida_pack::Network;

use super::store;
use super::uptime::{Mismatch, PARTS, Use, mismatches};
use crate::app::App;
use crate::ids::PlaceId;
use crate::place::{self, Hours, Place};
use crate::problem::Problem;
use crate::upkeep::{self, Upkeep};
use crate::web::extract::Query;
use crate::web::{Officer, Shell, download, page};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/places/watch", get(watch)).route("/places/watch.xlsx", get(sheet))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    kind: String,
    why: String,
}

/// Why a place stands on the list, the most pressing first: keys of texts.
const REASONS: [&str; 11] = [
    "locked",
    "idle",
    "hours-wrong",
    "crowd",
    "agreement",
    "no-hours",
    "lacks-minimum",
    "not-on-maps",
    "no-keeper",
    "broken",
    "nobody-answers",
];

/// Days before the end of an agreement from which on it is looked at.
const BEFORE_END: i64 = 60;

struct Line {
    id: PlaceId,
    code: String,
    name: String,
    town: String,
    why: Vec<(&'static str, String)>,
}

/// How many places a tier has, and the least share that it should have.
struct Share {
    label: String,
    n: usize,
    percent: String,
    least: i64,
    short: bool,
}

#[derive(Template)]
#[template(path = "network/watch.html")]
struct WatchPage {
    shell: Shell,
    kind: String,
    why: String,
    counts: Vec<(&'static str, String, usize)>,
    lines: Vec<Line>,
    more: usize,
    all: usize,
    shares: Vec<Share>,
}

/// Lines that the page shows; all stand in the table.
const SHOWN: usize = 200;

/// What is known of a place's visitors.
#[derive(Clone, Copy, Default)]
struct Known {
    /// Devices that were there within the days after which a place is idle.
    visits: i64,
    /// Devices that found it locked.
    locked: i64,
    /// What check-ins say against its hours.
    mismatch: Option<Mismatch>,
    /// Hours in which more checked in than count.
    crowded: i64,
    /// Pieces of equipment that are broken.
    broken: i64,
    /// Whether something is on file of who answers for what, and of its money.
    kept: Option<bool>,
}

/// Days of check-ins by which hours are looked at.
const HOURS_DAYS: i64 = 56;

/// What may be said of a place, with what is known of its visitors.
fn reasons(
    (network, t): (&Network, &crate::texts::T),
    place: &Place,
    Known { visits, locked, mismatch, crowded, broken, kept }: Known,
    today: zhida_types::Day,
) -> Vec<(&'static str, String)> {
    let mut why = Vec::new();
    if place.state != "open" {
        return why;
    }
    if locked >= network.locked_people {
        why.push(("locked", t.n("watch-locked", locked)));
    }
    if visits == 0 {
        why.push(("idle", t.n("watch-idle", network.idle_days)));
    }
    match mismatch {
        Some(Mismatch::Outside(n, of)) => why.push(("hours-wrong", t.ab("watch-outside", n, of))),
        Some(Mismatch::Unused(part, of)) => {
            let part = PARTS.get(part).map_or_else(String::new, |p| t.s(format!("part-{p}")));
            why.push(("hours-wrong", t.ab("watch-unused", part, of)));
        }
        None => {}
    }
    if crowded > 0 {
        why.push(("crowd", t.n("watch-crowd", crowded)));
    }
    if let Some(until) = place.agreed_until.filter(|d| *d <= today.plus_days(BEFORE_END).0) {
        why.push(("agreement", t.v("watch-agreement", until)));
    }
    if place.hours.is_empty() {
        why.push(("no-hours", t.s("watch-no-hours")));
    }
    let lacks = network.lacking(network.bits(&place.services()));
    let lacks: Vec<&str> = lacks.map(|s| s.label.get(t.lang)).collect();
    if !lacks.is_empty() {
        why.push(("lacks-minimum", t.v("lacks", t.list(&lacks))));
    }
    if place.maps().is_empty() {
        why.push(("not-on-maps", t.s("watch-not-on-maps")));
    }
    if place.keeper.is_empty() {
        why.push(("no-keeper", t.s("watch-no-keeper")));
    }
    if broken > 0 {
        why.push(("broken", t.n("watch-broken", broken)));
    }
    // Places of which nothing is on file yet are not accused of it.
    if kept == Some(false) {
        why.push(("nobody-answers", t.s("watch-nobody-answers")));
    }
    why
}

/// What was seen of places.
struct Seen {
    /// Devices that were there.
    here: BTreeMap<PlaceId, i64>,
    /// Devices that found them locked.
    locked: BTreeMap<PlaceId, i64>,
    /// The instants of check-ins.
    instants: BTreeMap<PlaceId, Vec<DateTime<Utc>>>,
    /// Broken equipment.
    broken: BTreeMap<PlaceId, i64>,
    /// What keeps them going.
    upkeep: BTreeMap<PlaceId, Upkeep>,
}

/// What is known of the visitors of places.
fn known(network: &Network, all: &[Place], seen: &Seen, now: DateTime<Utc>) -> BTreeMap<PlaceId, Known> {
    let of = |map: &BTreeMap<PlaceId, i64>, id| map.get(&id).copied().unwrap_or(0);
    let mut known: BTreeMap<PlaceId, Known> = BTreeMap::new();
    let nobody = Vec::new();
    let (mut ids, mut hours) = (Vec::new(), Vec::new());
    for place in all {
        let mut by_hour: BTreeMap<i64, i64> = BTreeMap::new();
        for at in seen.instants.get(&place.id).unwrap_or(&nobody) {
            *by_hour.entry(at.timestamp().div_euclid(3_600)).or_default() += 1;
        }
        let crowded = by_hour.values().filter(|n| **n >= network.most_per_hour).count();
        let (visits, locked) = (of(&seen.here, place.id), of(&seen.locked, place.id));
        let crowded = i64::try_from(crowded).unwrap_or(i64::MAX);
        let answered =
            |u: &Upkeep| network.duties.iter().all(|d| u.duties.contains_key(&d.code)) && u.cost.is_some();
        let kept = seen.upkeep.get(&place.id).map(answered);
        let broken = of(&seen.broken, place.id);
        known.insert(place.id, Known { visits, locked, crowded, broken, kept, mismatch: None });
        if let Some(read) = Some(&place.hours).filter(|h| !h.is_empty()).and_then(|h| Hours::read(h).ok()) {
            ids.push(place.id);
            hours.push(read);
        }
    }
    let uses = ids
        .iter()
        .zip(&hours)
        .map(|(id, hours)| Use { hours, here: seen.instants.get(id).unwrap_or(&nobody) });
    let found = mismatches(&uses.collect::<Vec<_>>(), now);
    for (id, mismatch) in ids.iter().zip(found) {
        if let Some(known) = known.get_mut(id) {
            known.mismatch = mismatch;
        }
    }
    known
}

/// The county's places of a network that are not closed for good, with what is to be looked at.
async fn lines(o: &Officer, network: &Network) -> Result<(Vec<Place>, Vec<Line>), Problem> {
    let shell = o.shell("places");
    let now = o.app.clock.now();
    let all = place::kept(&o.app.db, &o.county, &o.region, &network.kind).await?;
    let count = |kind: &'static str, days: i64| {
        store::by_place(&o.app.db, &o.county, kind, now - Duration::days(days))
    };
    let seen = Seen {
        here: count("here", network.idle_days).await?,
        locked: count("locked", network.locked_days).await?,
        instants: store::here_by_place(&o.app.db, &o.county, now - Duration::days(HOURS_DAYS)).await?,
        broken: upkeep::broken(&o.app.db, &o.county).await?,
        upkeep: upkeep::all(&o.app.db, &o.county).await?,
    };
    let known = known(network, &all, &seen, now);
    let today = o.app.clock.today();
    let line = |p: &Place| Line {
        id: p.id,
        code: p.code.clone().unwrap_or_default(),
        name: p.name.clone(),
        town: p.town.as_deref().and_then(|t| o.app.regions.name(t)).unwrap_or_default().to_owned(),
        why: reasons((network, &shell.t), p, known.get(&p.id).copied().unwrap_or_default(), today),
    };
    let mut lines: Vec<Line> = all.iter().map(line).filter(|l| !l.why.is_empty()).collect();
    let rank = |l: &Line| l.why.first().and_then(|(w, _)| REASONS.iter().position(|r| r == w));
    lines.sort_by_key(|l| (rank(l), std::cmp::Reverse(l.why.len()), l.code.clone()));
    Ok((all, lines))
}

/// The network of a kind of place; the first one where none is asked for.
pub(super) fn network<'a>(o: &'a Officer, kind: &str) -> Result<&'a Network, Problem> {
    let all = o.app.packs().filter_map(|p| p.network.as_ref());
    all.into_iter().find(|n| kind.is_empty() || n.kind == kind).ok_or(Problem::NotFound)
}

async fn watch(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let network = network(&o, &asked.kind)?;
    let (all, mut lines) = lines(&o, network).await?;
    let shell = o.shell("places");
    let counted = |why: &'static str| lines.iter().filter(|l| l.why.iter().any(|(w, _)| *w == why)).count();
    let counts = REASONS.map(|why| (why, shell.t.s(format!("watch-kind-{why}")), counted(why)));
    let share = |tier: &zhida_pack::PlaceTier| {
        let n = all.iter().filter(|p| p.tier == tier.code).count();
        let tenths = n * 1_000 / all.len().max(1);
        Share {
            label: tier.label.get(o.lang).to_owned(),
            n,
            percent: format!("{}.{} %", tenths / 10, tenths % 10),
            least: tier.share,
            short: i64::try_from(tenths).unwrap_or(0) < tier.share * 10,
        }
    };
    let shares = network.tiers.iter().map(share).collect();
    if !asked.why.is_empty() {
        lines.retain(|l| l.why.iter().any(|(w, _)| *w == asked.why));
    }
    let more = lines.len().saturating_sub(SHOWN);
    lines.truncate(SHOWN);
    page(&WatchPage {
        kind: network.kind.clone(),
        why: asked.why,
        counts: counts.into_iter().filter(|(.., n)| *n > 0).collect(),
        lines,
        more,
        all: all.len(),
        shares,
        shell,
    })
}

async fn sheet(o: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let network = network(&o, &asked.kind)?;
    let (_, lines) = lines(&o, network).await?;
    let t = o.shell("").t;
    let head = ["place-code", "place-name", "town", "watch-why"].map(|key| t.s(key));
    let of = |l: &&Line| asked.why.is_empty() || l.why.iter().any(|(w, _)| *w == asked.why);
    let row = |l: &Line| {
        let why: Vec<&str> = l.why.iter().map(|(_, words)| words.as_str()).collect();
        vec![l.code.clone(), l.name.clone(), l.town.clone(), why.join("；")]
    };
    let rows: Vec<Vec<String>> = lines.iter().filter(of).map(row).collect();
    let mut write = o.write().await?;
    let subject = crate::journal::Subject::new("county", &o.county);
    write.note("places-exported", subject, serde_json::json!({ "rows": rows.len() })).await?;
    write.commit().await?;
    download::xlsx("places", &head, &rows)
}
