//! Open results 公开成效: providers with their gates and scores, classes with their rates, the three indices, each number with how it is
//! counted; for anybody, as a page and as CSV. Small groups are not told, people never.

mod figures;
mod groups;
mod kept;
mod pages;
mod people;
mod people_page;
mod record;

pub use figures::Figures;
pub use kept::{Kept, figures};

use axum::Router;

use crate::app::App;

/// The pages of open results, and what stands behind them for those entitled.
pub fn routes() -> Router<App> {
    pages::routes().merge(people_page::routes())
}
pub use people::{As, Counted};
pub use record::keep_records;
