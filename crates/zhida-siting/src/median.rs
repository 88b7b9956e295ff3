//! The *p*-median and what is like it: every point is served from its cheapest open site; the sum of costs is least.
//!
//! Sets: points *i*, sites *j*. Minimise Σ c(ij) x(ij) + Σ f(j) y(j) subject to Σ over j x(ij) = 1, x(ij) ≤ y(j), *y* permitted
//! by [`Sites`]; x, y ∈ {0, 1}. Relaxing the first by multipliers λ gives the bound Σ λ(i) + the smallest permitted sum of
//! f(j) + Σ over i min(0, c(ij) − λ(i)) (Cornuéjols, Fisher & Nemhauser, *Management Science* 23, 1977,
//! doi:10.1287/mnsc.23.8.789). Bound and answer are improved side by side; sites that the bound shows to be in no better
//! answer are left alone (reduced-cost fixing).

use std::collections::VecDeque;

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::branch::Branch;
use crate::dual::{Dual, Opening, Serving};
use crate::interchange::{Ground, Open};
use crate::lists::{Columns, Lists};
use crate::metric::Metric;
use crate::model::{Report, Sites, SitingError, State, Watch};

/// An answer with what proves how good it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The open sites, ascending, from 0.
    pub open: Vec<u32>,
    /// What it comes to in the model's own sense.
    pub objective: f64,
    /// What the multipliers prove that no answer is better than.
    pub bound: f64,
    /// A multiplier for each demand point.
    pub multipliers: Vec<f64>,
    /// A price for each unit of the budget; 0 without one.
    pub budget_price: f64,
    /// Whether the bound proves that no answer is better: it is reached, or lies within one where only whole numbers are
    /// possible.
    pub optimal: bool,
    /// Whether the search came to its own end.
    pub complete: bool,
}

/// How to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// The seed of every chance.
    pub seed: u64,
    /// Rounds without a better answer or bound after which the search ends.
    pub patience: usize,
}

impl Default for Effort {
    fn default() -> Self {
        Self { seed: 1, patience: 6 }
    }
}

/// Points that are served from lists of costs.
pub(crate) struct Served<'a> {
    pub(crate) lists: &'a Lists,
    pub(crate) columns: &'a Columns,
}

/// Points of one share of the work on many threads: shares do not depend on the number of threads.
const SHARE: usize = 32_768;

impl Serving for Served<'_> {
    fn points(&self) -> usize {
        self.lists.demand()
    }

    fn cap(&self, i: usize) -> f64 {
        self.lists.horizon(i)
    }

    fn reduced(&self, lambda: &[f64], into: &mut [f64]) {
        let add = |range: std::ops::Range<usize>, into: &mut [f64]| {
            for i in range {
                let own = lambda[i];
                let (sites, costs) = self.lists.row(i);
                for (j, c) in sites.iter().zip(costs) {
                    if *c >= own {
                        break;
                    }
                    into[*j as usize] += c - own;
                }
            }
        };
        into.fill(0.0);
        let points = self.points();
        if points <= SHARE {
            add(0..points, into);
            return;
        }
        let shares: Vec<Vec<f64>> = (0..points.div_ceil(SHARE))
            .into_par_iter()
            .map(|share| {
                let mut own = vec![0.0; into.len()];
                add(share * SHARE..((share + 1) * SHARE).min(points), &mut own);
                own
            })
            .collect();
        for share in shares {
            for (to, from) in into.iter_mut().zip(share) {
                *to += from;
            }
        }
    }

    fn used(&self, lambda: &[f64], chosen: &[u32], slope: &mut [f64]) {
        for j in chosen {
            for (i, c) in self.columns.column(*j as usize) {
                if c < lambda[i] {
                    slope[i] -= 1.0;
                }
            }
        }
    }
}

/// Sites for points by distance: the *p*-median, or facility location where sites cost something and no number is given.
///
/// `weights` has one entry a point, of at least 0; an empty list is 1 for each. Memory: 24 bytes a pair of a point and a
/// site near it (all sites up to two million pairs, else about ten times as many as points share an open site).
///
/// # Errors
/// [`SitingError`] for bad numbers and for sites that cannot meet what is asked.
pub fn median(
    metric: &Metric,
    weights: &[f64],
    sites: &Sites,
    effort: Effort,
    watch: Watch<'_>,
) -> Result<Answer, SitingError> {
    let (points, count) = (metric.demand(), metric.sites());
    if points == 0 {
        return Err(SitingError::NoDemand);
    }
    let ones = vec![1.0; points];
    let weights = if weights.is_empty() { &ones } else { weights };
    crate::numbers("weight", weights, points)?;
    if let Metric::Matrix { distances, .. } = metric {
        crate::numbers("distance", distances, distances.len())?;
    }
    sites.check(count)?;
    let share = match sites.open {
        Some(open) => count.div_ceil(open.max(1)),
        None => 40,
    };
    let near = if points.saturating_mul(count) <= 2_000_000 { count } else { (10 * share + 20).max(40) };
    let lists = Lists::nearest(metric, weights, near);
    let columns = lists.columns(count);
    let ground = Ground::new(&lists, &columns, sites, count, Some((metric, weights)));
    let whole = metric.is_whole() && sites.cost.is_empty() && weights.iter().all(|w| w.fract() == 0.0);
    Ok(search(&ground, count, whole, effort, watch))
}

/// Rounds without anything new after which sites are decided one by one, however much time there is.
pub(crate) const PATIENT: usize = 30;

/// Rounds of improving a bound that is good enough already.
const POLISH: usize = 20;

/// The search itself, on any lists of costs.
pub(crate) fn search(
    ground: &Ground<'_>,
    count: usize,
    whole: bool,
    effort: Effort,
    watch: Watch<'_>,
) -> Answer {
    let sites = ground.sites;
    let model = Served { lists: ground.lists, columns: ground.columns };
    let model = Opening { model: &model, sites, count };
    let mut chance = ChaCha8Rng::seed_from_u64(effort.seed);
    let mut fixed = vec![false; count];
    let all: Vec<u32> = (0_u32..).take(count).collect();
    let mut best = Open::new(ground, &begin(ground, count));
    best.descend_everywhere(&all, &fixed);
    let lambda = first_multipliers(ground, &best);
    let mut dual = Dual::new(&model, lambda);
    let enough = |upper: f64| if whole { upper - 1.0 + 1e-6 } else { upper - 1e-9 * upper.abs() };
    let (mut idle, mut round, mut complete) = (0, 0, true);
    let shakes = (100_000_000 / ground.lists.pairs().max(1)).clamp(20, 500);
    while dual.value < enough(best.cost) {
        if idle >= effort.patience.min(PATIENT) {
            break;
        }
        if !watch(Report { objective: best.cost, bound: dual.value, round }) {
            complete = false;
            break;
        }
        let (upper, bound) = (best.cost, dual.value);
        let goal = enough(upper);
        rayon::join(|| dual.ascend(&model, upper, 100, goal), || best.shake(&mut chance, shakes, &fixed));
        // What the multipliers would choose is a good place to begin from.
        for start in [dual.chosen.clone(), wanted(sites, &dual)] {
            if permitted(sites, &start) {
                let mut other = Open::new(ground, &start);
                let mut queue: VecDeque<u32> = all.iter().copied().filter(|j| !fixed[*j as usize]).collect();
                let mut waits: Vec<bool> = fixed.iter().map(|f| !f).collect();
                other.descend(&mut queue, &mut waits, &fixed);
                if other.cost < best.cost - 1e-9 * best.cost.abs() {
                    best = other;
                    best.descend_everywhere(&all, &fixed);
                }
            }
        }
        leave_alone(sites, &dual, enough(best.cost), &mut fixed, &best);
        let better = best.cost < upper - 1e-9 * upper.abs();
        if better {
            dual.refresh();
        }
        let closer = dual.value > bound + 0.02 * (best.cost - bound).max(0.0);
        idle = if better || closer { 0 } else { idle + 1 };
        if idle % 3 == 2 {
            dual.restart();
        }
        round += 1;
    }
    let mut open = best.sites();
    let mut objective = ground.total(&open);
    let mut exhausted = false;
    if complete && dual.value < enough(objective) {
        let total = |open: &[u32]| ground.total(open);
        let work = (ground.lists.pairs(), effort.patience == usize::MAX);
        let mut branch = Branch::new((model.model, count), (&total, &enough), watch, (open, objective), work);
        exhausted = branch.run(sites, &dual);
        complete = !branch.stopped;
        (open, objective) = (branch.best, branch.upper);
    }
    // Whole numbers prove the answer one short of it; multipliers that come nearer speak for themselves.
    for _ in 0..POLISH {
        let before = dual.value;
        if !complete || !whole || dual.value < enough(objective) || dual.value >= objective - 1e-6 {
            break;
        }
        dual.refresh();
        dual.ascend(&model, objective, 100, objective - 1e-6);
        if dual.value < before + 0.05 * (objective - before) {
            break;
        }
    }
    let (bound, optimal) = (dual.value, exhausted || dual.value >= enough(objective));
    let (multipliers, budget_price) = dual.split(model.model.points());
    Answer { open, objective, bound, multipliers, budget_price, optimal, complete }
}

/// A first set: the sites that save most, one after the other, with lazy evaluation (Minoux, 1978,
/// doi:10.1007/BFb0006528); then what the rules still want.
fn begin(ground: &Ground<'_>, count: usize) -> Vec<u32> {
    let sites = ground.sites;
    let mut nearest: Vec<f64> = (0..ground.lists.demand())
        .map(|i| {
            let last = ground.lists.row(i).1.last().copied().unwrap_or(0.0);
            let horizon = ground.lists.horizon(i);
            if horizon.is_finite() { horizon } else { last }
        })
        .collect();
    let saving = |j: usize, nearest: &[f64]| -> f64 {
        let own = ground.columns.column(j).map(|(i, c)| (nearest[i] - c).max(0.0)).sum::<f64>();
        own - sites.cost(j)
    };
    let mut open: Vec<u32> =
        (0_u32..).take(count).filter(|j| sites.state(*j as usize) == State::Required).collect();
    for j in &open {
        ground.columns.column(*j as usize).for_each(|(i, c)| nearest[i] = nearest[i].min(c));
    }
    let mut value = vec![0.0; count];
    let mut heap: std::collections::BinaryHeap<(Ordered, std::cmp::Reverse<u32>)> = (0_u32..)
        .take(count)
        .filter(|j| sites.state(*j as usize) == State::Candidate)
        .map(|j| (Ordered(saving(j as usize, &nearest)), std::cmp::Reverse(j)))
        .collect();
    let wanted = sites.open.unwrap_or(usize::MAX);
    let mut rank = 0.0;
    while open.len() < wanted
        && let Some((Ordered(known), std::cmp::Reverse(j))) = heap.pop()
    {
        let now = saving(j as usize, &nearest);
        if now < known - 1e-12 * known.abs() && heap.peek().is_some_and(|(next, _)| next.0 > now) {
            heap.push((Ordered(now), std::cmp::Reverse(j)));
            continue;
        }
        if sites.open.is_none() && now <= 0.0 && !open.is_empty() {
            break;
        }
        open.push(j);
        rank += 1.0;
        value[j as usize] = rank - 1e9;
        ground.columns.column(j as usize).for_each(|(i, c)| nearest[i] = nearest[i].min(c));
    }
    if !sites.is_plain() {
        open = sites.choose(&value);
        if !permitted(sites, &open) {
            // What the cheapest permitted set is, is known from the check of the rules.
            let prices: Vec<f64> = (0..count).map(|j| sites.price(j)).collect();
            open = sites.choose(&prices);
        }
    }
    if open.is_empty() {
        open = sites.choose(&vec![-1.0; count]);
        open.truncate(1);
    }
    open
}

/// A number with a total order.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Ordered(pub(crate) f64);

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Between what a point's nearest open site costs and its second: where the best multipliers lie when the relaxation is
/// tight.
fn first_multipliers(ground: &Ground<'_>, open: &Open<'_>) -> Vec<f64> {
    (0..ground.lists.demand())
        .map(|i| {
            let (first, second) = open.costs(i);
            let cap = ground.lists.horizon(i);
            let second = if second.is_finite() { second } else { first };
            (first + 0.5 * (second - first)).min(cap)
        })
        .collect()
}

/// The sites that were wanted most on average.
fn wanted(sites: &Sites, dual: &Dual) -> Vec<u32> {
    let value: Vec<f64> = match sites.open {
        Some(_) => dual.wanted.iter().map(|w| -w).collect(),
        None => dual.wanted.iter().map(|w| 0.5 - w).collect(),
    };
    sites.choose(&value)
}

pub(crate) fn permitted(sites: &Sites, open: &[u32]) -> bool {
    let spent: f64 = open.iter().map(|j| sites.price(*j as usize)).sum();
    let counted = sites.open.is_none_or(|n| n == open.len());
    let grouped = sites.groups.iter().enumerate().all(|(g, group)| {
        let n = open.iter().filter(|j| sites.group(**j as usize) == Some(g)).count();
        (group.least..=group.most).contains(&n)
    });
    !open.is_empty() && counted && grouped && sites.budget.as_ref().is_none_or(|(_, limit)| spent <= *limit)
}

/// Marks sites that are in no better answer: with them the bound is no better than what is there.
fn leave_alone(sites: &Sites, dual: &Dual, upper: f64, fixed: &mut [bool], best: &Open<'_>) {
    let highest = match sites.open {
        // One of the chosen would have to go for it.
        Some(_) => dual.chosen.iter().map(|j| dual.reduced[*j as usize]).fold(f64::NEG_INFINITY, f64::max),
        None => 0.0,
    };
    for (j, site) in (0..fixed.len()).zip(0_u32..) {
        let chosen = dual.chosen.binary_search(&site).is_ok();
        if !chosen && !best.is_open(site) && dual.value + dual.reduced[j] - highest.max(f64::MIN) >= upper {
            fixed[j] = true;
        }
    }
}
