//! Units: the organisations that officers belong to. Administrators see them with the accounts.

mod entity;
mod store;

pub use entity::Model as Unit;
pub use store::{create, dissolve, find, first, list, parents};
