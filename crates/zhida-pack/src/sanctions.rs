//! Measures that may be taken against something after its side was heard.

use serde::Deserialize;
use zhida_rules::Label;

use crate::files::{Files, PackFault};

/// A measure against something.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sanction {
    /// The code.
    pub code: String,
    /// What people call it.
    pub label: Label,
    /// Days in which the side that it hits is heard, at least.
    pub days: i64,
    /// Whether it closes a place for good.
    #[serde(default)]
    pub closes: bool,
    /// For how many months it bars a provider from bids and new classes.
    #[serde(default)]
    pub bars_months: Option<u32>,
    /// What it rests on.
    #[serde(default)]
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    sanctions: Vec<Sanction>,
}

/// Reads the pack's measures; none where it has no file of them.
pub(crate) fn read(files: &Files) -> Result<Vec<Sanction>, PackFault> {
    const FILE: &str = "sanctions.toml";
    if !files.0.contains_key(FILE) {
        return Ok(Vec::new());
    }
    let all = files.toml::<Listed>(FILE)?.sanctions;
    if let Some(wrong) = all.iter().find(|s| s.days < 1) {
        return Err(PackFault::new(FILE, format!("`{}`: `days`: {} is less than 1", wrong.code, wrong.days)));
    }
    if let Some(wrong) =
        all.iter().find(|s| s.bars_months == Some(0) || (s.closes && s.bars_months.is_some()))
    {
        let words = format!(
            "`{}`: `bars_months`: a bar lasts a month at least, and a place is closed, not barred",
            wrong.code
        );
        return Err(PackFault::new(FILE, words));
    }
    Ok(all)
}
