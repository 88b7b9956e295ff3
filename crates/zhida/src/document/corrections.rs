//! What a later count says otherwise than what was published.

use std::collections::BTreeMap;

use super::{Block, Cell, Document, Table};

/// A figure or a paragraph that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// Where it stands: the table, the row, the column; nothing for a paragraph.
    pub place: Vec<String>,
    /// What was published; empty where the row is new.
    pub published: String,
    /// What it is counted as now; empty where the row is gone.
    pub now: String,
}

/// What differs, in the order of what was published, then what is new. Cost: linear in the cells.
pub fn corrections(published: &Document, now: &Document) -> Vec<Correction> {
    let mut found = Vec::new();
    for (n, block) in published.blocks.iter().enumerate() {
        match (block, now.blocks.get(n)) {
            (Block::Text(was), Some(Block::Text(is))) if was != is => {
                found.push(Correction { place: Vec::new(), published: was.clone(), now: is.clone() });
            }
            (Block::Table(was), Some(Block::Table(is))) => tables(was, is, &mut found),
            _ => {}
        }
    }
    found
}

/// What a row is about: its first words, up to its first number.
fn key(row: &[Cell]) -> Vec<&str> {
    row.iter().take(2).take_while(|c| !c.number).map(|c| c.text.as_str()).collect()
}

fn tables(was: &Table, is: &Table, found: &mut Vec<Correction>) {
    let rows: BTreeMap<Vec<&str>, &Vec<Cell>> = is.rows.iter().map(|row| (key(row), row)).collect();
    let old: BTreeMap<Vec<&str>, &Vec<Cell>> = was.rows.iter().map(|row| (key(row), row)).collect();
    let whole = |row: &[Cell]| row.iter().map(|c| c.text.as_str()).collect::<Vec<_>>().join(" · ");
    let place = |key: &[&str], column: &str| {
        let name = key.last().copied().unwrap_or_default();
        [was.title.as_str(), name, column].into_iter().filter(|w| !w.is_empty()).map(str::to_owned).collect()
    };
    for row in &was.rows {
        let key = key(row);
        let Some(new) = rows.get(&key) else {
            found.push(Correction { place: place(&key, ""), published: whole(row), now: String::new() });
            continue;
        };
        for (n, (a, b)) in row.iter().zip(new.iter()).enumerate().filter(|(_, (a, b))| a.text != b.text) {
            let column = was.head.get(n).map_or("", |(name, _)| name.as_str());
            let (published, now) = (a.text.clone(), b.text.clone());
            found.push(Correction { place: place(&key, column), published, now });
        }
    }
    for row in is.rows.iter().filter(|row| !old.contains_key(&key(row))) {
        found.push(Correction { place: place(&key(row), ""), published: String::new(), now: whole(row) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str, rows: &[(&str, &str)]) -> Document {
        let row = |(name, n): &(&str, &str)| vec![Cell::text(*name), Cell::number(*n, "")];
        let head = vec![("镇街".to_owned(), 2), ("发现问题".to_owned(), 1)];
        let table = Table { title: "分镇街".to_owned(), head, rows: rows.iter().map(row).collect() };
        let blocks = vec![Block::Text(text.to_owned()), Block::Table(table)];
        Document { title: "月报".to_owned(), lines: Vec::new(), wide: false, blocks }
    }

    #[test]
    fn a_figure_a_new_row_and_one_that_is_gone_are_told_apart() {
        let was = document("共 3 件", &[("甲", "1"), ("乙", "2")]);
        assert_eq!(corrections(&was, &was), []);
        let now = document("共 4 件", &[("甲", "3"), ("丙", "1")]);
        let found: Vec<(String, String, String)> =
            corrections(&was, &now).into_iter().map(|c| (c.place.join("/"), c.published, c.now)).collect();
        let expected = [
            ("", "共 3 件", "共 4 件"),
            ("分镇街/甲/发现问题", "1", "3"),
            ("分镇街/乙", "乙 · 2", ""),
            ("分镇街/丙", "", "丙 · 1"),
        ];
        assert_eq!(found, expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    }
}
