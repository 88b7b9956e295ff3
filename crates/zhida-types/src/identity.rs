//! A resident's identity number (GB 11643): eighteen characters that carry region, birth date and sex.

use std::fmt;

use crate::Day;

/// Weights of the first seventeen digits, GB 11643 (ISO 7064 MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// Check characters by the weighted sum modulo 11.
const CHECKS: &[u8; 11] = b"10X98765432";

/// Sex as the identity number states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sex {
    /// 男
    Male,
    /// 女
    Female,
}

impl Sex {
    /// The code used in profiles.
    pub fn code(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
        }
    }
}

/// A well-formed identity number. `Debug` and `Display` show it masked; [`IdNumber::reveal`] gives the whole.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdNumber(String);

/// Why a text is not an identity number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdNumberError {
    /// A spreadsheet has turned the number into a floating-point one; its last digits are lost.
    #[error("a spreadsheet has turned the number into scientific notation; its last digits are lost")]
    Scientific,
    /// Not seventeen digits and a digit or X.
    #[error("not 17 digits followed by a digit or X")]
    Form,
    /// Digits 7 to 14 are no day of the calendar.
    #[error("digits 7 to 14 are not a day of the calendar")]
    BirthDate,
    /// The check character is wrong, so at least one character is.
    #[error("the check character is wrong")]
    Checksum,
}

impl IdNumber {
    /// Reads a number; blanks around it and a small `x` are mended.
    ///
    /// Whether the region code was ever in use is for the caller to ask: the list is data.
    ///
    /// # Errors
    /// [`IdNumberError`] says which rule is broken.
    pub fn parse(text: &str) -> Result<Self, IdNumberError> {
        let text = text.trim().to_ascii_uppercase();
        let bytes = text.as_bytes();
        if text.contains("E+") || (text.ends_with(".0") && text.len() > 12) {
            return Err(IdNumberError::Scientific);
        }
        let body_is_digits = bytes.iter().take(17).all(u8::is_ascii_digit);
        let [.., last] = bytes else { return Err(IdNumberError::Form) };
        if bytes.len() != 18 || !body_is_digits || !(last.is_ascii_digit() || *last == b'X') {
            return Err(IdNumberError::Form);
        }
        let number = Self(text);
        if number.birth_date().is_none() {
            return Err(IdNumberError::BirthDate);
        }
        if check_character(&number.0) == number.0.chars().last() {
            Ok(number)
        } else {
            Err(IdNumberError::Checksum)
        }
    }

    /// A number from its first seventeen digits, with the check character worked out. For demonstration data.
    ///
    /// # Errors
    /// [`IdNumberError`] where the seventeen digits break a rule.
    pub fn complete(seventeen: &str) -> Result<Self, IdNumberError> {
        let check = check_character(seventeen).ok_or(IdNumberError::Form)?;
        Self::parse(&format!("{seventeen}{check}"))
    }

    /// The first six digits: a county code of the year in which the number was given.
    pub fn region(&self) -> &str {
        self.0.get(..6).unwrap_or_default()
    }

    /// The birth date in digits 7 to 14.
    pub fn birth_date(&self) -> Option<Day> {
        self.0.get(6..14).and_then(|eight| Day::parse(eight).ok())
    }

    /// The sex: the seventeenth digit is odd for men.
    pub fn sex(&self) -> Sex {
        match self.0.as_bytes().get(16) {
            Some(digit) if (digit - b'0') % 2 == 1 => Sex::Male,
            _ => Sex::Female,
        }
    }

    /// The whole number. Whoever shows it to a person writes a journal entry.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The last four characters, by which people search.
    pub fn tail(&self) -> &str {
        self.0.get(14..).unwrap_or_default()
    }

    /// `330424********123X`
    pub fn masked(&self) -> String {
        format!("{}********{}", self.region(), self.tail())
    }
}

/// The check character for the first seventeen digits, or `None` where they are not digits.
fn check_character(number: &str) -> Option<char> {
    let mut sum = 0;
    let mut digits = number.chars();
    for weight in WEIGHTS {
        sum += weight * digits.next()?.to_digit(10)?;
    }
    CHECKS.get(sum as usize % 11).map(|b| char::from(*b))
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdNumber({})", self.masked())
    }
}

impl fmt::Display for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}
