//! The texts are whole: every key that a page or the code names exists in both languages, with the same variables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const ZH: &str = concat!(
    include_str!("../texts/zh-CN.ftl"),
    include_str!("../texts/deliver.zh-CN.ftl"),
    include_str!("../texts/serve.zh-CN.ftl")
);
const EN: &str = concat!(
    include_str!("../texts/en.ftl"),
    include_str!("../texts/deliver.en.ftl"),
    include_str!("../texts/serve.en.ftl")
);

fn keys(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let entries = text.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once(" = "));
    entries
        .map(|(key, value)| {
            let named = value.split("{ $").skip(1).filter_map(|v| v.split(' ').next()).map(str::to_owned);
            (key.to_owned(), named.collect())
        })
        .collect()
}

#[test]
fn both_languages_say_the_same_things() {
    let (zh, en) = (keys(ZH), keys(EN));
    assert_eq!(zh.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
    for (key, names) in &zh {
        assert_eq!(names, &en[key], "the variables of {key}");
    }
}

fn files(root: &Path, out: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs" || e == "html") && !path.ends_with("tests.rs") {
            out.push(path);
        }
    }
}

/// The rest of a call up to its closing bracket.
fn within(text: &str) -> &str {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth == 0 {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

#[test]
fn every_text_that_is_used_exists() {
    let known = keys(ZH);
    let mut all = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    let mut missing = Vec::new();
    for file in all {
        let text = std::fs::read_to_string(&file).unwrap();
        for call in [".s(\"", ".n(\"", ".v(\"", ".ab(\""] {
            for part in text.split(call).skip(1) {
                let key = part.split('"').next().unwrap_or_default();
                let whole = key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
                if whole && !key.is_empty() && !known.contains_key(key) {
                    missing.push(format!("{}: {key}", file.display()));
                }
            }
        }
        for part in text
            .split('"')
            .filter(|p| p.starts_with("fault-") || p.starts_with("row-") || p.starts_with("file-"))
        {
            let plain = part.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            let html = file.extension().is_some_and(|e| e == "html");
            if plain && !html && !known.contains_key(part) && !known.contains_key(&format!("act-{part}")) {
                missing.push(format!("{}: {part}", file.display()));
            }
        }
        // What a page says after an act: the last words of `to(ADDRESS, NOTE)`, one or the other.
        for part in text.split("Ok(to(").skip(1).chain(text.split(" to(&").skip(1)) {
            let words = within(part).split('"').skip(1).step_by(2);
            for note in
                words.filter(|w| w.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') && !w.is_empty())
            {
                if !known.contains_key(&format!("note-{note}")) {
                    missing.push(format!("{}: note-{note}", file.display()));
                }
            }
        }
        for part in text.split(".note(\"").skip(1) {
            let key = format!("act-{}", part.split('"').next().unwrap_or_default());
            if !known.contains_key(&key) && !text.contains("#[cfg(test)]") {
                missing.push(format!("{}: {key}", file.display()));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}
