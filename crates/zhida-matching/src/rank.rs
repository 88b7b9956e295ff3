//! The best offers of each party and the best parties of each offer, with the terms of each score.

/// The score of a perfect match. Scores are whole numbers from 0 to this, so that sums are exact.
pub const WHOLE: i64 = 1_000_000;

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
    /// Its weight; weights are divided by their sum.
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

/// The best pairs, both ways.
#[derive(Clone, Debug, Default)]
pub struct Ranking {
    /// For each party its best offers, best first.
    pub by_party: Vec<Vec<Scored>>,
    /// For each offer the parties for whom it is among the best, best first.
    pub by_offer: Vec<Vec<(usize, i64)>>,
}

/// What is ranked: parties × offers, the terms, and how many offers a party keeps.
#[derive(Clone, Copy, Debug)]
pub struct Pool<'a> {
    /// The parties.
    pub parties: &'a [Party],
    /// The offers.
    pub offers: &'a [Offer],
    /// The terms of the score.
    pub terms: &'a [Term],
    /// How many offers each party keeps.
    pub top: usize,
}

/// Ranks the eligible pairs. `eligible(party, offer)` is asked once a pair; `progress(done)` after each party and may
/// answer `false` to stop: then the ranking holds the parties done so far.
///
/// Ties are broken by the offer's index. Time: parties × offers × terms; memory: `top` pairs a party.
pub fn rank(
    pool: &Pool<'_>,
    eligible: &dyn Fn(usize, usize) -> bool,
    progress: &mut dyn FnMut(usize) -> bool,
) -> Ranking {
    let total: f64 = pool.terms.iter().map(|t| t.weight).sum();
    let mut by_party = Vec::with_capacity(pool.parties.len());
    let mut by_offer = vec![Vec::new(); pool.offers.len()];
    for (p, party) in pool.parties.iter().enumerate() {
        let mut best: Vec<(i64, usize)> = Vec::new();
        for (o, offer) in pool.offers.iter().enumerate() {
            if eligible(p, o) {
                best.push((score(pool.terms, total, party, offer), o));
            }
        }
        best.sort_unstable_by_key(|(score, o)| (std::cmp::Reverse(*score), *o));
        best.truncate(pool.top);
        let kept = best.into_iter().filter_map(|(score, o)| {
            let offer = pool.offers.get(o)?;
            let terms = pool.terms.iter().map(|t| value(t.kind, party, offer)).collect();
            Some(Scored { party: p, offer: o, score, terms })
        });
        let kept: Vec<Scored> = kept.collect();
        for scored in &kept {
            if let Some(list) = by_offer.get_mut(scored.offer) {
                list.push((p, scored.score));
            }
        }
        by_party.push(kept);
        if !progress(p + 1) {
            break;
        }
    }
    for list in &mut by_offer {
        list.sort_by_key(|(p, score)| (std::cmp::Reverse(*score), *p));
    }
    Ranking { by_party, by_offer }
}

fn score(terms: &[Term], total: f64, party: &Party, offer: &Offer) -> i64 {
    let sum: f64 = terms.iter().map(|t| t.weight * value(t.kind, party, offer)).sum();
    let share = if total > 0.0 { (sum / total).clamp(0.0, 1.0) } else { 0.0 };
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and a million")]
    #[expect(clippy::cast_precision_loss, reason = "a million is exact")]
    let whole = (share * WHOLE as f64).round() as i64;
    whole
}

/// What a term is worth where it cannot be said: neither for nor against.
const UNSAID: f64 = 0.5;

fn value(kind: TermKind, party: &Party, offer: &Offer) -> f64 {
    match kind {
        TermKind::Skill => {
            let (asked, held) = (offer.skills.count_ones(), (offer.skills & party.skills).count_ones());
            if asked == 0 { UNSAID } else { f64::from(held) / f64::from(asked) }
        }
        TermKind::Occupation if party.occupation.is_empty() || offer.occupation.is_empty() => UNSAID,
        TermKind::Occupation => {
            let alike =
                party.occupation.bytes().zip(offer.occupation.bytes()).take_while(|(a, b)| a == b).count();
            let alike = u32::try_from(alike).unwrap_or(u32::MAX);
            f64::from(alike) / f64::from(u32::try_from(offer.occupation.len()).unwrap_or(u32::MAX))
        }
        TermKind::Distance { scale } => match (party.place, offer.place) {
            (Some(a), Some(b)) => (-metres(a, b) / scale).exp(),
            _ => UNSAID,
        },
        TermKind::Wage => match (party.wage, offer.wage) {
            (Some(hoped), Some(paid)) if hoped > 0 => {
                #[expect(clippy::cast_precision_loss, reason = "wages are far below 2^52 fen")]
                let share = paid as f64 / hoped as f64;
                share.clamp(0.0, 1.0)
            }
            _ => UNSAID,
        },
        TermKind::Need => party.need.clamp(0.0, 1.0),
        TermKind::Rule { bit } => f64::from(u8::from(party.prefers & offer.preferred & (1 << bit) != 0)),
        TermKind::Record { a, b } => {
            let (well, all) = offer.record;
            (f64::from(well) + a) / (f64::from(all) + a + b)
        }
    }
}

/// Great-circle distance in metres (haversine, mean radius of the IUGG).
fn metres(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (lat_a, lat_b) = (a.1.to_radians(), b.1.to_radians());
    let dlat = (lat_b - lat_a) / 2.0;
    let dlon = (b.0 - a.0).to_radians() / 2.0;
    let h = dlat.sin().powi(2) + lat_a.cos() * lat_b.cos() * dlon.sin().powi(2);
    2.0 * 6_371_008.8 * h.sqrt().min(1.0).asin()
}
