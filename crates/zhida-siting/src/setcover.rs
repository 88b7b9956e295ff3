//! The cheapest sites that reach every point (location set covering: Toregas, Swain, `ReVelle` & Bergman, *Operations Research*
//! 19, 1971, doi:10.1287/opre.19.6.1363).
//!
//! Minimise Σ f(j) y(j) subject to Σ over j in N(i) of y(j) ≥ 1 for every point. Bound: Σ u(i) + Σ over j of min(0, f(j) − Σ over
//! the points of j of u(i)). Answers by local search with row weights (Gao, Weise & Li, *EJOR* 246, 2015,
//! doi:10.1016/j.ejor.2015.05.038).

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::dual::{Dual, Opening, Serving};
use crate::median::{Answer, Effort};
use crate::model::{Report, Sites, SitingError, State, Watch};
use crate::reach::Cover;
use crate::ruled::{Ruled, ruled};

struct Model<'a> {
    cover: &'a Cover,
    /// What the cheapest site that reaches a point costs.
    cheapest: Vec<f64>,
}

impl Serving for Model<'_> {
    fn points(&self) -> usize {
        self.cover.points()
    }

    fn cap(&self, i: usize) -> f64 {
        self.cheapest[i]
    }

    fn reduced(&self, lambda: &[f64], into: &mut [f64]) {
        self.cover.sums(lambda, into);
    }

    fn used(&self, _lambda: &[f64], chosen: &[u32], slope: &mut [f64]) {
        self.cover.take(chosen, slope);
    }
}

/// The cheapest sites that reach every point. Sites without a cost cost 1 each. Required and excluded sites are
/// respected, and groups; a number of open sites and a budget are not part of this model.
///
/// # Errors
/// [`SitingError`] for bad numbers, for points that no site reaches, and for rules that are not part of the model.
pub fn set_cover(
    cover: &Cover,
    sites: &Sites,
    effort: Effort,
    watch: Watch<'_>,
) -> Result<Answer, SitingError> {
    towards(cover, sites, effort, f64::NEG_INFINITY, watch)
}

/// The same, but a set that costs no more than `target` is good enough, and so is a bound above it.
pub(crate) fn towards(
    cover: &Cover,
    sites: &Sites,
    effort: Effort,
    target: f64,
    watch: Watch<'_>,
) -> Result<Answer, SitingError> {
    let (points, count) = (cover.points(), cover.sites());
    if points == 0 {
        return Err(SitingError::NoDemand);
    }
    let cost = if sites.cost.is_empty() { vec![1.0; count] } else { sites.cost.clone() };
    if sites.open.is_some() || sites.budget.is_some() {
        return Err(SitingError::Infeasible(vec![
            "a set cover takes no number of open sites and no budget: ask for maximal cover".to_owned(),
        ]));
    }
    let rules = Sites { cost, ..sites.clone() };
    rules.check(count)?;
    let rows = cover.rows();
    let usable = |j: &&u32| rules.state(**j as usize) != State::Excluded;
    let unreached: Vec<u32> = rows
        .iter()
        .zip(cover.order())
        .filter(|(row, _)| !row.iter().any(|j| usable(&j)))
        .map(|(_, i)| *i)
        .collect();
    if !unreached.is_empty() {
        return Err(SitingError::Unreached(unreached));
    }
    let cheapest = |row: &Vec<u32>| {
        row.iter().filter(usable).map(|j| rules.cost(*j as usize)).fold(f64::INFINITY, f64::min)
    };
    let model = Model { cover, cheapest: rows.iter().map(cheapest).collect() };
    let model = Opening { model: &model, sites: &rules, count };
    let mut search = Search::new(cover, &rows, &rules, effort.seed);
    search.begin();
    let mut dual = Dual::new(&model, rows.iter().map(|row| longest(cover, &rules, row)).collect());
    let whole = rules.cost.iter().all(|f| f.fract() == 0.0);
    let enough = |upper: f64| if whole { upper - 1.0 + 1e-6 } else { upper - 1e-9 * upper.abs() };
    if !rules.groups.is_empty() {
        let steps = (20_000_000 / cover.pairs().max(1)).clamp(200, 20_000);
        let mut free = || {
            search.run(steps, f64::NEG_INFINITY);
            search.best.clone()
        };
        let found = ruled((&model, cover), &mut dual, &mut free, (effort, target), watch);
        return grouped(cover, found, dual, whole);
    }
    let (mut idle, mut round, mut complete) = (0, 0, true);
    let steps = (20_000_000 / cover.pairs().max(1)).clamp(200, 20_000);
    // With a target it is enough to reach it, or to know that nothing does.
    let settled = |upper: f64, bound: f64| upper <= target || (target.is_finite() && bound > target + 1e-6);
    while dual.value < enough(search.best_cost) && !settled(search.best_cost, dual.value) {
        if idle >= effort.patience {
            break;
        }
        if !watch(Report { objective: search.best_cost, bound: dual.value, round }) {
            complete = false;
            break;
        }
        let (upper, bound) = (search.best_cost, dual.value);
        let goal = if target.is_finite() { target + 2e-6 } else { enough(upper) };
        rayon::join(|| dual.ascend(&model, upper, 100, goal), || search.run(steps, target));
        let better = search.best_cost < upper - 1e-9;
        if better {
            dual.refresh();
        }
        let closer = dual.value > bound + 0.02 * (search.best_cost - bound).max(0.0);
        idle = if better || closer { 0 } else { idle + 1 };
        round += 1;
    }
    let multipliers = cover.by_point(&dual.lambda);
    let mut open = search.best.clone();
    open.sort_unstable();
    let objective = open.iter().map(|j| rules.cost(*j as usize)).sum();
    Ok(Answer {
        open,
        objective,
        bound: dual.value,
        multipliers,
        budget_price: 0.0,
        optimal: dual.value >= enough(objective),
        complete,
    })
}

/// A first multiplier for a point: the least that a site costs for each of its points.
fn longest(cover: &Cover, rules: &Sites, row: &[u32]) -> f64 {
    let share = |j: &u32| {
        #[expect(clippy::cast_precision_loss, reason = "a count of points")]
        let n = cover.places(*j as usize).count().max(1) as f64;
        rules.cost(*j as usize) / n
    };
    let usable = row.iter().filter(|j| rules.state(**j as usize) != State::Excluded);
    usable.map(share).fold(f64::INFINITY, f64::min)
}

/// The answer where there are groups.
fn grouped(cover: &Cover, found: Ruled, dual: Dual, whole: bool) -> Result<Answer, SitingError> {
    let Some((objective, open)) = found.best else {
        let words = if found.exhausted {
            "no set of sites that keeps the groups reaches everything"
        } else {
            "no set of sites that keeps the groups and reaches everything was found"
        };
        return Err(SitingError::Infeasible(vec![words.to_owned()]));
    };
    let multipliers = cover.by_point(&dual.lambda);
    let enough = if whole { objective - 1.0 + 1e-6 } else { objective - 1e-9 * objective.abs() };
    Ok(Answer {
        open,
        objective,
        bound: dual.value,
        multipliers,
        budget_price: 0.0,
        optimal: found.exhausted || dual.value >= enough,
        complete: found.complete,
    })
}

/// Local search with weights of points.
struct Search<'a> {
    cover: &'a Cover,
    rows: &'a [Vec<u32>],
    rules: &'a Sites,
    chance: ChaCha8Rng,
    open: Vec<bool>,
    list: Vec<u32>,
    count: Vec<u32>,
    weight: Vec<f64>,
    /// For a closed site the weight that it would newly cover, for an open one the weight that only it covers.
    score: Vec<f64>,
    moved: Vec<u64>,
    now: u64,
    uncovered: Vec<u32>,
    place: Vec<u32>,
    cost: f64,
    best: Vec<u32>,
    best_cost: f64,
}

impl<'a> Search<'a> {
    fn new(cover: &'a Cover, rows: &'a [Vec<u32>], rules: &'a Sites, seed: u64) -> Self {
        let (points, count) = (cover.points(), cover.sites());
        let all = u32::try_from(points).unwrap_or(u32::MAX);
        #[expect(clippy::cast_precision_loss, reason = "a count of points")]
        let score = (0..count).map(|j| cover.places(j).count() as f64).collect();
        Self {
            cover,
            rows,
            rules,
            chance: ChaCha8Rng::seed_from_u64(seed),
            open: vec![false; count],
            list: Vec::new(),
            count: vec![0; points],
            weight: vec![1.0; points],
            score,
            moved: vec![0; count],
            now: 0,
            uncovered: (0..all).collect(),
            place: (0..all).collect(),
            cost: 0.0,
            best: Vec::new(),
            best_cost: f64::INFINITY,
        }
    }

    fn add(&mut self, site: u32) {
        let j = site as usize;
        self.open[j] = true;
        self.list.push(site);
        self.cost += self.rules.cost(j);
        self.moved[j] = self.now;
        self.score[j] = 0.0;
        for i in self.cover.places(j) {
            let w = self.weight[i];
            match self.count[i] {
                0 => {
                    for k in &self.rows[i] {
                        self.score[*k as usize] -= w;
                    }
                    self.score[j] += 2.0 * w;
                    let at = self.place[i] as usize;
                    self.uncovered.swap_remove(at);
                    if let Some(moved) = self.uncovered.get(at) {
                        self.place[*moved as usize] = u32::try_from(at).unwrap_or(u32::MAX);
                    }
                }
                1 => {
                    let sole = self.rows[i].iter().find(|k| self.open[**k as usize] && **k != site);
                    if let Some(sole) = sole {
                        self.score[*sole as usize] -= w;
                    }
                }
                _ => {}
            }
            self.count[i] += 1;
        }
    }

    fn remove(&mut self, site: u32) {
        let j = site as usize;
        self.open[j] = false;
        self.list.retain(|k| *k != site);
        self.cost -= self.rules.cost(j);
        self.moved[j] = self.now;
        self.score[j] = 0.0;
        for i in self.cover.places(j) {
            self.count[i] -= 1;
            let w = self.weight[i];
            match self.count[i] {
                0 => {
                    for k in &self.rows[i] {
                        self.score[*k as usize] += w;
                    }
                    self.place[i] = u32::try_from(self.uncovered.len()).unwrap_or(u32::MAX);
                    self.uncovered.push(u32::try_from(i).unwrap_or(u32::MAX));
                }
                1 => {
                    if let Some(sole) = self.rows[i].iter().find(|k| self.open[**k as usize]) {
                        self.score[*sole as usize] += w;
                    }
                }
                _ => {}
            }
        }
    }

    fn ratio(&self, j: u32) -> f64 {
        self.score[j as usize] / self.rules.cost(j as usize).max(1e-9)
    }

    /// Greedy, then without what is not needed.
    fn begin(&mut self) {
        let required =
            (0_u32..).take(self.open.len()).filter(|j| self.rules.state(*j as usize) == State::Required);
        let required: Vec<u32> = required.collect();
        for j in required {
            self.add(j);
        }
        let mut heap: std::collections::BinaryHeap<(crate::median::Ordered, std::cmp::Reverse<u32>)> =
            (0_u32..)
                .take(self.open.len())
                .filter(|j| self.rules.state(*j as usize) == State::Candidate)
                .map(|j| (crate::median::Ordered(self.ratio(j)), std::cmp::Reverse(j)))
                .collect();
        while !self.uncovered.is_empty()
            && let Some((known, std::cmp::Reverse(j))) = heap.pop()
        {
            let now = self.ratio(j);
            if now < known.0 {
                heap.push((crate::median::Ordered(now), std::cmp::Reverse(j)));
            } else if now > 0.0 {
                self.add(j);
            }
        }
        self.note();
    }

    /// Closes what is not needed, and remembers the set if it is the best.
    fn note(&mut self) {
        while let Some(j) =
            self.list.iter().copied().filter(|j| self.may_go(*j)).find(|j| self.score[*j as usize] <= 0.0)
        {
            self.remove(j);
        }
        if self.cost < self.best_cost - 1e-9 {
            self.best_cost = self.cost;
            self.best = self.list.clone();
        }
    }

    fn may_go(&self, j: u32) -> bool {
        self.rules.state(j as usize) == State::Candidate
    }

    fn cheapest(&self, tabu: u32) -> Option<u32> {
        let free = self.list.iter().copied().filter(|j| self.may_go(*j) && *j != tabu);
        free.min_by(|a, b| {
            let older = self.moved[*a as usize].cmp(&self.moved[*b as usize]);
            self.ratio(*a).total_cmp(&self.ratio(*b)).then(older).then(a.cmp(b))
        })
    }

    /// A site for a point drawn by lot among those not covered: the one that brings most for its cost.
    fn choice(&mut self, out: u32) -> Option<u32> {
        let point = self.uncovered[self.chance.random_range(0..self.uncovered.len())] as usize;
        let rules = self.rules;
        let allowed = self.rows[point].iter().copied().filter(|j| {
            let fits = self.cost + rules.cost(*j as usize) < self.best_cost - 1e-9;
            *j != out && rules.state(*j as usize) == State::Candidate && fits
        });
        let allowed: Vec<u32> = allowed.collect();
        // Now and then any of them: costs can be such that what brings most never leads to the best set.
        if !allowed.is_empty() && self.chance.random_range(0..16) == 0 {
            return Some(allowed[self.chance.random_range(0..allowed.len())]);
        }
        allowed.into_iter().max_by(|a, b| {
            let older = self.moved[*b as usize].cmp(&self.moved[*a as usize]);
            self.ratio(*a).total_cmp(&self.ratio(*b)).then(older).then(b.cmp(a))
        })
    }

    /// So many steps; ends early when the target is reached.
    fn run(&mut self, steps: usize, target: f64) {
        let mut tabu = u32::MAX;
        for _ in 0..steps {
            while self.uncovered.is_empty() {
                self.note();
                if self.best_cost <= target {
                    return;
                }
                let Some(j) = self.cheapest(u32::MAX) else { return };
                self.remove(j);
            }
            self.now += 1;
            // The newest may go as well where there is nothing else.
            let out = self.cheapest(tabu).or_else(|| self.cheapest(u32::MAX)).unwrap_or(u32::MAX);
            if out != u32::MAX {
                self.remove(out);
            }
            if self.uncovered.is_empty() {
                continue;
            }
            // As many as the cost of the best set leaves room for.
            while !self.uncovered.is_empty()
                && let Some(j) = self.choice(out)
            {
                self.add(j);
                tabu = j;
            }
            for i in &self.uncovered {
                self.weight[*i as usize] += 1.0;
                for k in &self.rows[*i as usize] {
                    self.score[*k as usize] += 1.0;
                }
            }
        }
    }
}
