//! Reporting periods: a month or a year as an object, not a filter typed by hand.

use std::fmt;

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::Day;

/// A calendar month or year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Period {
    /// Year and month, 1 to 12.
    Month(i32, u32),
    /// A year.
    Year(i32),
}

/// A text that is no period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a period such as 2024-11 or 2024")]
pub struct PeriodError;

impl Period {
    /// The month that a day lies in.
    pub fn month_of(day: Day) -> Self {
        Self::Month(day.0.year(), day.0.month())
    }

    /// The year that a day lies in.
    pub fn year_of(day: Day) -> Self {
        Self::Year(day.0.year())
    }

    /// The first day.
    pub fn first(self) -> Day {
        let (year, month) = match self {
            Self::Month(year, month) => (year, month),
            Self::Year(year) => (year, 1),
        };
        Day(NaiveDate::from_ymd_opt(year, month, 1).unwrap_or_default())
    }

    /// The last day.
    pub fn last(self) -> Day {
        self.first().plus_months(if matches!(self, Self::Month(..)) { 1 } else { 12 }).plus_days(-1)
    }

    /// The period before.
    #[must_use]
    pub fn before(self) -> Self {
        match self {
            Self::Month(..) => Self::month_of(self.first().plus_days(-1)),
            Self::Year(year) => Self::Year(year - 1),
        }
    }

    /// Whether it is not over on a day.
    pub fn is_open(self, today: Day) -> bool {
        today <= self.last()
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(year, month) => write!(f, "{year}-{month:02}"),
            Self::Year(year) => write!(f, "{year}"),
        }
    }
}

impl std::str::FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let year =
            |text: &str| text.parse::<i32>().ok().filter(|y| (1900..=2999).contains(y)).ok_or(PeriodError);
        match text.split_once('-') {
            None => Ok(Self::Year(year(text)?)),
            Some((y, m)) => {
                let month = m.parse::<u32>().ok().filter(|m| (1..=12).contains(m)).ok_or(PeriodError)?;
                Ok(Self::Month(year(y)?, month))
            }
        }
    }
}
