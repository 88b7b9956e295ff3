//! What is known of sheets, and occupations from messy titles.

use std::collections::BTreeMap;

use serde_json::json;
use zhida_types::Day;

use super::*;

fn sheet(source: &str, day: &str, values: &[(&str, serde_json::Value)]) -> Sheet {
    Sheet {
        source: source.to_owned(),
        purpose: String::new(),
        as_of: Day::parse(day).unwrap(),
        import: None,
        values: values.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect(),
    }
}

#[test]
fn the_newest_wins_and_other_sources_are_shown() {
    let sheets = [
        sheet("register", "2025-01-01", &[("education", json!("junior")), ("sex", json!("female"))]),
        sheet("visit", "2025-03-01", &[("education", json!("senior"))]),
    ];
    let (known, conflicts) = known(&sheets);
    assert_eq!(known["education"].value, json!("senior"));
    assert_eq!(known["sex"].source, "register");
    assert_eq!((conflicts.len(), conflicts[0].other.value.clone()), (1, json!("junior")));
}

#[test]
fn a_source_that_corrects_itself_is_no_conflict() {
    let sheets = [
        sheet("register", "2025-01-01", &[("education", json!("junior"))]),
        sheet("register", "2025-06-01", &[("education", json!("senior"))]),
    ];
    assert!(known(&sheets).1.is_empty());
}

#[test]
fn messy_titles_become_occupations() {
    let occupations = Occupations::embedded().unwrap();
    let none = BTreeMap::new();
    for (title, name) in [
        ("高薪诚聘焊工（包吃住）", "焊工"),
        ("急招电工", "电工"),
        ("收银员", "收银员"),
        ("育婴员", "婴幼儿发展引导员"),
        ("保安", "保安员"),
    ] {
        let best = &occupations.guess(title, &none, 5);
        assert_eq!(best[0].name, name, "{title}: {best:?}");
    }
    let learned = BTreeMap::from([("啥都干过一点".to_owned(), "4-10-01-06".to_owned())]);
    assert_eq!(occupations.classify("啥都干过一点", &none), None);
    assert_eq!(occupations.classify("啥都干过一点", &learned).as_deref(), Some("4-10-01-06"));
}

#[test]
fn codes_that_a_new_version_of_the_pack_no_longer_has_are_missing() {
    let profile = |skills: &str, schooling: &str| {
        let text = format!(
            "[fields.skills]\ntype = \"set<code>\"\ncodes = [{skills}]\n[fields.schooling]\ntype = \"code\"\ncodes = [{schooling}]"
        );
        zhida_rules::Profile::from_toml(&text).unwrap()
    };
    let values: BTreeMap<String, serde_json::Value> =
        [("skills", json!(["welding", "cooking"])), ("schooling", json!("junior"))]
            .map(|(field, value)| (field.to_owned(), value))
            .into();
    let day = Day::parse("2026-01-01").unwrap();
    let cells = |profile: &zhida_rules::Profile| cells_of(profile, &values, day);
    let before = cells(&profile("\"welding\", \"cooking\"", "\"none\", \"junior\""));
    let one_left = cells(&profile("\"cooking\"", "\"none\", \"junior\""));
    let after = profile("\"sewing\"", "\"none\", \"secondary\"");
    let set = |codes: &[&str]| zhida_rules::Cell::Set(codes.iter().map(|c| (*c).to_owned()).collect());
    assert_eq!(before[0], set(&["welding", "cooking"]));
    assert_eq!(one_left[0], set(&["cooking"]));
    assert_eq!(cells(&after), [zhida_rules::Cell::Missing, zhida_rules::Cell::Missing]);
    // A rule that still names one is refused with its place before anybody is judged by it.
    let at = zhida_rules::At { day: day.epoch(), region: String::new() };
    let rule = [("r", "schooling == \"junior\"")];
    let faults =
        zhida_rules::RuleSet::compile(&after, &zhida_rules::Params::default(), &at, rule).unwrap_err();
    assert!(faults.0[0].cause.contains("junior"), "{faults}");
}
