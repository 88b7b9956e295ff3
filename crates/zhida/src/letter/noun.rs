//! What may be counted of letters.

use crate::db::noun::{Holds, Noun, field};

/// See the module.
pub const NOUN: Noun = Noun {
    name: "letter",
    table: "letter",
    joins: &[],
    fields: &[
        field("pack", Holds::Text, "letter", "pack"),
        field("code", Holds::Text, "letter", "code"),
        field("state", Holds::Text, "letter", "state"),
        field("due", Holds::Day, "letter", "due"),
        field("created", Holds::Instant, "letter", "created_at"),
    ],
};
