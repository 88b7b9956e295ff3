//! Region codes: two digits a province, four a city, six a county, nine a town, twelve a village.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A code of GB/T 2260 (two to six digits) or the statistical list (nine, twelve), without trailing zero levels:
/// Zhejiang is `33`, Jiaxing `3304`, Haiyan `330424`; the whole country is `00`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RegionCode(String);

/// How deep a region lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegionLevel {
    /// 全国
    Country,
    /// 省
    Province,
    /// 市
    City,
    /// 县
    County,
    /// 镇、街道
    Town,
    /// 村、社区
    Village,
}

/// Why a text is not a region code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegionError {
    /// Not 2, 4, 6, 9 or 12 digits.
    #[error("a region code has 2, 4, 6, 9 or 12 digits")]
    Form,
}

impl RegionCode {
    /// Reads a code; `330000` and `33` are the same province.
    ///
    /// # Errors
    /// [`RegionError::Form`].
    pub fn parse(text: &str) -> Result<Self, RegionError> {
        let mut code = text.trim();
        if !code.bytes().all(|b| b.is_ascii_digit()) {
            return Err(RegionError::Form);
        }
        while matches!(code.len(), 4 | 6)
            && let Some(shorter) = code.strip_suffix("00")
        {
            code = shorter;
        }
        match code.len() {
            2 if code == "00" => Ok(Self::country()),
            2 | 4 | 6 | 9 | 12 => Ok(Self(code.to_owned())),
            _ => Err(RegionError::Form),
        }
    }

    /// The whole country: written as `00`, it has no digits of its own.
    pub fn country() -> Self {
        Self(String::new())
    }

    /// The digits; none for the country.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Province, city, county, town or village.
    pub fn level(&self) -> RegionLevel {
        match self.0.len() {
            0 => RegionLevel::Country,
            2 => RegionLevel::Province,
            4 => RegionLevel::City,
            6 => RegionLevel::County,
            9 => RegionLevel::Town,
            _ => RegionLevel::Village,
        }
    }

    /// Whether `inner` is this region or lies in it.
    pub fn contains(&self, inner: &Self) -> bool {
        inner.0.starts_with(&self.0)
    }

    /// The six-digit county, for a county or anything below it.
    pub fn county(&self) -> Option<Self> {
        self.0.get(..6).map(|six| Self(six.to_owned()))
    }
}

impl TryFrom<String> for RegionCode {
    type Error = RegionError;
    fn try_from(text: String) -> Result<Self, RegionError> {
        Self::parse(&text)
    }
}

impl From<RegionCode> for String {
    fn from(code: RegionCode) -> Self {
        code.to_string()
    }
}

impl std::str::FromStr for RegionCode {
    type Err = RegionError;
    fn from_str(text: &str) -> Result<Self, RegionError> {
        Self::parse(text)
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "00" } else { &self.0 })
    }
}
