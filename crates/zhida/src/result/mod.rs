//! Open results 公开成效: providers with their gates and scores, classes with their rates, the three indices, each number with how it is
//! counted; for anybody, as a page and as CSV. Small groups are not told, people never.

mod figures;
mod pages;

pub use figures::{Figures, figures};
pub use pages::routes;
