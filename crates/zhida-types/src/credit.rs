//! An organisation's unified social credit code (GB 32100), with the organisation code of GB 11714 inside.

use std::fmt;

const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// A well-formed unified social credit code.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CreditCode(String);

/// Why a text is not a unified social credit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CreditCodeError {
    /// Not eighteen characters of the alphabet (no I, O, S, V, Z), or no region code where one belongs.
    #[error("not 18 characters of 0-9 and A-Y without I, O, S, V, Z")]
    Form,
    /// The organisation code inside has a wrong check character.
    #[error("the organisation code in characters 9 to 17 has a wrong check character")]
    Organisation,
    /// The last character is wrong.
    #[error("the check character is wrong")]
    Checksum,
}

impl CreditCode {
    /// Reads a code; small letters and blanks around it are mended.
    ///
    /// # Errors
    /// [`CreditCodeError`] says which rule is broken.
    pub fn parse(text: &str) -> Result<Self, CreditCodeError> {
        let text = text.trim().to_ascii_uppercase();
        let values: Vec<u32> = text.chars().filter_map(value).collect();
        let region_is_digits = text.bytes().skip(2).take(6).all(|b| b.is_ascii_digit());
        if values.len() != 18 || text.chars().count() != 18 || !region_is_digits {
            return Err(CreditCodeError::Form);
        }
        let organisation: Vec<char> = text.chars().skip(8).take(9).collect();
        if organisation_check(&organisation) != organisation.last().copied() {
            return Err(CreditCodeError::Organisation);
        }
        if values.last() == Some(&last(&values)) { Ok(Self(text)) } else { Err(CreditCodeError::Checksum) }
    }

    /// The code of an organisation in a region, from the eight characters of its organisation code: both check characters
    /// are worked out.
    ///
    /// # Errors
    /// Characters that do not belong into a code.
    pub fn complete(region: &str, eight: &str) -> Result<Self, CreditCodeError> {
        let organisation: Vec<char> = eight.chars().collect();
        let check = organisation_check(&organisation).ok_or(CreditCodeError::Form)?;
        let text = format!("91{region}{eight}{check}");
        let values: Vec<u32> = text.chars().filter_map(value).collect();
        let end = usize::try_from(last(&values)).ok().and_then(|at| ALPHABET.chars().nth(at));
        Self::parse(&format!("{text}{}", end.ok_or(CreditCodeError::Form)?))
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the last character must be, of the seventeen before it.
fn last(values: &[u32]) -> u32 {
    let mut weight = 1;
    let mut sum = 0;
    for v in values.iter().take(17) {
        sum += v * weight;
        weight = weight * 3 % 31;
    }
    (31 - sum % 31) % 31
}

fn value(c: char) -> Option<u32> {
    ALPHABET.chars().position(|a| a == c).and_then(|p| u32::try_from(p).ok())
}

fn organisation_check(code: &[char]) -> Option<char> {
    let mut sum = 0;
    for (c, weight) in code.iter().zip(ORGANISATION_WEIGHTS) {
        sum += c.to_digit(36)? * weight;
    }
    match 11 - sum % 11 {
        10 => Some('X'),
        11 => Some('0'),
        n => char::from_digit(n, 10),
    }
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
