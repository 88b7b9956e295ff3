//! Tours 巡查: people and vehicles that go round places in a shift, as often as a rule wants; whom they met, with or without
//! a name; what they gave. Person-turns, vehicle-turns, things given and people helped are counted from these rows alone.
//!
//! Officers plan, go and record; nobody who is met has to give a name, and a name can be added later.

mod acts;
mod entity;
mod meet;
mod noun;
mod pages;
mod plan;
mod plan_pages;
mod route;
mod sheet;
mod store;

pub use acts::{back, cancel, out};
pub use entity::encounter::Model as Encounter;
pub use entity::stop::Model as Stop;
pub use entity::tour::Model as Tour;
pub use meet::{NewEncounter, link, meet};
pub use noun::{ENCOUNTER, TOUR};
pub use plan::{Due, NewTour, due, save, warn};
pub use route::{Fleet, Planned, Spot, Way, route};
pub use sheet::{Day as SheetDay, days};
pub use store::{find, stops};

use axum::Router;

use crate::app::App;

/// The pages of tours.
pub fn routes() -> Router<App> {
    pages::routes().merge(plan_pages::routes()).merge(sheet::routes())
}
