//! Meetings 会商: an agenda from what is red or asked for, decisions that become commitments, findings or changes, and a next
//! meeting that opens with what became of the last.

mod decide;
mod entity;
mod pages;
mod store;

pub use pages::routes;

#[cfg(test)]
mod tests;
