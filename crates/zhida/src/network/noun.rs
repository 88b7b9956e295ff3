//! What may be counted of what was seen of places and said of them.

use crate::db::noun::{Holds, Noun, field};

/// What was seen.
pub const SIGNAL: Noun = Noun {
    name: "signal",
    table: "signal",
    joins: &[("place", "place_id", "id")],
    fields: &[
        field("kind", Holds::Text, "signal", "kind"),
        field("at", Holds::Instant, "signal", "at"),
        field("town", Holds::Text, "place", "town"),
        field("tier", Holds::Text, "place", "tier"),
    ],
};

/// What was said.
pub const RATING: Noun = Noun {
    name: "rating",
    table: "rating",
    joins: &[("place", "place_id", "id")],
    fields: &[
        field("stars", Holds::Int, "rating", "stars"),
        field("at", Holds::Instant, "rating", "at"),
        field("town", Holds::Text, "place", "town"),
        field("tier", Holds::Text, "place", "tier"),
    ],
};
