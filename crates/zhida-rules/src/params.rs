//! Named constants of a pack: dated and regional, so that a rule's text stays when the law's figure moves.

use std::collections::BTreeMap;

use serde::Deserialize;

/// When and where a rule is evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// The evaluation date: days since 1970-01-01.
    pub day: i32,
    /// The region code for regional constants; empty for none.
    pub region: String,
}

impl At {
    /// A day (days since 1970-01-01), in no particular region.
    pub fn day(day: i32) -> Self {
        Self { day, region: String::new() }
    }
}

/// The value of a constant.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum ParamValue {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Double(f64),
    /// Text.
    Text(String),
}

#[derive(Clone, Debug, PartialEq)]
struct Step {
    from: i32,
    region: String,
    value: ParamValue,
}

/// The constants of a pack.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params {
    steps: BTreeMap<String, Vec<Step>>,
}

/// What is wrong with a file of constants.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParamsFault {
    /// Not TOML, or an entry of the wrong shape.
    #[error("{0}")]
    Toml(String),
    /// A date that is none.
    #[error("constant `{name}`: `{from}` is not a date such as 2025-01-01")]
    NotADate {
        /// The constant.
        name: String,
        /// What the file says.
        from: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamsFile {
    #[serde(default)]
    params: BTreeMap<String, Vec<StepFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepFile {
    from: String,
    #[serde(default)]
    region: String,
    value: ParamValue,
    #[serde(default)]
    #[expect(dead_code, reason = "the source is for the reader of the file")]
    source: String,
}

impl Params {
    /// Reads `[[params.NAME]]` entries with `from`, `value` and, if they are regional, `region`.
    ///
    /// # Errors
    /// [`ParamsFault`].
    pub fn from_toml(text: &str) -> Result<Self, ParamsFault> {
        let file: ParamsFile = toml::from_str(text).map_err(|e| ParamsFault::Toml(e.to_string()))?;
        let mut steps: BTreeMap<String, Vec<Step>> = BTreeMap::new();
        for (name, entries) in file.params {
            for entry in entries {
                let date = chrono::NaiveDate::parse_from_str(&entry.from, "%Y-%m-%d");
                let Ok(date) = date else {
                    return Err(ParamsFault::NotADate { name, from: entry.from });
                };
                steps.entry(name.clone()).or_default().push(Step {
                    from: date.to_epoch_days(),
                    region: entry.region,
                    value: entry.value,
                });
            }
        }
        Ok(Self { steps })
    }

    /// The value in force on a day in a region: the most particular region, and there the latest date not after `at`.
    pub fn get(&self, name: &str, at: &At) -> Option<&ParamValue> {
        self.steps
            .get(name)?
            .iter()
            .filter(|step| step.from <= at.day && at.region.starts_with(&step.region))
            .max_by_key(|step| (step.region.len(), step.from))
            .map(|step| &step.value)
    }

    /// The same constants with one of them set to a value, everywhere and always: for trying values.
    #[must_use]
    pub fn with(&self, name: &str, value: ParamValue) -> Self {
        let mut steps = self.steps.clone();
        steps.insert(name.to_owned(), vec![Step { from: i32::MIN, region: String::new(), value }]);
        Self { steps }
    }

    /// These constants and those of another file, which win where both define one.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.steps.extend(other.steps);
        self
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.steps.keys().map(String::as_str)
    }
}
