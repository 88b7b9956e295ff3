//! What anybody may report without a login, what must be settled before something is put right, and letters.

use serde::Deserialize;
use zhida_rules::Label;

use crate::checklist::Severity;
use crate::files::{Files, PackFault};

/// A kind of thing that anybody may report.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TipKind {
    /// The code: the rule of the finding that it becomes.
    pub code: String,
    /// What people call it.
    pub label: Label,
    /// How grave it is taken for until somebody has looked.
    pub severity: Severity,
    /// Days to put it right.
    pub days: i64,
}

/// What anybody may report.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tips {
    /// The page's title.
    pub title: Label,
    /// What stands under it.
    pub intro: Label,
    /// The kinds.
    pub kinds: Vec<TipKind>,
}

/// Something that is settled before a finding counts as put right.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settled {
    /// The code.
    pub code: String,
    /// What people call it.
    pub label: Label,
}

/// What must be settled about findings from a severity on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rectification {
    /// From which severity on.
    pub from: Severity,
    /// What.
    pub fields: Vec<Settled>,
}

/// A letter about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The code.
    pub code: String,
    /// Its title.
    pub title: Label,
    /// Days until an answer is due.
    pub days: i64,
    /// Its paragraphs; `{to}`, `{no}`, `{unit}`, `{about}`, `{words}`, `{due}`, `{day}` stand for what they name.
    pub paragraphs: Vec<Label>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LetterFile {
    title: Label,
    days: i64,
    paragraphs: Vec<Label>,
}

const PLACES: [&str; 7] = ["to", "no", "unit", "about", "words", "due", "day"];

pub(crate) fn tips(files: &Files) -> Result<Option<Tips>, PackFault> {
    if files.0.contains_key("tips.toml") { files.toml("tips.toml").map(Some) } else { Ok(None) }
}

pub(crate) fn letter(files: &Files, code: String, path: &str) -> Result<Letter, PackFault> {
    let file: LetterFile = files.toml(path)?;
    for text in file.paragraphs.iter().flat_map(|p| [&p.zh, &p.en]) {
        for part in text.split('{').skip(1) {
            let name = part.split('}').next().unwrap_or_default();
            if !PLACES.contains(&name) {
                let words = format!("`{{{name}}}` is none of {}", PLACES.join(", "));
                return Err(PackFault::new(path, words));
            }
        }
    }
    Ok(Letter { code, title: file.title, days: file.days, paragraphs: file.paragraphs })
}

impl Letter {
    /// A paragraph with its values: name and text.
    pub fn filled(text: &str, values: &[(&str, &str)]) -> String {
        let place = |text: String, (name, value): &(&str, &str)| text.replace(&format!("{{{name}}}"), value);
        values.iter().fold(text.to_owned(), place)
    }
}
