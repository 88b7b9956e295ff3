//! Values that occur in constant expressions, and how they compare.

use std::cmp::Ordering;

use chrono::{DateTime, TimeDelta, Utc};

/// Any value of CEL except protobuf messages.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Self>),
    Map(Vec<(Self, Self)>),
    Timestamp(DateTime<Utc>),
    Duration(TimeDelta),
    Type(&'static str),
}

impl Value {
    /// The name that `type()` gives.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::Text(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Type(_) => "type",
        }
    }

    /// CEL's equality: numbers of any type by their value, unlike types never.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::List(a), Self::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b)),
            (Self::Map(a), Self::Map(b)) => {
                a.len() == b.len()
                    && a.iter().all(|(key, value)| b.iter().any(|(k, v)| k.same(key) && v.same(value)))
            }
            (Self::Type(a), Self::Type(b)) => a == b,
            _ => self.order(other) == Some(Ordering::Equal),
        }
    }

    /// CEL's order; `None` where there is none, or where a number is not one.
    pub(crate) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            (Self::Bytes(a), Self::Bytes(b)) => Some(a.cmp(b)),
            (Self::Timestamp(a), Self::Timestamp(b)) => Some(a.cmp(b)),
            (Self::Duration(a), Self::Duration(b)) => Some(a.cmp(b)),
            (Self::Double(a), Self::Double(b)) => a.partial_cmp(b),
            (Self::Double(a), _) => other.integer().and_then(|b| compare_double(*a, b)),
            (_, Self::Double(b)) => self.integer().and_then(|a| compare_double(*b, a)).map(Ordering::reverse),
            _ => Some(self.integer()?.cmp(&other.integer()?)),
        }
    }

    /// Whether the two have an order at all, so that a comparison is no error.
    pub(crate) fn is_comparable(&self, other: &Self) -> bool {
        let number = |v: &Self| matches!(v, Self::Int(_) | Self::Uint(_) | Self::Double(_));
        number(self) && number(other)
            || self.type_name() == other.type_name()
                && matches!(
                    self,
                    Self::Bool(_) | Self::Text(_) | Self::Bytes(_) | Self::Timestamp(_) | Self::Duration(_)
                )
    }

    pub(crate) fn integer(&self) -> Option<i128> {
        match self {
            Self::Int(n) => Some(i128::from(*n)),
            Self::Uint(n) => Some(i128::from(*n)),
            _ => None,
        }
    }

    /// A whole number in whatever type it is written: what indexes a list.
    pub(crate) fn index(&self) -> Option<i128> {
        match self {
            Self::Double(x) => whole_double(*x),
            _ => self.integer(),
        }
    }
}

/// A double and a whole number, without rounding either.
pub(crate) fn compare_double(x: f64, n: i128) -> Option<Ordering> {
    if x.is_nan() {
        return None;
    }
    let floor = x.floor();
    match whole_double(floor) {
        Some(whole) if whole == n && x > floor => Some(Ordering::Greater),
        Some(whole) => Some(whole.cmp(&n)),
        None => Some(if x > 0.0 { Ordering::Greater } else { Ordering::Less }),
    }
}

/// A double that is a whole number within ±2^100.
pub(crate) fn whole_double(x: f64) -> Option<i128> {
    const LIMIT: f64 = 1.267_650_600_228_229_4e30;
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and within the range")]
    (x.fract() == 0.0 && x.abs() <= LIMIT).then_some(x as i128)
}
