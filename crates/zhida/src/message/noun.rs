//! What may be counted of messages.

use crate::db::noun::{Holds, Noun, field};

/// See the module.
pub const NOUN: Noun = Noun {
    name: "message",
    table: "message",
    joins: &[("party", "party_id", "id")],
    fields: &[
        field("channel", Holds::Text, "message", "channel"),
        field("state", Holds::Text, "message", "state"),
        field("party", Holds::Id, "message", "party_id"),
        field("sent", Holds::Present, "message", "sent_at"),
        field("delivered", Holds::Present, "message", "delivered_at"),
        field("read", Holds::Present, "message", "read_at"),
        field("answered", Holds::Present, "message", "answered_at"),
        field("created", Holds::Instant, "message", "created_at"),
        field("town", Holds::Text, "party", "town"),
    ],
};
