//! Any text as a rule: a fault or an answer, never a panic, and the explanation says what the columns say.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use zhida_rules::{At, Cell, Loader, Params, Profile, RuleSet, Table, Truth};

const PROFILE: &str = r#"
[fields.age]
type = "int"
[fields.months]
type = "int"
[fields.wage]
type = "double"
[fields.ill]
type = "bool"
[fields.title]
type = "string"
[fields.education]
type = "code"
codes = ["none", "primary", "junior", "senior"]
ordered = true
[fields.born]
type = "date"
[fields.town]
type = "region"
[fields.skills]
type = "set<code>"
codes = ["welding", "cooking", "sewing"]
"#;
const PARAMS: &str = "[[params.least]]\nfrom = \"2025-01-01\"\nvalue = 45\n[[params.least]]\nfrom = \"2028-01-01\"\nvalue = 46\n";
/// Everything said, nothing said, extremes, and each thing missing once.
const ROWS: [[&str; 9]; 5] = [
    ["45", "7", "3200.5", "true", "电焊工", "junior", "1980-02-29", "330424100", "welding;cooking"],
    ["", "", "", "", "", "", "", "", ""],
    ["9223372036854775807", "-1", "-0.0", "false", "a.*b", "none", "0001-01-01", "33", "sewing"],
    ["-9223372036854775808", "", "1e300", "", "x", "senior", "", "330424", ""],
    ["0", "0", "", "true", "", "", "2026-11-24", "", "welding"],
];

struct World {
    profile: Profile,
    params: Params,
    table: Table,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let profile = Profile::from_toml(PROFILE).unwrap_or_default();
    let params = Params::from_toml(PARAMS).unwrap_or_default();
    let mut loader = Loader::new(&profile);
    for row in ROWS {
        for (field, cell) in row.iter().enumerate() {
            if loader.text(zhida_rules::FieldId(field), cell).is_err() {
                loader.missing(zhida_rules::FieldId(field));
            }
        }
    }
    let table = loader.finish(ROWS.len()).unwrap_or_else(|_| Table::new(&profile));
    assert!(table.rows() == ROWS.len() && table.cell(0, zhida_rules::FieldId(0)) == Cell::Int(45));
    World { profile, params, table }
});

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(bytes) else { return Corpus::Reject };
    let world = &*WORLD;
    let at = At { day: 20_781, region: "330424".to_owned() };
    let Ok(set) = RuleSet::compile(&world.profile, &world.params, &at, [("rule", text)]) else {
        return Corpus::Keep;
    };
    let _findings = set.findings();
    for (verdicts, row) in
        set.evaluate(&world.table).iter().flat_map(|v| (0..ROWS.len()).map(move |r| (v, r)))
    {
        let explained = set.explain(0, &world.table, row).map(|e| e.truth);
        assert_eq!(explained, Some(verdicts.at(row)), "row {row} of `{text}`");
        match verdicts.at(row) {
            Truth::Unknown => drop(set.open(0, &world.table, row)),
            Truth::False => drop(set.changes(0, &world.table, row)),
            Truth::True => {}
        }
    }
    Corpus::Keep
});
