#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod bitmap;
mod check;
mod columns;
mod constant;
mod decide;
mod eval;
mod explain;
mod fault;
mod filter;
mod graph;
mod load;
mod logic;
mod params;
mod planes;
mod profile;
mod ranges;
mod reasons;
mod ruleset;
mod simulate;
mod typed;

pub use bitmap::Bitmap;
pub use columns::{Cell, CellFault, Table};
pub use decide::decide;
pub use explain::{Condition, Explained, Joint};
pub use fault::{Fault, FaultCode, Faults, Span};
pub use filter::{Comparison, Constant, Filter, NoFilter};
pub use load::Loader;
pub use logic::Look;
pub use params::{At, ParamValue, Params, ParamsFault};
pub use profile::{CodeItem, Derive, Field, FieldId, FieldKind, Label, Lang, Profile, ProfileFault};
pub use reasons::{Change, Open, Question};
pub use ruleset::{Counts, Ready, RuleSet, Verdicts};
pub use simulate::{Amount, Group, Shift, Total, by_field, is_countable};

/// What a rule says of one party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Truth {
    /// The condition holds.
    True,
    /// The condition fails.
    False,
    /// A fact is missing without which it cannot be said.
    Unknown,
}

impl Truth {
    /// `true`, `false` or `unknown`, as the command line prints it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::False => "false",
            Self::Unknown => "unknown",
        }
    }
}

impl From<bool> for Truth {
    fn from(b: bool) -> Self {
        if b { Self::True } else { Self::False }
    }
}

#[cfg(test)]
mod tests;
