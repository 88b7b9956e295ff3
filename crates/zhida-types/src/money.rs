//! Money as whole fen, so that nothing is lost to rounding.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount of money in fen (1 yuan = 100 fen), with checked arithmetic.
///
/// ```
/// use zhida_types::Fen;
/// assert_eq!("5800".parse::<Fen>()?, Fen(580_000));
/// assert_eq!(Fen(12_34).to_string(), "12.34");
/// # Ok::<(), zhida_types::FenError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fen(pub i64);

/// Why a text is not an amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FenError {
    /// Not a number with at most two decimals.
    #[error("not an amount in yuan with at most two decimals")]
    NotAnAmount,
    /// Larger than 64 bits of fen.
    #[error("the amount is too large")]
    TooLarge,
}

impl Fen {
    /// The sum, or `None` where it does not fit.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        if fen.is_multiple_of(100) {
            write!(f, "{sign}{}", fen / 100)
        } else {
            write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
        }
    }
}

impl std::str::FromStr for Fen {
    type Err = FenError;

    fn from_str(text: &str) -> Result<Self, FenError> {
        let text: String = text.trim().chars().filter(|c| *c != ',').collect();
        let (sign, digits) = text.strip_prefix('-').map_or((1, text.as_str()), |rest| (-1, rest));
        let (yuan, rest) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |s: &str| s.chars().all(|c| c.is_ascii_digit());
        if yuan.is_empty() || !all_digits(yuan) || !all_digits(rest) || rest.len() > 2 {
            return Err(FenError::NotAnAmount);
        }
        let yuan: i64 = yuan.parse().map_err(|_too_many_digits| FenError::TooLarge)?;
        let fen: i64 = format!("{rest:0<2}").parse().map_err(|_not_digits| FenError::NotAnAmount)?;
        let sum = yuan.checked_mul(100).and_then(|y| y.checked_add(fen)).ok_or(FenError::TooLarge)?;
        Ok(Self(sign * sum))
    }
}
