//! `zhida rules`.

use serde_json::json;

use crate::folder::Folder;

pub(crate) const PROFILE: &str = r#"
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
pub(crate) const PARTIES: &str = "id,age,education,months,skills,born,unused\n\
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
