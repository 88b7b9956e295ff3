//! One cell as a value of a field, in every form that offices write.

use serde_json::Value;
use zhida_rules::{Field, FieldKind};
use zhida_types::Day;

use super::sheet::FORMULA;
use crate::app::App;

/// What is wrong with a cell: the column, what stands there, and a key of the texts.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CellProblem {
    /// The column's header.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// The key of the reason.
    pub key: String,
    /// What the reason names; may be empty.
    pub arg: String,
}

/// A reason: a key and what it names.
pub(super) type Why = (&'static str, String);

/// Words for "nothing".
const NOTHING: [&str; 10] = ["", "无", "没有", "/", "-", "—", "--", "不详", "未知", "null"];

/// Whether a cell says that there is nothing.
pub(super) fn is_nothing(text: &str) -> bool {
    NOTHING.contains(&text.trim())
}

/// Reads a cell for a field. `Ok(None)` where it is empty.
pub(super) fn field_value(app: &App, county: &str, field: &Field, text: &str) -> Result<Option<Value>, Why> {
    if text == FORMULA {
        return Err(("row-formula", String::new()));
    }
    if text.is_empty() {
        return Ok(None);
    }
    match &field.kind {
        FieldKind::Text => Ok((!is_nothing(text)).then(|| Value::from(text))),
        FieldKind::Int => whole(text).map(|n| n.map(Value::from)),
        FieldKind::Double => {
            Ok(Some(text.parse::<f64>().map_err(|_unreadable| ("row-number", String::new()))?.into()))
        }
        FieldKind::Date => day(text).map(|d| d.map(|d| Value::from(d.to_string()))),
        FieldKind::Bool => yes_no(text).map(|b| b.map(Value::from)),
        FieldKind::Region => match app.regions.town_of(county, text) {
            Some(code) => Ok(Some(Value::from(code))),
            None => Err(("row-town", String::new())),
        },
        FieldKind::Code { codes, .. } => {
            let same = |text: &str| {
                codes.iter().find(|c| {
                    let mut names = [&c.code, &c.label.zh, &c.label.en].into_iter().chain(&c.aliases);
                    names.any(|n| n.eq_ignore_ascii_case(text))
                })
            };
            let found = same(text).or_else(|| same(text.trim_end_matches(['学', '历', '毕', '业'])));
            match found {
                Some(item) => Ok(Some(Value::from(item.code.clone()))),
                None if is_nothing(text) => Ok(None),
                None => {
                    let names: Vec<&str> = codes.iter().map(|c| c.label.zh.as_str()).collect();
                    Err(("row-code", names.join("、")))
                }
            }
        }
        FieldKind::Set { codes } => {
            let text_lower = text.to_lowercase();
            let within = |name: &String| {
                let lower = !name.bytes().any(|b| b.is_ascii_uppercase());
                if lower { text_lower.contains(name) } else { text_lower.contains(&name.to_lowercase()) }
            };
            let held =
                codes.iter().filter(|c| [&c.label.zh, &c.label.en].into_iter().chain(&c.aliases).any(within));
            let held: Vec<String> = held.map(|c| c.code.clone()).collect();
            // Free words of which none is known say nothing; "none" says that there is none.
            Ok((!held.is_empty() || is_nothing(text)).then(|| Value::from(held)))
        }
    }
}

/// A day in any form, also as the number that a spreadsheet keeps.
pub(super) fn day(text: &str) -> Result<Option<Day>, Why> {
    if is_nothing(text) {
        return Ok(None);
    }
    if text == FORMULA {
        return Err(("row-formula", String::new()));
    }
    match Day::parse(text) {
        Ok(day) => Ok(Some(day)),
        Err(zhida_types::DayError::NoSuchDay) => Err(("row-no-such-day", String::new())),
        Err(_) => {
            let serial = text.parse::<i64>().ok().filter(|n| (10_000..80_000).contains(n));
            let first = Day::parse("1899-12-30").ok();
            match serial.zip(first) {
                Some((days, first)) => Ok(Some(first.plus_days(days))),
                None => Err(("row-date", String::new())),
            }
        }
    }
}

fn whole(text: &str) -> Result<Option<i64>, Why> {
    if is_nothing(text) {
        return Ok(None);
    }
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let digits: String = digits.chars().filter(|c| *c != ',').collect();
    let digits = digits.strip_suffix(".0").unwrap_or(&digits);
    digits.parse().map(Some).map_err(|_unreadable| ("row-number", String::new()))
}

fn yes_no(text: &str) -> Result<Option<bool>, Why> {
    match text.to_lowercase().as_str() {
        "是" | "有" | "y" | "yes" | "true" | "1" | "√" | "✓" | "对" => Ok(Some(true)),
        "否" | "无" | "没有" | "n" | "no" | "false" | "0" | "×" | "x" | "不是" => Ok(Some(false)),
        other if is_nothing(other) => Ok(None),
        _ => Err(("row-yes-no", String::new())),
    }
}
