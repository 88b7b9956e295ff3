//! The places of a network, kept in memory for whoever asks what is near.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::Mutex;
use zhida_pack::Network;
use zhida_siting::Nearest;

use super::standing::{Standing, standing};
use crate::app::App;
use crate::ids::{CountyId, PlaceId};
use crate::place::{self, Hours, Place};
use crate::problem::Problem;

/// A place as the map shows it.
#[derive(Clone, Debug)]
pub struct Spot {
    /// Its county.
    pub county: CountyId,
    /// Its id.
    pub id: PlaceId,
    /// County and serial number.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: String,
    /// Longitude and latitude, WGS 84.
    pub at: [f64; 2],
    /// The code of its tier.
    pub tier: String,
    /// How one gets in.
    pub entry: String,
    /// Its services, a bit for each of the network's in order.
    pub services: u64,
    /// When it is open.
    pub hours: Option<Hours>,
    /// `open`, `paused` or `repair`.
    pub state: String,
    /// What was seen last: whether it was open, by whom, when.
    pub seen: Option<(bool, String, DateTime<Utc>)>,
}

impl Default for Spot {
    fn default() -> Self {
        Self {
            county: CountyId(String::new()),
            id: PlaceId::new(),
            code: String::new(),
            name: String::new(),
            address: String::new(),
            at: [0.0, 0.0],
            tier: String::new(),
            entry: String::new(),
            services: 0,
            hours: None,
            state: String::new(),
            seen: None,
        }
    }
}

impl Spot {
    /// A place as the map shows it; nothing for one without a position.
    pub(super) fn of(network: &Network, place: Place) -> Option<Self> {
        let (lon, lat) = place.lon.zip(place.lat)?;
        let codes: Vec<String> = serde_json::from_str(&place.services).unwrap_or_default();
        Some(Self {
            services: bits(network, &codes),
            county: place.county,
            id: place.id,
            code: place.code?,
            name: place.name,
            address: place.address,
            at: [lon, lat],
            tier: place.tier,
            entry: place.entry,
            hours: Hours::read(&place.hours).ok(),
            state: place.state,
            seen: place.seen_open.zip(place.seen_at).map(|(open, at)| (open, place.seen_by, at)),
        })
    }
}

/// A bit for each of the services.
pub(super) fn bits(network: &Network, codes: &[String]) -> u64 {
    let all = network.services.iter().enumerate();
    all.filter(|(_, s)| codes.contains(&s.code)).fold(0, |bits, (at, _)| bits | 1 << at)
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Services that the place must have, as bits.
    pub services: u64,
    /// Whether it must be open, as far as is known.
    pub open: bool,
    /// Whether anybody must get in without a phone.
    pub free: bool,
    /// The code of its tier; empty for any.
    pub tier: String,
}

/// The places of a network at a time.
#[derive(Debug)]
pub struct Kept {
    spots: Vec<Arc<Spot>>,
    nearest: Nearest,
    /// Up to which change it is true.
    upto: Option<DateTime<Utc>>,
    asked: Instant,
    read: Instant,
}

impl Kept {
    fn new(spots: Vec<Arc<Spot>>, upto: Option<DateTime<Utc>>, (asked, read): (Instant, Instant)) -> Self {
        let nearest = Nearest::new(spots.iter().map(|s| s.at).collect());
        Self { spots, nearest, upto, asked, read }
    }

    /// All places, by county and age.
    pub fn all(&self) -> &[Arc<Spot>] {
        &self.spots
    }

    /// The nearest that are asked for: metres, place, how it stands.
    pub fn find(
        &self,
        network: &Network,
        (at, count, within): ([f64; 2], usize, f64),
        filter: &Filter,
        now: DateTime<Utc>,
    ) -> Vec<(f64, Arc<Spot>, Standing)> {
        let mut wanted = |n: usize| {
            let spot = &self.spots[n];
            let free = || network.entries.iter().any(|e| e.code == spot.entry && e.free);
            spot.services & filter.services == filter.services
                && (filter.tier.is_empty() || spot.tier == filter.tier)
                && (!filter.free || free())
                && (!filter.open || standing(network, spot, now).open == Some(true))
        };
        let found = self.nearest.find(at, count, within, &mut wanted);
        found
            .into_iter()
            .map(|(metres, n)| (metres, Arc::clone(&self.spots[n]), standing(network, &self.spots[n], now)))
            .collect()
    }
}

/// How long what is kept is not asked about again.
const FRESH: Duration = Duration::from_secs(2);
/// How long until all of it is read anew: what was deleted is noticed by that.
const WHOLE: Duration = Duration::from_mins(10);

/// The places of all networks, by kind.
#[derive(Debug, Default)]
pub struct Maps {
    kept: RwLock<HashMap<String, Arc<Kept>>>,
    reading: Mutex<()>,
    stale: AtomicBool,
}

impl Maps {
    /// Says that something changed, so that whoever asks next sees it.
    pub fn changed(&self) {
        self.stale.store(true, Ordering::Relaxed);
    }

    fn known(&self, kind: &str) -> Option<Arc<Kept>> {
        self.kept.read().ok().and_then(|kept| kept.get(kind).cloned())
    }

    /// The places of a network, at most some seconds old.
    ///
    /// # Errors
    /// The database's.
    pub async fn get(&self, app: &App, network: &Network) -> Result<Arc<Kept>, Problem> {
        let known = self.known(&network.kind);
        if let Some(known) = &known
            && known.asked.elapsed() < FRESH
            && !self.stale.load(Ordering::Relaxed)
        {
            return Ok(Arc::clone(known));
        }
        let _reading = match (&known, self.reading.try_lock()) {
            (_, Ok(guard)) => guard,
            // Somebody is reading already; until then what is known is good enough.
            (Some(known), Err(_)) if !self.stale.load(Ordering::Relaxed) => return Ok(Arc::clone(known)),
            _ => self.reading.lock().await,
        };
        self.stale.store(false, Ordering::Relaxed);
        let known = self.known(&network.kind).filter(|k| k.read.elapsed() < WHOLE);
        let fresh = Arc::new(read(app, network, known.as_deref()).await?);
        if let Ok(mut kept) = self.kept.write() {
            kept.insert(network.kind.clone(), Arc::clone(&fresh));
        }
        Ok(fresh)
    }
}

async fn read(app: &App, network: &Network, known: Option<&Kept>) -> Result<Kept, Problem> {
    let now = Instant::now();
    // Whatever was committed a little later than it was stamped is read again.
    let since = known.and_then(|k| k.upto).map(|at| at - chrono::Duration::seconds(5));
    let rows = place::on_the_map(&app.db, &network.kind, since).await?;
    let upto = rows.iter().flat_map(|p| [Some(p.updated_at), p.seen_at]).flatten().max();
    let Some(known) = known.filter(|_| since.is_some()) else {
        let spots = rows.into_iter().filter_map(|p| Spot::of(network, p)).map(Arc::new).collect();
        return Ok(Kept::new(spots, upto, (now, now)));
    };
    let mut spots = known.spots.clone();
    let places: HashMap<PlaceId, usize> = spots.iter().enumerate().map(|(n, s)| (s.id, n)).collect();
    let mut gone = Vec::new();
    for row in rows {
        let (id, closed) = (row.id, row.state == "closed");
        match (places.get(&id), Spot::of(network, row).filter(|_| !closed)) {
            (Some(n), Some(spot)) => spots[*n] = Arc::new(spot),
            (Some(n), None) => gone.push(*n),
            (None, Some(spot)) => spots.push(Arc::new(spot)),
            (None, None) => {}
        }
    }
    gone.sort_unstable();
    for n in gone.into_iter().rev() {
        spots.remove(n);
    }
    Ok(Kept::new(spots, upto.max(known.upto), (now, known.read)))
}
