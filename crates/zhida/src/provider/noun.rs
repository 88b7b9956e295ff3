//! What may be counted of providers.

use crate::db::noun::{Holds, Noun, field};

/// See the module.
pub const NOUN: Noun = Noun {
    name: "provider",
    table: "provider",
    joins: &[],
    fields: &[
        field("state", Holds::Text, "provider", "state"),
        field("created", Holds::Instant, "provider", "created_at"),
    ],
};
