//! How a place stands, in words.

use chrono::NaiveDateTime;

use super::near::Spot;
use super::standing::Standing;
use crate::texts::T;

/// A time as people say it: the hour today, the day with it otherwise.
fn clock(now: NaiveDateTime, at: NaiveDateTime) -> String {
    if now.date() == at.date() {
        at.format("%H:%M").to_string()
    } else {
        at.format("%m-%d %H:%M").to_string()
    }
}

/// The mean of so many ratings whose stars add up to a sum, with one digit behind the point; nothing where nobody rated.
pub fn mean(stars: i64, n: i64) -> Option<String> {
    let tenths = (stars * 10 + n / 2).checked_div(n)?;
    Some(format!("{}.{}", tenths / 10, tenths % 10))
}

/// How a place stands, in words.
pub(super) fn words(t: &T, spot: &Spot, stands: &Standing, now: NaiveDateTime) -> String {
    if spot.state != "open" {
        return t.s(format!("place-{}", spot.state));
    }
    let until = stands.until.map(|at| clock(now, at));
    match (&stands.seen, &stands.open, until) {
        (Some((by, minutes)), open, _) if ["here", "locked"].contains(&by.as_str()) || open.is_none() => {
            t.n(format!("seen-{by}"), *minutes)
        }
        (Some((by, minutes)), open, _) => {
            let how = if *open == Some(true) { "open" } else { "shut" };
            t.n(format!("seen-{by}-{how}"), *minutes)
        }
        (None, Some(true), Some(until)) => t.v("open-until", until),
        (None, Some(true), None) => t.s("open-always"),
        (None, Some(false), Some(until)) => t.v("closed-until", until),
        (None, Some(false), None) => t.s("closed-now"),
        (None, None, _) => t.s("hours-unknown"),
    }
}

/// How a place stands, as a class of the pages.
pub(super) fn mark(stands: &Standing) -> &'static str {
    match stands.open {
        Some(true) => "open",
        Some(false) => "shut",
        None => "unsure",
    }
}
