//! What rules mean, what faults say, and agreement with CEL's own interpreter.

use proptest::prelude::*;

use super::*;

const PROFILE: &str = r#"
[fields.age]
type = "int"
label = { zh = "年龄", en = "Age" }
unit = { zh = "岁", en = "years" }
[fields.months]
type = "int"
[fields.education]
type = "code"
ordered = true
codes = ["none", "primary", "junior", "senior"]
[fields.sex]
type = "code"
codes = ["male", "female"]
[fields.skills]
type = "set<code>"
codes = ["welding", "cooking", "sewing"]
[fields.disabled]
type = "bool"
[fields.town]
type = "region"
[fields.born]
type = "date"
[fields.wage]
type = "double"
"#;

fn profile() -> Profile {
    Profile::from_toml(PROFILE).unwrap()
}

fn compile(text: &str) -> Result<RuleSet, Faults> {
    RuleSet::compile(&profile(), &Params::default(), &At::day(20_000), [("r", text)])
}

fn fault(text: &str) -> Fault {
    compile(text).unwrap_err().0.remove(0)
}

fn row(age: Option<i64>, education: Option<&str>, skills: Option<&[&str]>) -> Vec<Cell> {
    let code = |c: Option<&str>| c.map_or(Cell::Missing, |c| Cell::Code(c.to_owned()));
    vec![
        age.map_or(Cell::Missing, Cell::Int),
        Cell::Int(7),
        code(education),
        Cell::Code("female".to_owned()),
        skills.map_or(Cell::Missing, |s| Cell::Set(s.iter().map(|c| (*c).to_owned()).collect())),
        Cell::Missing,
        Cell::Text("330424101".to_owned()),
        Cell::Date(3_000),
        Cell::Double(4_500.5),
    ]
}

fn verdict(text: &str, cells: &[Cell]) -> Truth {
    let mut table = Table::new(&profile());
    table.push(cells).unwrap();
    compile(text).unwrap_or_else(|f| panic!("{f}")).evaluate(&table)[0].at(0)
}

#[test]
fn three_values_follow_the_absorption_of_cel() {
    let cells = row(None, Some("junior"), Some(&["welding"]));
    for (text, expected) in [
        ("age >= 45", Truth::Unknown),
        ("age >= 45 && sex == \"male\"", Truth::False),
        ("age >= 45 || sex == \"female\"", Truth::True),
        ("age >= 45 && sex == \"female\"", Truth::Unknown),
        ("!(age >= 45)", Truth::Unknown),
        ("has(age)", Truth::False),
        ("has(age) && age >= 45", Truth::False),
        ("disabled || \"welding\" in skills", Truth::True),
        ("disabled", Truth::Unknown),
        ("disabled ? true : true", Truth::Unknown),
        ("age / 0 > 1 || months == 7", Truth::True),
        ("months / 0 > 1", Truth::Unknown),
        ("9223372036854775807 + months > 0", Truth::Unknown),
    ] {
        assert_eq!(verdict(text, &cells), expected, "{text}");
    }
}

#[test]
fn every_kind_of_condition_is_evaluated() {
    let cells = row(Some(47), Some("junior"), Some(&["welding", "cooking"]));
    for (text, expected) in [
        ("education <= \"junior\"", true),
        ("\"primary\" < education", true),
        ("education in [\"none\", \"senior\"]", false),
        ("age in [46, 47]", true),
        ("age * 2 - 4 == 90", true),
        ("town.startsWith(\"330424\")", true),
        ("town.matches(\"^3304[0-9]{5}$\")", true),
        ("town != \"330424102\"", true),
        ("size(skills) == 2", true),
        ("skills.exists(s, s == \"sewing\")", false),
        ("skills.all(s, s in [\"welding\", \"cooking\"])", true),
        ("skills.exists_one(s, s.startsWith(\"wel\"))", true),
        ("born < timestamp(\"1990-01-01T00:00:00Z\")", true),
        ("today - born > duration(\"24h\")", true),
        ("wage > 4500.0", true),
        ("(age > 40 ? months : age) == 7", true),
        ("(sex == \"female\") == (age == 47)", true),
    ] {
        assert_eq!(verdict(text, &cells), Truth::from(expected), "{text}");
    }
}

#[test]
fn faults_point_at_the_character_and_suggest_the_remedy() {
    let unknown = fault("months > 6 &&\n  aeg >= 45");
    assert_eq!((unknown.code, unknown.position()), (FaultCode::UnknownField, (2, 3)));
    assert_eq!(unknown.action.as_deref(), Some("did you mean `age`?"));
    assert!(unknown.snippet().ends_with("  ^^^"), "{}", unknown.snippet());

    let code = fault("education == \"junor\"");
    assert_eq!((code.code, code.position()), (FaultCode::UnknownCode, (1, 14)));
    assert_eq!(fault("age >= \"45\"").code, FaultCode::Type);
    assert_eq!(fault("sex < \"female\"").code, FaultCode::Unordered);
    assert_eq!(fault("age + 1").code, FaultCode::Type);
    assert_eq!(fault("params.minimum > 1").code, FaultCode::UnknownParam);
    assert_eq!(fault("age >=").code, FaultCode::Syntax);
    assert_eq!(fault("{'a': 1}.size() == 1").code, FaultCode::NotSupported);
    assert_eq!(fault("town == \"有汉字\" && aeg > 1").position(), (1, 18));
    assert_eq!(fault("town == \"有汉字\" && && age").position(), (1, 18));
}

#[test]
fn deep_and_long_texts_are_refused_not_run() {
    let deep = format!("{}age > 1{}", "(".repeat(10_000), ")".repeat(10_000));
    assert_eq!(fault(&deep).code, FaultCode::NotSupported);
    let long = vec!["age > 1"; 20_000].join(" && ");
    assert_eq!(fault(&long).code, FaultCode::NotSupported);
}

#[test]
fn constants_move_with_the_day_and_the_region() {
    let params = Params::from_toml(
        "[[params.female]]\nfrom = \"2025-01-01\"\nvalue = 45\n[[params.female]]\nfrom = \"2028-01-01\"\nvalue = 46\n\
         [[params.female]]\nfrom = \"2025-01-01\"\nregion = \"3301\"\nvalue = 50\n",
    )
    .unwrap();
    let day = |text: &str| chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap().to_epoch_days();
    let at = |d: &str, region: &str| At { day: day(d), region: region.to_owned() };
    assert_eq!(params.get("female", &at("2027-12-31", "330424")), Some(&ParamValue::Int(45)));
    assert_eq!(params.get("female", &at("2028-01-01", "330424")), Some(&ParamValue::Int(46)));
    assert_eq!(params.get("female", &at("2028-01-01", "330108")), Some(&ParamValue::Int(50)));
    assert_eq!(params.get("female", &at("2024-12-31", "330424")), None);
}

#[test]
fn equal_conditions_are_one_node() {
    let rules =
        [("a", "age >= 45 && sex == \"male\""), ("b", "sex == \"male\" && 45 <= age"), ("c", "age >= 45")];
    let set = RuleSet::compile(&profile(), &Params::default(), &At::day(0), rules).unwrap();
    assert_eq!(set.distinct_conditions(), 3);
}

#[test]
fn a_refusal_names_the_conditions_that_failed() {
    let set = compile("age >= 45 && (\"welding\" in skills || education >= \"senior\")").unwrap();
    let mut table = Table::new(&profile());
    table.push(&row(Some(43), Some("junior"), Some(&["welding"]))).unwrap();
    table.push(&row(None, Some("junior"), Some(&["welding"]))).unwrap();
    let refused = set.explain(0, &table, 0).unwrap();
    assert_eq!(refused.truth, Truth::False);
    let deciding = refused.deciding();
    assert_eq!(deciding.len(), 1);
    assert_eq!((deciding[0].words(Lang::Zh), deciding[0].actual(Lang::Zh)), ("年龄 ≥ 45 岁", "43 岁"));
    let unknown = set.explain(0, &table, 1).unwrap();
    assert_eq!(unknown.missing(&table, 1), [FieldId(0)].into());
}

#[test]
fn the_conditions_of_a_rule_are_counted_over_all_rows() {
    let set = compile("age >= 45 && (\"welding\" in skills || sex == \"male\")").unwrap();
    let mut table = Table::new(&profile());
    table.push(&row(Some(43), None, Some(&["welding"]))).unwrap();
    table.push(&row(None, None, None)).unwrap();
    let [age, either] = &set.conditions(0, &table)[..] else { panic!("two conditions") };
    assert_eq!((age.verdicts.counts(), either.verdicts.counts()), ((0, 1, 1), (1, 0, 1)));
    assert_eq!(either.words[0], "skills包含welding或sex为male");
    assert_eq!(age.fields, [FieldId(0)]);
}

#[test]
fn a_profile_says_what_is_wrong_with_it() {
    assert!(matches!(
        Profile::from_toml("[fields.a]\ntype = \"number\""),
        Err(ProfileFault::UnknownType { field, kind }) if field == "a" && kind == "number"
    ));
    assert!(matches!(Profile::from_toml("[fields.a]\ntype = \"code\""), Err(ProfileFault::NoCodes { .. })));
    assert!(matches!(
        Profile::from_toml("[fields.a]\ntype = \"int\"\nyears_since = \"b\""),
        Err(ProfileFault::DeriveFrom { .. })
    ));
}

#[test]
fn a_faulty_row_changes_nothing() {
    let mut table = Table::new(&profile());
    let mut cells = row(Some(1), None, None);
    cells[3] = Cell::Code("other".to_owned());
    assert_eq!(
        table.push(&cells),
        Err(CellFault::UnknownCode { field: "sex".to_owned(), code: "other".to_owned() })
    );
    assert_eq!(table.rows(), 0);
}

fn arbitrary_row() -> impl Strategy<Value = Vec<Cell>> {
    let text = |list: &'static [&'static str]| proptest::option::of(proptest::sample::select(list));
    (
        proptest::option::of(16_i64..70),
        proptest::option::of(0_i64..30),
        text(&["none", "primary", "junior", "senior"]),
        text(&["male", "female"]),
        proptest::option::of(proptest::sample::subsequence(vec!["welding", "cooking", "sewing"], 0..=3)),
        proptest::option::of(any::<bool>()),
        text(&["330424101", "330421002"]),
    )
        .prop_map(|(age, months, education, sex, skills, disabled, town)| {
            let code = |c: Option<&str>| c.map_or(Cell::Missing, |c| Cell::Code(c.to_owned()));
            vec![
                age.map_or(Cell::Missing, Cell::Int),
                months.map_or(Cell::Missing, Cell::Int),
                code(education),
                code(sex),
                skills.map_or(Cell::Missing, |s| Cell::Set(s.into_iter().map(str::to_owned).collect())),
                disabled.map_or(Cell::Missing, Cell::Bool),
                town.map_or(Cell::Missing, |t| Cell::Text(t.to_owned())),
                Cell::Missing,
                Cell::Missing,
            ]
        })
}

fn arbitrary_rule() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        ((16_i64..70), proptest::sample::select(vec![">=", "<", "==", "!="]))
            .prop_map(|(n, op)| format!("age {op} {n}")),
        (0_i64..30).prop_map(|n| format!("age - months * 2 > {n}")),
        (0_i64..3).prop_map(|n| format!("months / {n} >= 2")),
        proptest::sample::select(vec![
            "sex == \"male\"",
            "education in [\"none\", \"junior\"]",
            "\"welding\" in skills"
        ])
        .prop_map(str::to_owned),
        proptest::sample::select(vec![
            "disabled",
            "town.startsWith(\"330424\")",
            "skills.exists(s, s != \"sewing\")"
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(c, a, b)| format!("({c} ? {a} : {b})")),
        ]
    })
}

/// The `cel` crate's interpreter on one row; an error or a variable that is not declared is unknown.
fn reference(rule: &str, cells: &[Cell]) -> Truth {
    let program = cel::Program::compile(rule).unwrap();
    let mut context = cel::Context::default();
    for (field, cell) in profile().fields().iter().zip(cells) {
        let name = field.name.clone();
        match cell {
            Cell::Missing => {}
            Cell::Int(n) => context.add_variable_from_value(name, *n),
            Cell::Bool(b) => context.add_variable_from_value(name, *b),
            Cell::Text(t) | Cell::Code(t) => context.add_variable_from_value(name, t.clone()),
            Cell::Set(s) => context.add_variable_from_value(name, s.clone()),
            other => panic!("{other:?} does not occur here"),
        }
    }
    match program.execute(&context) {
        Ok(cel::Value::Bool(b)) => b.into(),
        _ => Truth::Unknown,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn columns_and_interpreter_agree(rule in arbitrary_rule(), rows in proptest::collection::vec(arbitrary_row(), 1..40)) {
        let mut table = Table::new(&profile());
        for cells in &rows {
            table.push(cells).unwrap();
        }
        let set = compile(&rule).unwrap_or_else(|f| panic!("{f}"));
        let verdicts = set.evaluate(&table);
        for (i, cells) in rows.iter().enumerate() {
            prop_assert_eq!(verdicts[0].at(i), reference(&rule, cells), "{} on {:?}", rule, cells);
            prop_assert_eq!(set.explain(0, &table, i).unwrap().truth, verdicts[0].at(i), "explaining {}", rule);
        }
    }

    #[test]
    fn what_is_known_stays_when_more_becomes_known(rule in arbitrary_rule(), cells in arbitrary_row(), more in arbitrary_row()) {
        let filled: Vec<Cell> = cells.iter().zip(&more).map(|(a, b)| if *a == Cell::Missing { b } else { a }.clone()).collect();
        let (before, after) = (verdict_of(&rule, &cells), verdict_of(&rule, &filled));
        if before != Truth::Unknown && !rule.contains("/ 0") {
            prop_assert_eq!(before, after, "{}", rule);
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,60}") {
        let _ = compile(&text);
    }

    #[test]
    fn replacing_a_row_is_as_pushing_it(a in arbitrary_row(), b in arbitrary_row()) {
        let mut table = Table::new(&profile());
        table.push(&a).unwrap();
        table.replace(0, &b).unwrap();
        for (i, cell) in b.iter().enumerate() {
            prop_assert_eq!(&table.cell(0, FieldId(i)), cell);
        }
    }
}

fn verdict_of(rule: &str, cells: &[Cell]) -> Truth {
    verdict(rule, cells)
}
