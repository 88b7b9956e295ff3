//! The register: the good rows, and some that are wrong on purpose.

use rand::Rng as _;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand_chacha::ChaCha8Rng;
use zhida_types::{Day, IdNumber};

use super::vocabulary::{Vocabulary, Work};
use crate::regions::Regions;

/// Rows wrong on purpose, of each kind.
const WRONG: [(Wrong, usize); 7] = [
    (Wrong::Checksum, 25),
    (Wrong::Date, 15),
    (Wrong::Scientific, 20),
    (Wrong::Duplicate, 25),
    (Wrong::NoTown, 15),
    (Wrong::UnderAge, 10),
    (Wrong::Differs, 10),
];

#[derive(Clone, Copy)]
enum Wrong {
    Checksum,
    Date,
    Scientific,
    Duplicate,
    NoTown,
    UnderAge,
    Differs,
}

/// The columns of the register.
pub(super) const HEADER: [&str; 22] = [
    "序号",
    "姓名",
    "身份证号码",
    "性别",
    "出生日期",
    "文化程度",
    "原从事工作",
    "技能特长",
    "联系电话",
    "镇（街道）",
    "村（社区）",
    "家庭住址",
    "失业登记日期",
    "人员类别",
    "户籍类别",
    "就业困难原因",
    "就业意愿",
    "期望月薪",
    "零就业家庭",
    "低保或低保边缘",
    "持残疾证",
    "领取失业金月数",
];

/// One row as it is written.
pub(super) type Row = Vec<String>;

/// What visits need to know of a person.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) name: String,
    pub(super) number: String,
}

/// A person before the office wrote it down.
struct Person {
    name: String,
    number: IdNumber,
    female: bool,
    born: Day,
    age: i32,
    education: usize,
    work: Work,
    town: String,
    village: String,
}

/// All rows in the order of the file, and the good persons.
pub(super) fn rows(
    words: &Vocabulary,
    regions: &Regions,
    (county, people): (&str, usize),
    today: Day,
    rng: &mut ChaCha8Rng,
) -> (Vec<Row>, Vec<Known>) {
    let villages: Vec<(String, String)> = regions
        .villages(county)
        .map(|(code, name)| {
            (code.to_owned(), name.trim_end_matches("村委会").trim_end_matches("居委会").to_owned())
        })
        .collect();
    let (mut rows, mut known): (Vec<Row>, Vec<Known>) = (Vec::new(), Vec::new());
    let mut numbers = std::collections::BTreeSet::new();
    for serial in 0..people {
        let person = loop {
            let person = person(words, regions, &villages, today, serial, 16, rng);
            if numbers.insert(person.number.reveal().to_owned()) {
                break person;
            }
        };
        known.push(Known { name: person.name.clone(), number: person.number.reveal().to_owned() });
        rows.push(row(words, &person, today, serial, rng));
    }
    let mut serial = people;
    for (wrong, times) in WRONG {
        for _ in 0..times {
            let least = if matches!(wrong, Wrong::UnderAge) { 0 } else { 16 };
            let person = person(words, regions, &villages, today, serial, least, rng);
            let mut bad = row(words, &person, today, serial, rng);
            spoil(wrong, &mut bad, rows.get(..people).unwrap_or_default(), rng);
            rows.push(bad);
            serial += 1;
        }
    }
    // Duplicates must stand behind their first: only the wrong rows are shuffled in, below the middle.
    let half = people / 2;
    let mut tail = rows.split_off(half);
    tail.shuffle(rng);
    rows.extend(tail);
    let mut first_seen = std::collections::BTreeSet::new();
    let (mut firsts, mut seconds) = (Vec::new(), Vec::new());
    for row in rows {
        let again = row.get(2).is_some_and(|n| n.len() == 18 && !first_seen.insert(n.clone()));
        if again { seconds.push(row) } else { firsts.push(row) }
    }
    firsts.extend(seconds);
    for (at, row) in firsts.iter_mut().enumerate() {
        if let Some(number) = row.first_mut() {
            *number = (at + 1).to_string();
        }
    }
    (firsts, known)
}

#[expect(clippy::too_many_arguments, reason = "the ingredients of an invented person")]
fn person(
    words: &Vocabulary,
    regions: &Regions,
    villages: &[(String, String)],
    today: Day,
    serial: usize,
    least: i32,
    rng: &mut ChaCha8Rng,
) -> Person {
    let female = rng.random_bool(0.54);
    // Two humps: the young who look for a first job, and those whose factory closed.
    let age = match (least, rng.random_range(0..100)) {
        (0, _) => rng.random_range(13..16),
        (_, 0..22) => rng.random_range(17..28),
        (_, 22..55) => rng.random_range(28..45),
        _ => rng.random_range(45..60),
    };
    let born = today
        .minus_months(u32::try_from(age * 12 + rng.random_range(0..12)).unwrap_or(0))
        .plus_days(-rng.random_range(1..28));
    let age = born.years_until(today);
    // A prime step through the serials, so that two people of one birthday never share a number.
    let digit = (serial * 211) % 500;
    let odd = digit * 2 + usize::from(!female);
    let eight = born.0.format("%Y%m%d");
    let number = IdNumber::complete(&format!("{}{eight}{odd:03}", super::REGION));
    let names = if female { &words.given_female } else { &words.given_male };
    let name = format!("{}{}", pick(&words.surnames, rng), pick(names, rng));
    let fits: Vec<&Work> = words
        .works
        .iter()
        .filter(|w| w.sex.is_empty() || (w.sex == "female") == female || rng.random_bool(0.08))
        .collect();
    let work =
        fits.choose_weighted(rng, |w| w.weight).map_or_else(|_| words.works[0].clone(), |w| (*w).clone());
    let (code, village) = villages.choose(rng).cloned().unwrap_or_default();
    let town = regions.name(code.get(..9).unwrap_or_default()).unwrap_or_default().to_owned();
    Person {
        name,
        number: number.unwrap_or_else(|_| unreachable_number()),
        female,
        born,
        age,
        education: education(age, rng),
        work,
        town,
        village,
    }
}

/// Seventeen digits with a real date always complete.
fn unreachable_number() -> IdNumber {
    #[expect(clippy::expect_used, reason = "a constant that the tests of zhida-types hold")]
    IdNumber::complete("33049919700101001").expect("a valid number")
}

/// Schooling by age: 0 none … 6 university.
fn education(age: i32, rng: &mut ChaCha8Rng) -> usize {
    let weights: [u32; 7] = match age {
        ..28 => [0, 1, 14, 20, 25, 25, 15],
        28..45 => [0, 6, 45, 18, 14, 12, 5],
        _ => [4, 30, 48, 12, 4, 2, 0],
    };
    let codes: Vec<usize> = (0..7).collect();
    codes.choose_weighted(rng, |i| weights[*i]).copied().unwrap_or(2)
}

fn pick(list: &[String], rng: &mut ChaCha8Rng) -> String {
    list.choose(rng).cloned().unwrap_or_default()
}

const SCHOOLING: [&[&str]; 7] = [
    &["文盲", "未上学"],
    &["小学", "小学毕业"],
    &["初中", "初中毕业", "初级中学", "初中 ", "初中"],
    &["高中", "高中毕业", "普高"],
    &["中专", "技校", "职高", "中专/技校"],
    &["大专", "专科", "高职"],
    &["本科", "大学本科"],
];

fn row(words: &Vocabulary, p: &Person, today: Day, serial: usize, rng: &mut ChaCha8Rng) -> Row {
    let one = |list: &[&str], rng: &mut ChaCha8Rng| list.choose(rng).map_or("", |s| *s).to_owned();
    let months = match rng.random_range(0..100) {
        0..35 => rng.random_range(0..6),
        35..70 => rng.random_range(6..12),
        _ => rng.random_range(12..40),
    };
    let registered = today.minus_months(months).plus_days(-rng.random_range(0..25));
    let flag = |chance: f64, rng: &mut ChaCha8Rng| {
        if rng.random_bool(chance) { "是" } else { one_of(&["否", "否", "无"], rng) }
    };
    let phone = format!("1200{serial:07}");
    let wish = if rng.random_bool(0.08) {
        "想自主创业、参加培训".to_owned()
    } else {
        pick(&words.wishes, rng)
    };
    let benefit =
        if months >= 6 && rng.random_bool(0.05) { rng.random_range(6..13) } else { rng.random_range(0..5) };
    let difficulty = if p.education <= 2 && rng.random_bool(0.5) {
        "没技能".to_owned()
    } else {
        pick(&words.difficulties, rng)
    };
    vec![
        String::new(),
        if rng.random_bool(0.02) { format!("{} ", p.name) } else { p.name.clone() },
        if rng.random_bool(0.05) { full_width(p.number.reveal()) } else { p.number.reveal().to_owned() },
        one(if p.female { &["女", "女", "女性"] } else { &["男", "男", "男性"] }, rng),
        written(p.born, rng),
        one(SCHOOLING[p.education], rng),
        pick(&p.work.texts, rng),
        pick(&p.work.skills, rng),
        if rng.random_bool(0.03) {
            full_width(&phone)
        } else if rng.random_bool(0.05) {
            spaced(&phone)
        } else {
            phone
        },
        p.town.clone(),
        p.village.clone(),
        format!("{}{}{}号", p.town, p.village, rng.random_range(1..200)),
        written(registered, rng),
        if rng.random_bool(0.85) { "失业".to_owned() } else { "转岗".to_owned() },
        one(&["本县", "本县", "本县", "本县", "省内县外", "省外"], rng),
        difficulty,
        wish,
        if rng.random_bool(0.8) { (rng.random_range(30..85) * 100).to_string() } else { String::new() },
        flag(0.012, rng).to_owned(),
        flag(0.03, rng).to_owned(),
        if p.age > 40 { flag(0.05, rng).to_owned() } else { flag(0.015, rng).to_owned() },
        benefit.to_string(),
    ]
}

fn one_of<'s>(list: &[&'s str], rng: &mut ChaCha8Rng) -> &'s str {
    list.choose(rng).copied().unwrap_or("")
}

/// A date in one of the ways that offices write it.
fn written(day: Day, rng: &mut ChaCha8Rng) -> String {
    let form = match rng.random_range(0..10) {
        0..5 => "%Y-%m-%d",
        5..7 => "%Y/%-m/%-d",
        7 => "%Y年%-m月%-d日",
        8 => "%Y.%m.%d",
        _ => "%Y%m%d",
    };
    day.0.format(form).to_string()
}

fn full_width(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_graphic() { char::from_u32(c as u32 + 0xFEE0).unwrap_or(c) } else { c })
        .collect()
}

fn spaced(phone: &str) -> String {
    let part = |r: std::ops::Range<usize>| phone.get(r).unwrap_or_default();
    format!("{} {} {}", part(0..3), part(3..7), part(7..11))
}

fn spoil(wrong: Wrong, row: &mut Row, good: &[Row], rng: &mut ChaCha8Rng) {
    let number = unfold(&row[2]);
    match wrong {
        Wrong::Checksum => {
            let last = if number.ends_with('1') { '2' } else { '1' };
            let mut changed: String = number.chars().take(17).collect();
            changed.push(if number.ends_with(last) { '3' } else { last });
            row[2] = changed;
        }
        Wrong::Date => {
            one_of(&["1988-02-31", "1990年13月2日", "八十年代", "1985/6/31"], rng).clone_into(&mut row[4]);
        }
        Wrong::Scientific => "3.30424E+17".clone_into(&mut row[2]),
        Wrong::Duplicate => {
            if let Some(first) = good.choose(rng) {
                let phone = row[8].clone();
                row.clone_from(first);
                row[2] = unfold(&row[2]);
                row[8] = phone;
            }
        }
        Wrong::NoTown => row[9] = String::new(),
        Wrong::UnderAge => row[2] = number,
        Wrong::Differs => {
            row[2] = number;
            let other = if row[3].starts_with('女') { "男" } else { "女" };
            other.clone_into(&mut row[3]);
        }
    }
}

fn unfold(text: &str) -> String {
    unicode_normalization::UnicodeNormalization::nfkc(text).collect()
}
