//! Supplies and funds 物资资金: what comes in, where it lies, who has it in hand, to whom it went, and counts.
//!
//! The acts on the ledger. Officers post; supervisors take entries back and recompute the books.

mod count_pages;
mod due_pages;
mod entry_pages;
mod holders;
mod pages;
mod post_pages;

use axum::Router;

use crate::app::App;

pub use holders::{amount, amount_text, budget, covers, hand_over, item_name, spot};

/// The pages of supplies.
pub fn routes() -> Router<App> {
    pages::routes()
        .merge(post_pages::routes())
        .merge(count_pages::routes())
        .merge(entry_pages::routes())
        .merge(due_pages::routes())
}
