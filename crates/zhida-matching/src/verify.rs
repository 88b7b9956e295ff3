//! Checks an answer from the raw input, sharing no code with the search.

use std::collections::BTreeMap;

use crate::allocate::{Allocation, Edge};

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// A pair that is no edge.
    #[error("party {party} has a seat in offer {offer}, which is no edge of the problem")]
    NoEdge {
        /// The party.
        party: usize,
        /// The offer.
        offer: usize,
    },
    /// A party with two seats.
    #[error("party {party} has more than one seat")]
    TwoSeats {
        /// The party.
        party: usize,
    },
    /// More parties than seats.
    #[error("offer {offer} has {taken} parties for {seats} seats")]
    Overfull {
        /// The offer.
        offer: usize,
        /// Parties with a seat.
        taken: usize,
        /// Seats.
        seats: usize,
    },
    /// The stated sum is wrong.
    #[error("the scores add up to {found}, the answer says {stated}")]
    Objective {
        /// What the pairs add up to.
        found: i64,
        /// What the answer says.
        stated: i64,
    },
    /// A price below 0, or prices that do not belong to the offers.
    #[error("the prices are not one number of at least 0 for each offer")]
    Prices,
    /// The stated bound is not what the prices prove.
    #[error("the prices prove a bound of {found}, the answer says {stated}")]
    Bound {
        /// What the prices prove.
        found: i64,
        /// What the answer says.
        stated: i64,
    },
}

/// Recomputes feasibility, objective and, from the prices, the bound.
///
/// # Errors
/// The first [`Flaw`].
pub fn verify(parties: usize, seats: &[usize], edges: &[Edge], answer: &Allocation) -> Result<(), Flaw> {
    let mut worth: BTreeMap<(usize, usize), i64> = BTreeMap::new();
    for e in edges {
        let slot = worth.entry((e.party as usize, e.offer as usize)).or_insert(e.score);
        *slot = (*slot).max(e.score);
    }
    let mut taken = vec![0_usize; seats.len()];
    let mut seated = vec![false; parties];
    let mut found = 0;
    for (party, offer) in answer.pairs.iter().copied() {
        let Some(score) = worth.get(&(party, offer)) else { return Err(Flaw::NoEdge { party, offer }) };
        if std::mem::replace(&mut seated[party], true) {
            return Err(Flaw::TwoSeats { party });
        }
        taken[offer] += 1;
        found += score;
    }
    if let Some(offer) = (0..seats.len()).find(|o| taken[*o] > seats[*o]) {
        return Err(Flaw::Overfull { offer, taken: taken[offer], seats: seats[offer] });
    }
    if found != answer.objective {
        return Err(Flaw::Objective { found, stated: answer.objective });
    }
    if answer.prices.len() != seats.len() || answer.prices.iter().any(|p| *p < 0) {
        return Err(Flaw::Prices);
    }
    let mut best = vec![0_i64; parties];
    for ((party, offer), score) in &worth {
        best[*party] = best[*party].max(score - answer.prices[*offer]);
    }
    let paid: i64 =
        seats.iter().zip(&answer.prices).map(|(n, p)| i64::try_from(*n).unwrap_or(i64::MAX) * p).sum();
    let proven = best.iter().sum::<i64>() + paid;
    if proven == answer.bound { Ok(()) } else { Err(Flaw::Bound { found: proven, stated: answer.bound }) }
}
