//! Seats given out so that nobody can complain: deferred acceptance with quotas.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A party may have a seat in an offer: how much the party likes it, and how strong its claim is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Index of the party.
    pub party: usize,
    /// Index of the offer.
    pub offer: usize,
    /// The party prefers higher scores.
    pub score: i64,
    /// The offer prefers higher priorities (need); ties are broken by lot.
    pub priority: i64,
}

/// A stable allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stable {
    /// Party and offer, by party.
    pub pairs: Vec<(usize, usize)>,
    /// For each offer the parties that asked for it in vain, strongest claim first.
    pub waiting: Vec<Vec<usize>>,
}

/// A party's number in the lottery of a seed: anybody can recompute it (`SplitMix64`, Steele, Lea & Flood 2014,
/// doi:10.1145/2660193.2660195).
pub fn lottery(seed: u64, party: usize) -> u64 {
    let mut z = seed.wrapping_add((party as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Deferred acceptance, the parties proposing (Gale & Shapley, *Amer. Math. Monthly* 69, 1962, doi:10.2307/2312726): the
/// best stable allocation for the parties. Claims of parties or offers that do not exist are passed over.
/// Time: claims × log(seats).
pub fn stable(parties: usize, seats: &[usize], claims: &[Claim], seed: u64) -> Stable {
    let mut wishes: Vec<Vec<&Claim>> = vec![Vec::new(); parties];
    for claim in claims.iter().filter(|c| c.party < parties && c.offer < seats.len()) {
        wishes[claim.party].push(claim);
    }
    for list in &mut wishes {
        list.sort_by_key(|c| (Reverse(c.score), c.offer));
        let mut seen = std::collections::BTreeSet::new();
        list.retain(|c| seen.insert(c.offer));
    }
    let mut next = vec![0; parties];
    // The weakest holder of each offer is at the top of its heap.
    let mut held: Vec<BinaryHeap<Reverse<(i64, u64, usize)>>> = vec![BinaryHeap::new(); seats.len()];
    let mut refused: Vec<Vec<(i64, u64, usize)>> = vec![Vec::new(); seats.len()];
    let mut queue: Vec<usize> = (0..parties).rev().collect();
    while let Some(party) = queue.pop() {
        let Some(claim) = wishes[party].get(next[party]) else { continue };
        next[party] += 1;
        let holders = &mut held[claim.offer];
        holders.push(Reverse((claim.priority, lottery(seed, party), party)));
        if holders.len() > seats[claim.offer]
            && let Some(Reverse(weakest)) = holders.pop()
        {
            refused[claim.offer].push(weakest);
            queue.push(weakest.2);
        }
    }
    let mut pairs: Vec<(usize, usize)> = held
        .iter()
        .enumerate()
        .flat_map(|(o, heap)| heap.iter().map(move |Reverse((_, _, p))| (*p, o)))
        .collect();
    pairs.sort_unstable();
    let waiting = refused.into_iter().map(|mut list| {
        list.sort_unstable_by_key(|entry| Reverse(*entry));
        list.into_iter().map(|(_, _, p)| p).collect()
    });
    Stable { pairs, waiting: waiting.collect() }
}
