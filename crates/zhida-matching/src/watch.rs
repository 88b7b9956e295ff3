//! Long searches: how far they are, and whether they are to go on.

use std::cell::Cell;

/// How far a search for an allocation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The tier that is being given its seats, counted from 0, and how many there are.
    pub tier: (usize, usize),
    /// The round of the auction, from 1: each is finer than the one before.
    pub round: usize,
    /// Parties that still want a seat.
    pub waiting: usize,
}

/// Somebody who watches a search: called now and then with a [`Stage`]; answers whether to go on. When the answer is no,
/// the best allocation so far is given, with the bound that its prices prove.
pub type Watch<'a> = &'a dyn Fn(Stage) -> bool;

/// A watch that remembers that it has said stop.
pub(crate) struct Limit<'a> {
    watch: Watch<'a>,
    tier: Cell<(usize, usize)>,
    stopped: Cell<bool>,
}

impl<'a> Limit<'a> {
    pub(crate) fn new(watch: Watch<'a>) -> Self {
        Self { watch, tier: Cell::new((0, 1)), stopped: Cell::new(false) }
    }

    pub(crate) fn tier(&self, at: usize, of: usize) {
        self.tier.set((at, of));
    }

    /// Tells how far the search is; whether it is to stop.
    pub(crate) fn stop(&self, round: usize, waiting: usize) -> bool {
        if !self.stopped.get() {
            self.stopped.set(!(self.watch)(Stage { tier: self.tier.get(), round, waiting }));
        }
        self.stopped.get()
    }

    pub(crate) fn has_stopped(&self) -> bool {
        self.stopped.get()
    }
}
