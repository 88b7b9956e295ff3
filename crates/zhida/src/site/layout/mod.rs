//! Layout plans as files: `PLAN.toml` with its tables in, an answer that anybody can check out.

mod answer;
mod areas;
mod cells;
mod places;
mod reach;
mod read;
mod robust;

pub(crate) use answer::{summary, value, write};
pub(crate) use reach::{Gap, MINUTES, Reach, Within, reach};
pub(crate) use read::Layout;
pub(crate) use robust::run as robust;

use serde_json::Value;

/// A value as JSON without digits that mean nothing.
pub(crate) fn short(value: f64) -> Value {
    let rounded = (value * 1e6).round() / 1e6;
    #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
    if rounded.fract() == 0.0 && rounded.abs() < 9e15 {
        Value::from(rounded as i64)
    } else {
        Value::from(rounded)
    }
}
