//! Which column is what: by what the unit said last time, by headers, by content.

use std::collections::BTreeMap;

use zhida_pack::{ImportKind, Makes};
use zhida_rules::{Lang, Profile};
use zhida_types::{IdNumber, Phone};

use super::sheet::Grid;

/// What a column can mean: its code, its name, its headers, whether a row needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) code: String,
    pub(super) zh: String,
    pub(super) en: String,
    pub(super) headers: Vec<String>,
    pub(super) required: bool,
}

impl Target {
    pub(super) fn name(&self, lang: Lang) -> &str {
        if lang == Lang::Zh { &self.zh } else { &self.en }
    }
}

/// Everything that a kind of file may carry.
pub(super) fn targets(kind: &ImportKind, profile: &Profile) -> Vec<Target> {
    let own = kind.columns.iter().map(|c| Target {
        code: c.target.clone(),
        zh: c.label.zh.clone(),
        en: c.label.en.clone(),
        headers: c.headers.clone(),
        required: c.required,
    });
    let fields = kind.fields.iter().filter_map(|name| profile.named(name)).map(|f| Target {
        code: f.name.clone(),
        zh: f.label.zh.clone(),
        en: f.label.en.clone(),
        headers: f.headers.iter().cloned().chain([f.label.zh.clone()]).collect(),
        required: kind.required.contains(&f.name),
    });
    own.chain(fields).collect()
}

/// A header without what offices put around it.
fn plain(header: &str) -> String {
    let cut = header.split(['\n', '\r']).next().unwrap_or(header);
    cut.chars()
        .filter(|c| !c.is_whitespace() && !"*：:（）()".contains(*c))
        .collect::<String>()
        .to_lowercase()
}

/// How many of the texts are headers of the kind.
pub(super) fn recognised(targets: &[Target], texts: &[String]) -> usize {
    let known = |text: &&String| !text.is_empty() && targets.iter().any(|t| strength(t, text) > 0);
    texts.iter().filter(known).count()
}

/// 2 for the very header, 1 for one that holds it, 0 for another.
fn strength(target: &Target, header: &str) -> u8 {
    let header = plain(header);
    let names = target.headers.iter().map(|h| plain(h));
    let mut best = 0;
    for name in names {
        if name == header {
            return 2;
        }
        if name.chars().count() >= 2
            && header.contains(&name)
            && header.chars().count() <= name.chars().count() + 6
        {
            best = 1;
        }
    }
    best
}

/// For each column of the grid its target, or an empty text. No target is given twice.
pub(super) fn guess(kind: &ImportKind, targets: &[Target], grid: &Grid) -> Vec<String> {
    let mut mapping = vec![String::new(); grid.headers.len()];
    for wanted in [2, 1] {
        for (column, header) in grid.headers.iter().enumerate() {
            let free = mapping.get(column).is_some_and(String::is_empty);
            let found = targets.iter().find(|t| strength(t, header) == wanted && !mapping.contains(&t.code));
            if let (true, Some(target), Some(slot)) =
                (free && !header.is_empty(), found, mapping.get_mut(column))
            {
                slot.clone_from(&target.code);
            }
        }
    }
    if kind.makes != Makes::Offer {
        by_content(&mut mapping, targets, grid);
    }
    mapping
}

/// Columns without a telling header whose values look like identity numbers or phones.
fn by_content(mapping: &mut [String], targets: &[Target], grid: &Grid) {
    type Looks = fn(&str) -> bool;
    let kinds: [(&str, Looks); 2] = [
        ("id_number", |v| IdNumber::parse(v).is_ok()),
        ("phone", |v| Phone::parse_demonstration(&Phone::as_written(v)).is_ok()),
    ];
    for (code, looks) in kinds {
        if mapping.iter().any(|m| m == code) || !targets.iter().any(|t| t.code == code) {
            continue;
        }
        for (column, slot) in mapping.iter_mut().enumerate().filter(|(_, m)| m.is_empty()) {
            let values =
                grid.rows.iter().take(50).filter_map(|(_, row)| row.get(column)).filter(|v| !v.is_empty());
            let values: Vec<&String> = values.collect();
            let like = values.iter().filter(|v| looks(v)).count();
            if values.len() >= 3 && like * 5 >= values.len() * 4 {
                code.clone_into(slot);
                break;
            }
        }
    }
}

/// What is wrong with a mapping: targets given twice, needed ones not given.
pub(super) fn faults(mapping: &[String], targets: &[Target]) -> (Vec<Target>, Vec<Target>) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for code in mapping.iter().filter(|m| !m.is_empty()) {
        *counts.entry(code).or_default() += 1;
    }
    let times = |t: &&Target| counts.get(t.code.as_str()).copied().unwrap_or(0);
    let twice = targets.iter().filter(|t| times(t) > 1).cloned().collect();
    let missing = targets.iter().filter(|t| t.required && times(t) == 0).cloned().collect();
    (twice, missing)
}
