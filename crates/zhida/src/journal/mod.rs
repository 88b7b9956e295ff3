//! The journal: every act with who, when, what and about whom, chained by hash so that anybody can verify it.
//!
//! Everybody's acts are written; supervisors and administrators of the county may read them.

mod entity;
mod pages;
mod store;
mod verify;

pub use pages::routes;
pub use store::{Actor, Entry, Subject, Write, about, counties, head};
pub use verify::{Flaw, Intact, verify};

#[cfg(test)]
mod tests;
