//! How a text message answers: by the pack's words.

use serde::Deserialize;
use unicode_normalization::UnicodeNormalization as _;

/// The words with which a text message begins that says yes, no, or no more; the first of each stands in messages.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Replies {
    /// Yes; the digits of the offer follow.
    pub yes: Vec<String>,
    /// No; the digits of the offer follow.
    pub no: Vec<String>,
    /// No more messages.
    pub stop: Vec<String>,
}

impl Default for Replies {
    fn default() -> Self {
        let one = |word: &str| vec![word.to_owned()];
        Self { yes: one("Y"), no: one("N"), stop: one("T") }
    }
}

/// What a text message means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Yes.
    Yes,
    /// No.
    No,
    /// No more messages.
    Stop,
    /// None of these: somebody has to read it.
    Question,
}

impl Meaning {
    /// The word that cases use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Stop => "stop",
            Self::Question => "question",
        }
    }
}

impl Replies {
    /// What a text means, and the digits in it, which name the offer; nothing for an empty text.
    pub fn read(&self, text: &str) -> Option<(Meaning, String)> {
        let folded = text.trim().nfkc().collect::<String>().to_uppercase();
        if folded.is_empty() {
            return None;
        }
        let digits: String = folded.chars().filter(char::is_ascii_digit).collect();
        let begins = |words: &[String]| words.iter().any(|w| folded.starts_with(&w.to_uppercase()));
        Some(if begins(&self.stop) {
            (Meaning::Stop, String::new())
        } else if begins(&self.yes) {
            (Meaning::Yes, digits)
        } else if begins(&self.no) {
            (Meaning::No, digits)
        } else {
            (Meaning::Question, digits)
        })
    }
}
