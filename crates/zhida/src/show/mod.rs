//! What reads across nouns: today, one person's whole picture, the portrait of a set, the wall board, handing over, the description of the interface.

mod board;
mod handover;
mod merge;
mod openapi;
mod person;
mod portrait;
mod portrait_page;
mod suppress;
mod today;

pub use portrait::{Portrait, portrait};
pub(crate) use portrait_page::json;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

/// The pages that read across nouns.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/", get(today::show))
        .route("/board", get(board::show))
        .route("/handover", get(handover::form).post(handover::give))
        .route("/people/{id}", get(person::show))
        .route("/people/{id}/merge", post(merge::merge))
        .route("/portrait", get(portrait_page::show))
        .route("/portrait.svg", get(portrait_page::picture))
        .route("/portrait.xlsx", get(portrait_page::table))
        .route("/api/portrait", get(portrait_page::api))
        .route("/api/openapi.json", get(openapi::show))
}
