//! Units: the organisations that officers belong to. Administrators see them with the accounts.

mod entity;
mod store;

pub use store::{create, find, first};
