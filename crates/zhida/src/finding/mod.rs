//! Findings 问题: what was found to be wrong, an owner who puts it right by a day, somebody else who verifies it.
//!
//! Officers see those of their region. Whoever owns one (the person, or anybody of the unit) says that it is put right;
//! who owns it or put it right cannot verify it. What is overdue goes up a level by itself.

mod acts;
mod board;
mod entity;
mod escalate;
mod heat;
mod noun;
mod pages;
mod raise;
mod settle;
mod store;

pub use acts::{Act, By, act};
pub use entity::finding::Model as Finding;
pub use escalate::escalate;
pub use noun::NOUN;
pub use pages::routes;
pub use raise::{About, NewFinding, raise};
pub use store::{
    abouts, by_id, counts, escalated, escalated_to, hand_over, history, of_review, of_unit, open_about,
    open_at, open_of, owned_open, standing, states, to_verify,
};

#[cfg(test)]
mod tests;
