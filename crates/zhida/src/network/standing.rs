//! Whether a place is open, how sure that is, and since when: what was seen lately says more than what hangs on the door.

use chrono::{DateTime, NaiveDateTime, Utc};
use zhida_pack::Network;

use super::near::Spot;
use crate::clock::china;

/// How a place stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether one gets in now, as far as is known; nothing where neither hours nor sights say.
    pub open: Option<bool>,
    /// By whom it was seen, and how many minutes ago, where that decides.
    pub seen: Option<(String, i64)>,
    /// When that changes by its hours.
    pub until: Option<NaiveDateTime>,
    /// Whether today is a weekend on which people work.
    pub working_weekend: bool,
}

/// How a place stands at a time.
pub fn standing(network: &Network, spot: &Spot, now: DateTime<Utc>) -> Standing {
    let by_hours = spot.hours.as_ref().map(|h| h.at(china(now)));
    let (until, working_weekend) = by_hours.map_or((None, false), |n| (n.until, n.working_weekend));
    if spot.state != "open" {
        return Standing { open: Some(false), seen: None, until: None, working_weekend };
    }
    let fresh = spot.seen.as_ref().and_then(|(open, by, at)| {
        let minutes = (now - *at).num_minutes();
        // A door that was seen open says nothing about the time after closing.
        let closed_since = *open
            && by_hours.is_some_and(|n| !n.open)
            && spot.hours.as_ref().is_some_and(|h| h.open_at(china(*at)));
        ((0..=network.sure_minutes).contains(&minutes) && !closed_since).then(|| (*open, by.clone(), minutes))
    });
    match fresh {
        Some((open, by, minutes)) => {
            Standing { open: Some(open), seen: Some((by, minutes)), until, working_weekend }
        }
        None => Standing { open: by_hours.map(|n| n.open), seen: None, until, working_weekend },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Hours;

    #[test]
    fn what_was_seen_lately_says_more_than_the_hours() {
        let app_network: Network = zhida_pack_network();
        let utc = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        let spot = |hours: &str, seen: Option<(bool, &str, &str)>| Spot {
            hours: Hours::read(hours).ok(),
            seen: seen.map(|(open, by, at)| (open, by.to_owned(), utc(at))),
            state: "open".to_owned(),
            ..Spot::default()
        };
        let noon = utc("2026-11-25T12:00:00+08:00");
        let at = |s: &Spot| standing(&app_network, s, noon);
        let plain = at(&spot("08:00-18:00", None));
        assert_eq!((plain.open, plain.seen), (Some(true), None));
        let locked = at(&spot("08:00-18:00", Some((false, "locked", "2026-11-25T11:30:00+08:00"))));
        assert_eq!((locked.open, locked.seen), (Some(false), Some(("locked".to_owned(), 30))));
        let long_ago = at(&spot("08:00-18:00", Some((false, "locked", "2026-11-25T08:30:00+08:00"))));
        assert_eq!((long_ago.open, long_ago.seen), (Some(true), None), "too old to say anything");
        let closed_since = at(&spot("08:00-11:50", Some((true, "here", "2026-11-25T11:45:00+08:00"))));
        assert_eq!(closed_since.open, Some(false), "it closed after it was seen open");
        let longer = at(&spot("08:00-11:00", Some((true, "keeper", "2026-11-25T11:45:00+08:00"))));
        assert_eq!(longer.open, Some(true), "the keeper stays longer today");
        assert_eq!(at(&spot("", None)).open, None, "nothing is known");
        let paused = Spot { state: "repair".to_owned(), ..spot("24/7", None) };
        assert_eq!(at(&paused).open, Some(false));
    }

    fn zhida_pack_network() -> Network {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
        let packs = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
        let with = packs.filter(|p| p.join("network.toml").exists());
        let path = with.into_iter().next().unwrap();
        zhida_pack::Pack::read("p", zhida_pack::Files::from_folder(&path).unwrap()).unwrap().network.unwrap()
    }
}
