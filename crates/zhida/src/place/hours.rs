//! When a place is open: the language of `OpenStreetMap`'s `opening_hours` over the State Council's calendar, and the ways in
//! which offices write hours.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use chrono::{Datelike as _, Days, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use compact_calendar::CompactCalendar;
use opening_hours::{Context, ContextHolidays, OpeningHours};

const HOLIDAYS: &str = include_str!("../../../../data/holidays/china-holidays.csv");

/// Days off, and weekends on which people work.
struct Calendar {
    context: Context,
    working: BTreeSet<NaiveDate>,
    off: BTreeSet<NaiveDate>,
}

static CALENDAR: LazyLock<Calendar> = LazyLock::new(|| {
    let (mut off, mut working) = (BTreeSet::new(), BTreeSet::new());
    for line in HOLIDAYS.lines().skip(1) {
        let mut parts = line.split(',');
        let day = parts.next().and_then(|d| NaiveDate::parse_from_str(d, "%Y-%m-%d").ok());
        if let (Some(day), Some(kind)) = (day, parts.next()) {
            if kind == "holiday" {
                off.insert(day)
            } else {
                working.insert(day)
            };
        }
    }
    let mut public = CompactCalendar::default();
    for day in &off {
        public.insert(*day);
    }
    let holidays = ContextHolidays::new(Arc::new(public), Arc::default());
    Calendar { context: Context::default().with_holidays(holidays), working, off }
});

/// Whether the State Council made this weekend a working day.
pub fn is_working_weekend(day: NaiveDate) -> bool {
    CALENDAR.working.contains(&day)
}

/// Whether the State Council gave this day off.
pub fn is_holiday(day: NaiveDate) -> bool {
    CALENDAR.off.contains(&day)
}

/// Hours that were understood.
#[derive(Clone, Debug)]
pub struct Hours {
    /// As `opening_hours` writes them.
    pub text: String,
    parsed: OpeningHours,
}

/// Hours that were not: the text with a caret where understanding ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread(pub String);

/// Whether a place is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Whether it is, by its hours.
    pub open: bool,
    /// When that changes; nothing for never.
    pub until: Option<NaiveDateTime>,
    /// Whether today is a weekend on which people work.
    pub working_weekend: bool,
}

impl Hours {
    /// Hours as `opening_hours` or an office writes them: `Mo-Fr 08:00-18:00; PH off`, 周一至周五 8:00-18:00，24小时.
    ///
    /// # Errors
    /// Where it cannot be understood.
    pub fn read(text: &str) -> Result<Self, Unread> {
        let text = spelled(text);
        match text.parse::<OpeningHours>() {
            Ok(parsed) => Ok(Self { parsed: parsed.with_context(CALENDAR.context.clone()), text }),
            Err(error) => {
                // ` --> 1:7` is where the parser stopped.
                let said = error.to_string();
                let column = said.split_once("--> 1:").and_then(|(_, rest)| {
                    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<usize>().ok()
                });
                let at = column.unwrap_or(1).saturating_sub(1);
                let (before, after): (String, String) =
                    (text.chars().take(at).collect(), text.chars().skip(at).collect());
                Err(Unread(format!("{before}^{after}")))
            }
        }
    }

    /// Whether the place is open at a time of China.
    pub fn at(&self, now: NaiveDateTime) -> Now {
        let working_weekend = is_working_weekend(now.date());
        // `opening_hours` has no word for a weekend on which people work: it is read as a plain Monday to Friday.
        let shift = if working_weekend { plain_weekday(now.date()) } else { 0 };
        let moved = now.checked_add_days(Days::new(shift)).unwrap_or(now);
        let until = self.parsed.next_change(moved).and_then(|t| t.checked_sub_days(Days::new(shift)));
        Now { open: self.parsed.is_open(moved), until, working_weekend }
    }

    /// Whether the place is open at a time of China, without when that changes: for many times.
    pub fn open_at(&self, now: NaiveDateTime) -> bool {
        let shift = if is_working_weekend(now.date()) { plain_weekday(now.date()) } else { 0 };
        self.parsed.is_open(now.checked_add_days(Days::new(shift)).unwrap_or(now))
    }

    /// From when until when it is open on a day.
    pub fn on(&self, day: NaiveDate) -> Vec<(String, String)> {
        let midnight = day.and_time(NaiveTime::MIN);
        let shift = if is_working_weekend(day) { plain_weekday(day) } else { 0 };
        let from = midnight.checked_add_days(Days::new(shift)).unwrap_or(midnight);
        let to = from.checked_add_days(Days::new(1)).unwrap_or(from);
        let open = self.parsed.iter_range(from, to).filter(|r| r.kind == opening_hours::RuleKind::Open);
        let clock = |t: NaiveDateTime| {
            if t >= to { "24:00".to_owned() } else { t.format("%H:%M").to_string() }
        };
        open.map(|r| (clock(r.range.start.max(from)), clock(r.range.end.min(to)))).collect()
    }
}

/// Days from a weekend to the next plain Monday to Friday.
fn plain_weekday(day: NaiveDate) -> u64 {
    let plain = |n: &u64| {
        day.checked_add_days(Days::new(*n)).is_some_and(|d| {
            !matches!(d.weekday(), Weekday::Sat | Weekday::Sun) && !CALENDAR.off.contains(&d)
        })
    };
    (1..30).find(plain).unwrap_or(0)
}

const WORDS: [(&str, &str); 34] = [
    ("24小时", "24/7"),
    ("全天候", "24/7"),
    ("全天", "24/7"),
    ("00:00-24:00", "24/7"),
    ("0:00-24:00", "24/7"),
    ("法定节假日除外", "; PH off"),
    ("节假日除外", "; PH off"),
    ("法定节假日休息", "; PH off"),
    ("节假日休息", "; PH off"),
    ("节假日不开放", "; PH off"),
    ("星期", "周"),
    ("礼拜", "周"),
    ("周一", "Mo"),
    ("周二", "Tu"),
    ("周三", "We"),
    ("周四", "Th"),
    ("周五", "Fr"),
    ("周六", "Sa"),
    ("周日", "Su"),
    ("周天", "Su"),
    ("工作日", "Mo-Fr"),
    ("双休日", "Sa-Su"),
    ("周末", "Sa-Su"),
    ("每天", ""),
    ("每日", ""),
    ("至", "-"),
    ("到", "-"),
    ("—", "-"),
    ("–", "-"),
    ("~", "-"),
    ("--", "-"),
    ("、", ","),
    ("。", ""),
    ("休息", "off"),
];

/// What offices write, in the words of `opening_hours`.
fn spelled(text: &str) -> String {
    let folded: String = unicode_normalization::UnicodeNormalization::nfkc(text.trim()).collect();
    let mut text = WORDS.iter().fold(folded, |text, (from, to)| text.replace(from, to));
    // An hour of one digit.
    let mut padded = String::new();
    let chars: Vec<char> = text.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|b| chars.get(b));
        let alone = c.is_ascii_digit()
            && chars.get(at + 1) == Some(&':')
            && !before.is_some_and(|b| b.is_ascii_digit() || *b == ':');
        if alone {
            padded.push('0');
        }
        // A day next to its hours, as Chinese writes it.
        if c.is_ascii_digit() && before.is_some_and(char::is_ascii_lowercase) {
            padded.insert(padded.len() - usize::from(alone), ' ');
        }
        padded.push(*c);
    }
    text = padded;
    // What stood between hours and an exception: a comma, or brackets around it.
    let bare = |part: &'_ str| {
        let part = part.trim().trim_matches([',', '、', '。']).trim_end_matches('(').trim();
        let closed = part.strip_suffix(')').filter(|rest| !rest.contains('('));
        closed.unwrap_or(part).to_owned()
    };
    let parts: Vec<String> = text.split(';').map(bare).filter(|p| !p.is_empty()).collect();
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    #[test]
    fn offices_are_understood() {
        for (said, meant) in [
            ("24小时", "24/7"),
            ("8：00－17：30", "08:00-17:30"),
            ("每天 6:00~22:00", "06:00-22:00"),
            ("周一至周五8:30-17:00", "Mo-Fr 08:30-17:00"),
            ("工作日 9:00-17:00；节假日休息", "Mo-Fr 09:00-17:00; PH off"),
            ("周一至周五8:30-17:30，节假日除外", "Mo-Fr 08:30-17:30; PH off"),
            ("9:00-17:00（法定节假日除外）", "09:00-17:00; PH off"),
            ("周一至周五 8:00-11:30,13:00-17:00", "Mo-Fr 08:00-11:30,13:00-17:00"),
            ("Mo-Fr 08:00-18:00; Sa 09:00-12:00; PH off", "Mo-Fr 08:00-18:00; Sa 09:00-12:00; PH off"),
        ] {
            assert_eq!(Hours::read(said).map(|h| h.text), Ok(meant.to_owned()), "{said}");
        }
        assert_eq!(Hours::read("周一至周五 上班时间").unwrap_err(), Unread("Mo-Fr ^上班时间".to_owned()));
        Hours::read("Mo-Fr 08:00-99:00").unwrap_err();
        Hours::read("").unwrap_err();
    }

    /// The State Council's notices (data/holidays): days off, working weekends, and plain days about them.
    #[test]
    fn the_calendar_is_the_state_councils() {
        let hours = Hours::read("Mo-Fr 09:00-17:00; PH off").unwrap();
        for (day, open) in [
            ("2024-02-04", true),
            ("2024-02-10", false),
            ("2024-02-12", false),
            ("2024-02-16", false),
            ("2024-02-18", true),
            ("2024-02-19", true),
            ("2024-04-04", false),
            ("2024-04-07", true),
            ("2024-05-11", true),
            ("2024-09-14", true),
            ("2024-09-16", false),
            ("2024-10-12", true),
            ("2025-01-26", true),
            ("2025-02-04", false),
            ("2025-10-08", false),
            ("2025-10-11", true),
            ("2026-02-23", false),
            ("2026-10-06", false),
            ("2026-10-10", true),
            ("2026-11-25", true),
            ("2026-11-28", false),
        ] {
            assert_eq!(hours.at(time(&format!("{day} 10:00"))).open, open, "{day}");
        }
        let now = hours.at(time("2026-10-10 10:00"));
        assert!(now.working_weekend && now.until == Some(time("2026-10-10 17:00")), "{now:?}");
        assert_eq!(hours.on(time("2026-10-10 00:00").date()), [("09:00".to_owned(), "17:00".to_owned())]);
        let whole = [("00:00".to_owned(), "24:00".to_owned())];
        let on = |hours: &Hours, day: &str| hours.on(time(&format!("{day} 00:00")).date());
        assert_eq!(on(&Hours::read("24/7").unwrap(), "2026-10-01"), whole, "a holiday too");
        let night = Hours::read("20:00-02:00").unwrap();
        assert!(night.at(time("2026-11-25 01:00")).open && !night.at(time("2026-11-25 03:00")).open);
        let parts = [("00:00", "02:00"), ("20:00", "24:00")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(on(&night, "2026-11-25"), parts);
    }
}
