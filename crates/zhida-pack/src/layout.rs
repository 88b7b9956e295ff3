//! `PLAN.toml`: what a layout plan is about. A pack has one without files and years as what its plans begin with (`layout.toml`).

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use zhida_rules::{Label, Lang};

use crate::network::Network;
use crate::{Files as Folder, PackFault};

/// The whole file.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// What it is called.
    #[serde(default)]
    pub name: String,
    /// Whether the data is invented: every output then says so.
    #[serde(default)]
    pub synthetic: bool,
    /// Where its tables are, beside it.
    #[serde(default)]
    pub files: Files,
    /// For how many stations the numbers of a pack's years are meant: a plan for fewer begins with its share of them.
    pub stations: Option<f64>,
    /// Where the numbers of a pack come from.
    pub source: Option<Label>,
    /// How long ways are, and how fast people go.
    #[serde(default)]
    pub distance: Distance,
    /// The kinds of workers.
    pub kinds: Vec<Kind>,
    /// The bands of hours.
    pub hours: Vec<Band>,
    /// The tiers, from the lowest.
    pub tiers: Vec<Tier>,
    /// The years, in order.
    #[serde(default)]
    pub years: Vec<Year>,
    /// What has to be kept.
    #[serde(default)]
    pub quotas: Vec<Rule>,
    /// What counts.
    #[serde(default)]
    pub objective: Objective,
    /// Whether money left over may be spent in a later year.
    #[serde(default)]
    pub carry: bool,
    /// What it costs to close a station; without it none may close.
    pub closing: Option<f64>,
    /// What it costs to open a paused station again.
    #[serde(default)]
    pub reopening: f64,
    /// A station that closes and a site built this near (metres) are one that moves.
    #[serde(default = "near")]
    pub move_within: f64,
}

fn near() -> f64 {
    1_000.0
}

/// The tables of a plan.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// The stations there are.
    #[serde(default = "stations")]
    pub stations: PathBuf,
    /// Sites where one could be built.
    pub candidates: Option<PathBuf>,
    /// Cells with people.
    #[serde(default = "demand")]
    pub demand: PathBuf,
    /// Towns, counties and cities.
    pub towns: Option<PathBuf>,
    /// What people have decided already.
    pub decisions: Option<PathBuf>,
    /// A road graph; without it ways are great circles times the detour.
    pub roads: Option<PathBuf>,
}

fn stations() -> PathBuf {
    PathBuf::from("stations.csv")
}

fn demand() -> PathBuf {
    PathBuf::from("demand.csv")
}

impl Default for Files {
    fn default() -> Self {
        let (stations, demand) = (stations(), demand());
        Self { stations, candidates: None, demand, towns: None, decisions: None, roads: None }
    }
}

/// Ways.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Distance {
    /// How much longer the way is than the great circle.
    #[serde(default = "detour")]
    pub detour: f64,
    /// Metres a minute, by the way of going.
    #[serde(default = "speeds")]
    pub speed: BTreeMap<String, f64>,
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
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// What the columns of the people call it.
    pub name: String,
    /// What people call it.
    pub label: Option<Label>,
    /// `foot`, `e-bike`, or another way that has a speed.
    pub by: String,
    /// How long they go at most.
    pub minutes: f64,
    /// Services without which a station does not serve them.
    #[serde(default)]
    pub needs: Vec<String>,
    /// What an hour in reach counts against that of the other kinds.
    #[serde(default = "one")]
    pub weight: f64,
}

fn one() -> f64 {
    1.0
}

/// A band of hours: `06:00-18:00`; past midnight as `22:00-06:00`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// What the columns of the people call it.
    pub name: String,
    /// What people call it.
    pub label: Option<Label>,
    /// From when to when.
    pub open: String,
}

/// A tier of stations.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Its name, or code.
    pub name: String,
    /// To build one; without it none is built.
    pub build: Option<f64>,
    /// To raise a station of an earlier tier in the list; without it none is raised.
    pub upgrade: Option<f64>,
    /// To run one for a year.
    #[serde(default)]
    pub running: f64,
    /// Hours that every station of the tier is open, its own apart.
    pub hours: Option<String>,
    /// Services that every station of the tier has, its own apart.
    #[serde(default)]
    pub services: Vec<String>,
}

/// A year of the plan.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Year {
    /// Its number, or name.
    pub year: toml::Value,
    /// What there is to build, raise and close with.
    pub budget: Option<f64>,
    /// What there is to run all stations with.
    pub running: Option<f64>,
    /// Stations raised.
    #[serde(default)]
    pub upgrades: Span,
    /// Stations built.
    #[serde(default)]
    pub builds: Span,
    /// Stations closed.
    #[serde(default)]
    pub closures: Span,
    /// Stations raised or built.
    #[serde(default)]
    pub changes: Span,
    /// What service in this year is worth against the others.
    #[serde(default = "one")]
    pub worth: f64,
}

/// At least and at most so many.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// At least.
    #[serde(default)]
    pub least: usize,
    /// At most.
    pub most: Option<usize>,
}

/// A rule of which each area it is for makes a quota.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What it is called.
    pub name: String,
    /// What people call it.
    pub label: Option<Label>,
    /// The tiers that count; all if empty.
    #[serde(default)]
    pub tiers: Vec<String>,
    /// The areas that each have to keep it; none for everywhere together.
    pub each: Option<Each>,
    /// The kinds of towns that count (the column `kind` of the towns); all if empty.
    #[serde(default)]
    pub towns: Vec<String>,
    /// At least so many.
    pub least: Option<f64>,
    /// At most so many.
    pub most: Option<f64>,
    /// At least this share of all open stations.
    pub share: Option<f64>,
    /// At least so many for each town, by area; rounded up.
    #[serde(default)]
    pub per_town: BTreeMap<String, f64>,
    /// From which year on; else in the last.
    pub from: Option<toml::Value>,
}

/// Of what every one has to keep a rule.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Each {
    /// Towns and streets.
    Town,
    /// Counties.
    County,
    /// Cities.
    City,
}

/// What counts.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// What an hour of one worker within reach counts.
    #[serde(default = "one")]
    pub reach: f64,
    /// What it counts more if a second station is within `second_within` metres (交叉覆盖).
    #[serde(default)]
    pub second: f64,
    /// Within how many metres that is.
    #[serde(default = "near")]
    pub second_within: f64,
}

impl Default for Objective {
    fn default() -> Self {
        Self { reach: 1.0, second: 0.0, second_within: near() }
    }
}

/// A year as text, written as a number or a text.
pub fn year(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Spec {
    /// A kind of worker in the words of a language.
    pub fn kind<'a>(&'a self, name: &'a str, lang: Lang) -> &'a str {
        let own = self.kinds.iter().find(|k| k.name == name).and_then(|k| k.label.as_ref());
        own.map_or(name, |l| l.get(lang))
    }

    /// A band of hours in the words of a language.
    pub fn band<'a>(&'a self, name: &'a str, lang: Lang) -> &'a str {
        let own = self.hours.iter().find(|h| h.name == name).and_then(|h| h.label.as_ref());
        own.map_or(name, |l| l.get(lang))
    }
}

/// Reads what plans of the pack's network begin with.
pub(crate) fn read(files: &Folder, network: Option<&Network>) -> Result<Option<Spec>, PackFault> {
    const FILE: &str = "layout.toml";
    if !files.0.contains_key(FILE) {
        return Ok(None);
    }
    let spec: Spec = files.toml(FILE)?;
    let fault = |words: String| Err(PackFault::new(FILE, words));
    let Some(network) = network else { return fault("a pack without network.toml has no layout".to_owned()) };
    let unknown = |services: &[String]| services.iter().find(|s| network.service(s).is_none()).cloned();
    for kind in &spec.kinds {
        if let Some(service) = unknown(&kind.needs) {
            return fault(format!("[[kinds]] {}: network.toml has no service `{service}`", kind.name));
        }
        if !(kind.minutes > 0.0 && spec.distance.speed.contains_key(&kind.by)) {
            return fault(format!("[[kinds]] {}: {} minutes by `{}`", kind.name, kind.minutes, kind.by));
        }
    }
    let codes: Vec<&str> = spec.tiers.iter().map(|t| t.name.as_str()).collect();
    let known: Vec<&str> = network.tiers.iter().map(|t| t.code.as_str()).collect();
    if codes != known {
        return fault(format!(
            "[[tiers]] are {}, those of network.toml {}",
            codes.join(", "),
            known.join(", ")
        ));
    }
    for tier in &spec.tiers {
        if let Some(service) = unknown(&tier.services) {
            return fault(format!("[[tiers]] {}: network.toml has no service `{service}`", tier.name));
        }
    }
    for rule in &spec.quotas {
        if let Some(tier) = rule.tiers.iter().find(|t| !codes.contains(&t.as_str())) {
            return fault(format!("[[quotas]] {}: there is no tier `{tier}`", rule.name));
        }
    }
    if spec.years.is_empty() {
        return fault("there is no [[years]]".to_owned());
    }
    Ok(Some(spec))
}
