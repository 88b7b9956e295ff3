//! An inspector's notes on pages: written once, by inspectors alone; supervisors read them, nobody edits or hides them.

mod entity;
mod pages;

pub use pages::routes;
