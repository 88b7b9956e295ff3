//! Bounds by Lagrangian relaxation: a multiplier for each demand point, improved by the volume algorithm (Barahona & Anbil,
//! *Math. Prog.* 87, 2000, doi:10.1007/s101070050002), which also leaves behind how much each site is wanted on average.
//!
//! Everything is said as a minimisation: what serves the points costs, what covers them counts below 0. The bound for
//! multipliers λ is `base(λ)` plus the smallest sum over a permitted set of sites of each site's reduced cost.

use rayon::prelude::*;

use crate::model::Sites;

/// A problem of which a part is paid for by multipliers, so that the rest falls apart into choices one by one.
pub(crate) trait Relaxation: Sync {
    /// Multipliers.
    fn multipliers(&self) -> usize;
    /// Things to choose from.
    fn choices(&self) -> usize;
    /// The largest multiplier that can be of use.
    fn cap(&self, i: usize) -> f64;
    /// The bound at these multipliers and what is chosen, ascending. Writes how fast the bound grows with each multiplier
    /// and what each choice costs at them.
    fn evaluate(&self, lambda: &[f64], slope: &mut [f64], reduced: &mut [f64]) -> (f64, Vec<u32>);
}

/// A model in which points choose sites one by one, once they are paid for.
pub(crate) trait Serving: Sync {
    /// Points.
    fn points(&self) -> usize;
    /// The largest multiplier that can be of use.
    fn cap(&self, i: usize) -> f64;
    /// What the points contribute by themselves, which is their multipliers where each has to be served once; writes to
    /// `slope` how fast that grows with each multiplier.
    fn base(&self, lambda: &[f64], slope: &mut [f64]) -> f64 {
        slope.fill(1.0);
        lambda.iter().sum()
    }
    /// The reduced cost of every site, without its own cost.
    fn reduced(&self, lambda: &[f64], into: &mut [f64]);
    /// Takes from `slope` how often the chosen sites serve each point at these multipliers.
    fn used(&self, lambda: &[f64], chosen: &[u32], slope: &mut [f64]);
}

/// Such a model with the rules for its sites; behind the points' multipliers stands the price of the budget.
pub(crate) struct Opening<'a, M> {
    pub(crate) model: &'a M,
    pub(crate) sites: &'a Sites,
    pub(crate) count: usize,
}

impl<M: Serving> Relaxation for Opening<'_, M> {
    fn multipliers(&self) -> usize {
        self.model.points() + usize::from(self.sites.budget.is_some())
    }

    fn choices(&self) -> usize {
        self.count
    }

    fn cap(&self, i: usize) -> f64 {
        if i < self.model.points() { self.model.cap(i) } else { f64::INFINITY }
    }

    fn evaluate(&self, lambda: &[f64], slope: &mut [f64], reduced: &mut [f64]) -> (f64, Vec<u32>) {
        let points = self.model.points();
        let price = lambda.get(points).copied().unwrap_or(0.0);
        let (lambda, slopes) = (&lambda[..points], &mut slope[..points]);
        let mut value = self.model.base(lambda, slopes);
        self.model.reduced(lambda, reduced);
        if !self.sites.cost.is_empty() || price > 0.0 {
            for (j, r) in reduced.iter_mut().enumerate() {
                *r += self.sites.cost(j) + price * self.sites.price(j);
            }
        }
        let chosen = self.sites.choose(reduced);
        value += chosen.iter().map(|j| reduced[*j as usize]).sum::<f64>();
        self.model.used(lambda, &chosen, slopes);
        if let Some((prices, limit)) = &self.sites.budget {
            value -= price * limit;
            slope[points] = chosen.iter().map(|j| prices[*j as usize]).sum::<f64>() - limit;
        }
        (value, chosen)
    }
}

/// The best multipliers so far, and what the search for better ones remembers.
pub(crate) struct Dual {
    /// The multipliers.
    pub(crate) lambda: Vec<f64>,
    /// The bound.
    pub(crate) value: f64,
    /// What each choice costs at the best multipliers, all in all.
    pub(crate) reduced: Vec<f64>,
    /// What the best multipliers choose.
    pub(crate) chosen: Vec<u32>,
    /// How much each choice was wanted lately: near 0 or near 1 where it is clear.
    pub(crate) wanted: Vec<f64>,
    direction: Vec<f64>,
    step: f64,
    /// Rounds without a better bound.
    idle: u32,
    alpha: f64,
    since: u32,
    before: f64,
    caps: Vec<f64>,
    scratch: Scratch,
}

/// Multipliers of one share of the work on many threads: shares do not depend on the number of threads.
const SHARE: usize = 65_536;

struct Scratch {
    lambda: Vec<f64>,
    slope: Vec<f64>,
    reduced: Vec<f64>,
}

impl Dual {
    /// Begins from given multipliers; where the list ends they are 0.
    pub(crate) fn new(model: &dyn Relaxation, mut lambda: Vec<f64>) -> Self {
        let (multipliers, count) = (model.multipliers(), model.choices());
        lambda.resize(multipliers, 0.0);
        let caps: Vec<f64> = (0..multipliers).map(|i| model.cap(i)).collect();
        for (l, cap) in lambda.iter_mut().zip(&caps) {
            *l = l.clamp(0.0, *cap);
        }
        let (mut slope, mut reduced) = (vec![0.0; multipliers], vec![0.0; count]);
        let (value, chosen) = model.evaluate(&lambda, &mut slope, &mut reduced);
        let mut wanted = vec![0.0; count];
        for j in &chosen {
            wanted[*j as usize] = 1.0;
        }
        Self {
            scratch: Scratch { lambda: lambda.clone(), slope: slope.clone(), reduced: reduced.clone() },
            lambda,
            value,
            reduced,
            chosen,
            wanted,
            direction: slope,
            step: 0.5,
            idle: 0,
            alpha: 0.1,
            since: 0,
            before: value,
            caps,
        }
    }

    /// So many rounds; `upper` is what the best answer so far costs. Answers early when `enough` is reached.
    pub(crate) fn ascend(&mut self, model: &dyn Relaxation, upper: f64, rounds: usize, enough: f64) {
        for _ in 0..rounds {
            if self.value >= enough || self.step < 1e-7 {
                return;
            }
            let [norm] = sums(&self.direction, &self.direction, |d, _| [d * d]);
            if norm < 1e-12 {
                return;
            }
            let length = self.step * (upper - self.value).max(1e-9 * upper.abs()) / norm;
            let shares = self.scratch.lambda.par_chunks_mut(SHARE).zip(self.lambda.par_chunks(SHARE));
            let shares = shares.zip(self.direction.par_chunks(SHARE).zip(self.caps.par_chunks(SHARE)));
            shares.for_each(|((to, from), (direction, caps))| {
                for ((to, from), (d, cap)) in to.iter_mut().zip(from).zip(direction.iter().zip(caps)) {
                    *to = (from + length * d).clamp(0.0, *cap);
                }
            });
            let Scratch { lambda, slope, reduced } = &mut self.scratch;
            let (value, chosen) = model.evaluate(lambda, slope, reduced);
            self.turn(value, &chosen);
            if value > self.value {
                self.value = value;
                std::mem::swap(&mut self.lambda, &mut self.scratch.lambda);
                std::mem::swap(&mut self.reduced, &mut self.scratch.reduced);
                self.chosen = chosen;
                self.idle = 0;
            } else {
                self.idle += 1;
                if self.idle >= 20 {
                    self.step *= 0.66;
                    self.idle = 0;
                }
            }
        }
    }

    /// Turns the direction towards the newest slope, so far that it becomes shortest, within limits.
    fn turn(&mut self, value: f64, chosen: &[u32]) {
        let [along, apart, same] =
            sums(&self.direction, &self.scratch.slope, |d, g| [d * (d - g), (d - g) * (d - g), d * g]);
        if value > self.value && same >= 0.0 {
            self.step = (self.step * 1.1).min(1.5);
        }
        let best = if apart > 0.0 { along / apart } else { 1.0 };
        let alpha = if best <= 0.0 { self.alpha / 10.0 } else { best.clamp(self.alpha / 10.0, self.alpha) };
        let shares = self.direction.par_chunks_mut(SHARE).zip(self.scratch.slope.par_chunks(SHARE));
        shares.for_each(|(direction, slope)| {
            for (d, g) in direction.iter_mut().zip(slope) {
                *d += alpha * (g - *d);
            }
        });
        for wanted in &mut self.wanted {
            *wanted *= 1.0 - alpha;
        }
        for j in chosen {
            self.wanted[*j as usize] += alpha;
        }
        self.since += 1;
        if self.since >= 100 {
            if value.max(self.value) < self.before + 0.01 * self.before.abs() && self.alpha > 1e-4 {
                self.alpha /= 2.0;
            }
            self.before = value.max(self.value);
            self.since = 0;
        }
    }

    /// The points' multipliers and the price of the budget.
    pub(crate) fn split(mut self, points: usize) -> (Vec<f64>, f64) {
        let price = self.lambda.get(points).copied().unwrap_or(0.0);
        self.lambda.truncate(points);
        (self.lambda, price)
    }

    /// Steps are long again: where a better answer or a smaller choice of sites gives reason to hope.
    pub(crate) fn refresh(&mut self) {
        self.step = self.step.max(0.1);
        self.idle = 0;
    }

    /// Takes other multipliers at the end of the list, if they are better.
    pub(crate) fn adopt(&mut self, model: &dyn Relaxation, tail: &[f64]) {
        let mut lambda = self.lambda.clone();
        let from = lambda.len() - tail.len();
        lambda[from..].copy_from_slice(tail);
        let (mut slope, mut reduced) = (vec![0.0; lambda.len()], vec![0.0; self.reduced.len()]);
        let (value, chosen) = model.evaluate(&lambda, &mut slope, &mut reduced);
        if value > self.value {
            (self.value, self.lambda, self.reduced, self.chosen) = (value, lambda, reduced, chosen);
        }
    }

    /// Whether steps have become so short that little can come of them.
    pub(crate) fn is_short(&self) -> bool {
        self.step < 0.01
    }

    /// Begins to search anew from the best multipliers, when small steps lead nowhere any more.
    pub(crate) fn restart(&mut self) {
        (self.step, self.idle, self.alpha, self.since) = (0.5, 0, 0.1, 0);
    }
}

/// Sums over two lists side by side.
fn sums<const N: usize>(a: &[f64], b: &[f64], f: impl Fn(f64, f64) -> [f64; N] + Sync) -> [f64; N] {
    let add = |mut sum: [f64; N], more: [f64; N]| {
        sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        sum
    };
    let one = |(a, b): (&[f64], &[f64])| a.iter().zip(b).fold([0.0; N], |sum, (a, b)| add(sum, f(*a, *b)));
    if a.len() <= SHARE {
        return one((a, b));
    }
    let shares: Vec<[f64; N]> = a.par_chunks(SHARE).zip(b.par_chunks(SHARE)).map(one).collect();
    shares.into_iter().fold([0.0; N], add)
}
