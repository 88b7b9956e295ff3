//! The ledger 台账: double entry for money (in fen) and goods (in thousandths of their unit); append-only.
//!
//! Every entry's postings add up to nothing for each item and batch. What a store, a fund, a budget line or a hand holds
//! is the sum of its postings and never below nothing. An entry is never changed: it is taken back by a counter-entry.
//! Balances are kept beside the postings and can be recomputed from them at any time.

mod beancount;
mod entity;
mod noun;
mod post;
mod store;
mod verify;

pub use beancount::export;
pub use entity::{
    Kind, balance::Model as Balance, entry::Model as Entry, holder::Model as Holder,
    posting::Model as Posting,
};
pub use noun::NOUN;
pub use post::{MONEY, Move, NewEntry, Receipt, post, reverse};
pub use store::{
    balances, entries, entry, given, given_to, holder, holder_by_id, holders, in_hand, of_kind, postings,
    reversal_of,
};
pub use verify::{Flaw, Sound, verify};

#[cfg(test)]
mod tests;
