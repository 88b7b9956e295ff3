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
        let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
        Self { yes: words(&["Y", "YES"]), no: words(&["N", "NO"]), stop: words(&["T", "TD", "STOP"]) }
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
    ///
    /// Yes and no need the word alone, or the offer's digits behind it: whoever asks "shall I bring something if I come"
    /// has not said yes. A Latin word may also have other writing behind it. Refusing is easier: a stop word in other
    /// writing than Latin counts wherever it stands.
    pub fn read(&self, text: &str) -> Option<(Meaning, String)> {
        let folded = text.trim().nfkc().collect::<String>().to_uppercase();
        if folded.is_empty() {
            return None;
        }
        let digits: String = folded.chars().filter(char::is_ascii_digit).collect();
        let says = |words: &[String]| words.iter().any(|word| says(&folded, &word.to_uppercase()));
        let stops = |word: &String| !word.is_ascii() && folded.contains(&word.to_uppercase());
        Some(if says(&self.stop) || self.stop.iter().any(stops) {
            (Meaning::Stop, String::new())
        } else if says(&self.yes) {
            (Meaning::Yes, digits)
        } else if says(&self.no) {
            (Meaning::No, digits)
        } else {
            (Meaning::Question, digits)
        })
    }
}

/// Whether a text is the word, with nothing but the offer's digits (and any writing behind them) following; behind a Latin
/// word also anything that does not make it another word.
fn says(text: &str, word: &str) -> bool {
    let Some(rest) = text.strip_prefix(word) else { return false };
    let next = rest.chars().find(|c| c.is_alphanumeric());
    match next {
        None => true,
        Some(c) if c.is_ascii_digit() => true,
        Some(_) => word.is_ascii() && !rest.starts_with(|c: char| c.is_ascii_alphabetic()),
    }
}
