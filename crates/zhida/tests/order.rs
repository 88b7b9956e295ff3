//! Slices use only what stands before them, and only what a `mod.rs` gives out; nothing names one of the five systems.

use std::path::{Path, PathBuf};

/// The slices, lowest first.
const ORDER: [&str; 39] = [
    "journal",
    "task",
    "ledger",
    "unit",
    "account",
    "note",
    "photo",
    "message",
    "party",
    "place",
    "upkeep",
    "offer",
    "finding",
    "tip",
    "letter",
    "provider",
    "hearing",
    "event",
    "network",
    "check",
    "tender",
    "programme",
    "case",
    "measure",
    "visit",
    "import",
    "supply",
    "payment",
    "outcome",
    "class",
    "subsidy",
    "tour",
    "commitment",
    "result",
    "partner",
    "layout",
    "meeting",
    "report",
    "show",
];

/// All Rust files below a folder.
pub(crate) fn sources(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

#[test]
fn a_slice_knows_only_what_stands_before_it() {
    let mut wrong = Vec::new();
    for (at, slice) in ORDER.iter().enumerate() {
        for file in sources(&root().join(slice)) {
            let text = std::fs::read_to_string(&file).unwrap();
            for later in &ORDER[at + 1..] {
                for form in [format!("crate::{later}::"), format!("use crate::{later};")] {
                    if text.contains(&form) && !file.ends_with("tests.rs") {
                        wrong.push(format!("{} uses {later}", file.display()));
                    }
                }
            }
            for other in ORDER.iter().filter(|o| *o != slice) {
                for inner in ["store", "entity"] {
                    if text.contains(&format!("crate::{other}::{inner}")) {
                        wrong.push(format!("{} reaches into {other}::{inner}", file.display()));
                    }
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// What a pack is called and what its files name: programmes, clauses, checklists, kinds of tours and of places.
fn names_of_packs() -> Vec<String> {
    let mut names = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let files = zhida_pack::Files::from_folder(&path).unwrap();
        let pack = zhida_pack::Pack::read(&name, files).unwrap();
        names.push(format!("\"{name}\""));
        names.push(format!("{name}/"));
        names.push(pack.title.zh.clone());
        names.extend(pack.programmes.iter().map(|p| format!("\"{}\"", p.code)));
        names.extend(pack.checklists.iter().map(|c| format!("\"{}\"", c.code)));
        names.extend(pack.places.iter().map(|p| format!("\"{}\"", p.code)));
        names.extend(pack.tours.iter().map(|t| format!("\"{}\"", t.code)));
        // Names of two words or more: a single word ("age") is the language's, not the pack's.
        let coined = |name: &&str| name.contains(['-', '_']);
        let named = pack.profile.fields().iter().map(|f| f.name.as_str());
        names.extend(named.filter(coined).map(|name| format!("\"{name}\"")));
    }
    names
}

/// Words that the program and packs use for the same, and what files of any office carry.
const SHARED: [&str; 11] = [
    "\"town\"",
    "\"account_name\"",
    "\"bank\"",
    "\"sex\"",
    "\"birth_date\"",
    "\"income\"",
    "\"language\"",
    "\"skills\"",
    "\"needs\"",
    "\"education\"",
    "\"export\"",
];

#[test]
fn no_line_of_the_program_names_a_pack_or_a_county() {
    let names = names_of_packs();
    assert!(names.len() > 60, "the packs name something");
    let mut wrong = Vec::new();
    for file in sources(&root()) {
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        if file.ends_with("tests.rs") {
            continue;
        }
        let lines: Vec<&str> = code.lines().filter(|l| !l.trim_start().starts_with("//")).collect();
        for name in names.iter().filter(|n| !SHARED.contains(&n.as_str())).map(String::as_str).chain(["海盐"])
        {
            // A path of the program's own pages may have the word of a pack's folder in it.
            if let Some(line) = lines.iter().find(|l| l.contains(name) && !l.contains(&format!("/{name}"))) {
                wrong.push(format!("{}: {name}: {}", file.display(), line.trim()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
