//! Seats given out so that nobody can complain: deferred acceptance with quotas.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A party may have a seat in an offer: how much the party likes it, and how strong its claim is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Index of the party.
    pub party: u32,
    /// Index of the offer.
    pub offer: u32,
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
/// best stable allocation for the parties. Claims of parties or offers that do not exist are passed over; of several
/// between the same two the one with the highest score counts. Time: claims × log(seats).
pub fn stable(parties: usize, seats: &[usize], claims: &[Claim], seed: u64) -> Stable {
    let wishes = Wishes::new(parties, seats.len(), claims);
    let lots: Vec<u64> = (0..parties).map(|party| lottery(seed, party)).collect();
    let mut next = wishes.first.clone();
    // The weakest holder of each offer is at the top of its heap.
    let mut held: Vec<BinaryHeap<Reverse<Standing>>> = vec![BinaryHeap::new(); seats.len()];
    let mut refused: Vec<Vec<Standing>> = vec![Vec::new(); seats.len()];
    let mut queue: Vec<usize> = (0..parties).rev().collect();
    while let Some(party) = queue.pop() {
        let at = next[party];
        if at == wishes.first[party + 1] {
            continue;
        }
        next[party] += 1;
        let claim = &claims[wishes.order[at as usize] as usize];
        let offer = claim.offer as usize;
        let holders = &mut held[offer];
        holders.push(Reverse((claim.priority, lots[party], claim.party)));
        if holders.len() > seats[offer]
            && let Some(Reverse(weakest)) = holders.pop()
        {
            refused[offer].push(weakest);
            queue.push(weakest.2 as usize);
        }
    }
    let all = held.iter().enumerate();
    let mut pairs: Vec<(usize, usize)> =
        all.flat_map(|(o, heap)| heap.iter().map(move |Reverse((_, _, p))| (*p as usize, o))).collect();
    pairs.sort_unstable();
    let waiting = refused.into_iter().map(|mut list| {
        list.sort_unstable_by_key(|entry| Reverse(*entry));
        list.into_iter().map(|(_, _, p)| p as usize).collect()
    });
    Stable { pairs, waiting: waiting.collect() }
}

/// How strong a claim is: priority, then the lot, then the index.
type Standing = (i64, u64, u32);

/// Each party's claims, the one that it likes best first.
struct Wishes {
    /// The claims of party `i` are `order[first[i]..first[i + 1]]`.
    first: Vec<u32>,
    order: Vec<u32>,
}

impl Wishes {
    fn new(parties: usize, offers: usize, claims: &[Claim]) -> Self {
        let real = |c: &Claim| (c.party as usize) < parties && (c.offer as usize) < offers;
        let mut begin = vec![0_u32; parties + 1];
        for claim in claims.iter().filter(|c| real(c)) {
            begin[claim.party as usize + 1] += 1;
        }
        for i in 0..parties {
            begin[i + 1] += begin[i];
        }
        let mut at = begin.clone();
        let mut order = vec![0_u32; *begin.last().unwrap_or(&0) as usize];
        for (claim, number) in claims.iter().zip(0_u32..).filter(|(c, _)| real(c)) {
            let slot = &mut at[claim.party as usize];
            order[*slot as usize] = number;
            *slot += 1;
        }
        // Of several claims to the same offer only the best stays: the others would be refused again.
        let mut seen = vec![u32::MAX; offers];
        let mut first = vec![0_u32; parties + 1];
        let mut kept = 0;
        for i in 0..parties {
            let range = begin[i] as usize..begin[i + 1] as usize;
            order[range.clone()].sort_unstable_by_key(|n| {
                let claim = &claims[*n as usize];
                (Reverse(claim.score), claim.offer, Reverse(claim.priority))
            });
            for place in range {
                let number = order[place];
                let claim = &claims[number as usize];
                if std::mem::replace(&mut seen[claim.offer as usize], claim.party) != claim.party {
                    order[kept as usize] = number;
                    kept += 1;
                }
            }
            first[i + 1] = kept;
        }
        Self { first, order }
    }
}
