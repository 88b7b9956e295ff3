//! Events 服务活动: something is held at a place for whoever comes. Anybody sees the calendar, subscribes to it, and says without
//! a name how many they are; officers plan, and write down how many came.

mod calendar;
mod entity;
mod noun;
mod pages;
mod public;
mod store;

pub use noun::NOUN;
pub use store::{Held, NewEvent, create, held, next_at};

use axum::Router;

use crate::app::App;

/// The pages of events.
pub fn routes() -> Router<App> {
    pages::routes().merge(public::routes()).merge(calendar::routes())
}
