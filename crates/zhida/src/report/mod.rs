//! Reports 报表: pack files filled with figures, as a page, a sheet and a PDF; published figures are frozen with their day.
//!
//! Officers read reports of their region; supervisors publish those whose period is over.

mod build;
mod entity;
mod pages;
mod store;

pub use build::build;
pub use pages::routes;

#[cfg(test)]
mod tests;
