//! The pack's own tests: example parties and the verdicts that they must get.

use serde::Deserialize;
use zhida_rules::{At, Cell, Field, FieldKind, RuleSet, Table, Truth};
use zhida_types::Day;

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
    tier: Option<String>,
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
            results.extend(file.replies.iter().map(|case| self.run_reply(&path, case)));
        }
        Ok(results)
    }

    fn run_case(&self, path: &str, case: &CaseFile) -> Result<CaseResult, PackFault> {
        let fault = |message: String| PackFault::new(path, format!("case `{}`: {message}", case.name));
        let day = Day::parse(&case.day).map_err(|e| fault(e.to_string()))?;
        let table = self.case_table(&case.party, day).map_err(&fault)?;
        let at = At { day: day.epoch(), region: case.region.clone() };
        let mut failures = Vec::new();
        for (code, expected) in &case.programmes {
            let programme =
                self.programme(code).ok_or_else(|| fault(format!("there is no programme `{code}`")))?;
            let found = self.verdict(&programme.when, &at, &table).map_err(&fault)?;
            if Some(found.as_str()) != expected.as_str() {
                failures.push(format!("{code}: expected {expected}, found {}", found.as_str()));
            }
        }
        if let Some(expected) = &case.tier {
            let found = self.tier_of(day, &at, &table).map_err(&fault)?;
            if found != *expected {
                failures.push(format!("tier: expected {expected}, found {found}"));
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

    fn case_table(&self, party: &toml::Table, day: Day) -> Result<Table, String> {
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
        Ok(table)
    }
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
