//! What may be counted of the ledger: one row a posting.

use crate::db::noun::{Field, Holds, Noun, field};

/// See the module.
pub const NOUN: Noun = Noun {
    name: "posting",
    table: "posting",
    joins: &[("entry", "entry_id", "id"), ("holder", "holder_id", "id")],
    fields: &[
        field("item", Holds::Text, "posting", "item"),
        field("batch", Holds::Text, "posting", "batch"),
        Field { scale: 1, ..field("amount", Holds::Int, "posting", "amount") },
        // Money is kept in fen: ten thousandths of a yuan each.
        Field { scale: 10, ..field("fen", Holds::Int, "posting", "amount") },
        field("holder", Holds::Text, "holder", "kind"),
        field("place", Holds::Text, "holder", "name"),
        field("town", Holds::Text, "holder", "town"),
        field("act", Holds::Text, "entry", "act"),
        field("day", Holds::Day, "entry", "day"),
        field("party", Holds::Id, "entry", "party_id"),
    ],
};
