//! Seats given out so that the total score is the highest possible, with prices that prove it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use serde::Serialize;

use crate::auction;
use crate::watch::Limit;

/// A party may have a seat in an offer, and what that is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Index of the party.
    pub party: u32,
    /// Index of the offer.
    pub offer: u32,
    /// Worth, at least 0.
    pub score: i64,
}

/// Who gets a seat where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Allocation {
    /// Party and offer, by party.
    pub pairs: Vec<(usize, usize)>,
    /// The sum of the scores.
    pub objective: i64,
    /// No allocation can have a higher sum: Σ seats × price + Σ over parties of max(0, max(score − price)).
    pub bound: i64,
    /// A price for each offer: the certificate. An offer with a free seat has price 0.
    pub prices: Vec<i64>,
    /// For each offer those who have no seat and could have one there: the highest score first, then by index.
    #[serde(skip)]
    pub waiting: Vec<Vec<u32>>,
}

/// Why seats cannot be given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AllocateError {
    /// An edge names a party or offer that does not exist.
    #[error("edge {edge} names a party or an offer that does not exist")]
    NoSuchEnd {
        /// Index of the edge.
        edge: usize,
    },
    /// A score below 0.
    #[error("edge {edge} has a negative score")]
    Negative {
        /// Index of the edge.
        edge: usize,
    },
    /// A fixed case of a party or an offer that does not exist.
    #[error("the fixed case of party {party} in offer {offer} names what does not exist")]
    NoSuchCase {
        /// Index of the party.
        party: usize,
        /// Index of the offer.
        offer: usize,
    },
    /// A party with more than one fixed case.
    #[error("party {party} has more than one fixed case")]
    TwoCases {
        /// Index of the party.
        party: usize,
    },
    /// More fixed cases than seats.
    #[error("offer {offer} has more fixed cases than seats")]
    Overfull {
        /// Index of the offer.
        offer: usize,
    },
    /// Scores so large that their sum does not fit in 64 bits.
    #[error("the scores are too large to be added up")]
    TooLarge,
}

const FREE: usize = usize::MAX;
/// No offer.
pub(crate) const OUT: u32 = u32::MAX;

/// Gives out the seats to the highest total score; at most one offer a party, at most `seats[j]` parties an offer.
///
/// Sets: parties *i*, offers *j*, edges *E*. Maximise Σ s(ij) x(ij) subject to Σ over j x(ij) ≤ 1, Σ over i x(ij) ≤ seats(j),
/// x ∈ {0, 1}. Method: forward and reverse auction with ε-scaling, then the smallest prices that prove the answer (see
/// `auction.rs`). Memory: 16 bytes an edge beside the edges themselves, which are let go of on the way.
///
/// # Errors
/// [`AllocateError`] for edges that name nothing, negative scores, or scores above 2^40.
pub fn allocate(parties: usize, seats: &[usize], edges: Vec<Edge>) -> Result<Allocation, AllocateError> {
    check(parties, seats, &edges)?;
    Ok(best(parties, seats, edges, &Limit::new(&|_| true)))
}

/// Whether the edges name what exists and have scores that can be added up.
pub(crate) fn check(parties: usize, seats: &[usize], edges: &[Edge]) -> Result<(), AllocateError> {
    for (edge, e) in edges.iter().enumerate() {
        if e.party as usize >= parties || e.offer as usize >= seats.len() {
            return Err(AllocateError::NoSuchEnd { edge });
        }
        if e.score < 0 {
            return Err(AllocateError::Negative { edge });
        }
        if e.score > 1 << 40 {
            return Err(AllocateError::TooLarge);
        }
    }
    Ok(())
}

/// The best allocation of edges that have been checked.
pub(crate) fn best(parties: usize, seats: &[usize], edges: Vec<Edge>, limit: &Limit<'_>) -> Allocation {
    let edges = match auction::Problem::<i32>::new(parties, seats, edges) {
        Ok(problem) => match auction::solve(&problem, limit) {
            Some(outcome) => return problem.answer(outcome),
            None => problem.edges(),
        },
        Err(edges) => match auction::Problem::<i64>::new(parties, seats, edges) {
            Ok(problem) => match auction::solve(&problem, limit) {
                Some(outcome) => return problem.answer(outcome),
                None => problem.edges(),
            },
            Err(edges) => edges,
        },
    };
    by_paths(parties, seats, &edges, limit)
}

/// Lists for each offer from offer, score and party: the highest score first, then by index.
pub(crate) fn waiting(offers: usize, wishes: impl Iterator<Item = (usize, i64, usize)>) -> Vec<Vec<u32>> {
    let mut lists: Vec<Vec<(Reverse<i64>, u32)>> = vec![Vec::new(); offers];
    for (offer, score, party) in wishes {
        lists[offer].push((Reverse(score), u32::try_from(party).unwrap_or(u32::MAX)));
    }
    let ordered = |mut list: Vec<(Reverse<i64>, u32)>| {
        list.sort_unstable();
        list.into_iter().map(|(_, party)| party).collect()
    };
    lists.into_iter().map(ordered).collect()
}

/// The same one party after the other, by shortest augmenting paths: slower, for scores of any size (Jonker & Volgenant,
/// *Computing* 38, 1987, doi:10.1007/BF02278710; Ahuja, Magnanti & Orlin, *Network Flows*, 1993, §9.7).
pub(crate) fn by_paths(parties: usize, seats: &[usize], edges: &[Edge], limit: &Limit<'_>) -> Allocation {
    let mut search = Search::new(parties, seats, edges);
    for party in 0..parties {
        if party % 64 == 0 && limit.stop(1, parties - party) {
            break;
        }
        search.place(party);
    }
    search.answer()
}

struct Search<'a> {
    seats: &'a [usize],
    /// For each party its offers and scores.
    wishes: Vec<Vec<(usize, i64)>>,
    seat_of: Vec<usize>,
    holders: Vec<Vec<usize>>,
    price: Vec<i64>,
    gain: Vec<i64>,
    /// Shortest distance to each offer in this round, and the party from which it was reached.
    reached: Vec<Option<(i64, usize)>>,
    settled: Vec<bool>,
}

/// Where a path ends: at a free seat of an offer, or at a party that goes without.
#[derive(Clone, Copy)]
enum End {
    Seat(usize),
    Without(usize),
}

impl<'a> Search<'a> {
    fn new(parties: usize, seats: &'a [usize], edges: &[Edge]) -> Self {
        let mut wishes = vec![Vec::new(); parties];
        for e in edges {
            wishes[e.party as usize].push((e.offer as usize, e.score));
        }
        for list in &mut wishes {
            list.sort_unstable();
            list.dedup_by(|later, first| {
                let same = later.0 == first.0;
                if same {
                    first.1 = first.1.max(later.1);
                }
                same
            });
        }
        // An offer without seats is full from the start: its price keeps everybody away and costs nothing in the bound.
        let mut price = vec![0; seats.len()];
        for e in edges.iter().filter(|e| seats[e.offer as usize] == 0) {
            let price = &mut price[e.offer as usize];
            *price = (*price).max(e.score);
        }
        Self {
            price,
            seats,
            wishes,
            seat_of: vec![FREE; parties],
            holders: vec![Vec::new(); seats.len()],
            gain: vec![0; parties],
            reached: vec![None; seats.len()],
            settled: vec![false; seats.len()],
        }
    }

    /// Finds the cheapest way to take one more party in, and takes it.
    fn place(&mut self, party: usize) {
        let best = self.wishes[party].iter().map(|(o, s)| s - self.price[*o]).max().unwrap_or(0);
        self.gain[party] = best.max(0);
        let mut touched = Vec::new();
        let mut queue = BinaryHeap::new();
        let (mut end, mut limit) = (End::Without(party), self.gain[party]);
        self.reach(party, 0, &mut queue, &mut touched);
        let mut parties = vec![(party, 0)];
        while let Some(Reverse((distance, offer))) = queue.pop() {
            if distance >= limit {
                break;
            }
            if self.settled[offer] || self.reached[offer].is_none_or(|(d, _)| d < distance) {
                continue;
            }
            self.settled[offer] = true;
            if self.holders[offer].len() < self.seats[offer] {
                (end, limit) = (End::Seat(offer), distance);
                break;
            }
            for at in 0..self.holders[offer].len() {
                let holder = self.holders[offer][at];
                parties.push((holder, distance));
                if distance + self.gain[holder] < limit {
                    (end, limit) = (End::Without(holder), distance + self.gain[holder]);
                }
                self.reach(holder, distance, &mut queue, &mut touched);
            }
        }
        for (who, distance) in parties {
            self.gain[who] -= (limit - distance).max(0);
        }
        for offer in touched {
            if let Some((distance, _)) = self.reached[offer]
                && self.settled[offer]
            {
                self.price[offer] += (limit - distance).max(0);
            }
        }
        self.shift(party, end);
        self.reached.fill(None);
        self.settled.fill(false);
    }

    fn reach(
        &mut self,
        party: usize,
        distance: i64,
        queue: &mut BinaryHeap<Reverse<(i64, usize)>>,
        touched: &mut Vec<usize>,
    ) {
        for (offer, score) in &self.wishes[party] {
            if self.seats[*offer] == 0 || self.settled[*offer] {
                continue;
            }
            let to = distance + self.gain[party] - (score - self.price[*offer]);
            match self.reached[*offer] {
                Some((known, _)) if known <= to => continue,
                None => touched.push(*offer),
                Some(_) => {}
            }
            self.reached[*offer] = Some((to, party));
            queue.push(Reverse((to, *offer)));
        }
    }

    /// Moves everybody along the path that ends at `end`, back to the party that was taken in.
    fn shift(&mut self, party: usize, end: End) {
        let mut offer = match end {
            End::Seat(offer) => offer,
            End::Without(who) if who == party => return,
            End::Without(who) => self.leave(who),
        };
        while let Some((_, from)) = self.reached[offer] {
            let before = if from == party { FREE } else { self.leave(from) };
            self.holders[offer].push(from);
            self.seat_of[from] = offer;
            if before == FREE {
                return;
            }
            offer = before;
        }
    }

    fn leave(&mut self, party: usize) -> usize {
        let offer = self.seat_of[party];
        self.holders[offer].retain(|p| *p != party);
        self.seat_of[party] = FREE;
        offer
    }

    fn answer(self) -> Allocation {
        let placed = self.seat_of.iter().enumerate().filter(|(_, o)| **o != FREE);
        let pairs: Vec<(usize, usize)> = placed.map(|(p, o)| (p, *o)).collect();
        let score = |p: usize, o: usize| self.wishes[p].iter().find(|(w, _)| *w == o).map_or(0, |(_, s)| *s);
        let objective = pairs.iter().map(|(p, o)| score(*p, *o)).sum();
        let surplus: i64 = self
            .wishes
            .iter()
            .map(|list| list.iter().map(|(o, s)| s - self.price[*o]).max().unwrap_or(0).max(0))
            .sum();
        let seats = self.seats.iter().zip(&self.price);
        let paid: i64 =
            seats.map(|(n, price)| i64::try_from(*n).unwrap_or(i64::MAX).saturating_mul(*price)).sum();
        let without = self.seat_of.iter().enumerate().filter(|(_, o)| **o == FREE);
        let wishes =
            without.flat_map(|(p, _)| self.wishes[p].iter().map(move |(offer, score)| (*offer, *score, p)));
        let waiting = waiting(self.seats.len(), wishes);
        Allocation { pairs, objective, bound: surplus.saturating_add(paid), prices: self.price, waiting }
    }
}
