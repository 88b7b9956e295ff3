//! What a report or a letter says, as a page, a sheet or a PDF of the same words.

mod corrections;
mod pdf;
mod xlsx;

pub use corrections::{Correction, corrections};
pub use pdf::{font, pdf};
pub use xlsx::xlsx;

use serde::{Deserialize, Serialize};

/// A report, filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The title.
    pub title: String,
    /// Lines below it: whose report, of which period, as of when.
    pub lines: Vec<String>,
    /// Whether its pages lie on their side.
    pub wide: bool,
    /// Its parts.
    pub blocks: Vec<Block>,
}

/// A part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// A table.
    Table(Table),
    /// Words in large type, in the middle.
    Large(String),
    /// An address as a picture that phones read, in the middle.
    Code(String),
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// The heading.
    pub title: String,
    /// The columns: heading and width in parts of the whole.
    pub head: Vec<(String, u16)>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// Whether it is a number.
    pub number: bool,
    /// Where the rows behind it are.
    #[serde(default)]
    pub link: String,
}

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A number, with the page of its rows.
    pub fn number(text: impl Into<String>, link: impl Into<String>) -> Self {
        Self { text: text.into(), number: true, link: link.into() }
    }
}
