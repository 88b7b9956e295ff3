//! A report as a pack file: its period, its texts with values, its tables.

use serde::Deserialize;
use zhida_rules::Label;

use crate::files::{Files, PackFault};

/// The span that a report covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Span {
    /// A calendar month.
    Month,
    /// A calendar year.
    Year,
}

/// A part of a report.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Part {
    /// A paragraph; `{code}` is an indicator's value, `{code~2}` the same said with two significant digits, `{day}` the
    /// day of the figures.
    Text {
        /// The paragraph.
        text: Label,
    },
    /// Indicators, by a column where one is named.
    Indicators {
        /// The heading.
        title: Label,
        /// Their codes.
        indicators: Vec<String>,
        /// The column.
        by: Option<String>,
    },
    /// Commitments as the monthly sheet has them.
    Commitments {
        /// The heading.
        title: Label,
        /// The lists; all where empty.
        #[serde(default)]
        lists: Vec<String>,
    },
}

/// A report.
#[derive(Clone, Debug)]
pub struct Report {
    /// The code.
    pub code: String,
    /// Its title.
    pub title: Label,
    /// Its period.
    pub period: Span,
    /// Whether its pages lie on their side.
    pub wide: bool,
    /// Its parts.
    pub parts: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportFile {
    title: Label,
    period: Span,
    #[serde(default)]
    wide: bool,
    parts: Vec<Part>,
}

pub(crate) fn read(files: &Files, code: String, path: &str) -> Result<Report, PackFault> {
    let ReportFile { title, period, wide, parts } = files.toml(path)?;
    Ok(Report { code, title, period, wide, parts })
}
