//! What may be counted of cases.

use crate::db::noun::{Field, Holds, Noun, field};

/// See the module.
pub const NOUN: Noun = Noun {
    name: "case",
    table: "case",
    joins: &[("party", "party_id", "id")],
    fields: &[
        field("programme", Holds::Text, "case", "programme"),
        field("stage", Holds::Text, "case", "stage"),
        field("owner", Holds::Id, "case", "owner_id"),
        field("party", Holds::Id, "case", "party_id"),
        field("offer", Holds::Id, "case", "offer_id"),
        field("matched", Holds::Present, "case", "run_id"),
        // What clauses give: fen of money and reduced bills, thousandths of goods.
        Field { scale: 10, ..field("fen", Holds::Int, "case", "amount") },
        Field { scale: 1, ..field("units", Holds::Int, "case", "amount") },
        field("kind", Holds::Text, "party", "kind"),
        field("due", Holds::Day, "case", "due"),
        field("created", Holds::Instant, "case", "created_at"),
        field("updated", Holds::Instant, "case", "updated_at"),
        field("town", Holds::Text, "party", "town"),
    ],
};
