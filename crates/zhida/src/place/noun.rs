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
        field("created", Holds::Instant, "place", "created_at"),
    ],
};
