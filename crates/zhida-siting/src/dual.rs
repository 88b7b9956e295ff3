//! Bounds by Lagrangian relaxation: a multiplier for each demand point, improved by the volume algorithm (Barahona & Anbil,
//! *Math. Prog.* 87, 2000, doi:10.1007/s101070050002), which also leaves behind how much each site is wanted on average.
//!
//! Everything is said as a minimisation: what serves the points costs, what covers them counts below 0. The bound for
//! multipliers λ is `base(λ)` plus the smallest sum over a permitted set of sites of each site's reduced cost.

use crate::model::Sites;

/// A model in which points choose sites one by one, once they are paid for by multipliers.
pub(crate) trait Relaxation: Sync {
    /// Points.
    fn points(&self) -> usize;
    /// The largest multiplier that can be of use.
    fn cap(&self, i: usize) -> f64;
    /// What the points contribute by themselves; writes to `slope` how fast that grows with each multiplier.
    fn base(&self, lambda: &[f64], slope: &mut [f64]) -> f64;
    /// The reduced cost of every site, without its own cost.
    fn reduced(&self, lambda: &[f64], into: &mut [f64]);
    /// Takes from `slope` how often the chosen sites serve each point at these multipliers.
    fn used(&self, lambda: &[f64], chosen: &[u32], slope: &mut [f64]);
}

/// The best multipliers so far, and what the search for better ones remembers.
pub(crate) struct Dual {
    /// The multipliers.
    pub(crate) lambda: Vec<f64>,
    /// A price for each unit of the budget.
    pub(crate) budget_price: f64,
    /// The bound.
    pub(crate) value: f64,
    /// The reduced costs at the best multipliers, with the sites' own costs and the price of the budget.
    pub(crate) reduced: Vec<f64>,
    /// The sites that the best multipliers choose.
    pub(crate) chosen: Vec<u32>,
    /// How much each site was wanted lately: near 0 or near 1 where it is clear.
    pub(crate) wanted: Vec<f64>,
    direction: Vec<f64>,
    budget_direction: f64,
    step: f64,
    /// Rounds without a better bound.
    idle: u32,
    alpha: f64,
    since: u32,
    before: f64,
    scratch: Scratch,
}

#[derive(Default)]
struct Scratch {
    lambda: Vec<f64>,
    slope: Vec<f64>,
    reduced: Vec<f64>,
}

impl Dual {
    /// Begins from given multipliers.
    pub(crate) fn new(model: &dyn Relaxation, sites: &Sites, count: usize, lambda: Vec<f64>) -> Self {
        let mut dual = Self {
            lambda: lambda.iter().enumerate().map(|(i, l)| l.clamp(0.0, model.cap(i))).collect(),
            budget_price: 0.0,
            value: f64::NEG_INFINITY,
            reduced: vec![0.0; count],
            chosen: Vec::new(),
            wanted: vec![0.0; count],
            direction: Vec::new(),
            budget_direction: 0.0,
            step: 0.5,
            idle: 0,
            alpha: 0.1,
            since: 0,
            before: f64::NEG_INFINITY,
            scratch: Scratch::default(),
        };
        let mut scratch = Scratch {
            lambda: dual.lambda.clone(),
            slope: vec![0.0; dual.lambda.len()],
            reduced: vec![0.0; count],
        };
        let (value, chosen, over) = evaluate(model, sites, 0.0, &mut scratch);
        dual.value = value;
        dual.budget_direction = over;
        for j in &chosen {
            dual.wanted[*j as usize] = 1.0;
        }
        dual.reduced.clone_from(&scratch.reduced);
        dual.direction.clone_from(&scratch.slope);
        dual.chosen = chosen;
        dual.before = value;
        dual.scratch = scratch;
        dual
    }

    /// So many rounds; `upper` is what the best answer so far costs. Answers early when `enough` is reached.
    pub(crate) fn ascend(
        &mut self,
        model: &dyn Relaxation,
        sites: &Sites,
        upper: f64,
        rounds: usize,
        enough: f64,
    ) {
        for _ in 0..rounds {
            if self.value >= enough || self.step < 1e-7 {
                return;
            }
            let money = self.budget_direction * self.budget_direction;
            let norm: f64 = self.direction.iter().map(|d| d * d).sum::<f64>() + money;
            if norm < 1e-12 {
                return;
            }
            let length = self.step * (upper - self.value).max(1e-9 * upper.abs()) / norm;
            for ((to, from), (i, d)) in
                self.scratch.lambda.iter_mut().zip(&self.lambda).zip(self.direction.iter().enumerate())
            {
                *to = (from + length * d).clamp(0.0, model.cap(i));
            }
            let price = if sites.budget.is_some() {
                (self.budget_price + length * self.budget_direction).max(0.0)
            } else {
                0.0
            };
            let (value, chosen, over) = evaluate(model, sites, price, &mut self.scratch);
            self.turn(value, &chosen, over);
            if value > self.value {
                self.value = value;
                self.budget_price = price;
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
    fn turn(&mut self, value: f64, chosen: &[u32], over: f64) {
        let (mut along, mut apart) =
            (self.budget_direction * (self.budget_direction - over), (self.budget_direction - over).powi(2));
        let mut same = self.budget_direction * over;
        for (d, g) in self.direction.iter().zip(&self.scratch.slope) {
            along += d * (d - g);
            apart += (d - g) * (d - g);
            same += d * g;
        }
        if value > self.value && same >= 0.0 {
            self.step = (self.step * 1.1).min(1.5);
        }
        let best = if apart > 0.0 { along / apart } else { 1.0 };
        let alpha = if best <= 0.0 { self.alpha / 10.0 } else { best.clamp(self.alpha / 10.0, self.alpha) };
        for (d, g) in self.direction.iter_mut().zip(&self.scratch.slope) {
            *d += alpha * (g - *d);
        }
        self.budget_direction += alpha * (over - self.budget_direction);
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

    /// Steps are long again: where a better answer or a smaller choice of sites gives reason to hope.
    pub(crate) fn refresh(&mut self) {
        self.step = self.step.max(0.1);
        self.idle = 0;
    }

    /// Begins to search anew from the best multipliers, when small steps lead nowhere any more.
    pub(crate) fn restart(&mut self) {
        (self.step, self.idle, self.alpha, self.since) = (0.5, 0, 0.1, 0);
    }
}

/// The bound at the multipliers in `scratch`; leaves slopes and reduced costs there. Also by how much the chosen sites
/// exceed the budget.
fn evaluate(
    model: &dyn Relaxation,
    sites: &Sites,
    price: f64,
    scratch: &mut Scratch,
) -> (f64, Vec<u32>, f64) {
    let mut value = model.base(&scratch.lambda, &mut scratch.slope);
    model.reduced(&scratch.lambda, &mut scratch.reduced);
    if !sites.cost.is_empty() || price > 0.0 {
        for (j, r) in scratch.reduced.iter_mut().enumerate() {
            *r += sites.cost(j) + price * sites.price(j);
        }
    }
    let chosen = sites.choose(&scratch.reduced);
    let mut over = 0.0;
    if let Some((prices, limit)) = &sites.budget {
        over = chosen.iter().map(|j| prices[*j as usize]).sum::<f64>() - limit;
        value -= price * limit;
    }
    value += chosen.iter().map(|j| scratch.reduced[*j as usize]).sum::<f64>();
    model.used(&scratch.lambda, &chosen, &mut scratch.slope);
    (value, chosen, over)
}
