//! `zhida site plan|compare|verify` and the province to plan.

use serde_json::{Value, json};

use crate::folder::Folder;

const LAYOUT: &str = r#"
name = "two towns"
closing = 1
move_within = 3000
carry = true

[files]
stations = "stations.csv"
candidates = "candidates.csv"
demand = "cells.csv"
towns = "towns.csv"
decisions = "decisions.csv"

[[kinds]]
name = "courier"
by = "foot"
minutes = 10
needs = ["charging"]

[[hours]]
name = "day"
open = "08:00-18:00"

[[hours]]
name = "night"
open = "22:00-06:00"

[[tiers]]
name = "basic"
build = 3
running = 1
services = ["charging"]

[[tiers]]
name = "benchmark"
upgrade = 5
build = 8
running = 2
hours = "24/7"

[[years]]
year = 2024
budget = 8
running = 6

[[years]]
year = 2025
budget = 4
running = 6

[[quotas]]
name = "one in every town"
tiers = ["benchmark"]
each = "town"
towns = ["镇"]
least = 1

[[quotas]]
name = "by city"
tiers = ["benchmark"]
each = "city"
per_town = { "C" = 1.0 }

[objective]
second = 0.1
second_within = 500
"#;

fn layout() -> Folder {
    Folder::new(&[
        ("PLAN.toml", LAYOUT),
        ("towns.csv", "town,name,kind,county,city\n1,Upper,镇,K,C\n2,Lower,乡,K,C\n"),
        (
            "stations.csv",
            "id,lon,lat,town,tier,state,hours,services,visits,condition\n\
             s1,120.000,30,1,basic,open,08:00-18:00,,90,A\ns2,120.001,30,1,basic,,08:00-18:00,,10,D\n\
             s3,120.100,30,2,basic,paused,08:00-18:00,,,\ns4,120.2,30,2,basic,closed,,,,\n",
        ),
        (
            "candidates.csv",
            "id,lon,lat,town,partner,tiers,cost\nc1,120.100,30,2,bank,benchmark,1\nc2,120.02,30,1,,,0\n",
        ),
        (
            "cells.csv",
            "id,lon,lat,county,courier@day,courier@night\nz1,120.0005,30,K,10,4\nz2,120.100,30,K,5,3\nz3,120.02,30,K,6,0\n",
        ),
        ("decisions.csv", "id,decision,tier,year\ns1,keep,,\n"),
    ])
}

#[test]
fn a_layout_plan_says_what_becomes_of_every_place_and_why() {
    let folder = layout();
    let made = folder.run("site plan PLAN.toml --json a.json --out o.csv --robust 2");
    assert_eq!((made.code, made.err.as_str()), (0, ""), "{}", made.out);
    let text = std::fs::read_to_string(folder.0.path().join("a.json")).unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["optimal"], true, "{text}");
    let of = |id: &str| {
        let places = answer["places"].as_array().unwrap();
        places.iter().find(|p| p["id"] == id).unwrap_or_else(|| panic!("{id}: {text}")).clone()
    };
    // The town's benchmark station has to be s2, since s1 is to be kept; and c2 is worth building.
    assert_eq!(
        (&of("s1")["decision"], &of("s2")["decision"], &of("s2")["tier"]),
        (&json!("keep"), &json!("upgrade"), &json!("benchmark"))
    );
    assert_eq!(
        (&of("s2")["cost"], &of("s2")["gained"], &of("s2")["quotas"]),
        (&json!(5), &json!(4), &json!("one in every town: Upper 1; by city: C"))
    );
    assert!(answer["places"].as_array().unwrap().len() == 5 && made.out.is_empty());
    let quota = &answer["quotas"][1];
    assert_eq!((&quota["asked"], &quota["binds"]), (&json!(2), &json!(true)), "{quota}");
    assert_eq!(answer["areas"][0]["area"], "K");
    assert_eq!((&answer["years"][0]["year"], &answer["years"][2]["year"]), (&json!("now"), &json!("2025")));
    let checked = folder.run("site verify PLAN.toml a.json --json");
    assert_eq!((checked.code, &checked.json()["holds"]), (0, &json!(true)), "{}", checked.out);
    let table = std::fs::read_to_string(folder.0.path().join("o.csv")).unwrap();
    assert!(
        table.starts_with("id,name,kind,now,decision,tier,year,to,from,reach,gained,lost,shared,cost"),
        "{table}"
    );
    for (from, to, flaw) in [
        (
            r#""tiers":["basic","basic"]"#,
            r#""tiers":["basic","benchmark"]"#,
            "what is said of `s1` may not become of it",
        ),
        (r#""objective":"#, r#""objective":1,"old":"#, "the answer says 1"),
        (r#""bound":"#, r#""bound":9999999,"old":"#, "the answer says 9999999"),
        (r#""prices":{"#, r#""prices":{"nothing":1,"#, "`nothing`"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        std::fs::write(folder.0.path().join("b.json"), changed).unwrap();
        let found = folder.run("site verify PLAN.toml b.json");
        assert!(found.code == 1 && found.out.contains(flaw), "{}", found.out);
    }
    // Without the pinned decision, another plan; the two compared.
    std::fs::write(folder.0.path().join("decisions.csv"), "id,decision,tier,year\ns2,close,,2024\n").unwrap();
    assert_eq!(folder.run("site plan PLAN.toml --json b.json").code, 0);
    let both = folder.run("site compare a.json b.json --json").json();
    assert!(
        both["places"].as_array().unwrap().iter().any(|p| p["id"] == "s2" && p["b"] == "close 2024"),
        "{both}"
    );
}

#[test]
fn a_layout_plan_that_cannot_be_names_what_collides_and_bad_files_their_place() {
    let folder = layout();
    let with = |file: &str, from: &str, to: &str| {
        let folder = layout();
        let path = folder.0.path().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(path, text.replace(from, to)).unwrap();
        folder.run("site plan PLAN.toml")
    };
    assert_eq!(folder.run("site plan PLAN.toml").code, 0);
    let no = with("PLAN.toml", "least = 1\n", "least = 4\n");
    assert_eq!(no.code, 1);
    assert!(
        no.out.contains("`one in every town: Upper 1 2025`: 4 are asked for, at most 2 are possible"),
        "{}",
        no.out
    );
    let no = with("PLAN.toml", "budget = 8", "budget = 3");
    assert_eq!(no.code, 1);
    assert!(no.out.contains("`budget 2025`") && no.out.contains("by city: C 2025"), "{}", no.out);
    for (file, from, to, fault) in [
        ("PLAN.toml", "minutes = 10", "minutes = 0", "[[kinds]] courier: 0 minutes"),
        (
            "PLAN.toml",
            "by = \"foot\"",
            "by = \"bus\"",
            "there is no speed for `bus`; there are: e-bike, foot",
        ),
        ("PLAN.toml", "carry = true", "cary = true", "PLAN.toml:5:1: unknown field `cary`"),
        (
            "PLAN.toml",
            "tiers = [\"benchmark\"]\neach = \"city\"",
            "tiers = [\"gold\"]\neach = \"city\"",
            "there is no tier `gold`",
        ),
        ("PLAN.toml", "\"C\" = 1.0", "\"D\" = 1.0", "there is no area `D`"),
        ("PLAN.toml", "22:00-06:00", "22-6", "[[hours]] night: `22-6` is no span of hours like 06:00-18:00"),
        ("stations.csv", "s2,", "s1,", "stations.csv:3:1: the id `s1` stands here twice"),
        (
            "stations.csv",
            "1,basic,open",
            "1,golden,open",
            "stations.csv:2:5: there is no tier `golden` in the plan",
        ),
        (
            "stations.csv",
            "paused",
            "asleep",
            "stations.csv:4:6: the state `asleep` is not open, paused, repair or closed",
        ),
        ("stations.csv", "120.000,30,1", "30,120.0,1", "they look exchanged"),
        ("candidates.csv", "bank", "bank,,,", "candidates.csv"),
        ("cells.csv", "courier@night", "courier@noon", ""),
        ("cells.csv", "10,4", "-10,4", "cells.csv:2:5: the number of people -10 is below 0"),
        (
            "cells.csv",
            "courier@",
            "rider@",
            "no column is named by a kind and a band of hours, like `courier@day`",
        ),
        ("decisions.csv", "keep", "reopen", "decisions.csv:2:2: `s1`: `reopen` is not keep, upgrade"),
        ("decisions.csv", "s1", "s9", "decisions.csv:2:1: there is no station or candidate `s9`"),
    ] {
        let bad = with(file, from, to);
        let expected = if fault.is_empty() { 0 } else { 2 };
        assert_eq!(bad.code, expected, "{from} -> {to}: {} {}", bad.out, bad.err);
        assert!(bad.err.contains(fault), "{from} -> {to}: {}", bad.err);
    }
}

#[test]
fn the_published_quotas_of_the_province_add_up_to_1392_benchmark_stations() {
    let folder = Folder::new(&[]);
    let wrote = folder.run("demo write --province 33 --out p --cells 60 --candidates 10");
    assert_eq!(wrote.code, 0, "{}", wrote.err);
    let plan = std::fs::read_to_string(folder.0.path().join("p/PLAN.toml")).unwrap();
    // Quotas alone are looked at here: without limits on money and numbers this is quick.
    let free: Vec<&str> = plan
        .lines()
        .filter(|l| {
            !["budget", "running = 1", "running = 9", "upgrades", "builds"].iter().any(|w| l.starts_with(w))
        })
        .collect();
    std::fs::write(folder.0.path().join("p/PLAN.toml"), free.join("\n")).unwrap();
    let answer = folder.run("site plan p/PLAN.toml --json --seconds 1");
    assert_eq!(answer.code, 0, "{} {}", answer.out, answer.err);
    let answer = answer.json();
    let asked: Vec<&Value> = answer["quotas"].as_array().unwrap().iter().map(|q| &q["asked"]).collect();
    assert_eq!(asked[..3], [&json!(12_000), &json!(1_106), &json!(1_392)]);
    let binds: Vec<&Value> = answer["quotas"].as_array().unwrap().iter().map(|q| &q["binds"]).collect();
    assert_eq!(binds[1..4], [&json!(false), &json!(true), &json!(false)], "{}", answer["quotas"]);
    assert!(answer["quotas"][3]["asked"].as_f64().unwrap() < 1_392.0);
}
