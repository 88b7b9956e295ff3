//! What is wrong with a rule, and where.

use std::fmt;

/// A stretch of the rule's text, in bytes; `start` is inclusive, `end` is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// First byte behind it.
    pub end: usize,
}

/// The kind of a fault: stable, so that it can be translated and looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultCode {
    /// The text is not CEL.
    Syntax,
    /// A name that is neither a field nor `today` nor `params`.
    UnknownField,
    /// A constant that the pack does not define (for this day and region).
    UnknownParam,
    /// A code that the field's list does not hold.
    UnknownCode,
    /// Two types that do not go together.
    Type,
    /// `<` on a list without an order.
    Unordered,
    /// CEL that this engine does not evaluate.
    NotSupported,
    /// A condition that nobody can meet.
    AlwaysFalse,
    /// A condition that nobody can fail.
    AlwaysTrue,
    /// A condition that fails whatever the facts are.
    NeverKnown,
}

impl FaultCode {
    /// The code in messages and in the error index.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "rule-syntax",
            Self::UnknownField => "rule-unknown-field",
            Self::UnknownParam => "rule-unknown-param",
            Self::UnknownCode => "rule-unknown-code",
            Self::Type => "rule-type",
            Self::Unordered => "rule-unordered",
            Self::NotSupported => "rule-not-supported",
            Self::AlwaysFalse => "rule-always-false",
            Self::AlwaysTrue => "rule-always-true",
            Self::NeverKnown => "rule-never-known",
        }
    }
}

/// A fault in one rule: what, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The rule's name.
    pub rule: String,
    /// The kind.
    pub code: FaultCode,
    /// Where in the text.
    pub span: Span,
    /// What is wrong, in words; backticks round what the author wrote.
    pub cause: String,
    /// What to do about it, where that can be said.
    pub action: Option<String>,
    /// The whole text of the rule.
    pub text: String,
}

impl Fault {
    /// Line and column of the fault, both from 1, the column in characters.
    pub fn position(&self) -> (usize, usize) {
        let before = self.text.get(..self.span.start).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }

    /// The faulty line and a caret under the fault.
    pub fn snippet(&self) -> String {
        let (line, column) = self.position();
        let text = self.text.lines().nth(line - 1).unwrap_or("");
        let width = self.text.get(self.span.start..self.span.end).map_or(1, |s| s.chars().count().max(1));
        let width = width.min(text.chars().count().saturating_sub(column - 1).max(1));
        format!("{text}\n{}{}", " ".repeat(column - 1), "^".repeat(width))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.position();
        write!(
            f,
            "{}:{line}:{column}: {} [{}]\n{}",
            self.rule,
            self.cause,
            self.code.as_str(),
            self.snippet()
        )?;
        match &self.action {
            Some(action) => write!(f, "\n{action}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}

/// The faults of several rules, the first of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|fault| writeln!(f, "{fault}"))
    }
}

impl std::error::Error for Faults {}
