//! Measures 政策措施: packages of clauses that a service gives by right. Whoever qualifies is found and told, or proposed
//! without asking; whoever asks is checked on the facts of the day; a second person grants.
//!
//! Officers tell, propose and take applications; supervisors grant (in `case`). Firms look up what is theirs without a login.

mod acts;
mod clause_page;
mod firm_pages;
mod funnel;
mod list_page;
mod same;

pub use acts::{apply, propose, tell};
pub use funnel::{Funnel, funnel};

use axum::Router;

use crate::app::App;

/// The pages of measures.
pub fn routes() -> Router<App> {
    list_page::routes().merge(clause_page::routes()).merge(firm_pages::routes())
}

#[cfg(test)]
mod tests;
