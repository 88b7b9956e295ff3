//! The best offers of each party and the best parties of each offer, with the terms of each score.
//!
//! Scores are whole numbers throughout: each term in millionths, each weight in hundred-thousandths of their sum, sums
//! exact. So the answer is the same for any number of threads and in whatever order pairs are looked at.

#![expect(clippy::inline_always, reason = "called for every pair")]

use std::ops::Range;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::sphere::{Falling, Spot};

/// The score of a perfect match. Scores are whole numbers from 0 to this.
pub const WHOLE: i64 = 1_000_000;
/// Parties that are looked at together: as many as fit, with their lists, into the cache of one core.
pub const BLOCK: usize = 1_024;
/// What a term is worth where a fact is missing: neither for nor against.
const UNSAID: u32 = 500_000;
const FULL: u32 = 1_000_000;

/// One party as ranking sees it.
#[derive(Clone, Debug, Default)]
pub struct Party {
    /// Bits of the skills that the party has.
    pub skills: u128,
    /// The code of the party's occupation in a classification tree, most general digit first; empty if unknown.
    pub occupation: String,
    /// Longitude and latitude in degrees, WGS 84.
    pub place: Option<(f64, f64)>,
    /// The monthly wage that is hoped for, in fen.
    pub wage: Option<i64>,
    /// Bits of the times at which the party can come, for instance four parts of seven days; 0 if unknown.
    pub times: u64,
    /// How urgent the need is, from 0 to 1.
    pub need: f64,
    /// Bits of the preference rules that hold for this party.
    pub prefers: u64,
}

/// One offer as ranking sees it.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    /// Bits of the skills that the offer asks for or builds on.
    pub skills: u128,
    /// The code of the occupation that the offer leads to; empty if none.
    pub occupation: String,
    /// Longitude and latitude in degrees, WGS 84.
    pub place: Option<(f64, f64)>,
    /// The monthly wage that is paid, in fen.
    pub wage: Option<i64>,
    /// Bits of the times at which the offer takes place; 0 if unknown.
    pub times: u64,
    /// Bits of the preference rules that speak for this offer.
    pub preferred: u64,
    /// Cases of this offer's record that ended well, and all that ended.
    pub record: (u32, u32),
}

/// What a term measures. Each gives a number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TermKind {
    /// The share of the offer's skills that the party has; a half where the offer names none.
    Skill,
    /// Digits of the occupation code in common, as a share of the offer's; a half where either is unknown.
    Occupation,
    /// `exp(-d / scale)` for the great-circle distance `d`, both in metres; a half where a place is unknown.
    Distance {
        /// Metres at which the term has fallen to 1/e.
        scale: f64,
    },
    /// Wage paid over wage hoped for, at most 1; a half where either is unknown.
    Wage,
    /// The share of the offer's times at which the party can come; a half where either is unknown.
    Schedule,
    /// The party's need.
    Need,
    /// 1 where a preference rule holds for the party and speaks for the offer.
    Rule {
        /// The bit of the rule.
        bit: u8,
    },
    /// The smoothed share of the offer's cases that ended well: the mean of a Beta-binomial model with the prior
    /// `a` well, `b` not (Gelman et al., *Bayesian Data Analysis*, 3rd ed., 2013, §2.4).
    Record {
        /// Prior weight of ending well.
        a: f64,
        /// Prior weight of not ending well.
        b: f64,
    },
}

/// A named part of the score.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// The name that the pack gives it.
    pub name: String,
    /// What it measures.
    pub kind: TermKind,
    /// Its weight, at least 0; weights are divided by their sum.
    pub weight: f64,
}

/// A scored pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Index of the party.
    pub party: usize,
    /// Index of the offer.
    pub offer: usize,
    /// The score, 0 to [`WHOLE`].
    pub score: i64,
    /// Each term's value, in the order of the terms.
    pub terms: Vec<f64>,
}

/// A pair in a list of the best: the other side's index, and the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Best {
    /// Index of the offer in a party's list, of the party in an offer's.
    pub other: u32,
    /// The score, 0 to [`WHOLE`].
    pub score: u32,
}

/// The best pairs, both ways, best first; equal ones by index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranking {
    /// For each party its best offers.
    pub by_party: Vec<Vec<Best>>,
    /// For each offer its best parties.
    pub by_offer: Vec<Vec<Best>>,
    /// Pairs that were eligible.
    pub eligible: u64,
    /// Of these, pairs whose score was worked out to the end; the others could not be among the best.
    pub scored: u64,
}

/// What is ranked: parties × offers, the terms, and how many each side keeps.
#[derive(Clone, Copy, Debug)]
pub struct Pool<'a> {
    /// The parties.
    pub parties: &'a [Party],
    /// The offers.
    pub offers: &'a [Offer],
    /// The terms of the score.
    pub terms: &'a [Term],
    /// How many offers each party keeps, and how many parties each offer.
    pub top: usize,
}

/// Who may have what.
pub trait Eligibility: Sync {
    /// Hands over, for a block of parties, each offer and the bits of the parties that may have it; bit 0 of the first
    /// word is the first party of the block. An offer may come several times, with other parties.
    fn block(&self, parties: Range<usize>, found: &mut dyn FnMut(usize, &[u64]));
}

/// A question for each pair: for small numbers.
#[derive(Debug)]
pub struct EachPair<F> {
    /// How many offers there are.
    pub offers: usize,
    /// Whether a party may have an offer.
    pub may: F,
}

impl<F: Fn(usize, usize) -> bool + Sync> Eligibility for EachPair<F> {
    fn block(&self, parties: Range<usize>, found: &mut dyn FnMut(usize, &[u64])) {
        let mut words = vec![0_u64; parties.len().div_ceil(64)];
        for offer in 0..self.offers {
            words.fill(0);
            for (at, party) in parties.clone().enumerate() {
                words[at / 64] |= u64::from((self.may)(party, offer)) << (at % 64);
            }
            found(offer, &words);
        }
    }
}

/// Ranks the eligible pairs. `progress(parties done)` is called after each block and may answer `false` to stop: then the
/// ranking holds the blocks that were done.
///
/// Method: each party keeps its best so far; a pair whose terms so far, with the highest value that the others can have,
/// stay below the worst kept on both sides is not worked out further (branch and bound). The terms that cost least are
/// looked at first, distance last. Ties are broken by index. Time: eligible pairs;
/// memory: `top` pairs a party and, for each thread, `top` an offer.
pub fn rank(
    pool: &Pool<'_>,
    eligibility: &dyn Eligibility,
    progress: &(dyn Fn(usize) -> bool + Sync),
) -> Ranking {
    let compiled = Compiled::new(pool);
    let blocks = pool.parties.len().div_ceil(BLOCK);
    let done = AtomicUsize::new(0);
    let parts: Vec<Part> = (0..blocks)
        .into_par_iter()
        .fold(
            || Part::new(pool),
            |mut part, block| {
                if part.stopped {
                    return part;
                }
                let range = block * BLOCK..((block + 1) * BLOCK).min(pool.parties.len());
                let lists = compiled.block(range.clone(), eligibility, &mut part);
                let so_far = done.fetch_add(range.len(), Ordering::Relaxed) + range.len();
                part.done.push((range.start, lists));
                part.stopped = !progress(so_far);
                part
            },
        )
        .collect();
    let mut by_party = vec![Vec::new(); pool.parties.len()];
    let mut tops: Vec<Top> = pool.offers.iter().map(|_| Top::new(pool.top)).collect();
    let (mut eligible, mut scored) = (0, 0);
    for part in parts {
        eligible += part.eligible;
        scored += part.scored;
        for (start, lists) in part.done {
            for (list, slot) in lists.into_iter().zip(by_party.iter_mut().skip(start)) {
                *slot = list;
            }
        }
        for (top, more) in tops.iter_mut().zip(part.offers) {
            more.keys.iter().for_each(|key| top.insert(*key));
        }
    }
    let by_offer = tops.into_iter().map(|top| top.finished(&compiled)).collect();
    Ranking { by_party, by_offer, eligible, scored }
}

/// The score of one pair with each term's value.
pub fn score(pool: &Pool<'_>, party: usize, offer: usize) -> Option<Scored> {
    let (p, o) = (pool.parties.get(party)?, pool.offers.get(offer)?);
    let (features, facts) = (PartyFacts::new(p), OfferFacts::new(o));
    let weights = weights(pool.terms);
    let mut sum = 0;
    let mut terms = Vec::with_capacity(pool.terms.len());
    for (term, weight) in pool.terms.iter().zip(&weights) {
        let value = value(&Kind::new(term.kind), &features, &facts);
        sum += weight * u64::from(value);
        terms.push(f64::from(value) / f64::from(FULL));
    }
    Some(Scored { party, offer, score: i64::from(shared(sum, weights.iter().sum())), terms })
}

/// The parts of a whole that weights are kept to.
const PARTS: f64 = 100_000.0;

/// The terms' weights as parts of their sum.
fn weights(terms: &[Term]) -> Vec<u64> {
    let own = |t: &Term| if t.weight.is_finite() { t.weight.max(0.0) } else { 0.0 };
    let total: f64 = terms.iter().map(own).sum();
    let part = |t: &Term| {
        let share = if total > 0.0 { own(t) / total * PARTS } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and PARTS")]
        let whole = share.round() as u64;
        whole
    };
    terms.iter().map(part).collect()
}

/// A weighted sum as a share of what it could be at most, in millionths, rounded.
fn shared(sum: u64, weights: u64) -> u32 {
    let share = (sum + weights / 2).checked_div(weights).unwrap_or(0);
    u32::try_from(share).unwrap_or(FULL)
}

/// What a term needs beside the two sides.
enum Kind {
    Skill,
    Occupation,
    Distance(Falling),
    Wage,
    Schedule,
    Need,
    Rule(u64),
    Record { a: f64, b: f64 },
}

impl Kind {
    fn new(kind: TermKind) -> Self {
        match kind {
            TermKind::Skill => Self::Skill,
            TermKind::Occupation => Self::Occupation,
            TermKind::Distance { scale } => Self::Distance(Falling::new(scale)),
            TermKind::Wage => Self::Wage,
            TermKind::Schedule => Self::Schedule,
            TermKind::Need => Self::Need,
            TermKind::Rule { bit } => Self::Rule(1_u64.checked_shl(u32::from(bit)).unwrap_or(0)),
            TermKind::Record { a, b } => Self::Record { a, b },
        }
    }

    /// In which order terms are worked out: what costs least first.
    fn cost(&self) -> u8 {
        match self {
            Self::Rule(_) => 0,
            Self::Occupation => 1,
            Self::Schedule => 2,
            Self::Skill => 3,
            Self::Wage => 4,
            Self::Distance(_) => 5,
            // These belong to one side alone and are known before any pair is.
            Self::Need | Self::Record { .. } => 6,
        }
    }
}

/// A party, made ready: small, and without anything to follow.
#[derive(Clone, Copy)]
struct PartyFacts {
    skills: u128,
    occupation: u64,
    times: u64,
    prefers: u64,
    spot: Spot,
    wage: i64,
    need: u32,
}

impl PartyFacts {
    fn new(party: &Party) -> Self {
        Self {
            skills: party.skills,
            occupation: packed(&party.occupation).0,
            times: party.times,
            prefers: party.prefers,
            spot: Spot::new(party.place),
            wage: party.wage.unwrap_or(0),
            need: millionths(party.need),
        }
    }
}

#[derive(Clone, Copy)]
struct OfferFacts {
    skills: u128,
    asked: u32,
    occupation: u64,
    length: u32,
    times: u64,
    hours: u32,
    preferred: u64,
    spot: Spot,
    wage: i64,
    record: (u32, u32),
}

impl OfferFacts {
    fn new(offer: &Offer) -> Self {
        let (occupation, length) = packed(&offer.occupation);
        Self {
            skills: offer.skills,
            asked: offer.skills.count_ones(),
            occupation,
            length,
            times: offer.times,
            hours: offer.times.count_ones(),
            preferred: offer.preferred,
            spot: Spot::new(offer.place),
            wage: offer.wage.unwrap_or(-1),
            record: offer.record,
        }
    }
}

/// The first eight letters and digits of a code, the first in the highest byte: common beginnings are equal high bits.
/// Separators say nothing of nearness and are left out.
fn packed(code: &str) -> (u64, u32) {
    let mut out = 0;
    let mut length = 0;
    for byte in code.bytes().filter(u8::is_ascii_alphanumeric).take(8) {
        out |= u64::from(byte) << (56 - 8 * length);
        length += 1;
    }
    (out, length)
}

fn millionths(share: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut to 0 … 1 first")]
    let whole = (share.clamp(0.0, 1.0) * f64::from(FULL)).round() as u32;
    whole
}

/// Parts of at most 128, in millionths, rounded: looked up, as a division for each pair would take longest of all.
static SHARES: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let row = |of: u32| (0..=128).map(move |n| (n * FULL + of / 2).checked_div(of).unwrap_or(0));
    (0..=128).flat_map(row).collect()
});

#[inline(always)]
fn share(n: u32, of: u32) -> u32 {
    SHARES.get((of * 129 + n) as usize).copied().unwrap_or(0)
}

#[inline(always)]
fn value(kind: &Kind, party: &PartyFacts, offer: &OfferFacts) -> u32 {
    match kind {
        Kind::Skill => {
            if offer.asked == 0 {
                return UNSAID;
            }
            share((offer.skills & party.skills).count_ones(), offer.asked)
        }
        Kind::Occupation => {
            if party.occupation == 0 || offer.occupation == 0 {
                return UNSAID;
            }
            let alike = ((party.occupation ^ offer.occupation).leading_zeros() / 8).min(offer.length);
            share(alike, offer.length)
        }
        Kind::Distance(falling) => falling.at(&party.spot, &offer.spot).unwrap_or(UNSAID),
        Kind::Wage => {
            if party.wage <= 0 || offer.wage < 0 {
                return UNSAID;
            }
            if offer.wage >= party.wage {
                return FULL;
            }
            let share = i128::from(offer.wage) * i128::from(FULL) / i128::from(party.wage);
            u32::try_from(share).unwrap_or(FULL)
        }
        Kind::Schedule => {
            if party.times == 0 || offer.hours == 0 {
                return UNSAID;
            }
            share((offer.times & party.times).count_ones(), offer.hours)
        }
        Kind::Need => party.need,
        Kind::Rule(bit) => {
            if party.prefers & offer.preferred & bit == 0 {
                0
            } else {
                FULL
            }
        }
        Kind::Record { a, b } => {
            let (well, all) = offer.record;
            let share = (f64::from(well) + a) / (f64::from(all) + a + b);
            if share.is_finite() { millionths(share) } else { UNSAID }
        }
    }
}

/// The best of one side so far, as keys: the higher the better.
#[derive(Clone, Debug)]
struct Top {
    keys: Vec<u64>,
    size: usize,
    /// The worst that is kept, once there are `size`.
    least: u64,
}

/// Bits of a key that hold the other side's index, inverted so that lower indices come first.
const INDEX: u32 = 24;
const LAST: u64 = (1 << INDEX) - 1;

impl Top {
    fn new(size: usize) -> Self {
        Self { keys: Vec::with_capacity(size.min(64)), size, least: 0 }
    }

    #[inline]
    fn insert(&mut self, key: u64) {
        if self.keys.len() < self.size {
            self.keys.push(key);
            if self.keys.len() == self.size {
                self.least = self.keys.iter().copied().min().unwrap_or(0);
            }
        } else if key > self.least {
            let (mut second, mut slot) = (u64::MAX, 0);
            for (at, kept) in self.keys.iter().enumerate() {
                if *kept == self.least {
                    slot = at;
                } else {
                    second = second.min(*kept);
                }
            }
            self.keys[slot] = key;
            self.least = second.min(key);
        }
    }

    /// Whether a weighted sum could still get in.
    #[inline]
    fn admits(&self, sum: u64) -> bool {
        self.keys.len() < self.size || sum >= self.least >> INDEX
    }

    fn finished(mut self, compiled: &Compiled<'_>) -> Vec<Best> {
        self.keys.sort_unstable_by(|a, b| b.cmp(a));
        let best = |key: &u64| Best {
            other: u32::try_from(LAST - (key & LAST)).unwrap_or(u32::MAX),
            score: shared(key >> INDEX, compiled.total),
        };
        self.keys.iter().map(best).collect()
    }
}

fn key(sum: u64, index: usize) -> u64 {
    sum << INDEX | (LAST - (index as u64).min(LAST))
}

/// What one thread has found.
struct Part {
    offers: Vec<Top>,
    done: Vec<(usize, Vec<Vec<Best>>)>,
    eligible: u64,
    scored: u64,
    stopped: bool,
}

impl Part {
    fn new(pool: &Pool<'_>) -> Self {
        let offers = pool.offers.iter().map(|_| Top::new(pool.top)).collect();
        Self { offers, done: Vec::new(), eligible: 0, scored: 0, stopped: false }
    }
}

/// The pool made ready.
struct Compiled<'a> {
    pool: &'a Pool<'a>,
    offers: Vec<OfferFacts>,
    /// For each offer the part of the sum that is its own: its record.
    own: Vec<u64>,
    /// The terms between the two sides in the order in which they are worked out, each with its weight and what those
    /// behind it can add at most.
    steps: Vec<(Kind, u64, u64)>,
    /// The weight of need.
    need: u64,
    /// What all the steps together can add at most.
    most: u64,
    total: u64,
    arch: pulp::Arch,
}

impl<'a> Compiled<'a> {
    fn new(pool: &'a Pool<'a>) -> Self {
        let offers: Vec<OfferFacts> = pool.offers.iter().map(OfferFacts::new).collect();
        let nobody = PartyFacts::new(&Party::default());
        let mut own = vec![0; offers.len()];
        let mut steps: Vec<(Kind, u64, u64)> = Vec::new();
        let mut need = 0;
        let weights = weights(pool.terms);
        for (term, weight) in pool.terms.iter().zip(weights.iter().copied()) {
            let kind = Kind::new(term.kind);
            match kind {
                Kind::Need => need += weight,
                Kind::Record { .. } => {
                    for (slot, offer) in own.iter_mut().zip(&offers) {
                        *slot += weight * u64::from(value(&kind, &nobody, offer));
                    }
                }
                kind if weight > 0 => steps.push((kind, weight, 0)),
                _ => {}
            }
        }
        steps.sort_by_key(|(kind, ..)| kind.cost());
        let mut most = 0;
        for (_, weight, behind) in steps.iter_mut().rev() {
            *behind = most;
            most += *weight * u64::from(FULL);
        }
        Self { pool, offers, own, steps, need, most, total: weights.iter().sum(), arch: pulp::Arch::new() }
    }

    /// Ranks a block of parties.
    fn block(&self, range: Range<usize>, eligibility: &dyn Eligibility, part: &mut Part) -> Vec<Vec<Best>> {
        let parties = self.pool.parties.get(range.clone()).unwrap_or_default();
        let facts: Vec<PartyFacts> = parties.iter().map(PartyFacts::new).collect();
        let mut tops: Vec<Top> = facts.iter().map(|_| Top::new(self.pool.top)).collect();
        let (mut eligible, mut scored) = (0_u64, 0_u64);
        let offers = &mut part.offers;
        eligibility.block(range.clone(), &mut |index, words| {
            let (Some(offer), Some(own), Some(best)) =
                (self.offers.get(index), self.own.get(index), offers.get_mut(index))
            else {
                return;
            };
            let run = Suitors {
                compiled: self,
                facts: &facts,
                tops: &mut tops,
                best,
                first: range.start,
                offer: (index, offer, *own),
                words,
            };
            let (met, worked_out) = self.arch.dispatch(run);
            eligible += met;
            scored += worked_out;
        });
        part.eligible += eligible;
        part.scored += scored;
        tops.into_iter().map(|top| top.finished(self)).collect()
    }

    /// The weighted sum of a pair; `None` as soon as the most that it can become is not wanted.
    #[inline(always)]
    fn sum(
        &self,
        party: &PartyFacts,
        offer: &OfferFacts,
        base: u64,
        wanted: impl Fn(u64) -> bool,
    ) -> Option<u64> {
        let mut sum = base;
        if !wanted(sum + self.most) {
            return None;
        }
        for (kind, weight, behind) in &self.steps {
            sum += weight * u64::from(value(kind, party, offer));
            if *behind > 0 && !wanted(sum + behind) {
                return None;
            }
        }
        Some(sum)
    }
}

/// The parties of a block that may have one offer, with the widest instructions that the machine has.
struct Suitors<'c, 'p, 'm> {
    compiled: &'c Compiled<'p>,
    facts: &'m [PartyFacts],
    tops: &'m mut [Top],
    best: &'m mut Top,
    first: usize,
    /// Its index, what is known of it, and its own part of the sum.
    offer: (usize, &'c OfferFacts, u64),
    words: &'m [u64],
}

impl pulp::NullaryFnOnce for Suitors<'_, '_, '_> {
    /// Pairs that are eligible, and those that were worked out.
    type Output = (u64, u64);

    #[inline(always)]
    fn call(self) -> (u64, u64) {
        let (mut eligible, mut scored) = (0, 0);
        let (index, offer, own) = self.offer;
        for (word, bits) in self.words.iter().enumerate() {
            let mut rest = *bits;
            while rest != 0 {
                let at = word * 64 + rest.trailing_zeros() as usize;
                rest &= rest - 1;
                let (Some(party), Some(top)) = (self.facts.get(at), self.tops.get_mut(at)) else { break };
                eligible += 1;
                let base = own + self.compiled.need * u64::from(party.need);
                let best = &mut *self.best;
                let wanted = |most| top.admits(most) || best.admits(most);
                if let Some(sum) = self.compiled.sum(party, offer, base, wanted) {
                    scored += 1;
                    top.insert(key(sum, index));
                    best.insert(key(sum, self.first + at));
                }
            }
        }
        (eligible, scored)
    }
}
