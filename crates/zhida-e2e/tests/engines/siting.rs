//! `zhida site median|cover|centre|verify`.

use serde_json::{Value, json};

use crate::folder::Folder;

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
