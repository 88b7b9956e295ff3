//! Letters: a written opinion about a finding, with a day for the answer; unanswered ones go to the body that may enforce.
//!
//! The union supervises and proposes; it does not fine. Officers write letters; the words come from the pack.

mod entity;
mod noun;
mod pages;
mod store;

crate::db::versioned!(entity);

pub use entity::Model as Letter;
pub use noun::NOUN;
pub use pages::routes;
