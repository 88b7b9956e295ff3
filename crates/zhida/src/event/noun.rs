//! What may be counted of events.

use crate::db::noun::{Holds, Noun, field};

/// See the module.
pub const NOUN: Noun = Noun {
    name: "event",
    table: "event",
    joins: &[("place", "place_id", "id")],
    fields: &[
        field("kind", Holds::Text, "event", "kind"),
        field("state", Holds::Text, "event", "state"),
        field("at", Holds::Instant, "event", "starts_at"),
        field("headcount", Holds::Int, "event", "headcount"),
        field("town", Holds::Text, "place", "town"),
        field("tier", Holds::Text, "place", "tier"),
    ],
};
