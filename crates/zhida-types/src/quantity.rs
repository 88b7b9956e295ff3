//! How much of something: whole thousandths, so that shares, hectares and pieces add up without loss.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number of things in thousandths: `Quantity(2_500)` is 2.5.
///
/// ```
/// use zhida_types::Quantity;
/// assert_eq!("1,023.6".parse::<Quantity>()?, Quantity(1_023_600));
/// assert_eq!(Quantity(2_500).to_string(), "2.5");
/// # Ok::<(), zhida_types::QuantityError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantity(pub i64);

/// Why a text is no quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuantityError {
    /// Not a number with at most three decimals.
    #[error("not a number with at most three decimals")]
    NotANumber,
    /// Larger than 64 bits of thousandths.
    #[error("the number is too large")]
    TooLarge,
}

impl Quantity {
    /// So many whole things, or `None` where it does not fit.
    pub fn whole(n: i64) -> Option<Self> {
        n.checked_mul(1_000).map(Self)
    }

    /// The sum, or `None` where it does not fit.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// This as thousandths of another (1,000 = all of it), rounded down; `None` where the other is not positive.
    pub fn per_mille_of(self, whole: Self) -> Option<i64> {
        if whole.0 <= 0 {
            return None;
        }
        i64::try_from(i128::from(self.0) * 1_000 / i128::from(whole.0)).ok()
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let n = self.0.unsigned_abs();
        let (whole, rest) = (n / 1_000, n % 1_000);
        if rest == 0 {
            write!(f, "{sign}{whole}")
        } else {
            let digits = format!("{rest:03}");
            write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
        }
    }
}

impl std::str::FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let text: String = text.trim().chars().filter(|c| *c != ',').collect();
        let (sign, digits) = text.strip_prefix('-').map_or((1, text.as_str()), |rest| (-1, rest));
        let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |s: &str| s.chars().all(|c| c.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(rest) || rest.len() > 3 {
            return Err(QuantityError::NotANumber);
        }
        let whole: i64 = whole.parse().map_err(|_too_many_digits| QuantityError::TooLarge)?;
        let rest: i64 = format!("{rest:0<3}").parse().map_err(|_not_digits| QuantityError::NotANumber)?;
        let sum =
            whole.checked_mul(1_000).and_then(|w| w.checked_add(rest)).ok_or(QuantityError::TooLarge)?;
        Ok(Self(sign * sum))
    }
}
