//! A network of places that are open to the public: what they offer, how one gets in, what is good about them.

use std::collections::BTreeSet;

use serde::Deserialize;
use zhida_rules::{Label, Lang};
use zhida_types::Datum;

use crate::files::{Files, PackFault};
use crate::pack::PlaceKind;

/// Something that packs name by a code and files by other words.
pub trait Coded {
    /// The code.
    fn code(&self) -> &str;
    /// What people call it.
    fn label(&self) -> &Label;
    /// Other words for it in files.
    fn words(&self) -> &[String];
}

macro_rules! coded {
    ($($name:ty),*) => {$(
        impl Coded for $name {
            fn code(&self) -> &str {
                &self.code
            }
            fn label(&self) -> &Label {
                &self.label
            }
            fn words(&self) -> &[String] {
                &self.words
            }
        }
    )*};
}

coded!(Named, Service, PlaceTier, Entry, MapApp);

/// What a code is called in a language; nothing for a code that nobody has.
pub fn called<T: Coded>(all: &[T], code: &str, lang: Lang) -> Option<String> {
    all.iter().find(|one| one.code() == code).map(|one| one.label().get(lang).to_owned())
}

/// The code that a word of a file names: the code itself, a label, or one of the other words.
pub fn coded<'a, T: Coded>(all: &'a [T], word: &str) -> Option<&'a str> {
    let plain = |text: &str| text.trim().to_lowercase();
    let word = plain(word);
    let is = |one: &&T| {
        let own = [one.code(), &one.label().zh, &one.label().en];
        own.into_iter().chain(one.words().iter().map(String::as_str)).any(|name| plain(name) == word)
    };
    all.iter().find(is).map(Coded::code)
}

/// Those of the codes that there are, in the order of the list.
pub fn in_order<T: Coded>(all: &[T], codes: &[String]) -> Vec<String> {
    all.iter().map(Coded::code).filter(|code| codes.iter().any(|c| c == code)).map(str::to_owned).collect()
}

/// One of several named things.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The code.
    pub code: String,
    /// What people call it.
    pub label: Label,
    /// Other words for it in files.
    #[serde(default)]
    pub words: Vec<String>,
}

/// Something that a place offers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// The code.
    pub code: String,
    /// What people call it.
    pub label: Label,
    /// Other words for it in files.
    #[serde(default)]
    pub words: Vec<String>,
    /// Whether it is among the first filters of the map.
    #[serde(default)]
    pub need: bool,
    /// Whether every place of the network has to have it.
    #[serde(default)]
    pub minimum: bool,
    /// Tags of `OpenStreetMap` that say so: `key=value`.
    #[serde(default)]
    pub osm: Vec<String>,
}

/// A tier of places.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceTier {
    /// The code.
    pub code: String,
    /// What people call it.
    pub label: Label,
    /// Other words for it in files.
    #[serde(default)]
    pub words: Vec<String>,
    /// The least share of all places, in percent.
    #[serde(default)]
    pub share: i64,
    /// The checklist that a place passes to be of this tier; empty for none.
    #[serde(default)]
    pub checklist: String,
    /// What a place shows before it is raised to this tier, besides the checklist; nothing where none.
    pub asks: Option<TierAsks>,
}

/// What a place shows before it is raised to a tier: that it offers much, that it works as more than a room, that people are
/// content.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierAsks {
    /// Services offered, at least.
    pub services: usize,
    /// The checklist of its functions.
    pub functions: String,
    /// The mean of its ratings in tenths of a star, at least.
    pub stars: i64,
    /// From so many ratings; of fewer nobody can say.
    pub ratings: i64,
}

/// How one gets in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The code.
    pub code: String,
    /// What people call it.
    pub label: Label,
    /// Other words for it in files.
    #[serde(default)]
    pub words: Vec<String>,
    /// Whether anybody gets in without a phone.
    #[serde(default)]
    pub free: bool,
}

/// A map on people's phones.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MapApp {
    /// The code.
    pub code: String,
    /// What people call it.
    pub label: Label,
    /// Other words for it in files.
    #[serde(default)]
    pub words: Vec<String>,
    /// In what it wants positions.
    pub datum: Datum,
    /// Its address for the way to a place; `{lon}`, `{lat}` and `{name}` stand for what they name.
    pub link: String,
}

/// A quick word about a place.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Praise {
    /// The code.
    pub code: String,
    /// The words.
    pub label: Label,
    /// Whether they are good.
    pub good: bool,
}

/// A network of places.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// The kind of place, one of the pack's.
    pub kind: String,
    /// Where the map stands: `/ADDRESS`.
    pub address: String,
    /// The map's title.
    pub title: Label,
    /// What stands under it.
    pub intro: Label,
    /// What places offer.
    pub services: Vec<Service>,
    /// From the plainest up.
    pub tiers: Vec<PlaceTier>,
    /// How large they are, of what sort.
    #[serde(default)]
    pub classes: Vec<Named>,
    /// Who runs the premises.
    #[serde(default)]
    pub builders: Vec<Named>,
    /// How one gets in, the freest first.
    pub entries: Vec<Entry>,
    /// What files call the states in which a place can be: `open`, `paused`, `repair`, `closed`.
    pub states: Vec<Named>,
    /// The maps of people's phones.
    #[serde(default)]
    pub maps: Vec<MapApp>,
    /// Quick words.
    #[serde(default)]
    pub praise: Vec<Praise>,
    /// What has to be brought to a place for it to go on: somebody answers for each.
    #[serde(default)]
    pub duties: Vec<Named>,
    /// Kinds of people who may say how a place is to them.
    #[serde(default)]
    pub workers: Vec<Named>,
    /// What is held at places for whoever comes.
    #[serde(default)]
    pub events: Vec<Named>,
    /// The kind of report by which somebody asks for a place where there is none; empty where nobody can.
    #[serde(default)]
    pub suggest: String,
    /// Minutes within which a device counts once.
    pub once_minutes: i64,
    /// The question of checklists that says whether the door was open; where a checklist has none, whoever filled it in got in.
    #[serde(default)]
    pub open_question: String,
    /// Check-ins of a place that count within an hour: more than people can be there are no people.
    pub most_per_hour: i64,
    /// Minutes for which something that was seen tells whether a place is open.
    pub sure_minutes: i64,
    /// Days without anybody after which a place is looked at.
    pub idle_days: i64,
    /// Days within which reports of a locked door count together.
    pub locked_days: i64,
    /// So many people who found it locked have it looked at.
    pub locked_people: i64,
    /// Metres that one walks in a minute.
    pub walk_metres: i64,
    /// By how much the way is longer than the straight line, in percent.
    pub detour_percent: i64,
}

impl Network {
    /// A service by its code.
    pub fn service(&self, code: &str) -> Option<&Service> {
        self.services.iter().find(|s| s.code == code)
    }

    /// A bit for each of the services, in the network's order.
    pub fn bits(&self, codes: &[String]) -> u64 {
        let all = self.services.iter().enumerate();
        all.filter(|(_, s)| codes.contains(&s.code)).fold(0, |bits, (at, _)| bits | 1 << at)
    }

    /// The services of which the bits are set.
    pub fn of_bits(&self, bits: u64) -> impl Iterator<Item = &Service> {
        self.services.iter().enumerate().filter(move |(at, _)| bits & (1 << at) != 0).map(|(_, s)| s)
    }

    /// What every place has to have and these bits lack.
    pub fn lacking(&self, bits: u64) -> impl Iterator<Item = &Service> {
        self.of_bits(!bits).filter(|s| s.minimum)
    }

    /// Minutes on foot along so many metres of straight line, rounded up.
    pub fn walk_minutes(&self, metres: f64) -> i64 {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let way = metres * self.detour_percent as f64 / 100.0 / self.walk_metres as f64;
        #[expect(clippy::cast_possible_truncation, reason = "minutes on foot")]
        let minutes = way.ceil().clamp(1.0, 1e9) as i64;
        minutes
    }
}

/// The states in which a place can be.
pub const STATES: [&str; 4] = ["open", "paused", "repair", "closed"];

/// As many as fit into the bits of the index.
const MOST: usize = 64;

/// Reads the pack's network.
pub(crate) fn read(files: &Files, kinds: &[PlaceKind]) -> Result<Option<Network>, PackFault> {
    const FILE: &str = "network.toml";
    if !files.0.contains_key(FILE) {
        return Ok(None);
    }
    let network: Network = files.toml(FILE)?;
    let fault = |words: String| Err(PackFault::new(FILE, words));
    if !kinds.iter().any(|k| k.code == network.kind) {
        return fault(format!("`kind`: pack.toml has no kind of place `{}`", network.kind));
    }
    let plain = |c: char| c.is_ascii_lowercase() || c == '-';
    if network.address.is_empty() || !network.address.chars().all(plain) {
        return fault(format!("`address`: `{}` is not made of a-z and `-`", network.address));
    }
    if network.services.is_empty() || network.services.len() > MOST {
        return fault(format!("`services`: from 1 to {MOST}"));
    }
    if network.tiers.is_empty() || network.entries.is_empty() {
        return fault("`tiers` and `entries` each need one at least".to_owned());
    }
    if let Some(wrong) = network.states.iter().find(|s| !STATES.contains(&s.code.as_str())) {
        return fault(format!("`states`: `{}` is none of {}", wrong.code, STATES.join(", ")));
    }
    let numbers = [
        ("once_minutes", network.once_minutes),
        ("most_per_hour", network.most_per_hour),
        ("sure_minutes", network.sure_minutes),
        ("idle_days", network.idle_days),
        ("locked_days", network.locked_days),
        ("locked_people", network.locked_people),
        ("walk_metres", network.walk_metres),
        ("detour_percent", network.detour_percent),
    ];
    if let Some((name, value)) = numbers.iter().find(|(_, value)| *value < 1) {
        return fault(format!("`{name}`: {value} is less than 1"));
    }
    let twice = [
        ("services", twice(&network.services)),
        ("tiers", twice(&network.tiers)),
        ("classes", twice(&network.classes)),
        ("builders", twice(&network.builders)),
        ("entries", twice(&network.entries)),
        ("maps", twice(&network.maps)),
        ("states", twice(&network.states)),
        ("events", twice(&network.events)),
        ("duties", twice(&network.duties)),
        ("workers", twice(&network.workers)),
    ];
    if let Some((what, code)) = twice.into_iter().find_map(|(what, code)| code.map(|c| (what, c))) {
        return fault(format!("`{what}`: `{code}` stands there twice"));
    }
    if let Some(map) = network.maps.iter().find(|m| !(m.link.contains("{lon}") && m.link.contains("{lat}"))) {
        return fault(format!("`maps`: the link of `{}` needs {{lon}} and {{lat}}", map.code));
    }
    Ok(Some(network))
}

/// A code that stands in a list twice.
fn twice<T: Coded>(all: &[T]) -> Option<&str> {
    let mut seen = BTreeSet::new();
    all.iter().map(Coded::code).find(|code| !seen.insert(*code))
}
