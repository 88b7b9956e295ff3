//! Hearings 听证: a measure against something (striking a station off the register) is proposed with its grounds, the side that it
//! hits is heard by a link until a day, and somebody else decides, with reasons. Nothing happens before that.

mod decide;
mod entity;
mod pages;
mod propose;
mod public;
mod store;

crate::db::versioned!(entity);

pub use store::abouts;

use axum::Router;

use crate::app::App;

/// The pages of hearings.
pub fn routes() -> Router<App> {
    pages::routes().merge(public::routes())
}
