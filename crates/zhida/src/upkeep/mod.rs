//! Upkeep 运行保障: what keeps a place going: who brings water, power and cleaning and who opens, what happens if they do not, what it
//! costs a year, how many hours its keeper has, and its equipment with age and state. A place for which nobody answers is looked
//! at before it closes by itself.

mod entity;
mod pages;
mod store;

pub use store::{Upkeep, all, broken, equip, set};

use axum::Router;

use crate::app::App;

/// The pages of upkeep.
pub fn routes() -> Router<App> {
    pages::routes()
}
