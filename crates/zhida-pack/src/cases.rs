//! The pack's own tests: example parties and the verdicts that they must get.

use std::collections::BTreeMap;

use serde::Deserialize;
use zhida_rules::{Amount, At, Cell, Field, FieldKind, RuleSet, Table, Truth};
use zhida_types::Day;

use crate::checklist::Answer;
use crate::derive::derive;
use crate::files::PackFault;
use crate::pack::Pack;

/// The outcome of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseResult {
    /// File and name.
    pub name: String,
    /// What went otherwise than expected; empty when the case passed.
    pub failures: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CasesFile {
    #[serde(default)]
    cases: Vec<CaseFile>,
    #[serde(default)]
    replies: Vec<ReplyCase>,
    #[serde(default)]
    checks: Vec<CheckCase>,
    #[serde(default)]
    lights: Vec<LightCase>,
    #[serde(default)]
    tours: Vec<TourCase>,
}

/// A checklist filled in, and what it must come to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckCase {
    name: String,
    checklist: String,
    answers: toml::Table,
    score: Option<i64>,
    passed: bool,
    #[serde(default)]
    findings: Vec<String>,
}

/// How far a commitment is, and the colour that it must show.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LightCase {
    name: String,
    done: f64,
    planned: f64,
    days_left: i64,
    #[serde(default)]
    steps_overdue: i64,
    colour: String,
}

/// How often tours are due under a warning, and whether a day is in season.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TourCase {
    name: String,
    kind: String,
    #[serde(default)]
    warning: String,
    per_week: Option<i64>,
    #[serde(default)]
    region: String,
    day: Option<String>,
    in_season: Option<bool>,
}

/// A text message and what it must be taken for: `yes`, `no`, `stop`, `question`, or `nothing`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplyCase {
    text: String,
    means: String,
    #[serde(default)]
    digits: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    name: String,
    day: String,
    #[serde(default)]
    region: String,
    party: toml::Table,
    #[serde(default)]
    programmes: toml::Table,
    /// What clauses give to the party, in yuan or units.
    #[serde(default)]
    amounts: BTreeMap<String, f64>,
    tier: Option<String>,
    /// What follows for a field: its code, or `unknown`.
    #[serde(default)]
    follows: BTreeMap<String, String>,
}

impl Pack {
    /// Runs every case of `cases/*.toml`.
    ///
    /// # Errors
    /// The first file that cannot be read.
    pub fn run_cases(&self) -> Result<Vec<CaseResult>, PackFault> {
        let mut results = Vec::new();
        for (_, path) in self.files.below("cases/", ".toml") {
            let file: CasesFile = self.files.toml(&path)?;
            for case in file.cases {
                results.push(self.run_case(&path, &case)?);
            }
            for case in &file.checks {
                results.push(self.run_check(&path, case)?);
            }
            for case in &file.lights {
                results.push(self.run_light(&path, case)?);
            }
            for case in &file.tours {
                results.push(self.run_tour(&path, case)?);
            }
            results.extend(file.replies.iter().map(|case| self.run_reply(&path, case)));
        }
        Ok(results)
    }

    fn run_case(&self, path: &str, case: &CaseFile) -> Result<CaseResult, PackFault> {
        let fault = |message: String| PackFault::new(path, format!("case `{}`: {message}", case.name));
        let day = Day::parse(&case.day).map_err(|e| fault(e.to_string()))?;
        let at = At { day: day.epoch(), region: case.region.clone() };
        let table = self.case_table(&case.party, (day, &at)).map_err(&fault)?;
        let mut failures = Vec::new();
        for (code, expected) in &case.programmes {
            let programme =
                self.programme(code).ok_or_else(|| fault(format!("there is no programme `{code}`")))?;
            let found = self.verdict(&programme.when, &at, &table).map_err(&fault)?;
            if Some(found.as_str()) != expected.as_str() {
                failures.push(format!("{code}: expected {expected}, found {}", found.as_str()));
            }
        }
        for (code, expected) in &case.amounts {
            let gives = self.programme(code).and_then(|p| p.gives.as_ref());
            let gives = gives.ok_or_else(|| fault(format!("there is no clause `{code}`")))?;
            let amount = Amount::compile(&self.profile, &self.params, &at, &gives.amount);
            let found = amount.map_err(|e| fault(e.to_string()))?.of(&table, 0);
            if found != Some(*expected) {
                failures.push(format!("{code}: expected {expected}, found {found:?}"));
            }
        }
        if let Some(expected) = &case.tier {
            let found = self.tier_of(day, &at, &table).map_err(&fault)?;
            if found != *expected {
                failures.push(format!("tier: expected {expected}, found {found}"));
            }
        }
        for (field, expected) in &case.follows {
            let id = self.profile.find(field).ok_or_else(|| fault(format!("there is no field `{field}`")))?;
            let found = match table.cell(0, id) {
                Cell::Code(code) => code,
                _ => "unknown".to_owned(),
            };
            if found != *expected {
                failures.push(format!("{field}: expected {expected}, found {found}"));
            }
        }
        Ok(CaseResult { name: format!("{path}: {}", case.name), failures })
    }

    fn run_check(&self, path: &str, case: &CheckCase) -> Result<CaseResult, PackFault> {
        let fault = |message: String| PackFault::new(path, format!("case `{}`: {message}", case.name));
        let list = self.checklist(&case.checklist);
        let list = list.ok_or_else(|| fault(format!("there is no checklist `{}`", case.checklist)))?;
        let mut answers = BTreeMap::new();
        for (code, value) in &case.answers {
            if list.question(code).is_none() {
                return Err(fault(format!("there is no question `{code}`")));
            }
            answers.insert(code.clone(), answer(value).ok_or_else(|| fault(format!("`{code}`: {value}")))?);
        }
        let found = list.outcome(&answers).map_err(fault)?;
        let mut failures = Vec::new();
        if (found.score, found.passed) != (case.score, case.passed) {
            let (score, passed) = (found.score, found.passed);
            failures.push(format!("expected {:?} {}, found {score:?} {passed}", case.score, case.passed));
        }
        if found.findings != case.findings {
            failures.push(format!("expected {:?}, found {:?}", case.findings, found.findings));
        }
        Ok(CaseResult { name: format!("{path}: {}", case.name), failures })
    }

    fn run_light(&self, path: &str, case: &LightCase) -> Result<CaseResult, PackFault> {
        let fault = |message: String| PackFault::new(path, format!("case `{}`: {message}", case.name));
        let lights = self.lights.as_ref().ok_or_else(|| fault("there is no lights.toml".to_owned()))?;
        let rows = [[
            Cell::Double(case.done),
            Cell::Double(case.planned),
            Cell::Int(case.days_left),
            Cell::Int(case.steps_overdue),
        ]];
        let found = lights.colours(&rows).map_err(fault)?;
        let found = found.first().and_then(|c| *c).unwrap_or("grey");
        let mut failures = Vec::new();
        if found != case.colour {
            failures.push(format!("expected {}, found {found}", case.colour));
        }
        Ok(CaseResult { name: format!("{path}: {}", case.name), failures })
    }

    fn run_tour(&self, path: &str, case: &TourCase) -> Result<CaseResult, PackFault> {
        let fault = |message: String| PackFault::new(path, format!("case `{}`: {message}", case.name));
        let kind = self.tours.iter().find(|k| k.code == case.kind);
        let kind = kind.ok_or_else(|| fault(format!("there is no kind of tour `{}`", case.kind)))?;
        let mut failures = Vec::new();
        let found = kind.per_week(&case.warning).map_err(&fault)?;
        if case.per_week.is_some() && found != case.per_week {
            failures.push(format!("expected {:?} a week, found {found:?}", case.per_week));
        }
        if let (Some(day), Some(expected)) = (&case.day, case.in_season) {
            let day = Day::parse(day).map_err(|e| fault(e.to_string()))?;
            if kind.in_season(&case.region, day) != expected {
                failures.push(format!("in season: expected {expected}"));
            }
        }
        Ok(CaseResult { name: format!("{path}: {}", case.name), failures })
    }

    fn run_reply(&self, path: &str, case: &ReplyCase) -> CaseResult {
        let found = self.replies.read(&case.text);
        let (means, digits) = found.map_or(("nothing", String::new()), |(m, digits)| (m.as_str(), digits));
        let mut failures = Vec::new();
        if (means, digits.as_str()) != (case.means.as_str(), case.digits.as_str()) {
            failures.push(format!("expected {} `{}`, found {means} `{digits}`", case.means, case.digits));
        }
        CaseResult { name: format!("{path}: {}", case.text), failures }
    }

    fn verdict(&self, when: &str, at: &At, table: &Table) -> Result<Truth, String> {
        let set =
            RuleSet::compile(&self.profile, &self.params, at, [("when", when)]).map_err(|f| f.to_string())?;
        Ok(set.evaluate(table).first().map_or(Truth::Unknown, |v| v.at(0)))
    }

    /// The first tier whose rule holds; `unknown` where a rule before it cannot be decided, `none` where none holds.
    fn tier_of(&self, day: Day, at: &At, table: &Table) -> Result<String, String> {
        let Some(version) = self.tiers_on(day) else { return Ok("none".to_owned()) };
        for tier in &version.tiers {
            match self.verdict(&tier.when, at, table)? {
                Truth::True => return Ok(tier.code.clone()),
                Truth::Unknown => return Ok("unknown".to_owned()),
                Truth::False => {}
            }
        }
        Ok("none".to_owned())
    }

    fn case_table(&self, party: &toml::Table, (day, at): (Day, &At)) -> Result<Table, String> {
        if let Some(name) = party.keys().find(|name| self.profile.find(name).is_none()) {
            return Err(format!("there is no field `{name}`"));
        }
        let mut row = Vec::new();
        for field in self.profile.fields() {
            row.push(match party.get(&field.name) {
                Some(value) => cell(field, value)?,
                None => Cell::Missing,
            });
        }
        derive(&self.profile, &mut row, day);
        let mut table = Table::new(&self.profile);
        table.push(&row).map_err(|e| e.to_string())?;
        zhida_rules::decide(&self.profile, (&self.params, at), &mut table, [0]).map_err(|e| e.to_string())?;
        Ok(table)
    }
}

/// An answer as a case writes it: a list of texts is photos, of numbers a position.
fn answer(value: &toml::Value) -> Option<Answer> {
    Some(match value {
        toml::Value::Boolean(yes) => Answer::Yes(*yes),
        toml::Value::String(text) => Answer::Text(text.clone()),
        toml::Value::Float(number) => Answer::Number(*number),
        toml::Value::Array(items) => match items.as_slice() {
            [toml::Value::Float(lon), toml::Value::Float(lat)] => Answer::Position(*lon, *lat),
            photos => {
                Answer::Photos(photos.iter().map(|p| p.as_str().map(str::to_owned)).collect::<Option<_>>()?)
            }
        },
        _ => return None,
    })
}

fn cell(field: &Field, value: &toml::Value) -> Result<Cell, String> {
    use toml::Value;
    let wrong = || format!("`{}` needs a value of type {}", field.name, field.kind.as_str());
    Ok(match (&field.kind, value) {
        (FieldKind::Int, Value::Integer(n)) => Cell::Int(*n),
        (FieldKind::Double, Value::Float(x)) => Cell::Double(*x),
        (FieldKind::Bool, Value::Boolean(b)) => Cell::Bool(*b),
        (FieldKind::Text | FieldKind::Region, Value::String(t)) => Cell::Text(t.clone()),
        (FieldKind::Code { .. }, Value::String(t)) => Cell::Code(t.clone()),
        (FieldKind::Date, Value::String(t)) => Cell::Date(Day::parse(t).map_err(|e| e.to_string())?.epoch()),
        (FieldKind::Set { .. }, Value::Array(items)) => {
            let codes: Option<Vec<String>> = items.iter().map(|i| i.as_str().map(str::to_owned)).collect();
            Cell::Set(codes.ok_or_else(wrong)?)
        }
        _ => return Err(wrong()),
    })
}
