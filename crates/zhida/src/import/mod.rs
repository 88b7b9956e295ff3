//! Files of people, offers, visits and places: read, mapped, checked row by row, shown before anything is written, taken in or
//! taken back as a whole. Officers import; supervisors undo.

mod apply;
mod check;
mod columns;
mod entity;
mod offers;
mod pages;
mod parties;
mod places;
mod sheet;
mod store;
mod value;
mod visits;

pub use apply::{apply, undo};
pub use check::{Report, check};
pub use pages::routes;
pub use sheet::{Grid, SheetFault, read_table};
pub use store::{Counts, ever_taken, fault, stage};

#[cfg(test)]
mod tests;
