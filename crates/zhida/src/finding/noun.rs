//! What may be counted of findings.

use crate::db::noun::{Holds, Noun, field};

/// See the module.
pub const NOUN: Noun = Noun {
    name: "finding",
    table: "finding",
    joins: &[],
    fields: &[
        field("state", Holds::Text, "finding", "state"),
        field("severity", Holds::Int, "finding", "severity"),
        field("pack", Holds::Text, "finding", "pack"),
        field("rule", Holds::Text, "finding", "rule"),
        field("owner", Holds::Id, "finding", "owner_id"),
        field("unit", Holds::Id, "finding", "unit_id"),
        field("due", Holds::Day, "finding", "due"),
        field("level", Holds::Int, "finding", "level"),
        field("nth", Holds::Int, "finding", "nth"),
        field("about", Holds::Text, "finding", "about_id"),
        field("created", Holds::Instant, "finding", "created_at"),
        field("closed", Holds::Instant, "finding", "closed_at"),
        field("town", Holds::Text, "finding", "town"),
    ],
};
