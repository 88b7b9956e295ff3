//! Accounts: a person's login with a role, bound to a unit and a region. Administrators keep them.

mod entity;
mod login;
mod pages;
mod store;
mod unit_pages;

pub use entity::Role;
pub use login::hash_password;
pub use pages::routes;
pub use store::{Account, NewAccount, create, find, list, move_unit, reviewers, workers};
