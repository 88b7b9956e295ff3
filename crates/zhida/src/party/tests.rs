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
