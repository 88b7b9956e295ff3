//! Operators and functions on constants.

use chrono::{DateTime, FixedOffset, Utc};

use super::time::{
    Part, duration_text, from_nanos, in_range, nanos, offset, parse_duration, parse_timestamp, timestamp_text,
};
use super::value::{Value, whole_double};
use super::{Failure, Outcome};
use crate::typed::Arith;

fn error(text: &str) -> Outcome {
    Err(Failure::Error(text.to_owned()))
}

const OVERLOAD: &str = "no such overload";
const OVERFLOW: &str = "the number is too large";

pub(super) fn arithmetic(op: Arith, a: Value, b: Value) -> Outcome {
    let zero = matches!((&b, op), (Value::Int(0) | Value::Uint(0), Arith::Div | Arith::Rem));
    if zero {
        return error(if op == Arith::Div { "division by zero" } else { "modulus by zero" });
    }
    let done = match (a, b) {
        (Value::Int(a), Value::Int(b)) => match op {
            Arith::Add => a.checked_add(b),
            Arith::Sub => a.checked_sub(b),
            Arith::Mul => a.checked_mul(b),
            Arith::Div => a.checked_div(b),
            Arith::Rem => a.checked_rem(b),
        }
        .map(Value::Int),
        (Value::Uint(a), Value::Uint(b)) => match op {
            Arith::Add => a.checked_add(b),
            Arith::Sub => a.checked_sub(b),
            Arith::Mul => a.checked_mul(b),
            Arith::Div => a.checked_div(b),
            Arith::Rem => a.checked_rem(b),
        }
        .map(Value::Uint),
        (Value::Double(a), Value::Double(b)) => match op {
            Arith::Add => Some(a + b),
            Arith::Sub => Some(a - b),
            Arith::Mul => Some(a * b),
            Arith::Div => Some(a / b),
            Arith::Rem => return error(OVERLOAD),
        }
        .map(Value::Double),
        (Value::Text(a), Value::Text(b)) if op == Arith::Add => Some(Value::Text(a + &b)),
        (Value::Bytes(mut a), Value::Bytes(b)) if op == Arith::Add => {
            a.extend(b);
            Some(Value::Bytes(a))
        }
        (Value::List(mut a), Value::List(b)) if op == Arith::Add => {
            a.extend(b);
            Some(Value::List(a))
        }
        (a, b) => return on_times(op, &a, &b),
    };
    done.map_or_else(|| error(OVERFLOW), Ok)
}

fn on_times(op: Arith, a: &Value, b: &Value) -> Outcome {
    let moved = |t: &DateTime<Utc>, by| t.checked_add_signed(by).and_then(in_range).map(Value::Timestamp);
    let done = match (op, a, b) {
        (Arith::Add, Value::Timestamp(t), Value::Duration(d))
        | (Arith::Add, Value::Duration(d), Value::Timestamp(t)) => moved(t, *d),
        (Arith::Sub, Value::Timestamp(t), Value::Duration(d)) => moved(t, -*d),
        (Arith::Sub, Value::Timestamp(a), Value::Timestamp(b)) => {
            from_nanos(nanos(&(*a - *b))).map(Value::Duration)
        }
        (Arith::Add, Value::Duration(a), Value::Duration(b)) => {
            from_nanos(nanos(a) + nanos(b)).map(Value::Duration)
        }
        (Arith::Sub, Value::Duration(a), Value::Duration(b)) => {
            from_nanos(nanos(a) - nanos(b)).map(Value::Duration)
        }
        _ => return error(OVERLOAD),
    };
    done.map_or_else(|| error(OVERFLOW), Ok)
}

pub(super) fn negate(value: &Value) -> Outcome {
    match value {
        Value::Int(n) => n.checked_neg().map_or_else(|| error(OVERFLOW), |n| Ok(Value::Int(n))),
        Value::Double(x) => Ok(Value::Double(-x)),
        Value::Duration(d) => Ok(Value::Duration(-*d)),
        _ => error(OVERLOAD),
    }
}

pub(super) fn contains(list: &Value, wanted: &Value) -> Outcome {
    match list {
        Value::List(items) => Ok(Value::Bool(items.iter().any(|item| item.same(wanted)))),
        Value::Map(entries) => Ok(Value::Bool(entries.iter().any(|(key, _)| key.same(wanted)))),
        _ => error(OVERLOAD),
    }
}

pub(super) fn index(holder: &Value, at: &Value) -> Outcome {
    match holder {
        Value::List(items) => {
            let position = at.index().and_then(|n| usize::try_from(n).ok());
            let item = position.and_then(|n| items.get(n));
            item.cloned().map_or_else(|| error("the list has no such place"), Ok)
        }
        Value::Map(entries) => {
            let entry = entries.iter().find(|(key, _)| key.same(at));
            entry.map_or_else(|| error("no such key"), |(_, value)| Ok(value.clone()))
        }
        _ => error(OVERLOAD),
    }
}

/// A function by its name, with its target first among the arguments; `None` if there is no such function.
pub(super) fn call(name: &str, args: &[Value]) -> Option<Outcome> {
    if let Some(part) = Part::named(name) {
        return Some(part_of(part, args));
    }
    Some(match (name, args) {
        ("size", [value]) => size(value),
        ("startsWith", [Value::Text(a), Value::Text(b)]) => Ok(Value::Bool(a.starts_with(b.as_str()))),
        ("endsWith", [Value::Text(a), Value::Text(b)]) => Ok(Value::Bool(a.ends_with(b.as_str()))),
        ("contains", [Value::Text(a), Value::Text(b)]) => Ok(Value::Bool(a.contains(b.as_str()))),
        ("matches", [Value::Text(a), Value::Text(b)]) => match crate::check::pattern(b) {
            Ok(pattern) => Ok(Value::Bool(pattern.is_match(a))),
            Err(cause) => error(&cause),
        },
        ("dyn", [value]) => Ok(value.clone()),
        ("type", [value]) => Ok(Value::Type(value.type_name())),
        ("int", [value]) => to_int(value),
        ("uint", [value]) => to_uint(value),
        ("double", [value]) => to_double(value),
        ("string", [value]) => to_text(value),
        ("bytes", [Value::Text(t)]) => Ok(Value::Bytes(t.clone().into_bytes())),
        ("bytes", [Value::Bytes(b)]) => Ok(Value::Bytes(b.clone())),
        ("bool", [value]) => to_bool(value),
        ("timestamp", [Value::Text(t)]) => {
            parse_timestamp(t).map_or_else(|| error("not an instant"), |t| Ok(Value::Timestamp(t)))
        }
        ("timestamp", [Value::Int(n)]) => DateTime::from_timestamp(*n, 0)
            .and_then(in_range)
            .map_or_else(|| error(OVERFLOW), |t| Ok(Value::Timestamp(t))),
        ("timestamp", [Value::Timestamp(t)]) => Ok(Value::Timestamp(*t)),
        ("duration", [Value::Text(t)]) => {
            parse_duration(t).map_or_else(|| error("not a duration"), |d| Ok(Value::Duration(d)))
        }
        ("duration", [Value::Int(n)]) => from_nanos(i128::from(*n) * 1_000_000_000)
            .map_or_else(|| error(OVERFLOW), |d| Ok(Value::Duration(d))),
        ("duration", [Value::Duration(d)]) => Ok(Value::Duration(*d)),
        (
            "size" | "startsWith" | "endsWith" | "contains" | "matches" | "dyn" | "type" | "int" | "uint"
            | "double" | "string" | "bytes" | "bool" | "timestamp" | "duration",
            _,
        ) => error(OVERLOAD),
        _ => return None,
    })
}

fn part_of(part: Part, args: &[Value]) -> Outcome {
    let at = |t: &DateTime<Utc>, zone: FixedOffset| Ok(Value::Int(part.of(&t.with_timezone(&zone))));
    match args {
        [Value::Timestamp(t)] => match FixedOffset::east_opt(0) {
            Some(zone) => at(t, zone),
            None => error(OVERLOAD),
        },
        [Value::Timestamp(t), Value::Text(zone)] => match offset(zone) {
            Some(zone) => at(t, zone),
            None => Err(Failure::NotSupported(format!(
                "the time zone `{zone}`; write an offset such as `+08:00`"
            ))),
        },
        [Value::Duration(d)] => part.of_duration(d).map_or_else(|| error(OVERLOAD), |n| Ok(Value::Int(n))),
        _ => error(OVERLOAD),
    }
}

fn size(value: &Value) -> Outcome {
    let n = match value {
        Value::Text(t) => t.chars().count(),
        Value::Bytes(b) => b.len(),
        Value::List(items) => items.len(),
        Value::Map(entries) => entries.len(),
        _ => return error(OVERLOAD),
    };
    i64::try_from(n).map_or_else(|_: std::num::TryFromIntError| error(OVERFLOW), |n| Ok(Value::Int(n)))
}

/// A double cut off behind the point, if what is left lies strictly within ±limit.
fn truncated(x: f64) -> Option<i128> {
    if x.is_nan() { None } else { whole_double(x.trunc()) }
}

fn to_int(value: &Value) -> Outcome {
    let whole = match value {
        Value::Double(x) => truncated(*x).filter(|_| x.abs() < 2_f64.powi(63)),
        Value::Text(t) => t.parse::<i64>().ok().map(i128::from),
        Value::Timestamp(t) => Some(i128::from(t.timestamp())),
        Value::Duration(d) => Some(i128::from(d.num_seconds())),
        Value::Int(_) | Value::Uint(_) => value.integer(),
        _ => return error(OVERLOAD),
    };
    whole
        .and_then(|n| i64::try_from(n).ok())
        .map_or_else(|| error("not a whole number of this size"), |n| Ok(Value::Int(n)))
}

fn to_uint(value: &Value) -> Outcome {
    let whole = match value {
        Value::Double(x) => truncated(*x).filter(|_| *x < 2_f64.powi(64) && *x >= 0.0),
        Value::Text(t) => t.parse::<u64>().ok().map(i128::from),
        Value::Int(_) | Value::Uint(_) => value.integer(),
        _ => return error(OVERLOAD),
    };
    whole
        .and_then(|n| u64::try_from(n).ok())
        .map_or_else(|| error("not a whole number of this size"), |n| Ok(Value::Uint(n)))
}

fn to_double(value: &Value) -> Outcome {
    #[expect(clippy::cast_precision_loss, reason = "the nearest double is what the conversion gives")]
    let x = match value {
        Value::Double(x) => Some(*x),
        Value::Int(n) => Some(*n as f64),
        Value::Uint(n) => Some(*n as f64),
        Value::Text(t) => t.parse().ok(),
        _ => return error(OVERLOAD),
    };
    x.map_or_else(|| error("not a number"), |x| Ok(Value::Double(x)))
}

fn to_bool(value: &Value) -> Outcome {
    match value {
        Value::Bool(b) => Ok(Value::Bool(*b)),
        Value::Text(t) => match t.as_str() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            _ => error("neither true nor false"),
        },
        _ => error(OVERLOAD),
    }
}

fn to_text(value: &Value) -> Outcome {
    Ok(Value::Text(match value {
        Value::Text(t) => t.clone(),
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Uint(n) => n.to_string(),
        Value::Double(x) => double_text(*x),
        Value::Bytes(b) => match String::from_utf8(b.clone()) {
            Ok(text) => text,
            Err(_) => return error("not UTF-8"),
        },
        Value::Timestamp(t) => timestamp_text(t),
        Value::Duration(d) => duration_text(d),
        _ => return error(OVERLOAD),
    }))
}

/// The shortest text that reads back as the same double, with an exponent where it is long.
fn double_text(x: f64) -> String {
    if x.is_nan() {
        return "NaN".to_owned();
    }
    if x.is_infinite() {
        return if x > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let size = x.abs();
    if size == 0.0 || (1e-4..1e21).contains(&size) {
        return x.to_string();
    }
    let text = format!("{x:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |d| ('-', d));
    format!("{mantissa}e{sign}{digits:0>2}")
}
