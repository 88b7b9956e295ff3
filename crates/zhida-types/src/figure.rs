//! Figures as public documents state them: a value, how it is meant, what is counted, and as of when.

use serde::{Deserialize, Serialize};

use crate::{Day, Quantity};

/// How a promised value is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparator {
    /// So many.
    #[default]
    Exact,
    /// So many or more (以上, 不少于).
    AtLeast,
    /// About so many (约, 左右): within five in a hundred.
    About,
}

/// How strongly it is promised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Force {
    /// It is owed.
    #[default]
    Binding,
    /// It is striven for (力争).
    Striving,
}

/// A figure of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// The value.
    pub value: Quantity,
    /// How it is meant.
    #[serde(default)]
    pub comparator: Comparator,
    /// How strongly it is promised.
    #[serde(default)]
    pub force: Force,
    /// The code of the unit of count (`person`, `person-time`, …).
    pub unit: String,
    /// The day to which it refers.
    #[serde(default)]
    pub as_of: Option<Day>,
}

impl Comparator {
    /// The word that files and tables use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::AtLeast => "at-least",
            Self::About => "about",
        }
    }

    /// The comparator of a word of [`Comparator::as_str`].
    pub fn named(word: &str) -> Option<Self> {
        [Self::Exact, Self::AtLeast, Self::About].into_iter().find(|c| c.as_str() == word)
    }

    /// Whether an actual value keeps a promise of `promised`: more than promised also keeps "so many", since nobody
    /// promises a ceiling.
    pub fn kept(self, promised: Quantity, actual: Quantity) -> bool {
        match self {
            Self::Exact | Self::AtLeast => actual >= promised,
            Self::About => i128::from(actual.0) * 100 >= i128::from(promised.0) * 95,
        }
    }

    /// Whether the parts of a promise, summed, match it: "at least" may be promised with some to spare, "about" may
    /// differ by what the word allows.
    pub fn matches_sum(self, promised: Quantity, sum: Quantity) -> bool {
        match self {
            Self::Exact => sum == promised,
            Self::AtLeast => sum >= promised,
            Self::About => Said::Around.holds(promised, sum),
        }
    }
}

impl Force {
    /// The word that files and tables use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Binding => "binding",
            Self::Striving => "striving",
        }
    }

    /// The force of a word of [`Force::as_str`].
    pub fn named(word: &str) -> Option<Self> {
        [Self::Binding, Self::Striving].into_iter().find(|f| f.as_str() == word)
    }
}

/// The word that goes with a rounded figure, said only where it is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Said {
    /// Exactly so many: no word.
    Exactly,
    /// So many and some more (余): the truth is above, by less than one step of the rounding.
    More,
    /// Nearly so many (近): the truth is below, by at most five in a hundred.
    Nearly,
    /// About so many (约): within five in a hundred.
    About,
    /// So many or more (以上).
    AtLeast,
    /// Around so many (左右): within five in a hundred.
    Around,
}

impl Said {
    /// All words.
    pub const ALL: [Self; 6] =
        [Self::Exactly, Self::More, Self::Nearly, Self::About, Self::AtLeast, Self::Around];

    /// The word of texts and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exactly => "exactly",
            Self::More => "more",
            Self::Nearly => "nearly",
            Self::About => "about",
            Self::AtLeast => "at-least",
            Self::Around => "around",
        }
    }

    /// Whether `shown` with this word is true of `truth`.
    pub fn holds(self, shown: Quantity, truth: Quantity) -> bool {
        let (shown, truth) = (i128::from(shown.0), i128::from(truth.0));
        let near = (truth - shown).abs() * 100 <= shown.abs() * 5;
        match self {
            Self::Exactly => truth == shown,
            Self::More => truth > shown && (truth - shown) < step(shown),
            Self::Nearly => truth < shown && near,
            Self::About | Self::Around => near,
            Self::AtLeast => truth >= shown,
        }
    }
}

/// The place value of the last digit that a rounded number shows: 8,000 → 1,000; 135,000 → 1,000; 0 → no more than itself.
fn step(shown: i128) -> i128 {
    let mut step = 1;
    while shown != 0 && shown % (step * 10) == 0 {
        step *= 10;
    }
    step
}

/// A true way to say `truth` with `digits` significant digits: exact where nothing is lost, *nearly* where the number is
/// rounded up and near enough, else *and more* with the number rounded down.
///
/// ```
/// use zhida_types::{Quantity, Said, rounded};
/// let q = |n: i64| Quantity(n * 1_000);
/// assert_eq!(rounded(q(8_132), 1), (q(8_000), Said::More));
/// assert_eq!(rounded(q(151_900), 3), (q(152_000), Said::Nearly));
/// assert_eq!(rounded(q(5_069), 4), (q(5_069), Said::Exactly));
/// ```
pub fn rounded(truth: Quantity, digits: u32) -> (Quantity, Said) {
    let size = truth.0.unsigned_abs();
    let length = size.checked_ilog10().map_or(1, |l| l + 1);
    let drop = length.saturating_sub(digits.max(1));
    let step = 10_u64.saturating_pow(drop);
    let down = size / step * step;
    if down == size || truth.0 < 0 {
        // Nobody says "and more" of a number below nothing.
        return (truth, Said::Exactly);
    }
    let down_by = i64::try_from(down).unwrap_or(truth.0);
    if size - down > step / 2
        && let Some(up) = down_by.checked_add(i64::try_from(step).unwrap_or(i64::MAX))
        && Said::Nearly.holds(Quantity(up), truth)
    {
        return (Quantity(up), Said::Nearly);
    }
    if Said::More.holds(Quantity(down_by), truth) {
        (Quantity(down_by), Said::More)
    } else {
        (truth, Said::Exactly)
    }
}
