//! Invented use of stations: what people say of them, events, and a round of visits by workers whose stations were drawn.

use std::collections::BTreeMap;

use anyhow::Context as _;
use chrono::{DateTime, Duration, Utc};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use zhida_pack::{Answer, Network, Pack, QuestionKind};

use crate::account;
use crate::app::App;
use crate::check::{self, Filled, NewReview};
use crate::event::{self, NewEvent};
use crate::finding::About;
use crate::ids::CountyId;
use crate::journal::{self, Actor, Write};
use crate::network::{self, Opinion};
use crate::place::{self, Place};
use crate::problem::Problem;

/// An event as it may be held at any station.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Kind {
    kind: String,
    title: String,
    words: String,
}

/// A round of visits by workers.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Visits {
    checklist: String,
    /// The login of who visits.
    reviewer: String,
    percent: u32,
    /// For each question how many of a hundred answers are yes.
    yes: BTreeMap<String, u32>,
}

/// Four events a year at each station of a higher tier, one now and then at the others, and some to come.
pub(super) async fn events(
    app: &App,
    county: &CountyId,
    network: &Network,
    kinds: &[Kind],
) -> Result<(), Problem> {
    let seed = county.0.parse::<u64>().unwrap_or(0) + 1;
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let places = of(app, county, network).await?;
    let now = app.clock.now();
    let midnight = crate::clock::midnight(app.clock.today());
    let plain = network.tiers.first().map(|t| t.code.clone()).unwrap_or_default();
    let mut new = Vec::new();
    for place in &places {
        let times = if place.tier == plain { chance.random_range(0..3) } else { 4 };
        for nth in 0..times {
            let day = -(nth * 90 + chance.random_range(3..80));
            new.push(one(place, kinds, midnight + Duration::days(day), now, &mut chance));
        }
        if chance.random_range(0..5) == 0 {
            let day = chance.random_range(1..25);
            new.push(one(place, kinds, midnight + Duration::days(day), now, &mut chance));
        }
    }
    let mut write = Write::begin(&app.db, county, &Actor::system(), now).await?;
    event::create(&mut write, new.into_iter().flatten().collect()).await?;
    Ok(write.commit().await?)
}

async fn of(app: &App, county: &CountyId, network: &Network) -> Result<Vec<Place>, Problem> {
    let all = place::all(&app.db, county).await?;
    Ok(all.into_iter().filter(|p| p.kind == network.kind && p.state == "open").collect())
}

fn one(
    place: &Place,
    kinds: &[Kind],
    day: DateTime<Utc>,
    now: DateTime<Utc>,
    chance: &mut ChaCha8Rng,
) -> Option<NewEvent> {
    let kind = kinds.get(chance.random_range(0..kinds.len().max(1)))?;
    let from = day + Duration::hours(chance.random_range(9..15));
    let to = from + Duration::hours(2);
    let seats = [0, 0, 30, 50][chance.random_range(0..4)];
    Some(NewEvent {
        place: place.id,
        kind: kind.kind.clone(),
        title: kind.title.clone(),
        words: kind.words.clone(),
        from,
        to,
        seats,
        state: "planned".to_owned(),
        headcount: (to < now).then(|| chance.random_range(8..60)),
        origin: "synthetic".to_owned(),
    })
}

/// What people say of stations.
pub(super) async fn ratings(app: &App, county: &CountyId, network: &Network) -> Result<(), Problem> {
    let seed = county.0.parse::<u64>().unwrap_or(0) + 2;
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut write = Write::begin(&app.db, county, &Actor::system(), app.clock.now()).await?;
    let mut n = 0;
    for place in of(app, county, network).await? {
        for device in 0..chance.random_range(0..7_u32) {
            let stars = [5, 5, 4, 5, 4, 3, 2, 5, 4, 1][chance.random_range(0..10)];
            let fits: Vec<&str> =
                network.praise.iter().filter(|p| p.good == (stars > 3)).map(|p| p.code.as_str()).collect();
            let word = fits.get(chance.random_range(0..fits.len().max(1))).map(|w| (*w).to_owned());
            let words: Vec<String> = word.into_iter().collect();
            let who = network.workers.get(chance.random_range(0..network.workers.len().max(1)));
            // Some miss something that is not there.
            let absent: Vec<&str> =
                network.of_bits(!network.bits(&place.services())).map(|s| s.code.as_str()).collect();
            let wish = absent.get(chance.random_range(0..absent.len().max(1) * 2));
            let said = Opinion {
                stars,
                praise: words,
                words: String::new(),
                who: who.map_or_else(String::new, |w| w.code.clone()),
                wish: wish.map_or_else(String::new, |w| (*w).to_owned()),
            };
            network::rate(&write, place.id, &said, &format!("demo-{device}")).await?;
            n += 1;
        }
    }
    let subject = journal::Subject::new("county", county);
    write.note("place-rated", subject, serde_json::json!({ "ratings": n })).await?;
    Ok(write.commit().await?)
}

/// Draws stations for a round of visits, and fills most of them in.
pub(super) async fn visits(app: &App, county: &CountyId, pack: &Pack, v: &Visits) -> Result<(), Problem> {
    let network = pack.network.as_ref().context("a network")?;
    let list = pack.checklist(&v.checklist).context("the checklist of visits")?;
    let accounts = account::reviewers(&app.db, county).await?;
    let Some(rider) = accounts.iter().find(|a| a.login == v.reviewer) else { return Ok(()) };
    let places = of(app, county, network).await?;
    let frame: Vec<(String, String)> =
        places.iter().map(|p| (p.town.clone().unwrap_or_default(), p.id.to_string())).collect();
    let mut write = Write::begin(&app.db, county, &Actor::system(), app.clock.now()).await?;
    let (_, seed) = journal::head(write.tx(), county).await?;
    let drawn = check::draw(&seed, v.percent, &frame);
    let about = |p: &Place| NewReview { about: About::from(p), reviewers: vec![rider.clone()] };
    let new = places.iter().filter(|p| drawn.ids.contains(&p.id.to_string())).map(about).collect();
    let due = app.clock.today().plus_days(14);
    check::plan(&mut write, (&pack.name, list), new, due, Some(&drawn)).await?;
    write.commit().await?;
    let mut chance = ChaCha8Rng::seed_from_u64(county.0.parse::<u64>().unwrap_or(0) + 3);
    for id in check::mine(&app.db, county, rider.id).await? {
        // Some are still to be visited.
        if chance.random_range(0..8) == 0 {
            continue;
        }
        let asked = list.questions().filter(|q| q.kind == QuestionKind::YesNo);
        let answers = asked.map(|q| {
            let yes = v.yes.get(&q.code).copied().unwrap_or(100);
            (q.code.clone(), Answer::Yes(chance.random_range(0..100) < yes))
        });
        let answers = answers.collect();
        let hours = chance.random_range(3..70);
        let filled = Filled { answers, filled_at: app.clock.now() - Duration::hours(hours), sent_at: None };
        let actor = Actor { account: Some(rider.id), name: rider.name.clone() };
        let mut write = Write::begin(&app.db, county, &actor, app.clock.now()).await?;
        check::fill(app, &mut write, (rider.id, rider.unit), id, &filled).await?;
        write.commit().await?;
    }
    Ok(())
}
