//! Checks 检查: a checklist filled in about something by somebody entitled to, one reviewer or several.
//!
//! A *review* asks for a checklist about one thing; each reviewer's share of it is a *check*. Reviewers do not see one
//! another's scores until all are in; whoever declares a conflict of interest is out of that review. Answers that a
//! checklist's rules name become findings. Officers plan and fill in, within their region.

mod draw;
mod draw_pages;
mod entity;
mod estimate;
mod fill;
mod forms;
mod gate;
mod mine_pages;
mod noun;
mod own_draw;
mod pages;
mod plan;
mod review_pages;
mod standard_page;
mod store;
mod subjects;

pub use draw::{Drawn, draw, turns};
pub use estimate::{Estimate, Stratum, estimate};
pub use fill::{Filled, fill, recuse};
pub use gate::{Gate, gate};
pub use noun::NOUN;
pub use plan::{NewReview, plan, pool};
pub use store::{Standing, abouts, asked_count, hand_over, last_done, mine, passed, standings};

use axum::Router;

use crate::app::App;

/// The pages of checks.
pub fn routes() -> Router<App> {
    pages::routes()
        .merge(draw_pages::routes())
        .merge(mine_pages::routes())
        .merge(review_pages::routes())
        .merge(standard_page::routes())
}

#[cfg(test)]
mod tests;
