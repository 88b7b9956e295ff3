//! Commitments 清单项: promised numbers, broken down from a region to units and persons, counted from the other nouns where
//! they can be counted, else reported with evidence and checked by a second person.
//!
//! A commitment lives in the county (or city, or province) that owes it; officers see what lies in their region. Officers
//! report and explain; supervisors make, divide, change and close.

mod adopt;
mod curve;
mod divide;
mod edit_pages;
mod entity;
mod forms;
mod indicator;
mod light;
mod list_pages;
mod new_pages;
mod progress;
mod refresh;
mod responsibility;
mod scope;
mod show_pages;
mod silent;
mod store;
mod table;

pub use adopt::adopt;
pub use divide::{Part, divide};
pub use entity::commitment::Model as Commitment;
pub use indicator::{Measures, check_pack, measures, nouns};
pub use progress::set_done;
pub use refresh::{refresh, relight, settle, work};
pub use scope::{lights, lights_below};
pub use silent::find_silent;
pub use store::{
    NewCommitment, behind_by, by_indicator, change_value, close, create, hand_over, in_light, of_unit,
    open_of, parts_of, seen, unchecked_reports,
};
pub use table::{SheetRow, sheet};

use axum::Router;

use crate::app::App;

/// The colours of lights, from the worst.
pub const LIGHTS: [&str; 4] = ["red", "yellow", "green", "blue"];

/// The pages of commitments.
pub fn routes() -> Router<App> {
    list_pages::routes().merge(new_pages::routes()).merge(show_pages::routes()).merge(edit_pages::routes())
}

#[cfg(test)]
mod tests;
