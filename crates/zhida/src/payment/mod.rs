//! Payments 发放: what was granted goes out in batches: made by one person, checked by another, sent as a bank's file,
//! read back line by line. What the bank did not pay is paid again; a payment is never made twice.
//!
//! Money goes to the party's account; a bill that is reduced is settled with its supplier, and nothing goes to the party.

mod batch;
mod entity;
mod file;
mod pages;
mod result;
mod store;

pub use batch::{check, prepare, send};
pub use entity::batch::Model as Batch;
pub use entity::payment::Model as Payment;
pub use pages::routes;
pub use result::{Line, Outcome, all_paid, settle, take};
pub use store::{batch as find, waiting};
