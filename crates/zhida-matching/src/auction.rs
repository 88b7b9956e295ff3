//! Seats given out by an auction: the fast way to the highest total score when each party takes one seat and each offer
//! has so many.
//!
//! Parties bid for seats, prices rise; then offers with a free seat and a price lower it and take who gains most by it.
//! Each round leaves every party within ε of its best choice, and the next has a smaller ε, down to less than one score
//! divided by the number of parties, which makes the answer the best there is (forward and reverse auction with
//! ε-scaling and similar objects: Bertsekas & Castañon, *Computational Optimization and Applications* 1, 1992,
//! doi:10.1007/BF00249638; Bertsekas, *Linear Network Optimization*, 1991, ch. 4). The prices are then made the smallest
//! that prove it, whole numbers, by shortest paths between offers.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::allocate::{Allocation, Edge, OUT};
use crate::watch::Limit;

/// The first ε is the highest score divided by this.
const START: i64 = 5;
/// How much smaller ε is in each round.
const SCALE: i64 = 8;

/// Bids, and offers that lower their price, between two looks at whoever watches.
const BIDS: usize = 65_536;
const CALLS: usize = 256;

/// A score as it is stored: 32 bits where all fit, which is what most of the memory goes into.
pub(crate) trait Score: Copy + Into<i64> + TryFrom<i64> + Ord + Default {}
impl Score for i32 {}
impl Score for i64 {}

/// The edges by party and by offer. Scores are multiplied by parties + 1, so that ε = 1 is below one score a party.
pub(crate) struct Problem<S> {
    pub(crate) parties: usize,
    pub(crate) seats: Vec<u32>,
    /// The edges of party `i` are `first[i]..first[i + 1]`.
    first: Vec<u32>,
    offer: Vec<u32>,
    score: Vec<S>,
    /// The edges of offer `j`, as their parties, are `begin[j]..begin[j + 1]`.
    begin: Vec<u32>,
    party: Vec<u32>,
    value: Vec<S>,
    /// Offers without seats and the highest score that somebody has there.
    closed: Vec<(usize, i64)>,
    unit: i64,
    most: i64,
}

impl<S: Score> Problem<S> {
    /// Takes edges that have been checked; of several between the same two the highest counts. Gives the edges back if
    /// there are too many of them or their scores are too large for this method.
    pub(crate) fn new(parties: usize, seats: &[usize], edges: Vec<Edge>) -> Result<Self, Vec<Edge>> {
        let most = edges.iter().map(|e| e.score).max().unwrap_or(0);
        let unit = i64::try_from(parties).unwrap_or(i64::MAX).saturating_add(1);
        // Prices stay below the scores; what is added up on the way is a few times that.
        let fits = unit.checked_mul(most.max(1)).and_then(|n| n.checked_mul(16)).is_some();
        if !fits || S::try_from(most).is_err() || u32::try_from(edges.len()).is_err() {
            return Err(edges);
        }
        let limit = u32::try_from(parties).unwrap_or(u32::MAX);
        let seats: Vec<u32> = seats.iter().map(|n| u32::try_from(*n).unwrap_or(limit).min(limit)).collect();
        let mut closed: BTreeMap<usize, i64> = BTreeMap::new();
        let mut first = vec![0_u32; parties + 1];
        for e in &edges {
            first[e.party as usize + 1] += 1;
        }
        for i in 0..parties {
            first[i + 1] += first[i];
        }
        let mut at = first.clone();
        let (mut offer, mut score) = (vec![0_u32; edges.len()], vec![S::default(); edges.len()]);
        for e in &edges {
            let slot = &mut at[e.party as usize];
            offer[*slot as usize] = e.offer;
            score[*slot as usize] = S::try_from(e.score).unwrap_or_default();
            *slot += 1;
            if seats[e.offer as usize] == 0 {
                let highest = closed.entry(e.offer as usize).or_default();
                *highest = (*highest).max(e.score);
            }
        }
        drop((at, edges));
        let mut problem = Self {
            parties,
            begin: vec![0; seats.len() + 1],
            seats,
            first,
            offer,
            score,
            party: Vec::new(),
            value: Vec::new(),
            closed: closed.into_iter().collect(),
            unit,
            most,
        };
        problem.dedup();
        problem.reverse();
        Ok(problem)
    }

    /// Sorts each party's edges by offer and keeps the best of several to the same one.
    fn dedup(&mut self) {
        let mut kept = 0_usize;
        let mut list: Vec<(u32, S)> = Vec::new();
        for i in 0..self.parties {
            let range = self.first[i] as usize..self.first[i + 1] as usize;
            list.clear();
            list.extend(self.offer[range.clone()].iter().copied().zip(self.score[range].iter().copied()));
            list.sort_unstable_by_key(|(offer, score)| (*offer, Reverse(*score)));
            list.dedup_by_key(|(offer, _)| *offer);
            // An offer without seats is nobody's choice.
            list.retain(|(offer, _)| self.seats[*offer as usize] > 0);
            self.first[i] = u32::try_from(kept).unwrap_or(u32::MAX);
            for (offer, score) in &list {
                self.offer[kept] = *offer;
                self.score[kept] = *score;
                kept += 1;
            }
        }
        self.first[self.parties] = u32::try_from(kept).unwrap_or(u32::MAX);
        self.offer.truncate(kept);
        self.score.truncate(kept);
    }

    fn reverse(&mut self) {
        for offer in &self.offer {
            self.begin[*offer as usize + 1] += 1;
        }
        for j in 0..self.seats.len() {
            self.begin[j + 1] += self.begin[j];
        }
        let mut at = self.begin.clone();
        self.party = vec![0; self.offer.len()];
        self.value = vec![S::default(); self.offer.len()];
        for i in 0..self.parties {
            for k in self.first[i] as usize..self.first[i + 1] as usize {
                let slot = &mut at[self.offer[k] as usize];
                self.party[*slot as usize] = u32::try_from(i).unwrap_or(u32::MAX);
                self.value[*slot as usize] = self.score[k];
                *slot += 1;
            }
        }
    }

    /// The outcome with its sum and its bound. An offer without seats keeps everybody away by its price, which costs
    /// nothing in the bound.
    pub(crate) fn answer(&self, outcome: Outcome) -> Allocation {
        let Outcome { offer_of, mut prices } = outcome;
        for (offer, highest) in &self.closed {
            prices[*offer] = *highest;
        }
        let (mut pairs, mut objective, mut bound) = (Vec::new(), 0, 0_i64);
        for (i, held) in offer_of.iter().enumerate() {
            let mut most = 0;
            for (offer, score) in self.wishes(i) {
                most = most.max(score - prices[offer]);
                if offer == *held as usize {
                    pairs.push((i, offer));
                    objective += score;
                }
            }
            bound += most;
        }
        for (seats, price) in self.seats.iter().zip(&prices) {
            bound += i64::from(*seats) * price;
        }
        let without = offer_of.iter().enumerate().filter(|(_, held)| **held == OUT);
        let wishes = without.flat_map(|(i, _)| self.wishes(i).map(move |(offer, score)| (offer, score, i)));
        let waiting = crate::allocate::waiting(self.seats.len(), wishes);
        Allocation { pairs, objective, bound, prices, waiting }
    }

    /// All edges, as they were taken in but for those that no answer uses.
    pub(crate) fn edges(&self) -> Vec<Edge> {
        let of = |i: usize| {
            let edge = move |(offer, score): (usize, i64)| Edge {
                party: u32::try_from(i).unwrap_or(u32::MAX),
                offer: u32::try_from(offer).unwrap_or(u32::MAX),
                score,
            };
            self.wishes(i).map(edge)
        };
        (0..self.parties).flat_map(of).collect()
    }

    fn wishes(&self, i: usize) -> impl Iterator<Item = (usize, i64)> + '_ {
        let range = self.first[i] as usize..self.first[i + 1] as usize;
        let scores = self.score[range.clone()].iter();
        self.offer[range].iter().zip(scores).map(|(offer, score)| (*offer as usize, (*score).into()))
    }

    fn suitors(&self, j: usize) -> impl Iterator<Item = (usize, i64)> + '_ {
        let range = self.begin[j] as usize..self.begin[j + 1] as usize;
        let values = self.value[range.clone()].iter();
        self.party[range].iter().zip(values).map(|(party, score)| (*party as usize, (*score).into()))
    }
}

/// Where every party goes (`OUT` for nowhere), and the smallest prices that prove it.
pub(crate) struct Outcome {
    pub(crate) offer_of: Vec<u32>,
    pub(crate) prices: Vec<i64>,
}

/// Gives out the seats. `None` if it fails to prove its answer; when the limit says stop, what has been reached.
pub(crate) fn solve<S: Score>(problem: &Problem<S>, limit: &Limit<'_>) -> Option<Outcome> {
    let mut auction = Auction::new(problem);
    let mut epsilon = (problem.most * problem.unit / START).max(1);
    for round in 1.. {
        auction.round(epsilon, &|waiting| limit.stop(round, waiting));
        if limit.has_stopped() {
            return Some(auction.so_far());
        }
        if epsilon == 1 || auction.is_proven() {
            break;
        }
        epsilon = (epsilon / SCALE).max(1);
    }
    let prices = auction.smallest_prices()?;
    Some(Outcome { offer_of: auction.offer_of, prices })
}

/// The smallest prices that prove an allocation found some other way to be the best by this problem's scores; `None` if
/// it is not. `near` are prices to begin from.
pub(crate) fn certify<S: Score>(problem: &Problem<S>, offer_of: Vec<u32>, near: &[i64]) -> Option<Outcome> {
    let mut auction = Auction::new(problem);
    auction.price = near.iter().map(|price| price.saturating_mul(problem.unit)).collect();
    auction.offer_of = offer_of;
    let prices = auction.smallest_prices()?;
    Some(Outcome { offer_of: auction.offer_of, prices })
}

struct Auction<'a, S> {
    problem: &'a Problem<S>,
    /// An offer's price: what its cheapest seat costs.
    price: Vec<i64>,
    offer_of: Vec<u32>,
    /// Who holds a seat, and what they bid for it, the lowest bid on top. Bids of those who have left stay until they
    /// come up.
    held: Vec<BinaryHeap<Reverse<(i64, u32)>>>,
    /// Seats taken.
    taken: Vec<u32>,
}

impl<'a, S: Score> Auction<'a, S> {
    fn new(problem: &'a Problem<S>) -> Self {
        let offers = problem.seats.len();
        Self {
            problem,
            price: vec![0; offers],
            offer_of: vec![OUT; problem.parties],
            held: vec![BinaryHeap::new(); offers],
            taken: vec![0; offers],
        }
    }

    /// The best offer at the current prices and what it is worth, and what the next best choice is worth. Going without
    /// is worth 0.
    #[inline]
    fn choices(&self, i: usize) -> (usize, i64, i64) {
        let unit = self.problem.unit;
        let (mut best, mut worth, mut next) = (usize::MAX, 0, 0);
        for (offer, score) in self.problem.wishes(i) {
            let value = score * unit - self.price[offer];
            if value > next {
                if value > worth {
                    (best, next, worth) = (offer, worth, value);
                } else {
                    next = value;
                }
            }
        }
        (best, worth, next)
    }

    fn round(&mut self, epsilon: i64, stop: &dyn Fn(usize) -> bool) {
        let unit = self.problem.unit;
        // Who is still within ε of their best choice keeps their seat; the others bid again.
        let mut waiting: Vec<u32> = Vec::new();
        self.held.iter_mut().for_each(BinaryHeap::clear);
        self.taken.fill(0);
        for i in 0..self.problem.parties {
            let (_, worth, _) = self.choices(i);
            let held = self.offer_of[i];
            let own = if held == OUT {
                0
            } else {
                let score = self.problem.wishes(i).find(|(o, _)| *o == held as usize).map_or(0, |(_, s)| s);
                score * unit - self.price[held as usize]
            };
            if own + epsilon >= worth {
                if held != OUT {
                    let party = u32::try_from(i).unwrap_or(u32::MAX);
                    self.held[held as usize].push(Reverse((self.price[held as usize], party)));
                    self.taken[held as usize] += 1;
                }
            } else {
                self.offer_of[i] = OUT;
                waiting.push(u32::try_from(i).unwrap_or(u32::MAX));
            }
        }
        self.forward(waiting, epsilon, stop);
        self.backward(epsilon, stop);
    }

    /// Parties bid for the offer that is worth most to them, up to where the next best would be as good, and ε more.
    fn forward(&mut self, mut waiting: Vec<u32>, epsilon: i64, stop: &dyn Fn(usize) -> bool) {
        let mut bids = 0_usize;
        while let Some(party) = waiting.pop() {
            if bids.is_multiple_of(BIDS) && stop(waiting.len() + 1) {
                return;
            }
            bids += 1;
            let i = party as usize;
            let (best, worth, next) = self.choices(i);
            if best == usize::MAX {
                continue;
            }
            let bid = self.price[best] + worth - next + epsilon;
            self.offer_of[i] = u32::try_from(best).unwrap_or(OUT);
            self.held[best].push(Reverse((bid, party)));
            if self.taken[best] < self.problem.seats[best] {
                self.taken[best] += 1;
            } else if let Some(Reverse((_, out))) = self.held[best].pop() {
                self.offer_of[out as usize] = OUT;
                waiting.push(out);
            }
            if self.taken[best] == self.problem.seats[best]
                && let Some(Reverse((lowest, _))) = self.held[best].peek()
            {
                self.price[best] = self.price[best].max(*lowest);
            }
        }
    }

    /// Offers that have a free seat and a price lower it until somebody comes, or to nothing.
    fn backward(&mut self, epsilon: i64, stop: &dyn Fn(usize) -> bool) {
        let problem = self.problem;
        let offers = problem.seats.len();
        let is_open = |auction: &Self, j: usize| auction.taken[j] < problem.seats[j] && auction.price[j] > 0;
        let mut queue: Vec<usize> = (0..offers).filter(|j| is_open(self, *j)).collect();
        if queue.is_empty() {
            return;
        }
        // What each party gains from where it is.
        let mut gain: Vec<i64> = (0..problem.parties)
            .map(|i| match self.offer_of[i] {
                OUT => 0,
                held => {
                    let score = problem.wishes(i).find(|(o, _)| *o == held as usize).map_or(0, |(_, s)| s);
                    score * problem.unit - self.price[held as usize]
                }
            })
            .collect();
        let mut members: Vec<(i64, u32)> = Vec::new();
        let mut calls = 0_usize;
        while let Some(j) = queue.pop() {
            if !is_open(self, j) {
                continue;
            }
            if calls.is_multiple_of(CALLS) && stop(0) {
                return;
            }
            calls += 1;
            let free = (problem.seats[j] - self.taken[j]) as usize;
            members.clear();
            for (i, score) in problem.suitors(j) {
                if self.offer_of[i] as usize != j {
                    let offered = score * problem.unit - gain[i];
                    if offered > 0 {
                        members.push((offered, u32::try_from(i).unwrap_or(u32::MAX)));
                    }
                }
            }
            if members.len() > free {
                members.select_nth_unstable_by(free, |a, b| b.cmp(a));
            }
            let next = members.get(free).map_or(0, |(offered, _)| *offered);
            let price = (next - epsilon).clamp(0, self.price[j]);
            // Those who were here before gain what the price falls.
            let fall = self.price[j] - price;
            if fall > 0 {
                for (i, _) in problem.suitors(j) {
                    if self.offer_of[i] as usize == j {
                        gain[i] += fall;
                    }
                }
            }
            self.price[j] = price;
            for (offered, party) in members.iter().copied().take(free) {
                if offered <= price {
                    continue;
                }
                let i = party as usize;
                let left = self.offer_of[i];
                self.offer_of[i] = u32::try_from(j).unwrap_or(OUT);
                gain[i] += offered - price;
                self.taken[j] += 1;
                if left != OUT {
                    self.taken[left as usize] -= 1;
                    if self.price[left as usize] > 0 {
                        queue.push(left as usize);
                    }
                }
            }
            if is_open(self, j) {
                queue.push(j);
            }
        }
    }

    /// Where a search that was stopped has come to: those without a seat take the best that is free; prices are rounded
    /// down, which proves a bound as well as any others.
    fn so_far(mut self) -> Outcome {
        self.taken.fill(0);
        for offer in self.offer_of.iter().filter(|offer| **offer != OUT) {
            self.taken[*offer as usize] += 1;
        }
        for i in 0..self.problem.parties {
            if self.offer_of[i] == OUT {
                let free = self.problem.wishes(i).filter(|(j, _)| self.taken[*j] < self.problem.seats[*j]);
                if let Some((j, _)) = free.max_by_key(|(j, score)| (*score, Reverse(*j))) {
                    self.offer_of[i] = u32::try_from(j).unwrap_or(OUT);
                    self.taken[j] += 1;
                }
            }
        }
        // A seat that nobody has to want is worth nothing; seats beyond the number of parties are not even counted.
        let all = u32::try_from(self.problem.parties).unwrap_or(u32::MAX);
        let worth = |(price, seats): (&i64, &u32)| if *seats >= all { 0 } else { price / self.problem.unit };
        let prices = self.price.iter().zip(&self.problem.seats).map(worth).collect();
        Outcome { offer_of: self.offer_of, prices }
    }

    /// Whether the prices already prove, to less than one score, that no allocation is better.
    fn is_proven(&self) -> bool {
        let unit = self.problem.unit;
        let (mut reached, mut bound) = (0_i128, 0_i128);
        for (j, price) in self.price.iter().enumerate() {
            bound += i128::from(self.problem.seats[j]) * i128::from(*price);
        }
        for i in 0..self.problem.parties {
            let held = self.offer_of[i] as usize;
            let mut most = 0;
            for (offer, score) in self.problem.wishes(i) {
                most = most.max(score * unit - self.price[offer]);
                if offer == held {
                    reached += i128::from(score * unit);
                }
            }
            bound += i128::from(most);
        }
        bound - reached < i128::from(unit)
    }

    /// The smallest prices that no party would rather not pay: at least what those without a seat would give, and at
    /// least what keeps each holder from preferring the offer. By shortest paths from the prices that are there, which
    /// are near. `None` if the allocation is not the best after all.
    fn smallest_prices(&self) -> Option<Vec<i64>> {
        let problem = self.problem;
        let offers = problem.seats.len();
        let unit = problem.unit;
        // How far below its price now each offer's can be.
        let mut below: Vec<i64> = self.price.clone();
        let mut holders: Vec<Vec<(u32, i64)>> = vec![Vec::new(); offers];
        for i in 0..problem.parties {
            let held = self.offer_of[i];
            for (offer, score) in problem.wishes(i) {
                if held == OUT {
                    below[offer] = below[offer].min(self.price[offer] - score * unit);
                } else if offer == held as usize {
                    holders[offer].push((u32::try_from(i).unwrap_or(u32::MAX), score));
                }
            }
        }
        let mut queue: BinaryHeap<Reverse<(i64, usize)>> =
            below.iter().enumerate().map(|(j, b)| Reverse((*b, j))).collect();
        let mut steps = 0_usize;
        while let Some(Reverse((distance, a))) = queue.pop() {
            if distance > below[a] {
                continue;
            }
            steps += 1;
            if steps > 64 * offers + 4_096 {
                return None;
            }
            let price = self.price[a] - distance;
            for (i, own) in &holders[a] {
                let gain = own * unit - price;
                if gain < 0 {
                    return None;
                }
                for (b, score) in problem.wishes(*i as usize) {
                    let to = self.price[b] - (score * unit - gain);
                    if to < below[b] {
                        below[b] = to;
                        queue.push(Reverse((to, b)));
                    }
                }
            }
        }
        let mut prices = Vec::with_capacity(offers);
        for j in 0..offers {
            let price = self.price[j] - below[j];
            if price % unit != 0 || price > 0 && (holders[j].len() as u64) < u64::from(problem.seats[j]) {
                return None;
            }
            prices.push(price / unit);
        }
        Some(prices)
    }
}
