//! Days of the civil calendar, and the windows between them.

use std::fmt;

use chrono::{DateTime, Datelike as _, FixedOffset, Months, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// A civil date in Asia/Shanghai; never an instant at midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub NaiveDate);

/// Why a text is not a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DayError {
    /// None of the forms in use.
    #[error("not a date such as 1978-03-05, 1978年3月5日 or 1978/3/5")]
    NotADate,
    /// The form is right but the calendar has no such day.
    #[error("the calendar has no such day")]
    NoSuchDay,
}

/// Eight hours east of Greenwich, without summer time since 1991.
const SHANGHAI_SECONDS: i32 = 8 * 3600;

impl Day {
    /// The civil day in Shanghai at an instant.
    pub fn at(instant: DateTime<Utc>) -> Self {
        let offset = FixedOffset::east_opt(SHANGHAI_SECONDS);
        Self(offset.map_or(instant.date_naive(), |o| instant.with_timezone(&o).date_naive()))
    }

    /// A day by its number in the proleptic calendar: days since 1970-01-01.
    pub fn from_epoch(days: i32) -> Option<Self> {
        NaiveDate::from_epoch_days(days).map(Self)
    }

    /// Days since 1970-01-01.
    pub fn epoch(self) -> i32 {
        self.0.to_epoch_days()
    }

    /// Full years from this day to `later`, as an age is counted: the birthday itself completes the year.
    pub fn years_until(self, later: Self) -> i32 {
        let years = later.0.year() - self.0.year();
        let before = (later.0.month(), later.0.day()) < (self.0.month(), self.0.day());
        years - i32::from(before)
    }

    /// Full months from this day to `later`.
    pub fn months_until(self, later: Self) -> i32 {
        let months = (later.0.year() - self.0.year()) * 12 + later.0.month().cast_signed()
            - self.0.month().cast_signed();
        months - i32::from(later.0.day() < self.0.day())
    }

    /// The day so many months earlier (the last of the month where it is shorter).
    #[must_use]
    pub fn minus_months(self, months: u32) -> Self {
        Self(self.0.checked_sub_months(Months::new(months)).unwrap_or(self.0))
    }

    /// The day so many months later (the last of the month where it is shorter).
    #[must_use]
    pub fn plus_months(self, months: u32) -> Self {
        Self(self.0.checked_add_months(Months::new(months)).unwrap_or(self.0))
    }

    /// The day so many days later, or earlier for a negative number.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self(self.0.checked_add_signed(chrono::Duration::days(days)).unwrap_or(self.0))
    }

    /// Reads the forms that offices write: `1978-03-05`, `1978/3/5`, `1978.3.5`, `19780305`, `1978年3月5日`.
    ///
    /// # Errors
    /// [`DayError::NotADate`] for another form, [`DayError::NoSuchDay`] for 31 February.
    pub fn parse(text: &str) -> Result<Self, DayError> {
        let text = text.trim();
        let text = text.split([' ', 'T']).next().unwrap_or(text);
        let numbers: Vec<&str> =
            text.split(|c: char| !c.is_ascii_digit()).filter(|s| !s.is_empty()).collect();
        let legal = |c: char| c.is_ascii_digit() || "-/.年月日号".contains(c);
        if !text.chars().all(legal) {
            return Err(DayError::NotADate);
        }
        let number = |s: &str| s.parse::<u32>().map_err(|_too_long| DayError::NotADate);
        let (year, month, day) = match numbers.as_slice() {
            [y, m, d] if y.len() == 4 && m.len() <= 2 && d.len() <= 2 => (number(y)?, number(m)?, number(d)?),
            [whole] if whole.len() == 8 => {
                let n = number(whole)?;
                (n / 10_000, n / 100 % 100, n % 100)
            }
            _ => return Err(DayError::NotADate),
        };
        NaiveDate::from_ymd_opt(year.cast_signed(), month, day).map(Self).ok_or(DayError::NoSuchDay)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl std::str::FromStr for Day {
    type Err = DayError;
    fn from_str(text: &str) -> Result<Self, DayError> {
        Self::parse(text)
    }
}

/// A half-open span of days; `until = None` means that it is still open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// The first day.
    pub from: Day,
    /// The first day no longer in it.
    pub until: Option<Day>,
}

impl Window {
    /// Whether the day lies in the window.
    pub fn contains(&self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }

    /// Whether two windows share a day.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.until.is_none_or(|u| other.from < u) && other.until.is_none_or(|u| self.from < u)
    }
}
