//! Timestamps and durations: their texts and their parts.

use chrono::{DateTime, Datelike as _, FixedOffset, TimeDelta, Timelike as _, Utc};

/// A duration as CEL writes it: signed decimal numbers with units, `1h30m`, `-1.5s`, `200ms`.
pub(crate) fn parse_duration(text: &str) -> Option<TimeDelta> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(TimeDelta::zero());
    }
    let mut total: i128 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, behind) = rest.split_at_checked(digits)?;
        let unit_end = behind.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(behind.len());
        let (unit, behind) = behind.split_at_checked(unit_end)?;
        let nanos: i128 = match unit {
            "h" => 3_600_000_000_000,
            "m" => 60_000_000_000,
            "s" => 1_000_000_000,
            "ms" => 1_000_000,
            "us" | "µs" | "μs" => 1_000,
            "ns" => 1,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        total = total.checked_add(whole.checked_mul(nanos)?)?;
        let mut unit = nanos;
        for digit in fraction.bytes() {
            unit /= 10;
            total += i128::from(digit.checked_sub(b'0').filter(|d| *d < 10)?) * unit;
        }
        rest = behind;
    }
    if negative {
        total = -total;
    }
    from_nanos(total)
}

/// A duration from nanoseconds, within CEL's range of ±10,000 years.
pub(crate) fn from_nanos(nanos: i128) -> Option<TimeDelta> {
    const LIMIT: i128 = 315_576_000_000 * 1_000_000_000;
    if nanos.abs() > LIMIT {
        return None;
    }
    let seconds = i64::try_from(nanos.div_euclid(1_000_000_000)).ok()?;
    TimeDelta::new(seconds, u32::try_from(nanos.rem_euclid(1_000_000_000)).ok()?)
}

pub(crate) fn nanos(duration: &TimeDelta) -> i128 {
    i128::from(duration.num_seconds()) * 1_000_000_000 + i128::from(duration.subsec_nanos())
}

/// A timestamp within CEL's range, the years 1 to 9999.
pub(crate) fn in_range(t: DateTime<Utc>) -> Option<DateTime<Utc>> {
    (1..=9999).contains(&t.year()).then_some(t)
}

pub(crate) fn parse_timestamp(text: &str) -> Option<DateTime<Utc>> {
    in_range(DateTime::parse_from_rfc3339(text).ok()?.to_utc())
}

/// `123s`, `-1.500s`: seconds with as many decimals as there are.
pub(crate) fn duration_text(duration: &TimeDelta) -> String {
    let all = nanos(duration);
    let sign = if all < 0 { "-" } else { "" };
    let (whole, fraction) = (all.unsigned_abs() / 1_000_000_000, all.unsigned_abs() % 1_000_000_000);
    let decimals = format!("{fraction:09}");
    let decimals = decimals.trim_end_matches('0');
    if decimals.is_empty() { format!("{sign}{whole}s") } else { format!("{sign}{whole}.{decimals}s") }
}

pub(crate) fn timestamp_text(t: &DateTime<Utc>) -> String {
    let decimals = format!("{:09}", t.nanosecond());
    let decimals = decimals.trim_end_matches('0');
    let fraction = if decimals.is_empty() { String::new() } else { format!(".{decimals}") };
    format!("{}{fraction}Z", t.format("%Y-%m-%dT%H:%M:%S"))
}

/// The parts of a timestamp that CEL has functions for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    FullYear,
    Month,
    /// Day of the month from 1.
    Date,
    /// Day of the month from 0.
    DayOfMonth,
    DayOfWeek,
    DayOfYear,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

impl Part {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "getFullYear" => Self::FullYear,
            "getMonth" => Self::Month,
            "getDate" => Self::Date,
            "getDayOfMonth" => Self::DayOfMonth,
            "getDayOfWeek" => Self::DayOfWeek,
            "getDayOfYear" => Self::DayOfYear,
            "getHours" => Self::Hours,
            "getMinutes" => Self::Minutes,
            "getSeconds" => Self::Seconds,
            "getMilliseconds" => Self::Milliseconds,
            _ => return None,
        })
    }

    pub(crate) fn of(self, t: &DateTime<FixedOffset>) -> i64 {
        match self {
            Self::FullYear => i64::from(t.year()),
            Self::Month => i64::from(t.month0()),
            Self::Date => i64::from(t.day()),
            Self::DayOfMonth => i64::from(t.day0()),
            Self::DayOfWeek => i64::from(t.weekday().num_days_from_sunday()),
            Self::DayOfYear => i64::from(t.ordinal0()),
            Self::Hours => i64::from(t.hour()),
            Self::Minutes => i64::from(t.minute()),
            Self::Seconds => i64::from(t.second()),
            Self::Milliseconds => i64::from(t.timestamp_subsec_millis()),
        }
    }

    /// The same of a duration, which has only the small ones.
    pub(crate) fn of_duration(self, d: &TimeDelta) -> Option<i64> {
        Some(match self {
            Self::Hours => d.num_hours(),
            Self::Minutes => d.num_minutes(),
            Self::Seconds => d.num_seconds(),
            Self::Milliseconds => i64::from(d.subsec_millis()),
            _ => return None,
        })
    }
}

/// An offset such as `+08:00`, `-7:30`, `02:00` or `UTC`; names of time zones need a database that is not here.
pub(crate) fn offset(text: &str) -> Option<FixedOffset> {
    if matches!(text, "UTC" | "GMT" | "Z") {
        return FixedOffset::east_opt(0);
    }
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let seconds = hours.parse::<i32>().ok()? * 3_600 + minutes.parse::<i32>().ok()? * 60;
    FixedOffset::east_opt(sign * seconds)
}
