//! Tours: shifts in which people go round places, how often they must, and what may come of meeting somebody.

use serde::Deserialize;
use zhida_rules::{Amount, At, Cell, Label, Params, Profile, RuleSet, Table, Truth};
use zhida_types::Day;

use crate::files::{Files, PackFault};

/// A warning that makes tours more frequent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warning {
    /// The code.
    pub code: String,
    /// What people call it.
    pub label: Label,
}

/// How often tours must be made while a condition holds; the first that holds counts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frequency {
    /// The condition, over [`tour_profile`].
    pub when: String,
    /// Tours a week.
    pub per_week: i64,
}

/// The season of a region: from a day of the year until another, over the new year where it must.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Season {
    /// The region; empty for everywhere.
    pub region: String,
    /// The first day, as `11-15`.
    pub from: String,
    /// The last day, as `03-15`.
    pub until: String,
}

/// What came of meeting somebody.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encounter {
    /// The code.
    pub code: String,
    /// What people call it.
    pub label: Label,
    /// Whether it counts as help.
    #[serde(default = "yes")]
    pub helped: bool,
}

fn yes() -> bool {
    true
}

/// A kind of tour.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TourKind {
    /// The code.
    pub code: String,
    /// What people call it.
    pub label: Label,
    /// The kinds of places that it goes to.
    pub places: Vec<String>,
    /// The kinds of places that it starts from.
    pub bases: Vec<String>,
    /// Which places come first: a number over [`stop_profile`], highest first.
    pub priority: String,
    /// Minutes at a place.
    pub minutes: i64,
    /// Kilometres an hour between places.
    pub speed: f64,
    /// When places can be visited, as `["20:00", "23:30"]`; any time of the shift where there is none.
    #[serde(default)]
    pub windows: Vec<[String; 2]>,
    /// How often.
    #[serde(default)]
    pub frequency: Vec<Frequency>,
    /// Seasons; the whole year where there is none.
    #[serde(default)]
    pub seasons: Vec<Season>,
    /// Warnings.
    #[serde(default)]
    pub warnings: Vec<Warning>,
    /// What may come of meeting somebody; none where nobody is met.
    #[serde(default)]
    pub encounters: Vec<Encounter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToursFile {
    kinds: Vec<TourKind>,
}

/// What a rule of frequency may ask: which warning is in force (empty for none).
pub fn tour_profile() -> Profile {
    Profile::from_toml("[fields.warning]\ntype = \"string\"").unwrap_or_default()
}

/// What a priority may ask of a place: days since the last visit, open findings, grave ones among them, how grave the
/// tier of whoever works there is from 0 to 100.
pub fn stop_profile() -> Profile {
    let text = "[fields.days_since]\ntype = \"int\"\n[fields.open]\ntype = \"int\"\n[fields.grave]\ntype = \"int\"\n\
                [fields.risk]\ntype = \"int\"";
    Profile::from_toml(text).unwrap_or_default()
}

/// What is known of a place when tours are planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Days since the last visit.
    pub days_since: i64,
    /// Open findings.
    pub open: i64,
    /// Grave ones.
    pub grave: i64,
    /// Risk, 0 to 100.
    pub risk: i64,
}

impl TourKind {
    /// Tours a week that are due while a warning is in force (empty for none); nothing where no rule holds.
    ///
    /// # Errors
    /// A condition that cannot be checked.
    pub fn per_week(&self, warning: &str) -> Result<Option<i64>, String> {
        let profile = tour_profile();
        let rules = self.frequency.iter().enumerate().map(|(at, f)| (at.to_string(), f.when.clone()));
        let rules: Vec<(String, String)> = rules.collect();
        let rules = rules.iter().map(|(name, when)| (name.as_str(), when.as_str()));
        let set =
            RuleSet::compile(&profile, &Params::default(), &At::day(0), rules).map_err(|f| f.to_string())?;
        let mut table = Table::new(&profile);
        table.push(&[Cell::Text(warning.to_owned())]).map_err(|e| e.to_string())?;
        let verdicts = set.evaluate(&table);
        let holds = |(_, v): &(&Frequency, &zhida_rules::Verdicts)| v.at(0) == Truth::True;
        Ok(self.frequency.iter().zip(&verdicts).find(holds).map(|(f, _)| f.per_week))
    }

    /// The priorities of places.
    ///
    /// # Errors
    /// An expression that gives no number.
    pub fn priorities(&self, standings: &[Standing]) -> Result<Vec<f64>, String> {
        let profile = stop_profile();
        let rule = Amount::compile(&profile, &Params::default(), &At::day(0), &self.priority);
        let rule = rule.map_err(|f| f.to_string())?;
        let mut table = Table::new(&profile);
        for s in standings {
            let row = [s.days_since, s.open, s.grave, s.risk].map(Cell::Int);
            table.push(&row).map_err(|e| e.to_string())?;
        }
        let all = zhida_rules::Bitmap::ones(standings.len());
        let mut found = vec![0.0; standings.len()];
        for (row, value) in rule.each(&table, &all) {
            if let (Some(slot), Some(value)) = (found.get_mut(row), value) {
                *slot = value;
            }
        }
        Ok(found)
    }

    /// Whether a day lies in the season of a region: of the most particular region that has one.
    pub fn in_season(&self, region: &str, day: Day) -> bool {
        let own = self.seasons.iter().filter(|s| region.starts_with(&s.region));
        let Some(season) = own.max_by_key(|s| s.region.len()) else { return self.seasons.is_empty() };
        let now = day.0.format("%m-%d").to_string();
        if season.from <= season.until {
            season.from <= now && now <= season.until
        } else {
            now >= season.from || now <= season.until
        }
    }
}

pub(crate) fn read(files: &Files) -> Result<Vec<TourKind>, PackFault> {
    const PATH: &str = "tours.toml";
    if !files.0.contains_key(PATH) {
        return Ok(Vec::new());
    }
    let file: ToursFile = files.toml(PATH)?;
    let fault =
        |kind: &TourKind, message: String| PackFault::new(PATH, format!("`{}`: {message}", kind.code));
    let time = |text: &str| chrono::NaiveTime::parse_from_str(text, "%H:%M").is_ok();
    for kind in &file.kinds {
        kind.per_week("").map_err(|e| fault(kind, e))?;
        kind.priorities(&[]).map_err(|e| fault(kind, e))?;
        if let Some(w) = kind.windows.iter().flatten().find(|t| !time(t)) {
            return Err(fault(kind, format!("`{w}` is not a time such as 20:00")));
        }
        let days = kind.seasons.iter().flat_map(|s| [&s.from, &s.until]);
        if let Some(d) = days.into_iter().find(|d| Day::parse(&format!("2024-{d}")).is_err() || d.len() != 5)
        {
            return Err(fault(kind, format!("`{d}` is not a day of the year such as 11-15")));
        }
        if kind.minutes < 0 || kind.speed <= 0.0 || !kind.speed.is_finite() {
            return Err(fault(kind, "`minutes` are not negative, `speed` is above nothing".to_owned()));
        }
    }
    Ok(file.kinds)
}
