//! Lists of commitments, the rule of their lights, and the indicators that count them.

use serde::Deserialize;
use zhida_rules::{At, Cell, Label, Params, Profile, RuleSet, Table, Truth};
use zhida_types::{Comparator, Day, Force, Quantity};

use crate::files::{Files, PackFault};

/// Who has to do with a commitment, and how (由…牵头, 协同, 会同, 指导).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Duties {
    /// Who leads.
    pub lead: Option<String>,
    /// Who works on it too.
    pub co: Vec<String>,
    /// Who is to be asked.
    pub with: Vec<String>,
    /// Who advises.
    pub guide: Vec<String>,
}

/// A step on the way, by a day.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Milestone {
    /// What is done then.
    pub title: Label,
    /// By when.
    pub due: String,
}

/// A promised number.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The code.
    pub code: String,
    /// Its number in the document.
    #[serde(default)]
    pub no: String,
    /// What is promised.
    pub title: Label,
    /// The value.
    pub value: String,
    /// The unit of count.
    pub unit: String,
    /// The second value of the same promise.
    pub value2: Option<String>,
    /// The second unit.
    #[serde(default)]
    pub unit2: String,
    /// How the values are meant.
    #[serde(default)]
    pub comparator: Comparator,
    /// How strongly they are promised.
    #[serde(default)]
    pub force: Force,
    /// What is counted and what is not (口径).
    pub counting: Label,
    /// What shows that it was done.
    #[serde(default)]
    pub evidence: Option<Label>,
    /// Who.
    #[serde(default)]
    pub duties: Duties,
    /// The indicator that counts it.
    pub indicator: Option<String>,
    /// How much is to be done by which day: days and percent.
    #[serde(default)]
    pub curve: Vec<(String, i64)>,
    /// Steps.
    #[serde(default)]
    pub milestones: Vec<Milestone>,
}

/// A document's list of promises.
#[derive(Clone, Debug)]
pub struct CommitmentList {
    /// The code.
    pub code: String,
    /// What people call it.
    pub title: Label,
    /// The document.
    pub source: Label,
    /// The region that promises.
    pub region: String,
    /// From when.
    pub from: Day,
    /// Until when, the last day.
    pub until: Day,
    /// The list of the year before, in the same pack: items of one code are the same task carried on.
    pub follows: Option<String>,
    /// The promises.
    pub items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListFile {
    title: Label,
    source: Label,
    region: String,
    from: String,
    until: String,
    follows: Option<String>,
    items: Vec<Item>,
}

impl Item {
    /// The value and the second one.
    ///
    /// # Errors
    /// The text that is no number.
    pub fn values(&self) -> Result<(Quantity, Option<Quantity>), String> {
        let read =
            |text: &String| text.parse::<Quantity>().map_err(|e| format!("`{}`: `{text}`: {e}", self.code));
        Ok((read(&self.value)?, self.value2.as_ref().map(read).transpose()?))
    }
}

pub(crate) fn read_list(files: &Files, code: String, path: &str) -> Result<CommitmentList, PackFault> {
    let file: ListFile = files.toml(path)?;
    let fault = |message: String| PackFault::new(path, message);
    let day = |text: &str| Day::parse(text).map_err(|e| fault(format!("`{text}`: {e}")));
    let (from, until) = (day(&file.from)?, day(&file.until)?);
    if until < from {
        return Err(fault("`until` lies before `from`".to_owned()));
    }
    for item in &file.items {
        item.values().map_err(&fault)?;
        if item.value2.is_some() == item.unit2.is_empty() {
            return Err(fault(format!("`{}`: `value2` and `unit2` belong together", item.code)));
        }
        let days = item.curve.iter().map(|(day, _)| day).chain(item.milestones.iter().map(|m| &m.due));
        for text in days {
            day(text)?;
        }
    }
    Ok(CommitmentList {
        code,
        title: file.title,
        source: file.source,
        region: file.region,
        from,
        until,
        follows: file.follows,
        items: file.items,
    })
}

/// A colour and the condition under which a commitment has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Light {
    /// `blue`, `green`, `yellow` or `red`.
    pub colour: String,
    /// The condition.
    pub when: String,
    /// What it means.
    pub label: Label,
}

/// The rule of the lights.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lights {
    /// From how many percent of its target on a commitment counts as promised too softly.
    pub soft_percent: i64,
    /// Days before its end from which one that is behind is warned of.
    pub warn_days: i64,
    /// Days without a report after which a unit counts as silent.
    pub silent_days: i64,
    /// The colours; the first whose condition holds is shown.
    pub lights: Vec<Light>,
}

impl Lights {
    fn rules(&self) -> Result<RuleSet, String> {
        let rules = self.lights.iter().map(|l| (l.colour.as_str(), l.when.as_str()));
        RuleSet::compile(&light_profile(), &Params::default(), &At::day(0), rules).map_err(|f| f.to_string())
    }

    /// The colours of rows in the order of [`light_profile`]'s fields; nothing where no condition holds.
    ///
    /// # Errors
    /// A condition that cannot be checked, or a row of another shape.
    pub fn colours(&self, rows: &[[Cell; 4]]) -> Result<Vec<Option<&str>>, String> {
        let set = self.rules()?;
        let mut table = Table::new(&light_profile());
        for row in rows {
            table.push(row).map_err(|e| e.to_string())?;
        }
        let verdicts = set.evaluate(&table);
        let colour = |row: usize| {
            let first = verdicts.iter().position(|v| v.at(row) == Truth::True);
            first.and_then(|at| self.lights.get(at)).map(|l| l.colour.as_str())
        };
        Ok((0..rows.len()).map(colour).collect())
    }
}

/// What the conditions of lights can ask: what is done and planned in percent of the target, days left, steps overdue.
pub fn light_profile() -> Profile {
    let field = |name: &str, kind: &str, zh: &str, en: &str| {
        format!("[fields.{name}]\ntype = \"{kind}\"\nlabel = {{ zh = \"{zh}\", en = \"{en}\" }}\n")
    };
    let text = [
        field("done", "double", "完成百分比", "percent done"),
        field("planned", "double", "计划百分比", "percent planned"),
        field("days_left", "int", "剩余天数", "days left"),
        field("steps_overdue", "int", "逾期节点", "steps overdue"),
    ]
    .concat();
    Profile::from_toml(&text).unwrap_or_default()
}

pub(crate) fn read_lights(files: &Files) -> Result<Option<Lights>, PackFault> {
    const PATH: &str = "lights.toml";
    if !files.0.contains_key(PATH) {
        return Ok(None);
    }
    let lights: Lights = files.toml(PATH)?;
    if let Some(light) =
        lights.lights.iter().find(|l| !["blue", "green", "yellow", "red"].contains(&l.colour.as_str()))
    {
        return Err(PackFault::new(PATH, format!("there is no colour `{}`", light.colour)));
    }
    lights.rules().map_err(|faults| PackFault::new(PATH, faults))?;
    Ok(Some(lights))
}

/// What an indicator adds up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aggregate {
    /// Rows.
    #[default]
    Rows,
    /// Different values of a column.
    Distinct(String),
    /// The values of a column.
    Sum(String),
}

/// A number that is counted from a noun's rows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// The code.
    pub code: String,
    /// What people call it.
    pub title: Label,
    /// What is counted and what is not.
    pub counting: Label,
    /// The noun.
    pub noun: String,
    /// Which rows.
    pub filter: String,
    /// What of them.
    #[serde(default)]
    pub count: Aggregate,
    /// By which columns it is also told apart.
    #[serde(default)]
    pub by: Vec<String>,
    /// The unit of count.
    pub unit: String,
    /// Which of the board's six steps it shows: `find`, `match`, `reach`, `deliver`, `check`, `show`.
    pub step: Option<String>,
    /// The page with the rows behind it.
    #[serde(default)]
    pub page: String,
}

impl Indicator {
    /// The name under which it is kept: the pack's and its own.
    pub fn name(&self, pack: &str) -> String {
        format!("{pack}/{}", self.code)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IndicatorsFile {
    indicators: Vec<Indicator>,
}

pub(crate) fn read_indicators(files: &Files) -> Result<Vec<Indicator>, PackFault> {
    const PATH: &str = "indicators.toml";
    if !files.0.contains_key(PATH) {
        return Ok(Vec::new());
    }
    Ok(files.toml::<IndicatorsFile>(PATH)?.indicators)
}
