//! What may be counted of places.

use crate::db::noun::{Holds, Noun, field};

/// See the module.
pub const NOUN: Noun = Noun {
    name: "place",
    table: "place",
    joins: &[],
    fields: &[
        field("kind", Holds::Text, "place", "kind"),
        field("state", Holds::Text, "place", "state"),
        field("town", Holds::Text, "place", "town"),
        field("tier", Holds::Text, "place", "tier"),
        field("class", Holds::Text, "place", "class"),
        field("builder", Holds::Text, "place", "builder"),
        field("entry", Holds::Text, "place", "entry"),
        field("created", Holds::Instant, "place", "created_at"),
    ],
};
