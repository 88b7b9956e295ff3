//! Photos: kept once by the hash of their content, sealed, with a small picture beside each. Officers of the county see them.

mod entity;
mod pages;
mod store;

pub use pages::routes;
pub use store::{MAX_BYTES, alike, all_plain, keep, keep_all, known, open, plain, sent};

#[cfg(test)]
mod tests;
