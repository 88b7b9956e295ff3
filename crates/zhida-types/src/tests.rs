//! The handed-over vectors, and the laws that hold for every value.

use proptest::prelude::*;

use super::*;

/// `kind,value,valid,why`: 154 rows made from the published rules (`data/identifiers/README.md`).
const VECTORS: &str = include_str!("../../../data/identifiers/vectors.csv");

#[test]
fn identifiers_agree_with_the_vectors() {
    let ever = region_codes();
    let mut seen = 0;
    for line in VECTORS.lines().skip(1).filter(|l| !l.is_empty()) {
        let mut cells = line.splitn(4, ',');
        let (kind, value) = (cells.next().unwrap(), cells.next().unwrap());
        let (valid, why) = (cells.next().unwrap() == "1", cells.next().unwrap_or(""));
        let ours = match kind {
            "resident-id" => IdNumber::parse(value).is_ok_and(|n| {
                ever.contains(n.region())
                    && n.birth_date().is_some_and(|d| d <= Day::parse("2026-11-23").unwrap())
            }),
            "credit-code" => CreditCode::parse(value).is_ok(),
            "mobile" => Phone::parse(value).is_ok(),
            other => panic!("unknown kind {other}"),
        };
        assert_eq!(ours, valid, "{kind} {value}: {why}");
        seen += 1;
    }
    assert_eq!(seen, 154);
}

/// Every six-digit code ever in use (`data/divisions/README.md`).
fn region_codes() -> std::collections::BTreeSet<String> {
    use std::io::Read as _;
    let packed: &[u8] = include_bytes!("../../../data/divisions/region-codes-ever.csv.gz");
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    text.lines().skip(1).filter_map(|l| l.get(..6)).map(str::to_owned).collect()
}

#[test]
fn days_are_read_in_every_form_that_offices_write() {
    let expected = Day::parse("1978-03-05").unwrap();
    for text in ["1978/3/5", "1978.03.05", "19780305", "1978年3月5日", "1978年03月05号", " 1978-3-5 00:00:00"]
    {
        assert_eq!(Day::parse(text), Ok(expected), "{text}");
    }
    assert_eq!(Day::parse("1978-02-31"), Err(DayError::NoSuchDay));
    assert_eq!(Day::parse("三月五日"), Err(DayError::NotADate));
    assert_eq!(Day::parse("1978-3"), Err(DayError::NotADate));
}

#[test]
fn an_age_is_complete_on_the_birthday() {
    let born = Day::parse("1980-06-15").unwrap();
    assert_eq!(born.years_until(Day::parse("2025-06-14").unwrap()), 44);
    assert_eq!(born.years_until(Day::parse("2025-06-15").unwrap()), 45);
    assert_eq!(born.months_until(Day::parse("1980-12-14").unwrap()), 5);
}

#[test]
fn a_spreadsheet_number_is_named_as_such() {
    assert_eq!(IdNumber::parse("3.30424E+17"), Err(IdNumberError::Scientific));
    assert_eq!(IdNumber::parse("330424197803050010.0"), Err(IdNumberError::Scientific));
}

#[test]
fn secrets_are_masked_when_printed() {
    let number = IdNumber::complete("33042418980305001").unwrap();
    assert!(!format!("{number:?} {number}").contains("18980305"));
    let phone = Phone::parse("13812345678").unwrap();
    assert_eq!(phone.to_string(), "138****5678");
    assert_eq!(format!("{phone:?}"), "Phone(138****5678)");
}

#[test]
fn the_demonstration_range_is_refused_outside_the_demonstration() {
    Phone::parse("12001234567").unwrap_err();
    Phone::parse_demonstration("12001234567").unwrap();
}

#[test]
fn a_region_contains_what_lies_in_it() {
    let code = |s| RegionCode::parse(s).unwrap();
    assert_eq!(code("330000").as_str(), "33");
    assert_eq!(code("330400").as_str(), "3304");
    assert!(code("33").contains(&code("330424001")));
    assert!(!code("330421").contains(&code("330424001")));
    assert_eq!(code("330424001").level(), RegionLevel::Town);
    RegionCode::parse("33042").unwrap_err();
}

#[test]
fn a_window_is_half_open() {
    let day = |s| Day::parse(s).unwrap();
    let spring = Window { from: day("2026-03-01"), until: Some(day("2026-06-01")) };
    assert!(spring.contains(day("2026-03-01")) && !spring.contains(day("2026-06-01")));
    assert!(!spring.overlaps(&Window { from: day("2026-06-01"), until: None }));
}

proptest! {
    #[test]
    fn money_is_printed_and_read_back(fen in -10_000_000_000_i64..10_000_000_000) {
        prop_assert_eq!(Fen(fen).to_string().parse::<Fen>(), Ok(Fen(fen)));
    }

    #[test]
    fn one_wrong_digit_breaks_an_identity_number(serial in 1_u32..999, place in 0_usize..17, add in 1_u8..10) {
        let right = IdNumber::complete(&format!("33042418980305{serial:03}")).unwrap();
        let mut bytes = right.reveal().as_bytes().to_vec();
        bytes[place] = b'0' + (bytes[place] - b'0' + add) % 10;
        prop_assert!(IdNumber::parse(std::str::from_utf8(&bytes).unwrap()).is_err());
    }

    #[test]
    fn a_day_is_printed_and_read_back(days in -40_000_i32..40_000) {
        let day = Day::from_epoch(days).unwrap();
        prop_assert_eq!(day.to_string().parse::<Day>(), Ok(day));
        prop_assert_eq!(day.epoch(), days);
    }

    #[test]
    fn nothing_that_a_person_types_panics(text in "\\PC*") {
        let _ = (Day::parse(&text), IdNumber::parse(&text), Phone::parse(&text), CreditCode::parse(&text));
        let _ = (RegionCode::parse(&text), text.parse::<Fen>());
    }
}

#[test]
fn positions_go_to_the_datum_of_maps_and_back() {
    // Computed with gcoord 1.0.7.
    for (wgs, gcj) in [
        ([120.95, 30.53], [120.954_162_014_669_05, 30.527_475_724_463_528]),
        ([116.404, 39.915], [116.410_244_499_169_38, 39.916_404_281_501_64]),
        ([121.4737, 31.2304], [121.478_223_059_276_93, 31.228_457_737_577_27]),
        ([87.6, 43.8], [87.602_838_972_271_61, 43.801_212_030_292_08]),
        ([109.5, 18.3], [109.504_120_782_571_53, 18.298_314_788_391_547]),
    ] {
        let near = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).abs() < 1e-9 && (a[1] - b[1]).abs() < 1e-9;
        assert!(near(gcj02(wgs), gcj), "{:?}", gcj02(wgs));
        let back = wgs84(gcj);
        assert!((back[0] - wgs[0]).abs() < 1e-7 && (back[1] - wgs[1]).abs() < 1e-7, "{back:?}");
    }
    assert!(gcj02([2.35, 48.85])[0].to_bits() == 2.35_f64.to_bits(), "outside of China nothing is bent");
}

#[test]
fn every_datum_goes_to_wgs84_and_back() {
    // Computed with gcoord 1.0.7.
    for (wgs, bd) in [
        ([120.9449, 30.5266], [120.955_486_889_910_35, 30.530_372_994_852_087]),
        ([120.1551, 30.2741], [120.166_358_348_550_23, 30.277_599_218_169_218]),
        ([121.5504, 29.8744], [121.560_963_284_558_9, 29.878_164_456_306_795]),
        ([118.8738, 28.9357], [118.885_132_438_210_98, 28.938_369_959_675_157]),
    ] {
        let there = Datum::Bd09.of_wgs84(wgs);
        assert!((there[0] - bd[0]).abs() < 1e-9 && (there[1] - bd[1]).abs() < 1e-9, "{there:?}");
        for datum in Datum::ALL {
            let back = datum.to_wgs84(datum.of_wgs84(wgs));
            assert!((back[0] - wgs[0]).abs() < 1e-7 && (back[1] - wgs[1]).abs() < 1e-7, "{datum:?} {back:?}");
            assert_eq!(Datum::named(datum.code()), Some(datum));
        }
    }
    assert_eq!(Datum::named("GCJ-02"), Some(Datum::Gcj02));
    assert_eq!(Datum::named("北京54"), None);
}

mod figures {
    use proptest::prelude::*;

    use crate::{Comparator, Force, Quantity, Said, chinese_number, figures, rounded};

    const UNITS: &[&str] = &["人", "人次", "家", "个", "名", "台次", "条", "亩", "元", "户"];

    #[test]
    fn figures_of_the_published_page_are_read() {
        let read = |text: &str| {
            let found = figures(text, UNITS);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            let f = found.into_iter().next().unwrap();
            (f.value.to_string(), f.said, f.force, f.unit)
        };
        let binding = Force::Binding;
        assert_eq!(read("培训约3000人"), ("3000".into(), Said::About, binding, "人".into()));
        assert_eq!(read("登记在册的5069名"), ("5069".into(), Said::Exactly, binding, "名".into()));
        assert_eq!(read("推送8000余条"), ("8000".into(), Said::More, binding, "条".into()));
        assert_eq!(read("覆盖400余万人"), ("4000000".into(), Said::More, binding, "人".into()));
        assert_eq!(read("改造提升1000家以上"), ("1000".into(), Said::AtLeast, binding, "家".into()));
        assert_eq!(read("车辆近15.2万台次"), ("152000".into(), Said::Nearly, binding, "台次".into()));
        assert_eq!(read("救助19.5万余人次"), ("195000".into(), Said::More, binding, "人次".into()));
        assert_eq!(read("项目20个左右"), ("20".into(), Said::Around, binding, "个".into()));
        assert_eq!(read("力争引进500名以上"), ("500".into(), Said::AtLeast, Force::Striving, "名".into()));
        assert_eq!(read("不少于1,000个"), ("1000".into(), Said::AtLeast, binding, "个".into()));
        assert!(figures("2024年第3个工作日", UNITS).is_empty());
    }

    #[test]
    fn parts_match_their_whole_as_the_comparator_means_it() {
        let (q, at_least) = (Quantity, Comparator::AtLeast);
        assert!(Comparator::Exact.matches_sum(q(10), q(10)) && !Comparator::Exact.matches_sum(q(10), q(11)));
        assert!(at_least.matches_sum(q(10), q(11)) && !at_least.matches_sum(q(10), q(9)));
        assert!(Comparator::About.matches_sum(q(1_000), q(1_050)));
        assert!(!Comparator::About.matches_sum(q(1_000), q(1_051)));
    }

    proptest! {
        #[test]
        fn what_is_said_of_a_number_is_true(n in 0_i64..i64::MAX / 4, digits in 1_u32..6) {
            let (shown, said) = rounded(Quantity(n), digits);
            prop_assert!(said.holds(shown, Quantity(n)), "{} said {said:?} of {}", shown, Quantity(n));
            // And only where it is: the other one-sided word is false.
            match said {
                Said::More => prop_assert!(!Said::Nearly.holds(shown, Quantity(n))),
                Said::Nearly => prop_assert!(!Said::More.holds(shown, Quantity(n)) && !Said::AtLeast.holds(shown, Quantity(n))),
                _ => prop_assert_eq!(shown, Quantity(n)),
            }
        }

        #[test]
        fn chinese_numbers_come_back(n in 0_i64..1_000_000_000_000_000) {
            let written = format!("{}人", chinese_number(Quantity(n)));
            let found = figures(&written, &["人"]);
            prop_assert_eq!(found.first().map(|f| f.value), Some(Quantity(n)), "{}", written);
        }

        #[test]
        fn quantities_come_back(n in any::<i64>()) {
            prop_assume!(n != i64::MIN);
            prop_assert_eq!(Quantity(n).to_string().parse::<Quantity>(), Ok(Quantity(n)));
        }

        #[test]
        fn any_text_is_read_without_harm(text in "\\PC{0,40}") {
            let _any = figures(&text, UNITS);
        }
    }
}

#[test]
fn a_period_has_a_first_and_a_last_day_and_one_before() {
    use crate::{Day, Period};
    let day = |text: &str| Day::parse(text).unwrap();
    let january: Period = "2024-01".parse().unwrap();
    assert_eq!((january.first(), january.last()), (day("2024-01-01"), day("2024-01-31")));
    assert_eq!(january.before().to_string(), "2023-12");
    assert_eq!("2024-02".parse::<Period>().unwrap().last(), day("2024-02-29"));
    let year: Period = "2024".parse().unwrap();
    assert_eq!((year.last(), year.before().to_string()), (day("2024-12-31"), "2023".to_owned()));
    assert!(january.is_open(day("2024-01-31")) && !january.is_open(day("2024-02-01")));
    for wrong in ["2024-13", "2024-0", "x", "24", ""] {
        wrong.parse::<Period>().unwrap_err();
    }
}
