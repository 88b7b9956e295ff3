//! The engines' commands on plain files, as their contract says: keys, exit codes, places of faults.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::process::Command;

use serde_json::{Value, json};
use zhida_e2e::binary;

struct Folder(tempfile::TempDir);

struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {} {}", self.out, self.err))
    }
}

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    fn run(&self, line: &str) -> Ran {
        let done =
            Command::new(binary()).args(line.split_whitespace()).current_dir(self.0.path()).output().unwrap();
        Ran {
            code: done.status.code().unwrap(),
            out: String::from_utf8(done.stdout).unwrap(),
            err: String::from_utf8(done.stderr).unwrap(),
        }
    }
}

const PROFILE: &str = r#"
[fields.age]
type = "int"
label = { zh = "年龄", en = "Age" }
[fields.education]
type = "code"
codes = ["none", "primary", "junior", "senior"]
ordered = true
[fields.months]
type = "int"
[fields.skills]
type = "set<code>"
codes = ["welding", "cooking"]
[fields.born]
type = "date"
"#;
const RULES: &str = r#"
[[params.least]]
from = "2025-01-01"
value = 45
[[params.least]]
from = "2028-01-01"
value = 46
[rules.r1]
when = 'age >= params.least && education <= "junior" && ("welding" in skills || months > 6)'
[rules.r2]
when = 'today - born > duration("400000h")'
"#;
const PARTIES: &str = "id,age,education,months,skills,born,unused\n\
                       p1,45,junior,3,welding;cooking,1978-01-01,x\n\
                       \"p,2\",43,senior,,,,\n\
                       p3,,primary,9,,2001-05-06,\n";

#[test]
fn rules_are_checked_evaluated_explained_and_tried() {
    let folder = Folder::new(&[
        ("p.toml", PROFILE),
        ("r.toml", RULES),
        ("x.csv", PARTIES),
        ("bad.toml", "[rules.a]\nwhen = 'aeg > 1'\n[rules.b]\nwhen = 'age > 5 && age < 3'\n"),
    ]);
    assert_eq!(folder.run("rules check --profile p.toml r.toml").code, 0);
    let bad = folder.run("rules check --profile p.toml bad.toml");
    assert_eq!(bad.code, 1);
    assert!(bad.out.contains("bad.toml:2:9: rule `a`: there is no field `aeg`"), "{}", bad.out);
    assert!(bad.out.contains("did you mean `age`?\n") && bad.out.contains("^^^"), "{}", bad.out);
    assert!(bad.out.contains("bad.toml:4:20: rule `b`: always false"), "{}", bad.out);

    let files = "--profile p.toml --rules r.toml --parties x.csv";
    let eval = folder.run(&format!("rules eval {files} --date 2026-01-01 --out v.csv --json -"));
    assert_eq!(eval.json()["counts"]["r1"], json!({ "true": 1, "false": 1, "unknown": 1 }));
    assert_eq!(eval.json()["parties"], 3);
    assert!(["load", "compile", "eval"].iter().all(|k| eval.json()["seconds"][k].is_number()));
    let verdicts = std::fs::read_to_string(folder.0.path().join("v.csv")).unwrap();
    assert_eq!(
        verdicts,
        "party,rule,verdict\np1,r1,true\np1,r2,true\n\"p,2\",r1,false\n\"p,2\",r2,unknown\np3,r1,unknown\np3,r2,false\n"
    );
    // The constant moves with the evaluation date, and last year's verdicts can be had again.
    let later = folder.run(&format!("rules eval {files} --date 2028-01-01 --counts --json --threads 2"));
    assert_eq!(later.json()["counts"]["r1"]["true"], 0);
    let why = folder.run(&format!("rules explain {files} --date 2026-01-01 --party p3 --rule r1 --json"));
    assert_eq!(why.json()["settled_by"], json!([["age"]]));
    let why = folder.run(&format!("rules explain {files} --date 2028-01-01 --party p1 --rule r1 --json"));
    assert_eq!(why.json()["changes"][0][0], json!({ "field": "age", "from": "45", "to": "46", "or": [] }));
    let tried = folder.run("rules simulate --profile p.toml --before r.toml --parties x.csv --sweep params.least=43..46 --amount months*100 --chart c.svg --json");
    assert_eq!(tried.json()["sweep"]["steps"][3]["true"][0], 0);
    assert_eq!(tried.json()["rules"]["r1"]["cost"]["after"]["sum"], 300.0);
    assert!(std::fs::read_to_string(folder.0.path().join("c.svg")).unwrap().starts_with("<svg"));
}

#[test]
fn bad_tables_are_refused_with_their_place_and_nothing_is_written() {
    let ugly = PARTIES.replace("p1,45,junior", "p1,45x,junior");
    let code = PARTIES.replace("p1,45,junior", "p1,45,junor");
    let folder = Folder::new(&[
        ("p.toml", PROFILE),
        ("r.toml", RULES),
        ("a.csv", &ugly),
        ("b.csv", &code),
        ("c.csv", "a,b\n1,2\n"),
        ("e.csv", "id,age\n"),
    ]);
    for (file, expected) in [
        ("a.csv", "a.csv: 2:2: field `age`: `45x` is not a whole number"),
        ("b.csv", "b.csv: 2:3: field `education`: the code `junor` is not in its list"),
        ("c.csv", "c.csv: 1:1: the first line has no column `id`"),
        ("missing.csv", "missing.csv"),
    ] {
        let ran =
            folder.run(&format!("rules eval --profile p.toml --rules r.toml --parties {file} --out v.csv"));
        assert_eq!(ran.code, 2, "{file}");
        assert!(ran.err.contains(expected), "{}", ran.err);
        assert!(!folder.0.path().join("v.csv").exists());
    }
    // An empty county is no fault.
    let empty = folder.run("rules eval --profile p.toml --rules r.toml --parties e.csv --counts --json");
    assert_eq!(
        (empty.code, &empty.json()["counts"]["r1"]),
        (0, &json!({ "true": 0, "false": 0, "unknown": 0 }))
    );
}

#[test]
fn seats_are_given_out_proven_and_checked() {
    let edges = "party,offer,score\na,x,90\na,y,80\nb,x,70\nc,x,60\nc,y,50\n";
    let folder = Folder::new(&[
        ("e.csv", edges),
        ("s.csv", "offer,seats\nx,1\ny,1\n"),
        ("t.csv", "party,tier\nc,0\nb,1\na,1\n"),
        ("f.csv", "party,offer\nb,x\n"),
        ("g.csv", "party,group\nb,poor\nc,poor\n"),
        ("q.csv", "offer,group,min,max\nx,poor,1,\n"),
        ("q3.csv", "offer,group,min,max\nx,poor,3,\n"),
        ("q2.csv", "offer,group,min,max\ny,poor,1,\n"),
        ("turned.csv", "offer,seats\ny,1\nx,1\n"),
        ("aside.csv", "offer,seats,group\ny,0,\ny,1,poor\nx,1,\n"),
        ("none.csv", "offer,seats\nx,0\ny,0\n"),
        ("nan.csv", "party,offer,score\na,x,NaN\n"),
        ("neg.csv", "party,offer,score\na,x,1\nb,y,-4\n"),
    ]);
    let answer = folder.run("match allocate --edges e.csv --seats s.csv --json -").json();
    assert_eq!((&answer["objective"], &answer["bound"]), (&json!(150), &json!(150)));
    assert_eq!(answer["pairs"], json!([["a", "y"], ["b", "x"]]));
    assert_eq!(answer["prices"], json!({ "x": 60, "y": 50 }));
    assert_eq!(
        (&answer["assigned"], &answer["unassigned"], &answer["waiting"]["x"]),
        (&json!(2), &json!(1), &json!(["c"]))
    );
    for options in [
        "",
        "--tiers t.csv",
        "--fixed f.csv",
        "--groups g.csv --quotas q.csv",
        "--groups g.csv --quotas q.csv --tiers t.csv --keep f.csv",
        "--groups g.csv --quotas q.csv --each 2 --fixed f.csv",
        "--tiers t.csv --seconds 0",
        "--rule stable",
        "--keep f.csv",
    ] {
        let made = folder.run(&format!("match allocate --edges e.csv --seats s.csv {options} --json a.json"));
        assert_eq!((made.code, made.err.as_str()), (0, ""), "{options}");
        let checked = options.replace("--rule stable", "");
        let verified =
            folder.run(&format!("match verify --edges e.csv --seats s.csv {checked} a.json --json"));
        assert_eq!((verified.code, &verified.json()["holds"]), (0, &json!(true)), "{options}");
    }
    // A quota counts in the offer that it names, whatever the order of the lines; so do seats that are set aside.
    for seats in ["turned.csv", "aside.csv"] {
        let line = format!("--edges e.csv --seats {seats} --groups g.csv --quotas q2.csv");
        let made = folder.run(&format!("match allocate {line} --json a.json"));
        let answer = std::fs::read_to_string(folder.0.path().join("a.json")).unwrap();
        assert_eq!(made.code, 0, "{}", made.err);
        assert!(answer.contains("[\"c\",\"y\"]"), "{answer}");
        assert_eq!(folder.run(&format!("match verify {line} a.json")).code, 0, "{seats}");
    }
    // Stopped at once: an answer all the same, and a bound that is none too low.
    let stopped = folder.run("match allocate --edges e.csv --seats s.csv --seconds 0 --json").json();
    assert_eq!(stopped["complete"], false);
    let number = |key: &str| stopped[key].as_i64().unwrap();
    assert!(number("objective") <= 150 && number("bound") >= 150, "{stopped}");
    // The same whatever the number of threads; a changed answer is found.
    folder.run("match allocate --edges e.csv --seats s.csv --threads 8 --json a.json");
    let text = std::fs::read_to_string(folder.0.path().join("a.json")).unwrap();
    std::fs::write(folder.0.path().join("a.json"), text.replace("\"objective\":150", "\"objective\":151"))
        .unwrap();
    let verified = folder.run("match verify --edges e.csv --seats s.csv a.json");
    assert_eq!(verified.code, 1);
    assert!(verified.out.contains("add up to 150"), "{}", verified.out);

    let none = folder.run("match allocate --edges e.csv --seats none.csv --json").json();
    assert_eq!((&none["objective"], &none["bound"], &none["assigned"]), (&json!(0), &json!(0), &json!(0)));
    let short = folder.run("match allocate --edges e.csv --seats s.csv --groups g.csv --quotas q3.csv");
    assert_eq!(short.code, 1);
    assert!(short.out.contains("at least 3 of `poor` in x: short by 2"), "{}", short.out);
    for (file, place) in [
        ("nan.csv", "nan.csv:2:3: the score `NaN` is not a whole number"),
        ("neg.csv", "neg.csv:3:3: the score -4"),
    ] {
        let bad = folder.run(&format!("match allocate --edges {file} --seats s.csv"));
        assert_eq!(bad.code, 2);
        assert!(bad.err.contains(place), "{}", bad.err);
    }
}

#[test]
fn offers_are_ranked_by_their_terms() {
    let folder = Folder::new(&[
        ("p.toml", PROFILE),
        ("x.csv", PARTIES),
        (
            "t.toml",
            "[uses]\nskills = \"skills\"\n[[terms]]\nname = \"skill\"\nmeasure = \"skill\"\nweight = 3\n[[terms]]\nname = \"record\"\nmeasure = \"record\"\nweight = 1\nprior = [1, 1]\n",
        ),
        ("o.csv", "offer,rule,skills,well,ended\nw,age > 40,welding,8,8\nk,,cooking,0,0\n"),
        ("bad.csv", "offer,rule\nw,aeg > 40\n"),
    ]);
    let line = "match rank --profile p.toml --parties x.csv --terms t.toml --top 2";
    let ran = folder.run(&format!("{line} --offers o.csv --out best.csv --by-offer of.csv --json"));
    assert_eq!((&ran.json()["eligible"], &ran.json()["kept"]), (&json!(5), &json!(5)), "{}", ran.err);
    let best = std::fs::read_to_string(folder.0.path().join("best.csv")).unwrap();
    assert!(
        best.starts_with("party,offer,score,skill,record\np1,w,975000,1,0.9\np1,k,875000,1,0.5\n"),
        "{best}"
    );
    let bad = folder.run(&format!("{line} --offers bad.csv"));
    assert_eq!(bad.code, 2);
    assert!(bad.err.contains("there is no field `aeg`"), "{}", bad.err);
}

const PROBLEM: &str = "--demand demand.csv --sites sites.csv";

fn places() -> Folder {
    let points =
        "id,lon,lat,weight\na,120.00,30.00,5\nb,120.01,30.00,5\nc,120.30,30.00,4\nd,120.31,30.00,1\n";
    let sites = "id,lon,lat,state,cost,group,capacity\nx,120.00,30.00,,3,west,8\ny,120.01,30.00,existing,2,west,8\n\
                 z,120.30,30.00,,4,east,9\n";
    Folder::new(&[
        ("p.csv", points),
        ("demand.csv", points),
        ("sites.csv", sites),
        ("g.csv", "group,min,max\nwest,1,1\neast,1,\n"),
        ("g3.csv", "group,min,max\nwest,3,\n"),
        ("pmed.txt", "3 3 1\n1 2 4\n2 3 2\n1 3 9\n"),
        ("k.tsp", "DIMENSION: 3\nEDGE_WEIGHT_TYPE: EUC_2D\nNODE_COORD_SECTION\n1 0 0\n2 3 4\n3 6 8.2\nEOF\n"),
        (
            "kinds.csv",
            "id,lon,lat,weight,radius,hours\na day,120.00,30.00,5,1500,08:00-17:00\n\
             a night,120.00,30.00,4,1500,22:00-06:00\nb night,120.01,30.00,3,500,22:00-06:00\n",
        ),
        ("hours.csv", "id,lon,lat,hours\nx,120.00,30.00,08:00-18:00\ny,120.01,30.00,24/7\n"),
        (
            "roads.csv",
            "from,from_lon,from_lat,to,to_lon,to_lat,metres,oneway\n1,120.00,30.00,2,120.01,30.00,2000,\n\
             2,120.01,30.00,3,120.30,30.00,,no\n3,120.30,30.00,4,120.31,30.00,900,yes\n4,120.31,30.00,3,120.30,30.00,1000,yes\n",
        ),
        (
            "cut.csv",
            "from,from_lon,from_lat,to,to_lon,to_lat\n1,120.00,30.00,2,120.01,30.00\n3,120.30,30.00,4,120.31,30.00\n",
        ),
        (
            "moved.csv",
            "from,from_lon,from_lat,to,to_lon,to_lat\n1,120.00,30.00,2,120.01,30.00\n2,120.30,30.00,4,120.31,30.00\n",
        ),
        ("wgs.csv", "id,lon,lat,weight\na,120.95,30.53,1\nb,120.96,30.54,1\nc,120.90,30.50,1\n"),
        (
            "gcj.csv",
            "id,lon,lat\na,120.954162,30.527476\nb,120.964208,30.537521\nc,120.903961,30.497343\nd,120.9,30.4\n",
        ),
        ("m.csv", "id,weight,x,y\na,2,0,7\nb,1,5,0\n"),
        ("late.csv", "id,lon,lat,hours\nx,120.00,30.00,late\n"),
        ("turned.csv", "id,lon,lat\na,30.0,120.0\n"),
        ("micro.csv", "id,lon,lat\na,120000000,30000000\n"),
        ("twice.csv", "id,lon,lat\na,120,30\na,121,30\n"),
        ("nan.csv", "id,lon,lat,weight\na,120,30,NaN\n"),
    ])
}

#[test]
fn sites_are_found_proven_and_checked() {
    let folder = places();
    let problem = PROBLEM;
    for (command, says) in [
        ("median --orlib pmed.txt", "pmed.txt"),
        ("median --tsplib k.tsp --open 1 --rounded", "k.tsp"),
        ("centre --tsplib k.tsp --open 2", "k.tsp"),
        ("median --points p.csv --open 2", "--points p.csv"),
        (&format!("median {problem} --open 2"), problem),
        (&format!("median {problem}"), problem),
        (&format!("median {problem} --open 2 --capacitated"), problem),
        (
            &format!("cover {problem} --radius 1500 --open 2 --groups g.csv --budget 6"),
            "--demand demand.csv --sites sites.csv --groups g.csv --budget 6",
        ),
        (&format!("cover {problem} --radius 1500 --open 1 --second 0.5"), problem),
        (&format!("cover {problem} --radius 1500"), problem),
        (
            &format!("cover {problem} --radius 1500 --groups g.csv"),
            "--demand demand.csv --sites sites.csv --groups g.csv",
        ),
        (
            &format!("centre {problem} --open 2 --groups g.csv"),
            "--demand demand.csv --sites sites.csv --groups g.csv",
        ),
        (&format!("cover {problem} --radius 100 --outer 1500 --open 2"), problem),
        (&format!("cover {problem} --radius 100 --outer 1500 --share 0.25 --open 1"), problem),
        ("median --matrix m.csv --open 1", "--matrix m.csv"),
        ("median --points p.csv --roads roads.csv --open 1", "--points p.csv --roads roads.csv"),
        ("cover --points p.csv --roads roads.csv --open 1 --radius 1999", "--points p.csv --roads roads.csv"),
        ("cover --demand kinds.csv --sites hours.csv --open 1", "--demand kinds.csv --sites hours.csv"),
    ] {
        let made = folder.run(&format!("site {command} --json a.json --out o.geojson"));
        assert_eq!((made.code, made.err.as_str()), (0, ""), "{command}");
        let checked = folder.run(&format!("site verify {says} a.json --json"));
        assert_eq!((checked.code, &checked.json()["holds"]), (0, &json!(true)), "{command}: {}", checked.out);
        let text = std::fs::read_to_string(folder.0.path().join("a.json")).unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap();
        // Undivided points leave a gap that multipliers alone cannot close.
        assert!(answer["optimal"] == true || command.contains("capacitated"), "{command}");
        assert!(["objective", "bound", "gap", "seconds"].iter().all(|k| answer[k].is_number()), "{text}");
        assert!(answer["certificate"]["multipliers"].as_array().unwrap().len() > 1, "{text}");
        // Another sum is found out.
        let objective = format!("\"objective\":{}", answer["objective"]);
        std::fs::write(folder.0.path().join("a.json"), text.replace(&objective, "\"objective\":0.5"))
            .unwrap();
        assert_eq!(folder.run(&format!("site verify {says} a.json")).code, 1, "{command}");
        let map = std::fs::read_to_string(folder.0.path().join("o.geojson")).unwrap();
        assert!(map.contains("FeatureCollection"), "{map}");
    }
    let answer = folder.run("site median --orlib pmed.txt --json").json();
    // The second node is 4 and 2 away from the others.
    assert_eq!((&answer["open"], &answer["objective"]), (&json!([2]), &json!(6.0)));
    let cover = folder.run(&format!("site cover {problem} --radius 1500 --open 2 --json")).json();
    assert_eq!((&cover["objective"], &cover["total"]), (&json!(15.0), &json!(15.0)));
    // The site that is open at night reaches everybody by the night and day of the points' own radii.
    let kinds = folder.run("site cover --demand kinds.csv --sites hours.csv --open 1 --json").json();
    assert_eq!((&kinds["open"], &kinds["objective"]), (&json!(["y"]), &json!(12.0)));
    // The road from a to b takes 2,000 m: out of reach; from d to c 1,000 m, from c to d 900.
    let roads = folder.run("site cover --points p.csv --roads roads.csv --open 3 --radius 999 --json").json();
    assert_eq!((&roads["open"], &roads["objective"]), (&json!(["a", "b", "d"]), &json!(15.0)), "{roads}");
    let matrix = folder.run("site median --matrix m.csv --open 1 --json").json();
    assert_eq!((&matrix["open"], &matrix["objective"]), (&json!(["x"]), &json!(5.0)));
    // a and b are 964 m apart: 536 of 1,400 m are left.
    let part = folder.run("site cover --points p.csv --radius 100 --outer 1500 --open 1 --json").json();
    let found = part["objective"].as_f64().unwrap();
    assert!((found - (5.0 + 5.0 * 537.0 / 1400.0)).abs() < 0.01, "{found}");
}

#[test]
fn sites_that_cannot_be_are_told_why_and_bad_files_where() {
    let folder = places();
    let problem = PROBLEM;
    let no = folder.run(&format!("site cover {problem} --radius 1500 --open 2 --groups g3.csv"));
    assert_eq!(no.code, 1);
    assert!(no.out.contains("`west`: at least 3 of 2 that can be open"), "{}", no.out);
    let no = folder.run(&format!("site cover {problem} --radius 500"));
    assert_eq!((no.code, no.out.contains("1 points within reach of no site: d")), (1, true), "{}", no.out);
    for (line, fault) in [
        (
            "median --points turned.csv --open 1",
            "turned.csv:2:3: 30, 120 are no longitude and latitude in degrees; they look exchanged",
        ),
        ("median --points micro.csv --open 1", "micro.csv:2:3: 120000000, 30000000 are no longitude"),
        ("median --points twice.csv --open 1", "twice.csv:3:1: the id `a` stands here twice"),
        ("median --points nan.csv --open 1", "nan.csv:2:4: the weight `NaN` is not a number"),
        ("median --points p.csv --open 9", "--open 9: between 1 and 4"),
        ("median --points p.csv", "say --open P"),
        ("cover --points p.csv --open 1 --radius 0", "--radius 0: not a number above 0"),
        (
            "median --demand wgs.csv --sites gcj.csv --open 1",
            "the second file looks like GCJ-02, the first like WGS-84; convert one of them",
        ),
        (
            "cover --points p.csv --open 1 --radius 9 --memory 0.0000001",
            "this needs about 0.0 GiB of memory, 0.0 GiB are there to use",
        ),
        ("cover --points p.csv --open 1", "say --radius METRES"),
        (
            "median --points p.csv --roads cut.csv --open 1",
            "cut.csv: the roads do not hang together: not every point can reach every site",
        ),
        (
            "median --points p.csv --roads moved.csv --open 1",
            "moved.csv:3:2: the node `2` stood elsewhere before",
        ),
        ("median --points p.csv --roads p.csv --open 1", "p.csv:1:1: there is no column `from`"),
        ("cover --points p.csv --open 1 --radius 90 --outer 80", "--outer 80: not beyond the radius 90"),
        ("cover --points p.csv --radius 90 --outer 180", "--outer goes with --open P"),
        ("cover --points p.csv --open 1 --radius 90 --share 0.5", "give --outer METRES"),
        (
            "cover --demand p.csv --sites late.csv --open 1 --radius 9",
            "late.csv:2:4: `late` is no span of hours",
        ),
    ] {
        let bad = folder.run(&format!("site {line}"));
        assert_eq!(bad.code, 2, "{line}");
        assert!(bad.err.contains(fault), "{}", bad.err);
    }
}

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
