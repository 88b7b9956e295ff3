//! Slices use only what stands before them, and only what a `mod.rs` gives out; nothing names one of the five systems.

use std::path::{Path, PathBuf};

/// The slices, lowest first.
const ORDER: [&str; 27] = [
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
    "offer",
    "finding",
    "tip",
    "letter",
    "check",
    "programme",
    "case",
    "measure",
    "visit",
    "import",
    "supply",
    "payment",
    "tour",
    "commitment",
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

#[test]
fn no_line_of_the_program_names_a_pack_or_a_county() {
    let mut wrong = Vec::new();
    for file in sources(&root()) {
        if file.ends_with("config.rs")
            || file.ends_with("cli/demo.rs")
            || file.components().any(|c| c.as_os_str() == "demo")
        {
            continue; // defaults and invented data
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for word in
            ["employment", "fit-training", "order-training", "self-employment", "job-referral", "海盐"]
        {
            if code.lines().any(|l| l.contains(word) && !l.trim_start().starts_with("//")) {
                wrong.push(format!("{}: {word}", file.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
