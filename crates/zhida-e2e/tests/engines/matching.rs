//! `zhida match allocate|rank|verify`.

use serde_json::json;

use crate::folder::Folder;
use crate::rules::{PARTIES, PROFILE};

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
