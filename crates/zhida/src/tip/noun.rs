//! What may be counted of tips.

use crate::db::noun::{Holds, Noun, field};

/// See the module.
pub const NOUN: Noun = Noun {
    name: "tip",
    table: "tip",
    joins: &[],
    fields: &[
        field("pack", Holds::Text, "tip", "pack"),
        field("kind", Holds::Text, "tip", "kind"),
        field("state", Holds::Text, "tip", "state"),
        field("town", Holds::Text, "tip", "town"),
        field("created", Holds::Instant, "tip", "created_at"),
        field("answered", Holds::Instant, "tip", "answered_at"),
    ],
};
