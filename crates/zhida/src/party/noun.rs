//! What may be counted of parties.

use crate::db::noun::{Holds, Noun, field};

/// See the module.
pub const NOUN: Noun = Noun {
    name: "party",
    table: "party",
    joins: &[],
    fields: &[
        field("kind", Holds::Text, "party", "kind"),
        field("state", Holds::Text, "party", "state"),
        field("town", Holds::Text, "party", "town"),
        field("tier", Holds::Text, "party", "tier"),
        field("created", Holds::Instant, "party", "created_at"),
        field("located", Holds::Present, "party", "lon"),
    ],
};
