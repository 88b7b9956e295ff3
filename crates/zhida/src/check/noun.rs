//! What may be counted of checks: one row a reviewer.

use crate::db::noun::{Holds, Noun, field};

/// See the module.
pub const NOUN: Noun = Noun {
    name: "check",
    table: "check",
    joins: &[("review", "review_id", "id")],
    fields: &[
        field("state", Holds::Text, "check", "state"),
        field("passed", Holds::Bool, "check", "passed"),
        field("score", Holds::Int, "check", "score"),
        field("reviewer", Holds::Id, "check", "account_id"),
        field("received", Holds::Instant, "check", "received_at"),
        field("pack", Holds::Text, "review", "pack"),
        field("checklist", Holds::Text, "review", "code"),
        field("about", Holds::Text, "review", "about_id"),
        field("town", Holds::Text, "review", "town"),
    ],
};
