//! Covering: as much weight as possible within reach of so many sites (maximal covering: Church & `ReVelle`, *Papers of the
//! RSA* 32, 1974, doi:10.1007/BF01942293), once or twice (backup cover: Hogan & `ReVelle`, *Management Science* 32, 1986,
//! doi:10.1287/mnsc.32.11.1434).
//!
//! Sets: points *i*, sites *j*, N(i) the sites that reach a point. Maximise Σ v(i, min(2, Σ over j in N(i) of y(j))) with *y*
//! permitted by [`Sites`]; v(i, 1) and v(i, 2) is what it is worth to be covered once and twice. Relaxing the count of covers
//! by multipliers *u* gives the bound Σ over i of max over c of (v(i, c) − c u(i)) + the largest permitted sum of
//! Σ over the points of j of u(i): for one cover, Σ (w(i) − u(i)) + the *p* largest sums.

use crate::branch::Branch;
use crate::covered::Covered;
use crate::dual::{Dual, Opening, Serving};
use crate::median::{Answer, Effort, PATIENT, permitted};
use crate::model::{Report, Sites, SitingError, Watch};
use crate::reach::Cover;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// What it is worth to cover each point once, and twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Worth {
    /// Covered by at least one site.
    pub once: Vec<f64>,
    /// Covered by at least two; empty where a second one is worth nothing.
    pub twice: Vec<f64>,
}

impl Worth {
    pub(crate) fn of(&self, i: usize, count: u32) -> f64 {
        match count {
            0 => 0.0,
            1 => self.once[i],
            _ => self.twice.get(i).copied().unwrap_or(self.once[i]),
        }
    }

    pub(crate) fn step(&self, i: usize, from: u32) -> f64 {
        self.of(i, from + 1) - self.of(i, from)
    }
}

struct Model<'a> {
    cover: &'a Cover,
    worth: &'a Worth,
}

impl Serving for Model<'_> {
    fn points(&self) -> usize {
        self.cover.points()
    }

    fn cap(&self, i: usize) -> f64 {
        self.worth.step(i, 0).max(self.worth.step(i, 1))
    }

    fn base(&self, lambda: &[f64], slope: &mut [f64]) -> f64 {
        let mut sum = 0.0;
        for (i, (u, slope)) in lambda.iter().zip(slope.iter_mut()).enumerate() {
            let (mut best, mut count) = (0.0, 0.0);
            for c in [1_u32, 2] {
                let value = self.worth.of(i, c) - f64::from(c) * u;
                if value > best {
                    (best, count) = (value, f64::from(c));
                }
            }
            sum -= best;
            *slope = count;
        }
        sum
    }

    fn reduced(&self, lambda: &[f64], into: &mut [f64]) {
        self.cover.sums(lambda, into);
    }

    fn used(&self, _lambda: &[f64], chosen: &[u32], slope: &mut [f64]) {
        self.cover.take(chosen, slope);
    }
}

/// The most weight within reach of the open sites.
///
/// The objective is what is covered, the bound what cannot be exceeded. Memory: four bytes a pair of a site and a point
/// within its reach, 40 bytes a point.
///
/// # Errors
/// [`SitingError`] for bad numbers and for sites that cannot meet what is asked.
pub fn cover(
    cover: &Cover,
    worth: &Worth,
    sites: &Sites,
    effort: Effort,
    watch: Watch<'_>,
) -> Result<Answer, SitingError> {
    let (points, count) = (cover.points(), cover.sites());
    if points == 0 {
        return Err(SitingError::NoDemand);
    }
    crate::numbers("weight", &worth.once, points)?;
    if !worth.twice.is_empty() {
        crate::numbers("weight", &worth.twice, points)?;
    }
    sites.check(count)?;
    // From here on points are meant by their places.
    let placed = |list: &[f64]| -> Vec<f64> {
        if list.is_empty() { Vec::new() } else { cover.order().iter().map(|i| list[*i as usize]).collect() }
    };
    let worth = &Worth { once: placed(&worth.once), twice: placed(&worth.twice) };
    let model = Opening { model: &Model { cover, worth }, sites, count };
    let mut chance = ChaCha8Rng::seed_from_u64(effort.seed);
    let whole = sites.cost.is_empty() && worth.once.iter().chain(&worth.twice).all(|w| w.fract() == 0.0);
    let mut best = Covered::new(cover, worth, sites);
    best.begin();
    let near = if cover.pairs() <= 30_000_000 { near(cover, &mut chance) } else { Vec::new() };
    let mut fixed = vec![false; count];
    let order: Vec<u32> = (0_u32..).take(count).collect();
    best.descend(&order, &fixed, 2);
    let mut dual = begin(&model, worth, &best);
    // The dual is of the negative: what is covered counts below 0.
    let enough = |covered: f64| if whole { -covered - 1.0 + 1e-6 } else { -covered - 1e-9 * covered.abs() };
    let shakes = (100_000_000 / cover.pairs().max(1)).clamp(10, 2_000);
    let (mut idle, mut round, mut complete) = (0, 0, true);
    while dual.value < enough(best.total) {
        if idle >= effort.patience.min(PATIENT) {
            break;
        }
        if !watch(Report { objective: best.total, bound: -dual.value, round }) {
            complete = false;
            break;
        }
        let (reached, bound) = (best.total, dual.value);
        let goal = enough(reached);
        rayon::join(
            || dual.ascend(&model, -reached, 100, goal),
            || best.shake(&near, &mut chance, shakes, &fixed),
        );
        from_chosen(&mut best, &dual, &fixed);
        leave_alone(sites, &dual, enough(best.total), &mut fixed, &best);
        let better = best.total > reached + 1e-9 * reached.abs();
        if better {
            dual.refresh();
        }
        let closer = dual.value > bound + 0.02 * (-best.total - bound).max(0.0);
        idle = if better || closer { 0 } else { idle + 1 };
        round += 1;
    }
    let mut open: Vec<u32> = best.list.clone();
    open.sort_unstable();
    let total = |open: &[u32]| {
        open.iter().map(|j| sites.cost(*j as usize)).sum::<f64>() - worth_of(cover, worth, open)
    };
    let mut objective = -total(&open);
    let mut exhausted = false;
    if complete && dual.value < enough(objective) {
        let goal = |cost: f64| enough(-cost);
        let work = (cover.pairs(), effort.patience == usize::MAX);
        let turned =
            |r: Report| watch(Report { objective: -r.objective, bound: -r.bound, round: round + r.round });
        let mut branch =
            Branch::new((model.model, count), (&total, &goal), &turned, (open, -objective), work);
        exhausted = branch.run(sites, &dual);
        complete = !branch.stopped;
        (open, objective) = (branch.best, -branch.upper);
    }
    let (bound, optimal) = (-dual.value, exhausted || dual.value >= enough(objective));
    let (placed, budget_price) = dual.split(points);
    let multipliers = cover.by_point(&placed);
    Ok(Answer { open, objective, bound, multipliers, budget_price, optimal, complete })
}

/// What the multipliers would choose, made better by exchanges, if that is better than the best.
fn from_chosen(best: &mut Covered<'_>, dual: &Dual, fixed: &[bool]) {
    if permitted(best.sites, &dual.chosen) {
        let mut other = Covered::new(best.cover, best.worth, best.sites);
        for j in &dual.chosen {
            other.open(*j);
        }
        let few = by_reduced(dual, fixed, dual.chosen.len());
        other.descend(&few, fixed, 1);
        if other.total > best.total {
            *best = other;
        }
    }
}

/// Multipliers to begin from: by how often each point is covered; or none, which are hard to beat where nearly all is.
fn begin(model: &Opening<'_, Model<'_>>, worth: &Worth, best: &Covered<'_>) -> Dual {
    let lambda = (0..best.count.len()).map(|i| match best.count[i] {
        0 => worth.step(i, 0),
        1 => 0.5 * worth.step(i, 0).max(worth.step(i, 1)),
        2 => 0.5 * worth.step(i, 1).max(0.0),
        _ => 0.0,
    });
    let dual = Dual::new(model, lambda.collect());
    let none = Dual::new(model, Vec::new());
    if none.value > dual.value { none } else { dual }
}

/// What is covered by a set of sites; worth by place.
fn worth_of(cover: &Cover, worth: &Worth, open: &[u32]) -> f64 {
    let mut count = vec![0_u32; cover.points()];
    for j in open {
        cover.places(*j as usize).for_each(|i| count[i] += 1);
    }
    count.iter().enumerate().map(|(i, n)| worth.of(i, *n)).sum()
}

/// The sites that the multipliers like best, a few times as many as are open.
fn by_reduced(dual: &Dual, fixed: &[bool], open: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0_u32..).take(fixed.len()).filter(|j| !fixed[*j as usize]).collect();
    let by =
        |a: &u32, b: &u32| dual.reduced[*a as usize].total_cmp(&dual.reduced[*b as usize]).then(a.cmp(b));
    let few = (3 * open + 50).min(order.len());
    if few < order.len() && few > 0 {
        order.select_nth_unstable_by(few - 1, by);
        order.truncate(few);
    }
    order.sort_unstable_by(by);
    order
}

fn leave_alone(sites: &Sites, dual: &Dual, upper: f64, fixed: &mut [bool], best: &Covered<'_>) {
    let highest = match sites.open {
        Some(_) => dual.chosen.iter().map(|j| dual.reduced[*j as usize]).fold(f64::NEG_INFINITY, f64::max),
        None => 0.0,
    };
    for (j, site) in (0..fixed.len()).zip(0_u32..) {
        let chosen = dual.chosen.binary_search(&site).is_ok();
        if !chosen && !best.is_open[j] && dual.value + dual.reduced[j] - highest.max(f64::MIN) >= upper {
            fixed[j] = true;
        }
    }
}

/// Sites that share points with each site: found through points drawn by lot.
fn near(cover: &Cover, chance: &mut ChaCha8Rng) -> Vec<Vec<u32>> {
    let rows = cover.rows();
    (0..cover.sites())
        .map(|j| {
            let column: Vec<usize> = cover.places(j).collect();
            let mut found: Vec<u32> = Vec::new();
            for _ in 0..24.min(column.len() * 4) {
                let row = &rows[column[chance.random_range(0..column.len())]];
                let site = row[chance.random_range(0..row.len())];
                if site as usize != j && !found.contains(&site) {
                    found.push(site);
                }
            }
            found
        })
        .collect()
}
