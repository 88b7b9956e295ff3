//! Reports 报表: pack files filled with figures, as a page, a sheet and a PDF; published figures are frozen with their day.
//!
//! Officers read reports of their region; supervisors publish those whose period is over.

mod build;
mod document;
mod entity;
mod pages;
mod pdf;
mod store;
mod xlsx;

pub use build::build;
pub use document::{Block, Cell, Document, Table};
pub use pages::routes;
pub use pdf::{font, pdf};
pub use xlsx::xlsx;

#[cfg(test)]
mod tests;
