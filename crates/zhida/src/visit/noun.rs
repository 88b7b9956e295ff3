//! What may be counted of visits.

use crate::db::noun::{Holds, Noun, field};

/// See the module.
pub const NOUN: Noun = Noun {
    name: "visit",
    table: "visit",
    joins: &[("party", "party_id", "id")],
    fields: &[
        field("made", Holds::Present, "visit", "visited_on"),
        field("on", Holds::Day, "visit", "visited_on"),
        field("due", Holds::Day, "visit", "due"),
        field("visitor", Holds::Id, "visit", "account_id"),
        field("party", Holds::Id, "visit", "party_id"),
        field("need", Holds::Present, "visit", "case_id"),
        field("town", Holds::Text, "party", "town"),
    ],
};
