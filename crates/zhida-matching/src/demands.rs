//! What an allocation has to respect beside seats: cases that stand, tiers of need, and as few changes as possible.

use crate::allocate::{AllocateError, Allocation, Edge, OUT, best, check, waiting};
use crate::auction::{self, Outcome, Problem, Score};
use crate::watch::{Limit, Watch};

/// What else is asked of an allocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demands {
    /// Cases that stand: these parties keep these offers' seats, whatever their score.
    pub fixed: Vec<(u32, u32)>,
    /// For each party its tier of need, 0 first; empty for none. The highest sum of the first tier comes before
    /// anything that the second could have, and so on.
    pub tiers: Vec<u32>,
    /// An allocation from before: of all that are best, one that leaves as many as possible where they were.
    pub keep: Vec<(u32, u32)>,
}

/// An allocation and, tier by tier, what proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Pairs, sum and bound of all together. With one tier the bound is the sum; with several it adds up theirs.
    pub allocation: Allocation,
    /// One step a tier, the neediest first. A search that was stopped has those only that it came to.
    pub steps: Vec<Step>,
    /// Whether it was searched to the end.
    pub complete: bool,
}

/// What one tier gets, given that those before it get all they can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The tier.
    pub tier: u32,
    /// The sum of its parties' scores.
    pub objective: i64,
    /// What its prices prove that it cannot exceed.
    pub bound: i64,
    /// A price for each offer, in the step's own problem (see [`crate::tier_bounds`]).
    pub prices: Vec<i64>,
}

/// Gives out seats under demands.
///
/// A fixed case takes its seat and its party out of the problem. Tiers are solved one after the other: whoever belongs
/// to a tier that is done may only move along edges that its prices leave without loss, which is exactly the set of its
/// best allocations (complementary slackness); what counts in each step is said at [`crate::tier_bounds`].
///
/// A search that the watch stops gives what it has: `complete` is false, the bound is what its prices prove, and tiers
/// that it did not come to have no seats.
///
/// # Errors
/// [`AllocateError`] for bad edges, for fixed cases that do not fit, and for scores too large to be put in order.
pub fn allocate_under(
    parties: usize,
    seats: &[usize],
    edges: Vec<Edge>,
    demands: &Demands,
    watch: Watch<'_>,
) -> Result<Proven, AllocateError> {
    let limit = Limit::new(watch);
    check(parties, seats, &edges)?;
    let (seats, edges, held) = without_fixed(parties, seats, edges, &demands.fixed)?;
    if demands.tiers.iter().all(|t| *t == 0) {
        let allocation = kept(parties, &seats, edges, &demands.keep, &limit)?;
        let step = Step {
            tier: 0,
            objective: allocation.objective,
            bound: allocation.bound,
            prices: allocation.prices.clone(),
        };
        return Ok(Proven {
            allocation: with_fixed(allocation, &held),
            steps: vec![step],
            complete: !limit.has_stopped(),
        });
    }
    let mut tiers: Vec<u32> = demands.tiers.clone();
    tiers.sort_unstable();
    tiers.dedup();
    let mut steps: Vec<Step> = Vec::new();
    let mut last = Allocation {
        pairs: Vec::new(),
        objective: 0,
        bound: 0,
        prices: vec![0; seats.len()],
        waiting: Vec::new(),
    };
    for (at, tier) in tiers.iter().enumerate() {
        limit.tier(at, tiers.len());
        let done: Vec<(u32, &[i64])> = steps.iter().map(|s| (s.tier, s.prices.as_slice())).collect();
        let problem = step_problem(parties, &seats, &edges, &demands.tiers, (*tier, &done))?;
        let keep = if tiers.last() == Some(tier) { demands.keep.as_slice() } else { &[] };
        last = kept(parties, &seats, problem.edges, keep, &limit)?;
        steps.push(Step {
            tier: *tier,
            objective: last.objective - problem.owed,
            bound: last.bound - problem.owed,
            prices: last.prices.clone(),
        });
        // What comes after rests on this tier having all that it can have.
        if limit.has_stopped() {
            break;
        }
    }
    let mut placed = vec![false; parties];
    last.pairs.iter().for_each(|(party, _)| placed[*party] = true);
    // Whoever is needier waits in front: a tier counts more than any score.
    let most = edges.iter().map(|e| e.score).max().unwrap_or(0).saturating_add(1);
    let rank = |e: &Edge| {
        let later =
            tiers.iter().filter(|t| **t > demands.tiers.get(e.party as usize).copied().unwrap_or(0)).count();
        i64::try_from(later).unwrap_or(i64::MAX).saturating_mul(most).saturating_add(e.score)
    };
    let open = edges.iter().filter(|e| !placed[e.party as usize]);
    let waiting = waiting(seats.len(), open.map(|e| (e.offer as usize, rank(e), e.party as usize)));
    let allocation = Allocation {
        waiting,
        pairs: last.pairs,
        objective: steps.iter().map(|s| s.objective).sum(),
        bound: steps.iter().map(|s| s.bound).sum(),
        prices: last.prices,
    };
    Ok(Proven { allocation: with_fixed(allocation, &held), steps, complete: !limit.has_stopped() })
}

/// The problem of one tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StepProblem {
    /// The edges of the tier with their scores, and those that earlier tiers may move along.
    pub(crate) edges: Vec<Edge>,
    /// What earlier tiers contribute to the sum whenever they have all that they can have.
    pub(crate) owed: i64,
}

/// The problem of one tier, from the raw edges and the prices of the tiers before.
///
/// An edge of an earlier tier is there if it is without loss in that tier's step: its score there less the price is its
/// party's gain. Its worth is *M* if the party has a gain (it must have a seat) and another *M* if the offer has a price
/// (its seats must be taken by that tier or one before), *M* being more than the tier can reach. An offer with a price
/// in an earlier step is closed to the tier.
///
/// # Errors
/// [`AllocateError::TooLarge`] if *M* does not fit.
pub(crate) fn step_problem(
    parties: usize,
    seats: &[usize],
    edges: &[Edge],
    tiers: &[u32],
    (tier, done): (u32, &[(u32, &[i64])]),
) -> Result<StepProblem, AllocateError> {
    let of = |party: u32| tiers.get(party as usize).copied().unwrap_or(0);
    // What is open to whom, and what it is worth in the step at hand; the first step's are the scores themselves.
    let mut open: Vec<Edge> = Vec::new();
    let mut closed = vec![false; seats.len()];
    let mut owed = 0;
    for step in 0..=done.len() {
        let now = done.get(step).map_or(tier, |(tier, _)| *tier);
        let most = edges.iter().filter(|e| of(e.party) == now).map(|e| e.score).max().unwrap_or(0);
        let people = tiers.iter().filter(|t| **t == now).count();
        let total = i64::try_from(people.min(seats.iter().sum())).ok().and_then(|n| n.checked_mul(most));
        let weight = total.and_then(|t| t.checked_add(1)).ok_or(AllocateError::TooLarge)?;
        let before = step.checked_sub(1).and_then(|at| done.get(at)).map(|(_, prices)| *prices);
        let mut next: Vec<Edge> = Vec::new();
        owed = 0;
        if let Some(prices) = before {
            let mut gain = vec![0_i64; parties];
            for e in &open {
                let slot = &mut gain[e.party as usize];
                *slot = (*slot).max(e.score - prices[e.offer as usize]);
            }
            for e in &open {
                let price = prices[e.offer as usize];
                let mine = gain[e.party as usize];
                if e.score - price == mine && seats[e.offer as usize] > 0 {
                    let worth = weight * (i64::from(mine > 0) + i64::from(price > 0));
                    next.push(Edge { score: worth, ..*e });
                }
            }
            for (offer, price) in prices.iter().enumerate() {
                if *price > 0 && seats[offer] > 0 {
                    closed[offer] = true;
                    let n = i64::try_from(seats[offer]).unwrap_or(i64::MAX);
                    owed += weight.checked_mul(n).ok_or(AllocateError::TooLarge)?;
                }
            }
            let gaining = gain.iter().filter(|g| **g > 0).count();
            owed += weight
                .checked_mul(i64::try_from(gaining).unwrap_or(i64::MAX))
                .ok_or(AllocateError::TooLarge)?;
        }
        let fresh = edges.iter().filter(|e| of(e.party) == now && !closed[e.offer as usize]);
        next.extend(fresh.copied());
        open = next;
    }
    Ok(StepProblem { edges: open, owed })
}

/// The best allocation that has the most pairs in common with one from before.
fn kept(
    parties: usize,
    seats: &[usize],
    edges: Vec<Edge>,
    keep: &[(u32, u32)],
    limit: &Limit<'_>,
) -> Result<Allocation, AllocateError> {
    if keep.is_empty() {
        return Ok(best(parties, seats, edges, limit));
    }
    let before: std::collections::BTreeSet<(u32, u32)> = keep.iter().copied().collect();
    let factor = i64::try_from(before.len()).unwrap_or(i64::MAX).saturating_add(1);
    let tie_broken: Option<Vec<Edge>> = edges
        .iter()
        .map(|e| {
            let bonus = i64::from(before.contains(&(e.party, e.offer)));
            Some(Edge { score: e.score.checked_mul(factor)?.checked_add(bonus)?, ..*e })
        })
        .collect();
    let tie_broken = tie_broken.ok_or(AllocateError::TooLarge)?;
    let found = best(parties, seats, tie_broken, limit);
    let mut offer_of = vec![OUT; parties];
    for (party, offer) in &found.pairs {
        offer_of[*party] = u32::try_from(*offer).unwrap_or(OUT);
    }
    let near: Vec<i64> = found.prices.iter().map(|price| price / factor).collect();
    // The prices are worked out again for the scores themselves, which they are to prove.
    Ok(match Problem::<i64>::new(parties, seats, edges) {
        Ok(problem) => proven(&problem, offer_of, near, limit),
        Err(edges) => best(parties, seats, edges, limit),
    })
}

fn proven<S: Score>(
    problem: &Problem<S>,
    offer_of: Vec<u32>,
    near: Vec<i64>,
    limit: &Limit<'_>,
) -> Allocation {
    if limit.has_stopped() {
        return problem.answer(Outcome { offer_of, prices: near });
    }
    let certified = auction::certify(problem, offer_of, &near);
    if let Some(outcome) = certified.or_else(|| auction::solve(problem, limit)) {
        return problem.answer(outcome);
    }
    let seats: Vec<usize> = problem.seats.iter().map(|n| *n as usize).collect();
    crate::allocate::by_paths(problem.parties, &seats, &problem.edges(), limit)
}

/// A fixed case and what it is worth.
type Held = Vec<((u32, u32), i64)>;

fn without_fixed(
    parties: usize,
    seats: &[usize],
    mut edges: Vec<Edge>,
    fixed: &[(u32, u32)],
) -> Result<(Vec<usize>, Vec<Edge>, Held), AllocateError> {
    let mut seats = seats.to_vec();
    let mut offer_of = vec![OUT; parties];
    for (party, offer) in fixed {
        let (p, o) = (*party as usize, *offer as usize);
        if p >= parties || o >= seats.len() {
            return Err(AllocateError::NoSuchCase { party: p, offer: o });
        }
        if std::mem::replace(&mut offer_of[p], *offer) != OUT {
            return Err(AllocateError::TwoCases { party: p });
        }
        seats[o] = seats[o].checked_sub(1).ok_or(AllocateError::Overfull { offer: o })?;
    }
    let mut held: Held = fixed.iter().map(|pair| (*pair, 0)).collect();
    held.sort_unstable();
    for e in edges.iter().filter(|e| offer_of[e.party as usize] == e.offer) {
        if let Ok(at) = held.binary_search_by_key(&(e.party, e.offer), |(pair, _)| *pair) {
            held[at].1 = held[at].1.max(e.score);
        }
    }
    if !fixed.is_empty() {
        edges.retain(|e| offer_of[e.party as usize] == OUT);
    }
    Ok((seats, edges, held))
}

fn with_fixed(mut allocation: Allocation, held: &Held) -> Allocation {
    for ((party, offer), score) in held {
        allocation.pairs.push((*party as usize, *offer as usize));
        allocation.objective += score;
        allocation.bound += score;
    }
    allocation.pairs.sort_unstable();
    allocation
}
