//! Tables of text cells from CSV files, each with its place, and names that become numbers.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, bail};

/// A table of text cells, each with its line.
pub(crate) struct Rows {
    pub(crate) name: String,
    head: Vec<String>,
    reader: csv::Reader<std::fs::File>,
}

impl Rows {
    pub(crate) fn open(path: &Path, wanted: &[&str]) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        let mut reader = csv::ReaderBuilder::new()
            .buffer_capacity(1 << 18)
            .trim(csv::Trim::All)
            .from_path(path)
            .with_context(|| name.clone())?;
        let head = reader.headers().with_context(|| name.clone())?;
        let head: Vec<String> = head.iter().map(|h| h.trim_start_matches('\u{feff}').to_owned()).collect();
        if let Some(missing) = wanted.iter().find(|w| !head.iter().any(|h| h == *w)) {
            bail!("{name}:1:1: there is no column `{missing}`; expected {}", wanted.join(","));
        }
        Ok(Self { name, head, reader })
    }

    /// The names of the columns.
    pub(crate) fn names(&self) -> &[String] {
        &self.head
    }

    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.head.iter().position(|h| h == name)
    }

    /// Calls `f` with each row and its line.
    pub(crate) fn each(
        mut self,
        mut f: impl FnMut(&csv::ByteRecord) -> Result<(), (usize, String)>,
    ) -> anyhow::Result<()> {
        let mut record = csv::ByteRecord::new();
        loop {
            match self.reader.read_byte_record(&mut record) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) => bail!("{}: {error}", self.name),
            }
            f(&record).map_err(|(column, cause)| {
                let line = record.position().map_or(0, csv::Position::line);
                anyhow::anyhow!("{}:{line}:{}: {cause}", self.name, column + 1)
            })?;
        }
    }
}

pub(crate) fn text(record: &csv::ByteRecord, column: usize) -> Result<&str, (usize, String)> {
    let cell = record.get(column).unwrap_or_default();
    std::str::from_utf8(cell).ok().ok_or_else(|| (column, "the cell is not UTF-8".to_owned()))
}

/// A cell that has to be a number.
pub(crate) fn number(record: &csv::ByteRecord, column: usize, what: &str) -> Result<f64, (usize, String)> {
    let cell = text(record, column)?;
    let value = cell.parse::<f64>().ok().filter(|v| v.is_finite());
    value.ok_or_else(|| (column, format!("the {what} `{cell}` is not a number")))
}

/// A cell that has to be a number of at least 0, if it is there and not empty.
pub(crate) fn positive(
    record: &csv::ByteRecord,
    column: Option<usize>,
    what: &str,
) -> Result<Option<f64>, (usize, String)> {
    match column {
        Some(column) if !text(record, column)?.is_empty() => {
            let value = number(record, column, what)?;
            if value < 0.0 {
                Err((column, format!("the {what} {value} is below 0")))
            } else {
                Ok(Some(value))
            }
        }
        _ => Ok(None),
    }
}

pub(crate) fn count(record: &csv::ByteRecord, column: usize, what: &str) -> Result<usize, (usize, String)> {
    let cell = text(record, column)?;
    cell.parse().ok().ok_or_else(|| (column, format!("`{cell}` is not {what} of at least 0")))
}

/// Names and their numbers in the order of first appearance.
#[derive(Default)]
pub(crate) struct Names {
    index: HashMap<Box<str>, u32>,
    pub(crate) list: Vec<Box<str>>,
    /// The name that was asked for last: files have their rows party by party.
    last: u32,
}

impl Names {
    pub(crate) fn number(&mut self, name: &str) -> u32 {
        if self.list.get(self.last as usize).is_some_and(|last| &**last == name) {
            return self.last;
        }
        let fresh = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.last = if let Some(number) = self.index.get(name) {
            *number
        } else {
            self.list.push(name.into());
            self.index.insert(name.into(), fresh);
            fresh
        };
        self.last
    }

    /// Numbers the names in their own order; gives each old number's new one.
    pub(crate) fn sort(&mut self) -> Vec<u32> {
        let mut order: Vec<(Box<str>, u32)> = std::mem::take(&mut self.list).into_iter().zip(0..).collect();
        order.sort();
        let mut new_of = vec![0; order.len()];
        for ((_, old), new) in order.iter().zip(0..) {
            new_of[*old as usize] = new;
        }
        self.list = order.into_iter().map(|(name, _)| name).collect();
        for number in self.index.values_mut() {
            *number = new_of[*number as usize];
        }
        self.last = 0;
        new_of
    }

    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        self.index.get(name).copied()
    }

    pub(crate) fn name(&self, number: usize) -> &str {
        self.list.get(number).map_or("", |name| name)
    }
}

/// The text of a file.
pub(crate) fn file(path: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    String::from_utf8(bytes).with_context(|| format!("{}: the file is not UTF-8", path.display()))
}

/// A TOML fault with its line and column in the file.
pub(crate) fn placed(name: &str, text: &str, error: &toml::de::Error) -> anyhow::Error {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    anyhow::anyhow!("{name}:{line}:{column}: {}", error.message())
}

/// A value as people write it.
pub(crate) fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
