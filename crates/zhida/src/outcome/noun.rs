//! What may be counted of work that was found.

use crate::db::noun::{Holds, Noun, field};

/// See the module.
pub const NOUN: Noun = Noun {
    name: "outcome",
    table: "outcome",
    joins: &[("party", "party_id", "id")],
    fields: &[
        field("programme", Holds::Text, "outcome", "programme"),
        field("state", Holds::Text, "outcome", "state"),
        field("since", Holds::Day, "outcome", "since"),
        field("evidence", Holds::Text, "outcome", "evidence"),
        field("verified", Holds::Instant, "outcome", "verified_at"),
        field("party", Holds::Id, "outcome", "party_id"),
        field("town", Holds::Text, "party", "town"),
    ],
};
