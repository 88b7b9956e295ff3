//! Columns against the `cel` crate's own interpreter, row by row: random profiles, rules and rows, facts missing.

#![expect(clippy::unwrap_used, clippy::format_push_string, reason = "a test's own helpers")]

use proptest::prelude::*;
use zhida_rules::{At, Cell, FieldKind, Params, Profile, RuleSet, Table, Truth};

/// Numbers that look random and follow from the seed (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[usize::try_from(self.below(list.len() as u64)).unwrap()]
    }

    fn number(&mut self, low: i64, high: i64) -> i64 {
        low + i64::try_from(self.below(u64::try_from(high - low + 1).unwrap())).unwrap()
    }
}

/// A profile of two to nine fields of any type but dates, which the interpreter has no literals for.
fn profile(chance: &mut Chance) -> Profile {
    let mut text = String::new();
    for at in 0..2 + chance.below(8) {
        let codes = (0..=chance.below(40)).map(|k| format!("\"c{k}\"")).collect::<Vec<_>>().join(", ");
        let kind = match chance.below(6) {
            0 | 1 => "type = \"int\"".to_owned(),
            2 => "type = \"double\"".to_owned(),
            3 => "type = \"bool\"".to_owned(),
            4 => "type = \"string\"".to_owned(),
            5 if chance.below(2) == 0 => format!("type = \"code\"\ncodes = [{codes}]"),
            _ => format!("type = \"set<code>\"\ncodes = [{codes}]"),
        };
        text += &format!("[fields.f{at}]\n{kind}\n");
    }
    Profile::from_toml(&text).unwrap()
}

fn leaf(chance: &mut Chance, profile: &Profile) -> String {
    let field = chance.pick(profile.fields()).clone();
    let name = &field.name;
    let order = *chance.pick(&["<", "<=", ">", ">=", "==", "!="]);
    let same = *chance.pick(&["==", "!="]);
    match &field.kind {
        FieldKind::Int => match chance.below(5) {
            0 => format!(
                "{name} in [{}, {}, {}]",
                chance.number(-5, 40),
                chance.number(-5, 40),
                chance.number(-5, 40)
            ),
            1 => format!("{name} * {} - 3 {order} {}", chance.number(-3, 3), chance.number(-60, 60)),
            2 => format!("{name} / {} {order} {}", chance.number(-2, 2), chance.number(-5, 5)),
            3 => format!("{name} % {} {order} {}", chance.number(-3, 3), chance.number(-3, 3)),
            _ => format!("{name} {order} {}", chance.number(-5, 40)),
        },
        FieldKind::Double => match chance.below(2) {
            0 => format!("{name} * 2.0 + 1.5 {order} {}.25", chance.number(0, 30)),
            _ => format!("{name} {order} {}.5", chance.number(0, 20)),
        },
        FieldKind::Bool => match chance.below(2) {
            0 => name.clone(),
            _ => format!("{name} {same} {}", chance.pick(&["true", "false"])),
        },
        FieldKind::Text => match chance.below(4) {
            0 => format!(
                "{name}.{}(\"{}\")",
                chance.pick(&["startsWith", "endsWith", "contains"]),
                chance.pick(&["a", "ab", ""])
            ),
            1 => format!("{name}.matches(\"^{}+$\")", chance.pick(&["a", "[ab]", "b"])),
            2 => format!("{name} in [\"a\", \"ba\"]"),
            _ => format!("{name} {same} \"{}\"", chance.pick(&["a", "ab", "ba"])),
        },
        FieldKind::Code { codes, .. } => {
            let list: Vec<String> =
                (0..=chance.below(6)).map(|_| format!("\"{}\"", chance.pick(codes).code)).collect();
            match chance.below(2) {
                0 => format!("{name} in [{}]", list.join(", ")),
                _ => format!("{name} {same} {}", list[0]),
            }
        }
        FieldKind::Set { codes } => {
            let (a, b) = (chance.pick(codes).code.clone(), chance.pick(codes).code.clone());
            let macro_ = *chance.pick(&["exists", "all", "exists_one"]);
            match chance.below(5) {
                0 => format!("\"{a}\" in {name}"),
                1 => format!("{name}.{macro_}(x, x == \"{a}\" || x == \"{b}\")"),
                2 => format!("{name}.filter(x, x != \"{a}\").size() {order} {}", chance.number(0, 4)),
                3 => format!("\"{a}\" in {name}.filter(x, x.endsWith(\"1\"))"),
                _ => format!("size({name}) {order} {}", chance.number(0, 4)),
            }
        }
        _ => "true".to_owned(),
    }
}

fn rule(chance: &mut Chance, profile: &Profile, depth: u64) -> String {
    if depth == 0 || chance.below(4) == 0 {
        return leaf(chance, profile);
    }
    let mut part = || rule(chance, profile, depth - 1);
    let (a, b, c) = (part(), part(), part());
    match chance.below(8) {
        0..=2 => format!("({a} && {b})"),
        3..=5 => format!("({a} || {b})"),
        6 => format!("!({a})"),
        _ => format!("({a} ? {b} : {c})"),
    }
}

fn row(chance: &mut Chance, profile: &Profile) -> Vec<Cell> {
    let mut cells = Vec::new();
    for field in profile.fields() {
        if chance.below(4) == 0 {
            cells.push(Cell::Missing);
            continue;
        }
        cells.push(match &field.kind {
            FieldKind::Int => Cell::Int(match chance.below(12) {
                0 => i64::MAX,
                1 => i64::MIN,
                _ => chance.number(-5, 40),
            }),
            FieldKind::Double => Cell::Double(f64::from(i32::try_from(chance.number(0, 80)).unwrap()) / 4.0),
            FieldKind::Bool => Cell::Bool(chance.below(2) == 0),
            FieldKind::Text => Cell::Text((*chance.pick(&["a", "b", "ab", "ba", "aab", ""])).to_owned()),
            FieldKind::Code { codes, .. } => Cell::Code(chance.pick(codes).code.clone()),
            FieldKind::Set { codes } => {
                Cell::Set(codes.iter().filter(|_| chance.below(6) == 0).map(|c| c.code.clone()).collect())
            }
            _ => Cell::Missing,
        });
    }
    cells
}

/// The interpreter on one row; an error, or a variable that is not declared, is unknown.
fn interpreted(program: &cel::Program, profile: &Profile, cells: &[Cell]) -> Truth {
    let mut context = cel::Context::default();
    for (field, cell) in profile.fields().iter().zip(cells) {
        let name = field.name.clone();
        match cell {
            Cell::Int(n) => context.add_variable_from_value(name, *n),
            Cell::Double(x) => context.add_variable_from_value(name, *x),
            Cell::Bool(b) => context.add_variable_from_value(name, *b),
            Cell::Text(t) | Cell::Code(t) => context.add_variable_from_value(name, t.clone()),
            Cell::Set(s) => context.add_variable_from_value(name, s.clone()),
            Cell::Missing | Cell::Date(_) => {}
        }
    }
    match program.execute(&context) {
        Ok(cel::Value::Bool(b)) => b.into(),
        _ => Truth::Unknown,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn columns_and_interpreter_agree(seed in any::<u64>()) {
        let mut chance = Chance(seed);
        let profile = profile(&mut chance);
        let rules: Vec<String> = (0..4).map(|_| rule(&mut chance, &profile, 3)).collect();
        let rows: Vec<Vec<Cell>> = (0..70).map(|_| row(&mut chance, &profile)).collect();
        let mut table = Table::new(&profile);
        for cells in &rows {
            table.push(cells).unwrap();
        }
        let named = rules.iter().map(|r| (r.as_str(), r.as_str()));
        let set = RuleSet::compile(&profile, &Params::default(), &At::day(20_000), named);
        // Whatever is refused is refused with a reason; what is not has to agree.
        let Ok(set) = set else {
            let faults = set.unwrap_err().0;
            prop_assert!(faults.iter().all(|f| !f.cause.is_empty()), "{:?}", faults);
            return Ok(());
        };
        let verdicts = set.evaluate(&table);
        let ready = set.on(&table);
        for (at, text) in rules.iter().enumerate() {
            let program = cel::Program::compile(text).unwrap();
            for (i, cells) in rows.iter().enumerate().take(12) {
                let expected = interpreted(&program, &profile, cells);
                prop_assert_eq!(verdicts[at].at(i), expected, "{} on {:?}", text, cells);
                prop_assert_eq!(set.explain(at, &table, i).unwrap().truth, expected, "explaining {}", text);
            }
            // One row at a time is as all together, and the counts are those of the verdicts.
            prop_assert!((0..rows.len()).all(|i| ready.row(i)[at] == verdicts[at].at(i)));
            let counts = ready.counts()[at];
            prop_assert_eq!((counts.truth, counts.falsity, counts.unknown), verdicts[at].counts());
        }
    }
}
