//! What may be counted of tours and encounters.

use crate::db::noun::{Field, Holds, Noun, field};

/// Tours: a sum of `crew` is person-turns, of `vehicles` vehicle-turns.
pub const TOUR: Noun = Noun {
    name: "tour",
    table: "tour",
    joins: &[],
    fields: &[
        field("pack", Holds::Text, "tour", "pack"),
        field("kind", Holds::Text, "tour", "kind"),
        field("state", Holds::Text, "tour", "state"),
        field("day", Holds::Day, "tour", "day"),
        field("town", Holds::Text, "tour", "town"),
        field("crew", Holds::Int, "tour", "crew"),
        field("vehicles", Holds::Int, "tour", "vehicles"),
        field("unit", Holds::Id, "tour", "unit_id"),
        field("lead", Holds::Id, "tour", "lead_id"),
        Field { scale: 1, ..field("kilometres", Holds::Int, "tour", "metres") },
    ],
};

/// Encounters: a sum of `persons` is person-turns.
pub const ENCOUNTER: Noun = Noun {
    name: "encounter",
    table: "encounter",
    joins: &[("tour", "tour_id", "id")],
    fields: &[
        field("day", Holds::Day, "encounter", "day"),
        field("outcome", Holds::Text, "encounter", "outcome"),
        field("helped", Holds::Bool, "encounter", "helped"),
        field("persons", Holds::Int, "encounter", "persons"),
        field("known", Holds::Present, "encounter", "party_id"),
        field("town", Holds::Text, "encounter", "town"),
        field("pack", Holds::Text, "tour", "pack"),
        field("kind", Holds::Text, "tour", "kind"),
    ],
};
