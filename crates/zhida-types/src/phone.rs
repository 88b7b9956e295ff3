//! Mobile numbers of mainland China.

use std::fmt;

/// A mobile number. `Debug` and `Display` show it masked; [`Phone::reveal`] gives the whole.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

/// Why a text is not a mobile number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PhoneError {
    /// Not eleven digits starting with 13 to 19.
    #[error("not a mobile number of 11 digits starting with 13 to 19")]
    Form,
}

/// A range that is given to nobody: used by demonstration data, which it marks.
const DEMONSTRATION_PREFIX: &str = "1200";

impl Phone {
    /// Reads a number of eleven digits; blanks around it are taken off, and nothing else.
    ///
    /// # Errors
    /// [`PhoneError::Form`].
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let digits = Self::digits(text);
        let second = digits.as_bytes().get(1).copied().unwrap_or_default();
        if digits.len() == 11 && digits.starts_with('1') && second >= b'3' {
            Ok(Self(digits))
        } else {
            Err(PhoneError::Form)
        }
    }

    /// As [`Phone::parse`], and also the demonstration's range `1200…`, which no person can have.
    ///
    /// # Errors
    /// [`PhoneError::Form`].
    pub fn parse_demonstration(text: &str) -> Result<Self, PhoneError> {
        let digits = Self::digits(text);
        if digits.len() == 11 && digits.starts_with(DEMONSTRATION_PREFIX) {
            return Ok(Self(digits));
        }
        Self::parse(text)
    }

    /// The digits of a number as people write it: full-width figures, blanks, hyphens, brackets and the country code of
    /// China are taken off. What remains may still be no number: [`Phone::parse`] says so.
    ///
    /// ```
    /// use zhida_types::Phone;
    /// assert_eq!(Phone::as_written("+86 138-0013-8000"), "13800138000");
    /// ```
    pub fn as_written(text: &str) -> String {
        let folded = text.trim().chars().filter_map(|c| match c {
            '０'..='９' | '＋' => char::from_u32(u32::from(c) - 0xFEE0),
            ' ' | '\u{3000}' | '\u{a0}' | '-' | '－' | '—' | '(' | ')' | '（' | '）' | '\'' => None,
            c => Some(c),
        });
        let folded: String = folded.collect();
        let bare = folded.strip_prefix("+86").or_else(|| folded.strip_prefix("0086"));
        bare.or_else(|| folded.strip_prefix("86").filter(|rest| rest.len() == 11))
            .unwrap_or(&folded)
            .to_owned()
    }

    fn digits(text: &str) -> String {
        let text = text.trim();
        if text.bytes().all(|b| b.is_ascii_digit()) { text.to_owned() } else { String::new() }
    }

    /// The whole number. Whoever shows it to a person writes a journal entry.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The last four digits.
    pub fn tail(&self) -> &str {
        self.0.get(7..).unwrap_or_default()
    }

    /// `138****1234`
    pub fn masked(&self) -> String {
        format!("{}****{}", self.0.get(..3).unwrap_or_default(), self.tail())
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}
