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
    /// A road graph; without it ways are great circles times the detour.
    pub(super) roads: Option<PathBuf>,
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
