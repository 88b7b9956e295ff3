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
    assert_eq!(fault("{'a': age}.size() == 1").code, FaultCode::NotSupported);
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

#[test]
fn what_can_never_hold_or_never_fail_is_found_with_its_place() {
    let found = |text: &str| {
        compile(text).unwrap_or_else(|f| panic!("{f}")).findings().first().map(|f| (f.code, f.position().1))
    };
    for (text, expected) in [
        ("age > 50 && months > 3 && age < 40", Some((FaultCode::AlwaysFalse, 27))),
        ("age >= 45 || age < 45", Some((FaultCode::AlwaysTrue, 1))),
        ("sex == \"male\" && sex == \"female\"", Some((FaultCode::AlwaysFalse, 18))),
        ("sex in [\"male\", \"female\"]", Some((FaultCode::AlwaysTrue, 1))),
        ("months > 3 && (education <= \"senior\" || disabled)", Some((FaultCode::AlwaysTrue, 16))),
        ("disabled && !disabled", Some((FaultCode::AlwaysFalse, 13))),
        ("town == \"1\" && town == \"2\"", Some((FaultCode::AlwaysFalse, 16))),
        ("wage > 10.0 && wage < 10.0", Some((FaultCode::AlwaysFalse, 16))),
        ("wage >= 10.0 && wage <= 10.0", None),
        ("!has(age) && age > 3", Some((FaultCode::AlwaysFalse, 14))),
        (
            "\"welding\" in skills && !skills.exists(s, s in [\"welding\", \"sewing\"])",
            Some((FaultCode::AlwaysFalse, 24)),
        ),
        ("(age > 3 || months > 3) && (age <= 3 || disabled) && months <= 3", None),
        ("(age > 3 || months > 3) && age <= 3 && months <= 3", Some((FaultCode::AlwaysFalse, 40))),
        ("age * 2 > 3 && !(age * 2 > 3)", Some((FaultCode::AlwaysFalse, 16))),
        ("age > 1 / 0 || age > 3", None),
        ("true", None),
        ("1 + 1 == 2", Some((FaultCode::AlwaysTrue, 1))),
        ("disabled ? age > 3 : age <= 3", None),
    ] {
        if text.contains("1 / 0") {
            assert_eq!(fault(text).code, FaultCode::Type);
        } else {
            assert_eq!(found(text), expected, "{text}");
        }
    }
    let many: Vec<String> = (0..300).map(|n| format!("(age > {n} || months > {n})")).collect();
    assert_eq!(found(&many.join(" && ")), None, "the search gives up in good time");
}

fn names(set: &std::collections::BTreeSet<FieldId>) -> Vec<String> {
    set.iter().map(|id| profile().field(*id).unwrap().name.clone()).collect()
}

#[test]
fn an_unknown_verdict_names_the_smallest_sets_that_settle_it() {
    let mut table = Table::new(&profile());
    let mut cells = row(None, None, None);
    cells[1] = Cell::Missing;
    table.push(&cells).unwrap();
    let open = |text: &str| {
        let open = compile(text).unwrap().open(0, &table, 0);
        let all = |sets: &[std::collections::BTreeSet<FieldId>]| sets.iter().map(names).collect::<Vec<_>>();
        (all(&open.sets), all(&open.to_hold), all(&open.to_fail))
    };
    let list = |sets: &[&[&str]]| -> Vec<Vec<String>> {
        sets.iter().map(|s| s.iter().map(|n| (*n).to_owned()).collect()).collect()
    };
    // To hold it needs both; one alone can refuse. The known sex settles nothing more.
    assert_eq!(
        open("age >= 45 && months > 6 && sex == \"female\""),
        (list(&[&["age"], &["months"]]), list(&[&["age", "months"]]), list(&[&["age"], &["months"]]))
    );
    assert_eq!(
        open("(age >= 45 && months > 6) || disabled"),
        (
            list(&[&["disabled"], &["age", "months"]]),
            list(&[&["disabled"], &["age", "months"]]),
            list(&[&["age", "disabled"], &["months", "disabled"]])
        )
    );
    assert_eq!(open("age - months > 3").0, list(&[&["age", "months"]]));
    assert_eq!(open("sex == \"female\" || age > 3").0, list(&[]));
    // A failing computation is not settled by any fact.
    assert_eq!(open("9223372036854775807 + size(town) > 0").0, list(&[]));
}

#[test]
fn questions_come_in_the_order_of_what_they_settle() {
    let rules = [("a", "age >= 45 && sex == \"female\""), ("b", "age < 30"), ("c", "months > 3")];
    let set = RuleSet::compile(&profile(), &Params::default(), &At::day(0), rules).unwrap();
    let mut table = Table::new(&profile());
    table.push(&row(None, None, None)).unwrap();
    table.push(&row(None, Some("junior"), None)).unwrap();
    let mut cells = row(Some(50), None, None);
    cells[1] = Cell::Missing;
    table.push(&cells).unwrap();
    let questions = set.questions(&table, 0..3);
    let found: Vec<(Vec<String>, usize, Vec<usize>)> =
        questions.into_iter().map(|q| (names(&q.fields), q.settles, q.rows)).collect();
    assert_eq!(found, [(vec!["age".to_owned()], 4, vec![0, 1]), (vec!["months".to_owned()], 1, vec![2])]);
}

#[test]
fn a_refusal_names_the_smallest_changes_and_they_work() {
    let mut table = Table::new(&profile());
    table.push(&row(Some(43), Some("senior"), Some(&["cooking"]))).unwrap();
    let changes = |text: &str| {
        let set = compile(text).unwrap();
        let all = set.changes(0, &table, 0);
        all.iter()
            .map(|one| {
                one.iter()
                    .map(|c| format!("{} {:?}", profile().field(c.field).unwrap().name, c.to))
                    .collect::<Vec<_>>()
                    .join(" & ")
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        changes("months >= 9 || (age >= 45 && disabled)"),
        ["months Int(9)", "age Int(45) & disabled Bool(true)"]
    );
    assert_eq!(changes("education <= \"junior\" && age > 40"), ["education Code(\"junior\")"]);
    assert_eq!(changes("\"welding\" in skills && age > 40"), ["skills Set([\"welding\", \"cooking\"])"]);
    assert_eq!(changes("age > 50 && age < 40"), Vec::<String>::new());
    assert_eq!(
        changes("wage > 5000.5 && sex == \"male\""),
        ["sex Code(\"male\") & wage Double(5000.500000000001)"]
    );
    assert_eq!(changes("age > 40"), Vec::<String>::new(), "what holds needs no change");
    assert_eq!(changes("!(months > 3)"), ["months Int(3)"]);
}

#[test]
fn amounts_are_summed_where_they_are_known() {
    let mut table = Table::new(&profile());
    table.push(&row(Some(50), None, None)).unwrap();
    table.push(&row(Some(30), None, None)).unwrap();
    table.push(&row(None, None, None)).unwrap();
    let amount = |text: &str| Amount::compile(&profile(), &Params::default(), &At::day(0), text);
    let total = amount("age > 45 ? 1000 : 100 + months").unwrap().total(&table, &Bitmap::ones(3));
    assert_eq!(total, Total { sum: 1_107.0, rows: 2, unknown: 1 });
    assert_eq!(amount("age > 45").unwrap_err().0[0].code, FaultCode::Type);
    assert_eq!(amount("wage * 2.0").unwrap().total(&table, &Bitmap::ones(3)).rows, 3);
}

#[test]
fn a_shift_is_counted_by_groups() {
    let rules = [("before", "age >= 45"), ("after", "age >= 40 && sex == \"female\"")];
    let set = RuleSet::compile(&profile(), &Params::default(), &At::day(0), rules).unwrap();
    let mut table = Table::new(&profile());
    for age in [Some(42), Some(50), None] {
        table.push(&row(age, Some("junior"), None)).unwrap();
    }
    let mut man = row(Some(50), None, None);
    man[3] = Cell::Code("male".to_owned());
    table.push(&man).unwrap();
    let verdicts = set.evaluate(&table);
    let shift = Shift::between(&verdicts[0], &verdicts[1]);
    assert_eq!(
        (shift.gain.count(), shift.lose.count(), shift.stay.count(), shift.unknown.count()),
        (1, 1, 1, 1)
    );
    let groups = by_field(&table, profile().find("sex").unwrap(), Lang::En, &shift);
    let rows: Vec<_> =
        groups.iter().map(|g| (g.value.as_str(), g.people, g.before, g.after, g.gain, g.lose)).collect();
    assert_eq!(rows, [("male", 1, 1, 0, 0, 1), ("female", 3, 1, 2, 1, 0)]);
}

#[test]
fn macros_look_at_other_fields_too() {
    let cells = row(Some(47), None, Some(&["welding", "cooking"]));
    for (text, expected) in [
        ("skills.filter(s, s != \"cooking\").size() == 1", Truth::True),
        ("skills.filter(s, age > 40).size() == 2", Truth::True),
        ("\"sewing\" in skills.filter(s, age > 40)", Truth::False),
        ("skills.exists(s, s == \"welding\" && age > 40)", Truth::True),
        ("skills.all(s, s == \"welding\" || age > 50)", Truth::False),
        ("skills.exists_one(s, s == \"welding\" || age > 50)", Truth::True),
        ("skills.map(s, s == \"welding\" ? 2 : 1).exists(n, n == 2)", Truth::True),
        ("3 in skills.map(s, s == \"welding\" ? 2 : 1)", Truth::False),
        ("[age, months].exists(n, n > 46)", Truth::True),
        ("[age, months].all(n, n > 46)", Truth::False),
        ("age in [months, 40 + 7]", Truth::True),
        ("size([age, months].filter(n, n > 10)) == 1", Truth::True),
        ("skills.exists(s, s == \"welding\" && disabled)", Truth::Unknown),
        ("skills.exists(s, s == \"sewing\" && disabled)", Truth::False),
        ("skills.filter(s, disabled).size() >= 0", Truth::Unknown),
        ("born.getFullYear() == 1978", Truth::True),
        ("born.getMonth() == 2", Truth::True),
        ("size(town) == 9", Truth::True),
        ("int(wage) == 4500", Truth::True),
        ("double(age) + 0.5 == 47.5", Truth::True),
        ("age > 46.5 && wage < 4501", Truth::True),
        ("today - born > duration(\"400000h\")", Truth::True),
        ("born + duration(\"24h\") == timestamp(\"1978-03-21T00:00:00Z\")", Truth::True),
    ] {
        assert_eq!(verdict(text, &cells), expected, "{text}");
    }
}

#[test]
fn a_rule_says_which_fields_it_looks_at_and_what_it_shuts_out() {
    let looks = |text: &str| -> Vec<(String, bool, bool)> {
        let set = compile(text).unwrap();
        let named =
            |l: Look| (profile().field(l.field).unwrap().name.clone(), l.shuts_out_high, l.shuts_out_low);
        set.looks(0).into_iter().map(named).collect()
    };
    let one = |name: &str, high, low| vec![(name.to_owned(), high, low)];
    assert_eq!(looks("age >= 18"), one("age", false, true));
    assert_eq!(looks("age <= 35"), one("age", true, false));
    assert_eq!(looks("!(age > 35)"), one("age", true, false));
    assert_eq!(looks("age != 35"), one("age", false, false));
    assert_eq!(looks("!disabled"), one("disabled", true, false));
    assert_eq!(looks("disabled"), one("disabled", false, true));
    assert_eq!(looks("sex == \"male\" || age > 3").len(), 2);
    let rules = [("a", "age > 3 && months > 1"), ("b", "months >= 2 && age >= 4"), ("c", "age > 4")];
    let set = RuleSet::compile(&profile(), &Params::default(), &At::day(0), rules).unwrap();
    assert_eq!(set.twins(), [(0, 1)]);
}

mod filters {
    use crate::{At, Comparison, Constant, FieldId, Filter, Params, Profile, RuleSet};

    fn filter(rule: &str) -> Result<Filter, String> {
        let profile = Profile::from_toml(
            "[fields.state]\ntype = \"code\"\nordered = true\nlabel = { zh = \"s\", en = \"s\" }\n\
             codes = [{ code = \"a\", zh = \"a\", en = \"a\" }, { code = \"b\", zh = \"b\", en = \"b\" }, { code = \"c\", zh = \"c\", en = \"c\" }]\n\
             [fields.n]\ntype = \"int\"\nlabel = { zh = \"n\", en = \"n\" }\n\
             [fields.at]\ntype = \"date\"\nlabel = { zh = \"d\", en = \"d\" }\n",
        )
        .unwrap();
        let set = RuleSet::compile(&profile, &Params::default(), &At::day(20_000), [("r", rule)]).unwrap();
        set.filter(0).map_err(|e| e.to_string())
    }

    #[test]
    fn a_rule_of_comparisons_is_a_filter() {
        let (state, n, at) = (FieldId(0), FieldId(1), FieldId(2));
        let text = |t: &str| Constant::Text(t.to_owned());
        assert_eq!(
            filter("state in ['a', 'c'] && !(n > 3)"),
            Ok(Filter::All(vec![
                Filter::OneOf(state, vec![text("a"), text("c")]),
                Filter::Not(Box::new(Filter::Compare(n, Comparison::Greater, Constant::Int(3)))),
            ]))
        );
        assert_eq!(filter("state >= 'b'"), Ok(Filter::OneOf(state, vec![text("b"), text("c")])));
        assert_eq!(
            filter("3 < n || at == today"),
            Ok(Filter::Any(vec![
                Filter::Compare(n, Comparison::Greater, Constant::Int(3)),
                Filter::Compare(at, Comparison::Equal, Constant::Day(20_000)),
            ]))
        );
        assert_eq!(filter("has(at)"), Ok(Filter::Known(at)));
    }

    #[test]
    fn what_is_no_comparison_is_named() {
        assert!(filter("n > 0 && n * 2 > 4").unwrap_err().contains("`n * 2 > 4`"));
    }
}
