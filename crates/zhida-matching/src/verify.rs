//! Checks an answer from the raw input, sharing no code with the search.

use std::collections::BTreeMap;

use crate::allocate::{Allocation, Edge};
use crate::quotas::{Rules, StepPrices};

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

/// What the prices of tiers prove, step by step, from the raw edges and seats. `steps` are tiers with their prices, the
/// neediest first.
///
/// In a step count: the edges of its tier at their score, but for offers that a step before priced; and those edges of
/// tiers before that lost nothing in the step before (score less price was the party's gain), at *M* for a party that
/// gained there and *M* for an offer that had a price there, *M* being more than the tier can reach. From what the prices
/// prove of these is taken away what the tiers before have in any case: *M* for each such party and each seat of such an
/// offer.
pub fn tier_bounds(seats: &[usize], edges: &[Edge], tiers: &[u32], steps: &[(u32, &[i64])]) -> Vec<i128> {
    let place = |party: u32| {
        let own = tiers.get(party as usize).copied().unwrap_or(0);
        steps.iter().position(|(tier, _)| *tier == own)
    };
    let at: Vec<Option<usize>> = edges.iter().map(|e| place(e.party)).collect();
    let room = |offer: usize| seats.get(offer).map_or(0, |n| i128::try_from(*n).unwrap_or(i128::MAX));
    let all_seats: i128 = (0..seats.len()).map(room).sum();
    let mut tight = vec![false; edges.len()];
    let mut gained: BTreeMap<u32, bool> = BTreeMap::new();
    let mut priced: Vec<bool> = vec![false; seats.len()];
    let mut closed = priced.clone();
    let mut bounds = Vec::new();
    for (step, (tier, prices)) in steps.iter().enumerate() {
        let price = |offer: u32| i128::from(prices.get(offer as usize).copied().unwrap_or(0));
        let people = tiers.iter().filter(|t| *t == tier).count();
        let own = edges.iter().zip(&at).filter(|(_, at)| **at == Some(step));
        let most = i128::from(own.map(|(e, _)| e.score).max().unwrap_or(0));
        let m = 1 + most * all_seats.min(i128::try_from(people).unwrap_or(i128::MAX));
        let worth: Vec<Option<i128>> = edges
            .iter()
            .zip(&at)
            .zip(&tight)
            .map(|((e, at), tight)| match at {
                Some(at) if *at == step => (!closed[e.offer as usize]).then_some(i128::from(e.score)),
                Some(at) if *at < step && *tight => {
                    let times = i128::from(gained.get(&e.party) == Some(&true))
                        + i128::from(priced[e.offer as usize]);
                    Some(m * times)
                }
                _ => None,
            })
            .collect();
        let owed = m
            * (gained.values().map(|gain| i128::from(*gain)).sum::<i128>()
                + (0..seats.len()).filter(|j| priced[*j]).map(room).sum::<i128>());
        let mut best: BTreeMap<u32, i128> = BTreeMap::new();
        for (e, worth) in edges.iter().zip(&worth) {
            if let Some(worth) = worth {
                let slot = best.entry(e.party).or_default();
                *slot = (*slot).max(worth - price(e.offer));
            }
        }
        let paid: i128 = prices.iter().enumerate().map(|(j, p)| room(j) * i128::from(*p)).sum();
        bounds.push(best.values().sum::<i128>() + paid - owed);
        for ((e, worth), tight) in edges.iter().zip(&worth).zip(&mut tight) {
            let gain = best.get(&e.party).copied().unwrap_or(0);
            *tight = room(e.offer as usize) > 0 && worth.is_some_and(|w| w - price(e.offer) == gain);
        }
        gained = best.into_iter().map(|(party, gain)| (party, gain > 0)).collect();
        for (j, (priced, closed)) in priced.iter_mut().zip(&mut closed).enumerate() {
            *priced = room(j) > 0 && prices.get(j).is_some_and(|p| *p > 0);
            *closed |= *priced;
        }
    }
    bounds
}

/// What prices prove under quotas, from the raw edges, seats and rules: by the definition that [`crate::governed_bound`]
/// states. `before` are the steps before: their tiers, and what each of them has reached.
pub fn quota_bound(
    parties: usize,
    seats: &[usize],
    edges: &[Edge],
    rules: &Rules,
    (tier, before): (u32, &[(u32, i64)]),
    prices: &StepPrices,
) -> i128 {
    let unit: i128 = if prices.before.is_empty() { 1 } else { 1_000_000 };
    let mut worth: BTreeMap<(u32, u32), i128> = BTreeMap::new();
    for e in edges {
        let own = rules.tiers.get(e.party as usize).copied().unwrap_or(0);
        let steps = before.iter().zip(&prices.before).filter(|((t, _), _)| *t == own);
        let weight = steps.map(|(_, mu)| i128::from(*mu)).sum::<i128>() + if own == tier { unit } else { 0 };
        let slot = worth.entry((e.party, e.offer)).or_insert(0);
        *slot = (*slot).max(weight * i128::from(e.score));
    }
    for case in &rules.fixed {
        worth.entry(*case).or_insert(0);
    }
    let mut bound: i128 = 0;
    for (n, p) in seats.iter().zip(&prices.offers) {
        bound += i128::try_from(*n).unwrap_or(i128::MAX) * i128::from(*p);
    }
    for ((_, reached), mu) in before.iter().zip(&prices.before) {
        bound -= i128::from(*reached) * i128::from(*mu);
    }
    for ((_, offer), value) in &mut worth {
        *value -= i128::from(prices.offers.get(*offer as usize).copied().unwrap_or(0));
    }
    for (quota, lambda) in rules.quotas.iter().zip(&prices.quotas) {
        let lambda = i128::from(*lambda);
        // No more can be counted than all parties with all that they can take.
        let end =
            if lambda > 0 { quota.most.min(parties.saturating_mul(rules.offers_each)) } else { quota.least };
        bound += lambda * i128::try_from(end).unwrap_or(i128::MAX);
        let members: std::collections::BTreeSet<u32> = quota.parties.iter().copied().collect();
        for ((party, offer), value) in &mut worth {
            if members.contains(party) && quota.offers.as_ref().is_none_or(|only| only.contains(offer)) {
                *value -= lambda;
            }
        }
    }
    let mut own: BTreeMap<u32, (BTreeMap<usize, i128>, Vec<i128>)> = BTreeMap::new();
    for ((party, offer), value) in worth {
        if rules.fixed.contains(&(party, offer)) {
            bound += value;
        } else if value > 0 {
            let (sets, free) = own.entry(party).or_default();
            match rules.apart.iter().position(|set| set.contains(&offer)) {
                Some(set) => {
                    let best = sets.entry(set).or_default();
                    *best = (*best).max(value);
                }
                None => free.push(value),
            }
        }
    }
    for (sets, mut free) in own.into_values() {
        free.extend(sets.into_values());
        free.sort_unstable();
        bound += free.iter().rev().take(rules.offers_each).sum::<i128>();
    }
    bound.div_euclid(unit)
}
