//! The packs of this repository, and what a broken pack says.

use std::path::Path;

use zhida_rules::{At, Cell};

use super::*;

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs")
}

#[test]
fn every_pack_is_sound_and_its_cases_pass() {
    let mut packs = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let pack = Pack::read(&name, Files::from_folder(&path).unwrap()).unwrap_or_else(|f| panic!("{f:?}"));
        assert_eq!(pack.check(&At { day: 20_770, region: "330424".to_owned() }), []);
        let cases = pack.run_cases().unwrap();
        let decides = !pack.programmes.is_empty() || !pack.checklists.is_empty() || pack.lights.is_some();
        assert!(!decides || !cases.is_empty(), "{name} decides something and has cases of its own");
        for case in cases {
            assert!(case.failures.is_empty(), "{}: {:?}", case.name, case.failures);
        }
        packs += 1;
    }
    assert!(packs > 0);
}

fn small(edit: &[(&str, &str)]) -> Result<Pack, Vec<PackFault>> {
    let mut files = Files::default();
    for (path, text) in [
        (
            "pack.toml",
            "version = \"1\"\ntitle = { zh = \"甲\", en = \"A\" }\nsummary = { zh = \"乙\", en = \"B\" }",
        ),
        ("profile.toml", "[fields.age]\ntype = \"int\""),
        (
            "programmes/p.toml",
            "title = { zh = \"项\", en = \"P\" }\nsummary = { zh = \"项\", en = \"P\" }\nwhen = \"age > 1\"\n\
             [[stages]]\ncode = \"a\"\nlabel = { zh = \"一\", en = \"one\" }\nkind = \"open\"",
        ),
    ] {
        files.0.insert(path.to_owned(), text.to_owned());
    }
    for (path, text) in edit {
        files.0.insert((*path).to_owned(), (*text).to_owned());
    }
    Pack::read("small", files)
}

#[test]
fn a_fault_names_the_file_and_the_place() {
    small(&[]).unwrap();
    let broken = small(&[("pack.toml", "version = \"1\"\ntitle = 3")]).unwrap_err();
    assert_eq!(broken[0].file, "pack.toml");
    assert!(broken[0].message.contains("line 2"), "{}", broken[0].message);
    let stage = "title = { zh = \"项\", en = \"P\" }\nsummary = { zh = \"项\", en = \"P\" }\nwhen = \"aeg > 1\"\n\
                 [[stages]]\ncode = \"a\"\nlabel = { zh = \"一\", en = \"one\" }\nkind = \"open\"\nnext = [\"b\"]";
    let broken = small(&[("programmes/p.toml", stage)]).unwrap_err();
    assert_eq!(broken[0].message, "stage `a`: there is no stage `b`");
    let pack = small(&[("programmes/p.toml", &stage.replace("next = [\"b\"]", ""))]).unwrap();
    let faults = pack.check(&At::day(20_000));
    assert_eq!(faults[0].file, "programmes/p.toml");
    assert!(faults[0].message.contains("1:1: there is no field `aeg`"), "{}", faults[0].message);
}

#[test]
fn a_case_that_fails_says_what_it_found() {
    let case =
        "[[cases]]\nname = \"c\"\nday = \"2026-01-01\"\nparty = { age = 1 }\nprogrammes = { p = \"true\" }";
    let results = small(&[("cases/c.toml", case)]).unwrap().run_cases().unwrap();
    assert_eq!(results[0].failures, ["p: expected \"true\", found false"]);
    let wrong = case.replace("age = 1", "aeg = 1");
    let fault = small(&[("cases/c.toml", &wrong)]).unwrap().run_cases().unwrap_err();
    assert!(fault.message.contains("there is no field `aeg`"));
}

#[test]
fn the_lint_says_what_is_hardly_meant_and_what_is_not_allowed() {
    let programme = |when: &str, offer: &str| {
        format!(
            "title = {{ zh = \"项\", en = \"P\" }}\nsummary = {{ zh = \"项\", en = \"P\" }}\nwhen = '{when}'\n{offer}\n\
             [[stages]]\ncode = \"a\"\nlabel = {{ zh = \"一\", en = \"one\" }}\nkind = \"open\""
        )
    };
    let profile = "[fields.age]\ntype = \"int\"\n[fields.ill]\ntype = \"bool\"\nsensitive = true\n\
                   [fields.sex]\ntype = \"code\"\ncodes = [\"f\", \"m\"]";
    let prohibitions = "[[prohibitions]]\noffers = [\"job\"]\nfield = \"age\"\nhow = \"upper-limit\"\n\
                        because = { zh = \"不得\", en = \"no upper age\" }\nclause = { zh = \"第二十六条\", en = \"art. 26\" }";
    let job = "offer = { code = \"job\", label = { zh = \"岗\", en = \"Job\" } }\nmessage = \"m\"";
    let pack = small(&[
        ("profile.toml", profile),
        ("prohibitions.toml", prohibitions),
        ("programmes/a.toml", &programme("age > 18 && !ill", "")),
        ("programmes/b.toml", &programme("!ill && age >= 19", "")),
        ("programmes/c.toml", &programme("age >= 18 && age <= 35", job)),
        ("programmes/d.toml", &programme("age > 50 && age < 40", "")),
        ("programmes/p.toml", &programme("age > 90", "")),
    ])
    .unwrap();
    let at = At::day(20_000);
    assert_eq!(pack.check(&at), []);
    let mut table = zhida_rules::Table::new(&pack.profile);
    table.push(&[Cell::Int(30), Cell::Bool(false), Cell::Missing]).unwrap();
    let notes = pack.lint(&at, Some(&table));
    let found: Vec<(&str, &str)> =
        notes.iter().map(|n| (n.file.strip_prefix("programmes/").unwrap(), n.code)).collect();
    assert_eq!(
        found,
        [
            ("b.toml", "repeats"),
            ("d.toml", "nobody"),
            ("p.toml", "nobody"),
            ("a.toml", "purpose"),
            ("b.toml", "purpose"),
            ("d.toml", "settled"),
            ("c.toml", "forbidden"),
        ]
    );
    assert!(notes.last().unwrap().text.contains("no upper age (art. 26)"));
    // A lower limit is no cap, and a class is no vacancy.
    assert_eq!(pack.forbidden("job", "age >= 18 && sex == \"f\"", &at), Vec::<&Prohibition>::new());
    assert_eq!(pack.forbidden("class", "age <= 35", &at), Vec::<&Prohibition>::new());
    let broken =
        small(&[("prohibitions.toml", prohibitions), ("profile.toml", "[fields.eg]\ntype = \"int\"")]);
    assert!(broken.unwrap_err()[0].message.contains("no field `age`"));
}
