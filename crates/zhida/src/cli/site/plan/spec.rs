//! `PLAN.toml`: what a layout plan is about.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spec {
    #[serde(default)]
    pub(super) name: String,
    /// Whether the data is invented: every output then says so.
    #[serde(default)]
    pub(super) synthetic: bool,
    pub(super) files: Files,
    #[serde(default)]
    pub(super) distance: Distance,
    pub(super) kinds: Vec<Kind>,
    pub(super) hours: Vec<Band>,
    pub(super) tiers: Vec<Tier>,
    pub(super) years: Vec<Year>,
    #[serde(default)]
    pub(super) quotas: Vec<Rule>,
    #[serde(default)]
    pub(super) objective: Objective,
    /// Whether money left over may be spent in a later year.
    #[serde(default)]
    pub(super) carry: bool,
    /// What it costs to close a station; without it none may close.
    pub(super) closing: Option<f64>,
    /// What it costs to open a paused station again.
    #[serde(default)]
    pub(super) reopening: f64,
    /// A station that closes and a site built this near (metres) are one that moves.
    #[serde(default = "near")]
    pub(super) move_within: f64,
}

fn near() -> f64 {
    1_000.0
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Files {
    pub(super) stations: PathBuf,
    pub(super) candidates: Option<PathBuf>,
    pub(super) demand: PathBuf,
    pub(super) towns: Option<PathBuf>,
    pub(super) decisions: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Distance {
    /// How much longer the way is than the great circle.
    #[serde(default = "detour")]
    pub(super) detour: f64,
    /// Metres a minute, by the way of going.
    #[serde(default = "speeds")]
    pub(super) speed: BTreeMap<String, f64>,
}

fn detour() -> f64 {
    1.3
}

/// 4.5 km/h on foot; 15 km/h by e-bike, the limit that it is built for being 25 (GB 17761-2018), lights and doors apart.
fn speeds() -> BTreeMap<String, f64> {
    BTreeMap::from([("foot".to_owned(), 75.0), ("e-bike".to_owned(), 250.0)])
}

impl Default for Distance {
    fn default() -> Self {
        Self { detour: detour(), speed: speeds() }
    }
}

/// A kind of worker.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kind {
    pub(super) name: String,
    /// `foot`, `e-bike`, or another way that has a speed.
    pub(super) by: String,
    pub(super) minutes: f64,
    /// Services without which a station does not serve them.
    #[serde(default)]
    pub(super) needs: Vec<String>,
    /// What an hour in reach counts against that of the other kinds.
    #[serde(default = "one")]
    pub(super) weight: f64,
}

fn one() -> f64 {
    1.0
}

/// A band of hours: `06:00-18:00`; past midnight as `22:00-06:00`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Band {
    pub(super) name: String,
    pub(super) open: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tier {
    pub(super) name: String,
    /// To build one; without it none is built.
    pub(super) build: Option<f64>,
    /// To raise a station of an earlier tier in the list; without it none is raised.
    pub(super) upgrade: Option<f64>,
    #[serde(default)]
    pub(super) running: f64,
    /// Hours that every station of the tier is open, its own apart.
    pub(super) hours: Option<String>,
    #[serde(default)]
    pub(super) services: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Year {
    pub(super) year: toml::Value,
    pub(super) budget: Option<f64>,
    pub(super) running: Option<f64>,
    #[serde(default)]
    pub(super) upgrades: Span,
    #[serde(default)]
    pub(super) builds: Span,
    #[serde(default)]
    pub(super) closures: Span,
    #[serde(default)]
    pub(super) changes: Span,
    #[serde(default = "one")]
    pub(super) worth: f64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Span {
    #[serde(default)]
    pub(super) least: usize,
    pub(super) most: Option<usize>,
}

/// A rule of which each area it is for makes a quota.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) name: String,
    /// The tiers that count; all if empty.
    #[serde(default)]
    pub(super) tiers: Vec<String>,
    pub(super) each: Option<Each>,
    /// The kinds of towns that count (the column `kind` of the towns); all if empty.
    #[serde(default)]
    pub(super) towns: Vec<String>,
    pub(super) least: Option<f64>,
    pub(super) most: Option<f64>,
    /// At least this share of all open stations.
    pub(super) share: Option<f64>,
    /// At least so many for each town, by area; rounded up.
    #[serde(default)]
    pub(super) per_town: BTreeMap<String, f64>,
    /// From which year on; else in the last.
    pub(super) from: Option<toml::Value>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Each {
    Town,
    County,
    City,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Objective {
    /// What an hour of one worker within reach counts.
    #[serde(default = "one")]
    pub(super) reach: f64,
    /// What it counts more if a second station is within `second_within` metres (交叉覆盖).
    #[serde(default)]
    pub(super) second: f64,
    #[serde(default = "near")]
    pub(super) second_within: f64,
}

impl Default for Objective {
    fn default() -> Self {
        Self { reach: 1.0, second: 0.0, second_within: near() }
    }
}

/// A year as text, written as a number or a text.
pub(super) fn year(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The minutes of a day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Hours(pub(super) Vec<bool>);

impl Hours {
    /// `24/7`, or spans like `06:00-18:00`, several after commas or semicolons.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut minutes = vec![false; 1_440];
        if text.trim() == "24/7" {
            return Ok(Self(vec![true; 1_440]));
        }
        for span in text.split([',', ';']).map(str::trim).filter(|s| !s.is_empty()) {
            let wrong = || format!("`{span}` is no span of hours like 06:00-18:00, nor 24/7");
            let (from, to) = span.split_once(['-', '–']).ok_or_else(wrong)?;
            let at = |text: &str| -> Option<usize> {
                let (hour, minute) = text.trim().split_once(':')?;
                let (hour, minute) = (hour.parse::<usize>().ok()?, minute.parse::<usize>().ok()?);
                (hour <= 24 && minute < 60 && hour * 60 + minute <= 1_440).then_some(hour * 60 + minute)
            };
            let (from, to) = (at(from).ok_or_else(wrong)?, at(to).ok_or_else(wrong)?);
            if from < to {
                minutes[from..to].fill(true);
            } else {
                minutes[from..].fill(true);
                minutes[..to].fill(true);
            }
        }
        Ok(Self(minutes))
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| *a || *b).collect())
    }

    pub(super) fn holds(&self, band: &Self) -> bool {
        self.0.iter().zip(&band.0).all(|(open, asked)| *open || !*asked)
    }

    pub(super) fn length(&self) -> f64 {
        f64::from(u32::try_from(self.0.iter().filter(|m| **m).count()).unwrap_or(0)) / 60.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_and_compared() {
        let day = Hours::read("06:00-18:00").unwrap();
        let night = Hours::read("22:00-06:00").unwrap();
        assert!((day.length() - 12.0).abs() < 1e-9 && (night.length() - 8.0).abs() < 1e-9);
        let always = Hours::read("24/7").unwrap();
        assert!(always.holds(&night) && always.holds(&day) && !day.holds(&night));
        let split = Hours::read("06:00-12:00, 12:00-18:00").unwrap();
        assert_eq!(split, day);
        assert!(day.and(&Hours::read("18:00-06:00").unwrap()).holds(&night));
        for wrong in ["morning", "6-18", "25:00-26:00", "06:00-18:61"] {
            assert!(Hours::read(wrong).unwrap_err().contains(wrong), "{wrong}");
        }
    }
}
