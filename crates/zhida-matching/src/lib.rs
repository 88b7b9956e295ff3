#![doc = include_str!("../README.md")]

mod allocate;
mod auction;
mod fairness;
mod rank;
mod stable;
mod verify;

pub use allocate::{AllocateError, Allocation, Edge, allocate};
pub use fairness::{Group, Selection, selection};
pub use rank::{Offer, Party, Pool, Ranking, Scored, Term, TermKind, WHOLE, rank};
pub use stable::{Claim, Stable, lottery, stable};
pub use verify::{Flaw, verify};

#[cfg(test)]
mod tests;
