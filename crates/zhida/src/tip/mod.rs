//! Tips 随手拍: anybody reports what is wrong, with a photo and without a name, and follows it by a link. Officers look,
//! and make a finding of it or say why not. Nobody is asked who they are.

mod entity;
mod keep;
mod noun;
mod open311;
mod pages;
mod public;
mod store;

crate::db::versioned!(entity);

pub use entity::Model as Tip;
pub use noun::NOUN;
pub use store::{Suggested, suggested, waiting};

use axum::Router;

use crate::app::App;

/// The pages of tips.
pub fn routes() -> Router<App> {
    pages::routes().merge(public::routes()).merge(open311::routes())
}
