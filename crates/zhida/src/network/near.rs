//! The places of a network, kept in memory for whoever asks what is near.

use std::collections::{BTreeSet, HashMap};
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

#[cfg(test)]
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
        Some(Self {
            services: network.bits(&place.services()),
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

/// What is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Filter {
    /// Services that the place must have, as bits.
    pub(super) services: u64,
    /// Whether it must be open, as far as is known.
    pub(super) open: bool,
}

impl Filter {
    /// Whether a place is what is asked for, with how it stands.
    pub(super) fn takes(self, network: &Network, spot: &Spot, now: DateTime<Utc>) -> Option<Standing> {
        let stands = standing(network, spot, now);
        let fits =
            spot.services & self.services == self.services && (!self.open || stands.open == Some(true));
        fits.then_some(stands)
    }
}

/// The places of a network at a time.
#[derive(Debug)]
pub struct Kept {
    spots: Vec<Arc<Spot>>,
    nearest: Nearest,
    /// Up to which change it is true.
    upto: Option<DateTime<Utc>>,
    asked: Instant,
}

impl Kept {
    fn new(spots: Vec<Arc<Spot>>, upto: Option<DateTime<Utc>>, asked: Instant) -> Self {
        let nearest = Nearest::new(spots.iter().map(|s| s.at).collect());
        Self { spots, nearest, upto, asked }
    }

    /// All places, by county and age.
    pub fn all(&self) -> &[Arc<Spot>] {
        &self.spots
    }

    /// The nearest that are asked for: metres, place, how it stands.
    pub(super) fn find(
        &self,
        network: &Network,
        (at, count, within): ([f64; 2], usize, f64),
        filter: Filter,
        now: DateTime<Utc>,
    ) -> Vec<(f64, Arc<Spot>, Standing)> {
        let mut wanted = |n: usize| filter.takes(network, &self.spots[n], now).is_some();
        let found = self.nearest.find(at, count, within, &mut wanted);
        found
            .into_iter()
            .map(|(metres, n)| (metres, Arc::clone(&self.spots[n]), standing(network, &self.spots[n], now)))
            .collect()
    }
}

/// How long what is kept is not asked about again.
const FRESH: Duration = Duration::from_secs(2);
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
        let known = self.known(&network.kind);
        let fresh = Arc::new(read(app, network, known.as_deref()).await?);
        if let Ok(mut kept) = self.kept.write() {
            kept.insert(network.kind.clone(), Arc::clone(&fresh));
        }
        Ok(fresh)
    }
}

async fn read(app: &App, network: &Network, known: Option<&Kept>) -> Result<Kept, Problem> {
    let asked = Instant::now();
    if let Some(known) = known
        && let Some(upto) = known.upto
    {
        // Whatever was committed a little later than it was stamped is read again.
        let since = upto - chrono::Duration::seconds(5);
        let patched = patched(network, known, place::on_the_map(&app.db, &network.kind, Some(since)).await?);
        // Of what was deleted no row tells: where the numbers differ, all is read anew.
        let there = place::mapped_count(&app.db, &network.kind).await?;
        if patched.0.len() as u64 == there {
            return Ok(Kept::new(patched.0, patched.1.max(known.upto), asked));
        }
    }
    let (spots, upto) = patched(
        network,
        &Kept::new(Vec::new(), None, asked),
        place::on_the_map(&app.db, &network.kind, None).await?,
    );
    Ok(Kept::new(spots, upto, asked))
}

/// The places as known, with what was changed or seen since; and up to when that is true.
fn patched(network: &Network, known: &Kept, rows: Vec<Place>) -> (Vec<Arc<Spot>>, Option<DateTime<Utc>>) {
    let upto = rows.iter().flat_map(|p| [Some(p.updated_at), p.seen_at]).flatten().max();
    let mut spots = known.spots.clone();
    let places: HashMap<PlaceId, usize> = spots.iter().enumerate().map(|(n, s)| (s.id, n)).collect();
    let mut gone = BTreeSet::new();
    for row in rows {
        let (id, closed) = (row.id, row.state == "closed");
        match (places.get(&id), Spot::of(network, row).filter(|_| !closed)) {
            (Some(n), Some(spot)) => spots[*n] = Arc::new(spot),
            (Some(n), None) => {
                gone.insert(*n);
            }
            (None, Some(spot)) => spots.push(Arc::new(spot)),
            (None, None) => {}
        }
    }
    for n in gone.into_iter().rev() {
        spots.remove(n);
    }
    (spots, upto)
}
