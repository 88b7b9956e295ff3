//! `PLAN.toml`: what a layout plan is about.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    #[serde(default)]
    pub(crate) name: String,
    /// Whether the data is invented: every output then says so.
    #[serde(default)]
    pub(crate) synthetic: bool,
    pub(crate) files: Files,
    #[serde(default)]
    pub(crate) distance: Distance,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) hours: Vec<Band>,
    pub(crate) tiers: Vec<Tier>,
    pub(crate) years: Vec<Year>,
    #[serde(default)]
    pub(crate) quotas: Vec<Rule>,
    #[serde(default)]
    pub(crate) objective: Objective,
    /// Whether money left over may be spent in a later year.
    #[serde(default)]
    pub(crate) carry: bool,
    /// What it costs to close a station; without it none may close.
    pub(crate) closing: Option<f64>,
    /// What it costs to open a paused station again.
    #[serde(default)]
    pub(crate) reopening: f64,
    /// A station that closes and a site built this near (metres) are one that moves.
    #[serde(default = "near")]
    pub(crate) move_within: f64,
}

fn near() -> f64 {
    1_000.0
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Files {
    pub(crate) stations: PathBuf,
    pub(crate) candidates: Option<PathBuf>,
    pub(crate) demand: PathBuf,
    pub(crate) towns: Option<PathBuf>,
    pub(crate) decisions: Option<PathBuf>,
    /// A road graph; without it ways are great circles times the detour.
    pub(crate) roads: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Distance {
    /// How much longer the way is than the great circle.
    #[serde(default = "detour")]
    pub(crate) detour: f64,
    /// Metres a minute, by the way of going.
    #[serde(default = "speeds")]
    pub(crate) speed: BTreeMap<String, f64>,
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
pub(crate) struct Kind {
    pub(crate) name: String,
    /// `foot`, `e-bike`, or another way that has a speed.
    pub(crate) by: String,
    pub(crate) minutes: f64,
    /// Services without which a station does not serve them.
    #[serde(default)]
    pub(crate) needs: Vec<String>,
    /// What an hour in reach counts against that of the other kinds.
    #[serde(default = "one")]
    pub(crate) weight: f64,
}

fn one() -> f64 {
    1.0
}

/// A band of hours: `06:00-18:00`; past midnight as `22:00-06:00`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Band {
    pub(crate) name: String,
    pub(crate) open: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tier {
    pub(crate) name: String,
    /// To build one; without it none is built.
    pub(crate) build: Option<f64>,
    /// To raise a station of an earlier tier in the list; without it none is raised.
    pub(crate) upgrade: Option<f64>,
    #[serde(default)]
    pub(crate) running: f64,
    /// Hours that every station of the tier is open, its own apart.
    pub(crate) hours: Option<String>,
    #[serde(default)]
    pub(crate) services: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Year {
    pub(crate) year: toml::Value,
    pub(crate) budget: Option<f64>,
    pub(crate) running: Option<f64>,
    #[serde(default)]
    pub(crate) upgrades: Span,
    #[serde(default)]
    pub(crate) builds: Span,
    #[serde(default)]
    pub(crate) closures: Span,
    #[serde(default)]
    pub(crate) changes: Span,
    #[serde(default = "one")]
    pub(crate) worth: f64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Span {
    #[serde(default)]
    pub(crate) least: usize,
    pub(crate) most: Option<usize>,
}

/// A rule of which each area it is for makes a quota.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    pub(crate) name: String,
    /// The tiers that count; all if empty.
    #[serde(default)]
    pub(crate) tiers: Vec<String>,
    pub(crate) each: Option<Each>,
    /// The kinds of towns that count (the column `kind` of the towns); all if empty.
    #[serde(default)]
    pub(crate) towns: Vec<String>,
    pub(crate) least: Option<f64>,
    pub(crate) most: Option<f64>,
    /// At least this share of all open stations.
    pub(crate) share: Option<f64>,
    /// At least so many for each town, by area; rounded up.
    #[serde(default)]
    pub(crate) per_town: BTreeMap<String, f64>,
    /// From which year on; else in the last.
    pub(crate) from: Option<toml::Value>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Each {
    Town,
    County,
    City,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Objective {
    /// What an hour of one worker within reach counts.
    #[serde(default = "one")]
    pub(crate) reach: f64,
    /// What it counts more if a second station is within `second_within` metres (交叉覆盖).
    #[serde(default)]
    pub(crate) second: f64,
    #[serde(default = "near")]
    pub(crate) second_within: f64,
}

impl Default for Objective {
    fn default() -> Self {
        Self { reach: 1.0, second: 0.0, second_within: near() }
    }
}

/// A year as text, written as a number or a text.
pub(crate) fn year(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
