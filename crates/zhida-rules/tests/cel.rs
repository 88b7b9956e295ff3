//! The official conformance cases of CEL: what passes, what is known not to, and the table that says so.

#![expect(clippy::unwrap_used, clippy::format_push_string, reason = "a test's own helpers")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use zhida_rules::{At, Cell, Params, Profile, RuleSet, Table, Truth};

#[derive(Deserialize)]
struct File {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    expr: String,
    /// The value, as a CEL expression.
    is: Option<String>,
    #[serde(default)]
    error: bool,
    /// The value of a field `x`, where the case has one.
    x: Option<i64>,
}

#[derive(Deserialize)]
struct Expected {
    /// File and case, and why it fails.
    failures: BTreeMap<String, String>,
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/cel")
}

/// Whether the engine gives what the case asks for; else what it gave.
fn run(case: &Case) -> Result<(), String> {
    let profile = match case.x {
        Some(_) => Profile::from_toml("[fields.x]\ntype = \"int\"").unwrap(),
        None => Profile::default(),
    };
    let text = match &case.is {
        Some(value) => format!("({}) == ({value})", case.expr),
        // Whatever its type, an expression that fails is unknown in any condition.
        None => format!("({}) == 0", case.expr),
    };
    let set = RuleSet::compile(&profile, &Params::default(), &At::day(20_000), [("r", text.as_str())])
        .map_err(|faults| faults.0[0].cause.clone())?;
    let mut table = Table::new(&profile);
    table.push(&case.x.map(Cell::Int).into_iter().collect::<Vec<_>>()).unwrap();
    let found = set.evaluate(&table)[0].at(0);
    let wanted = if case.error { Truth::Unknown } else { Truth::True };
    if found == wanted { Ok(()) } else { Err(format!("{}, not {}", found.as_str(), wanted.as_str())) }
}

#[test]
fn the_conformance_cases_pass_but_for_those_that_are_listed() {
    let expected: Expected =
        toml::from_str(&std::fs::read_to_string(folder().join("expected-failures.toml")).unwrap()).unwrap();
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    let mut table = String::from("| area | cases | pass | not supported |\n| --- | --- | --- | --- |\n");
    let mut files: Vec<_> = std::fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for path in files {
        let area = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_none_or(|e| e != "toml") || area == "expected-failures" {
            continue;
        }
        let file: File = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let mut passed = 0;
        for case in &file.case {
            assert!(case.is.is_some() != case.error, "{area}/{}: a value or an error", case.name);
            let name = format!("{area}/{}", case.name);
            let listed = expected.failures.contains_key(&name);
            match (run(case), listed) {
                (Ok(()), false) => passed += 1,
                (Ok(()), true) => wrong.push(format!("{name} passes: take it off the list")),
                (Err(cause), false) => wrong.push(format!("{name}: {}: {cause}", case.expr)),
                (Err(_), true) => {}
            }
            seen.insert(name);
        }
        table += &format!("| {area} | {} | {passed} | {} |\n", file.case.len(), file.case.len() - passed);
    }
    wrong.extend(expected.failures.keys().filter(|n| !seen.contains(*n)).map(|n| format!("{n} is no case")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    assert!(readme.contains(&table), "cases/cel/README.md should hold:\n{table}");
}
