//! Covering: as much weight as possible within reach of so many sites (maximal covering: Church & `ReVelle`, *Papers of the
//! RSA* 32, 1974, doi:10.1007/BF01942293), once or twice (backup cover: Hogan & `ReVelle`, *Management Science* 32, 1986,
//! doi:10.1287/mnsc.32.11.1434).
//!
//! Sets: points *i*, sites *j*, N(i) the sites that reach a point. Maximise Σ v(i, min(2, Σ over j in N(i) of y(j))) with *y*
//! permitted by [`Sites`]; v(i, 1) and v(i, 2) is what it is worth to be covered once and twice. Relaxing the count of covers
//! by multipliers *u* gives the bound Σ over i of max over c of (v(i, c) − c u(i)) + the largest permitted sum of
//! Σ over the points of j of u(i): for one cover, Σ (w(i) − u(i)) + the *p* largest sums.

use std::collections::BinaryHeap;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::branch::Branch;
use crate::dual::{Dual, Opening, Serving};
use crate::median::{Answer, Effort, Ordered, PATIENT, permitted};
use crate::model::{Report, Sites, SitingError, State, Watch};
use crate::reach::Cover;

/// What it is worth to cover each point once, and twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Worth {
    /// Covered by at least one site.
    pub once: Vec<f64>,
    /// Covered by at least two; empty where a second one is worth nothing.
    pub twice: Vec<f64>,
}

impl Worth {
    fn of(&self, i: usize, count: u32) -> f64 {
        match count {
            0 => 0.0,
            1 => self.once[i],
            _ => self.twice.get(i).copied().unwrap_or(self.once[i]),
        }
    }

    fn step(&self, i: usize, from: u32) -> f64 {
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
        reach_sums(self.cover, lambda, into);
    }

    fn used(&self, _lambda: &[f64], chosen: &[u32], slope: &mut [f64]) {
        for j in chosen {
            for (from, to) in self.cover.runs(*j as usize) {
                slope[*from as usize..*to as usize].iter_mut().for_each(|s| *s -= 1.0);
            }
        }
    }
}

/// Less what the multipliers of each site's points add up to.
pub(crate) fn reach_sums(cover: &Cover, lambda: &[f64], into: &mut [f64]) {
    if cover.is_long() {
        let mut sums = Vec::with_capacity(lambda.len() + 1);
        let mut sum = 0.0;
        sums.push(sum);
        sums.extend(lambda.iter().map(|u| {
            sum += u;
            sum
        }));
        let one = |j: usize| {
            let runs = cover.runs(j).iter();
            runs.map(|(from, to)| sums[*from as usize] - sums[*to as usize]).sum::<f64>()
        };
        into.par_iter_mut().with_min_len(256).enumerate().for_each(|(j, r)| *r = one(j));
    } else {
        let one = |j: usize| -cover.places(j).map(|i| lambda[i]).sum::<f64>();
        into.par_iter_mut().with_min_len(256).enumerate().for_each(|(j, r)| *r = one(j));
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
    let mut multipliers = vec![0.0; points];
    for (i, u) in cover.order().iter().zip(placed) {
        multipliers[*i as usize] = u;
    }
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

/// Open sites and how often each point is covered.
struct Covered<'a> {
    cover: &'a Cover,
    worth: &'a Worth,
    sites: &'a Sites,
    is_open: Vec<bool>,
    list: Vec<u32>,
    count: Vec<u32>,
    /// The sum, and the sum of squares, of the numbers of the sites that cover a point: of one or two they say which.
    sum: Vec<u64>,
    squares: Vec<u64>,
    /// What closing each site would lose.
    loss: Vec<f64>,
    total: f64,
    extra: Vec<f64>,
}

impl<'a> Covered<'a> {
    fn new(cover: &'a Cover, worth: &'a Worth, sites: &'a Sites) -> Self {
        let (points, count) = (cover.points(), cover.sites());
        Self {
            cover,
            worth,
            sites,
            is_open: vec![false; count],
            list: Vec::new(),
            count: vec![0; points],
            sum: vec![0; points],
            squares: vec![0; points],
            loss: vec![0.0; count],
            total: 0.0,
            extra: vec![0.0; count],
        }
    }

    /// The two sites that cover a point which two cover.
    fn two(&self, i: usize) -> (usize, usize) {
        let (sum, squares) = (self.sum[i], self.squares[i]);
        let apart = (2 * squares - sum * sum).isqrt();
        let at = |n: u64| usize::try_from(n / 2).unwrap_or(usize::MAX);
        (at(sum - apart), at(sum + apart))
    }

    fn open(&mut self, site: u32) {
        let (j, id) = (site as usize, u64::from(site));
        self.is_open[j] = true;
        self.list.push(site);
        self.total -= self.sites.cost(j);
        self.loss[j] = -self.sites.cost(j);
        for i in self.cover.places(j) {
            let own = self.worth.step(i, self.count[i]);
            self.total += own;
            self.loss[j] += own;
            match self.count[i] {
                1 => {
                    let sole = usize::try_from(self.sum[i]).unwrap_or(usize::MAX);
                    self.loss[sole] -= self.worth.step(i, 0) - own;
                }
                2 => {
                    let (a, b) = self.two(i);
                    self.loss[a] -= self.worth.step(i, 1);
                    self.loss[b] -= self.worth.step(i, 1);
                }
                _ => {}
            }
            self.count[i] += 1;
            self.sum[i] += id;
            self.squares[i] += id * id;
        }
    }

    fn close(&mut self, site: u32) {
        let (j, id) = (site as usize, u64::from(site));
        self.is_open[j] = false;
        self.list.retain(|other| *other != site);
        self.total += self.sites.cost(j);
        self.loss[j] = 0.0;
        for i in self.cover.places(j) {
            self.count[i] -= 1;
            self.sum[i] -= id;
            self.squares[i] -= id * id;
            let own = self.worth.step(i, self.count[i]);
            self.total -= own;
            match self.count[i] {
                1 => {
                    let sole = usize::try_from(self.sum[i]).unwrap_or(usize::MAX);
                    self.loss[sole] += self.worth.step(i, 0) - own;
                }
                2 => {
                    let (a, b) = self.two(i);
                    self.loss[a] += self.worth.step(i, 1);
                    self.loss[b] += self.worth.step(i, 1);
                }
                _ => {}
            }
        }
    }

    fn gain(&self, j: usize) -> f64 {
        let own = self.cover.places(j).map(|i| self.worth.step(i, self.count[i]));
        own.sum::<f64>() - self.sites.cost(j)
    }

    /// The sites that add most, one after the other, with lazy evaluation (Minoux, 1978, doi:10.1007/BFb0006528).
    fn begin(&mut self) {
        let count = self.cover.sites();
        let sites = self.sites;
        let of = |state: State| -> Vec<u32> {
            (0_u32..).take(count).filter(|j| sites.state(*j as usize) == state).collect()
        };
        let (required, candidates) = (of(State::Required), of(State::Candidate));
        for j in required {
            self.open(j);
        }
        let gains: Vec<f64> = candidates.par_iter().map(|j| self.gain(*j as usize)).collect();
        let mut heap: BinaryHeap<(Ordered, std::cmp::Reverse<u32>)> =
            gains.into_iter().map(Ordered).zip(candidates.iter().map(|j| std::cmp::Reverse(*j))).collect();
        let wanted = self.sites.open.unwrap_or(usize::MAX);
        let mut order: Vec<u32> = Vec::new();
        while self.list.len() < wanted
            && let Some((Ordered(known), std::cmp::Reverse(j))) = heap.pop()
        {
            let now = self.gain(j as usize);
            if now < known && heap.peek().is_some_and(|(next, _)| next.0 > now) {
                heap.push((Ordered(now), std::cmp::Reverse(j)));
                continue;
            }
            if self.sites.open.is_none() && now <= 0.0 && !self.list.is_empty() {
                break;
            }
            self.open(j);
            order.push(j);
        }
        if !self.sites.is_plain() && !permitted(self.sites, &self.list) {
            let mut value = vec![0.0; count];
            for (rank, j) in order.iter().enumerate() {
                #[expect(clippy::cast_precision_loss, reason = "a rank")]
                let early = (rank as f64) - 1e9;
                value[*j as usize] = early;
            }
            let mut chosen = self.sites.choose(&value);
            if !permitted(self.sites, &chosen) {
                let prices: Vec<f64> = (0..count).map(|j| self.sites.price(j)).collect();
                chosen = self.sites.choose(&prices);
            }
            for j in self.list.clone() {
                self.close(j);
            }
            for j in chosen {
                self.open(j);
            }
        }
    }

    /// The best exchange that opens a site: what it adds, and what it closes.
    fn best_with(&mut self, site: u32) -> (f64, Option<u32>) {
        let mut gain = -self.sites.cost(site as usize);
        let mut touched: Vec<usize> = Vec::new();
        for i in self.cover.places(site as usize) {
            let step = self.worth.step(i, self.count[i]);
            gain += step;
            let (who, what) = match self.count[i] {
                1 => {
                    let sole = usize::try_from(self.sum[i]).unwrap_or(usize::MAX);
                    ([Some(sole), None], self.worth.step(i, 0) - step)
                }
                2 if !self.worth.twice.is_empty() => {
                    let (a, b) = self.two(i);
                    ([Some(a), Some(b)], self.worth.step(i, 1))
                }
                _ => continue,
            };
            for r in who.into_iter().flatten().filter(|_| what != 0.0) {
                if self.extra[r] == 0.0 {
                    touched.push(r);
                }
                self.extra[r] += what;
            }
        }
        let mut best = (f64::NEG_INFINITY, None);
        for r in &self.list {
            let j = *r as usize;
            if self.sites.state(j) == State::Candidate && self.permits(site, *r) {
                let change = gain - self.loss[j] + self.extra[j];
                if change > best.0 {
                    best = (change, Some(*r));
                }
            }
        }
        for r in touched {
            self.extra[r] = 0.0;
        }
        best
    }

    fn permits(&self, opened: u32, closed: u32) -> bool {
        let sites = self.sites;
        if sites.is_plain() {
            return true;
        }
        let (to, from) = (sites.group(opened as usize), sites.group(closed as usize));
        if to != from {
            let inside = |g: usize| self.list.iter().filter(|j| sites.group(**j as usize) == Some(g)).count();
            if to.is_some_and(|g| inside(g) >= sites.groups[g].most)
                || from.is_some_and(|g| inside(g) <= sites.groups[g].least)
            {
                return false;
            }
        }
        let Some((prices, limit)) = &sites.budget else { return true };
        let spent: f64 = self.list.iter().map(|j| prices[*j as usize]).sum();
        spent + prices[opened as usize] - prices[closed as usize] <= *limit
    }

    /// Exchanges as long as they add something, so many times over the list of sites at most.
    fn descend(&mut self, order: &[u32], fixed: &[bool], passes: usize) {
        for _ in 0..passes {
            let before = self.total;
            for site in order {
                let j = *site as usize;
                if self.is_open[j] || fixed[j] || self.sites.state(j) != State::Candidate {
                    continue;
                }
                let (change, closed) = self.best_with(*site);
                if change > 1e-9 * self.total.abs().max(1.0)
                    && let Some(closed) = closed
                {
                    self.close(closed);
                    self.open(*site);
                }
            }
            if self.total <= before {
                return;
            }
        }
    }

    /// Iterated local search: an open site gives way to one near it, what is near is tried, and what is no worse stays.
    fn shake(&mut self, near: &[Vec<u32>], chance: &mut ChaCha8Rng, times: usize, fixed: &[bool]) {
        if near.is_empty() || self.list.is_empty() {
            return;
        }
        for _ in 0..times {
            let before = self.total;
            let mut moves: Vec<(u32, u32)> = Vec::new();
            let closed = self.list[chance.random_range(0..self.list.len())];
            let around = &near[closed as usize];
            if around.is_empty() || self.sites.state(closed as usize) != State::Candidate {
                continue;
            }
            let opened = around[chance.random_range(0..around.len())];
            let usable = !self.is_open[opened as usize]
                && !fixed[opened as usize]
                && self.sites.state(opened as usize) == State::Candidate
                && self.permits(opened, closed);
            if !usable {
                continue;
            }
            self.close(closed);
            self.open(opened);
            moves.push((opened, closed));
            let tried: Vec<u32> = near[opened as usize].iter().chain(around).copied().collect();
            for site in tried {
                let j = site as usize;
                if self.is_open[j] || fixed[j] || self.sites.state(j) != State::Candidate {
                    continue;
                }
                let (change, out) = self.best_with(site);
                if change > 1e-9 * self.total.abs().max(1.0)
                    && let Some(out) = out
                {
                    self.close(out);
                    self.open(site);
                    moves.push((site, out));
                }
            }
            if self.total < before - 1e-9 * before.abs() {
                for (opened, closed) in moves.into_iter().rev() {
                    self.close(opened);
                    self.open(closed);
                }
            }
        }
    }
}
