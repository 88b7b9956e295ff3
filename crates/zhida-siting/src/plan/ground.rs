//! What does not change while a plan is searched for, its relaxation, and a plan in the making.

use rayon::prelude::*;

use super::courses::Courses;
use super::Plan;
use crate::dual::Relaxation;
use crate::reach::Cover;

const NONE: u32 = u32::MAX;

/// Below this a limit is kept.
pub(super) const SLACK: f64 = 1e-7;

pub(super) struct Ground {
    pub(super) courses: Courses,
    /// One for each radius.
    covers: Vec<Cover>,
    cover_of: Vec<usize>,
    pub(super) times: Vec<u16>,
    /// What each cell is worth in each layer, by place in the covers' order.
    worth: Vec<Vec<f64>>,
    years: Vec<f64>,
    /// The layers that each course serves in each year.
    serves: Vec<u64>,
    cells: usize,
    /// In layers that want two places: the place now nearest to each cell, by layer and the cell's place. A second one
    /// besides it is asked for, which bounds better than half of any two.
    anchor: Vec<Vec<u32>>,
    /// The cells (by their places) that have each place for an anchor, by layer.
    anchored: Vec<Vec<Vec<u32>>>,
}

impl Ground {
    pub(super) fn new(plan: &Plan) -> Self {
        let courses = Courses::new(plan);
        let (mut covers, mut radii, mut cover_of): (Vec<Cover>, Vec<f64>, Vec<usize>) = Default::default();
        for layer in &plan.layers {
            let known = radii.iter().position(|r| r.to_bits() == layer.radius.to_bits());
            cover_of.push(known.unwrap_or_else(|| {
                radii.push(layer.radius);
                covers.push(Cover::within(&plan.metric, &|_| layer.radius));
                radii.len() - 1
            }));
        }
        let worth = plan.layers.iter().zip(&cover_of).map(|(layer, at)| {
            let order = covers[*at].order().iter();
            order.map(|i| layer.people[*i as usize] * layer.factor).collect()
        });
        let worth = worth.collect();
        let years = plan.years.len();
        let mut serves = Vec::with_capacity(courses.count() * years);
        for (course, j) in (0_u32..).zip(&courses.place) {
            serves.extend((0..years).map(|y| {
                let offer = courses.tier(course, y).and_then(|t| plan.offer(*j as usize, t));
                offer.map_or(0, |o| o.serves)
            }));
        }
        let anchor: Vec<Vec<u32>> =
            (0..plan.layers.len()).map(|l| anchors(plan, l, &covers[cover_of[l]])).collect();
        let anchored = anchor.iter().map(|anchor| {
            let mut lists = vec![Vec::new(); if anchor.is_empty() { 0 } else { plan.places.len() }];
            for (at, j) in (0_u32..).zip(anchor).filter(|(_, j)| **j != NONE) {
                lists[*j as usize].push(at);
            }
            lists
        });
        let anchored = anchored.collect();
        Self {
            courses,
            covers,
            cover_of,
            times: plan.layers.iter().map(|l| l.times).collect(),
            worth,
            years: plan.years.iter().map(|y| y.worth).collect(),
            serves,
            cells: plan.metric.demand(),
            anchor,
            anchored,
        }
    }

    pub(super) fn places(&self) -> usize {
        self.courses.begin.len() - 1
    }

    fn layers(&self) -> usize {
        self.times.len()
    }

    /// Years × layers.
    pub(super) fn blocks(&self) -> usize {
        self.years.len() * self.layers()
    }

    pub(super) fn cells(&self) -> usize {
        self.cells
    }

    /// Multipliers of cells; those of limits stand behind them.
    pub(super) fn points(&self) -> usize {
        self.blocks() * self.cells
    }

    /// How many places, its anchor apart, a cell has to have.
    pub(super) fn wants(&self, layer: usize, at: usize) -> f64 {
        let has = self.anchor[layer].get(at).is_some_and(|j| *j != NONE);
        f64::from(self.times[layer] - u16::from(has))
    }

    fn anchored(&self, layer: usize, j: usize) -> &[u32] {
        self.anchored[layer].get(j).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn serves(&self, course: u32, year: usize) -> u64 {
        self.serves[course as usize * self.years.len() + year]
    }

    /// The layer of a block, and what a year is worth in it.
    pub(super) fn block(&self, block: usize) -> (usize, f64) {
        (block % self.layers(), self.years[block / self.layers()])
    }

    /// What a cell is worth in a block, by its place.
    pub(super) fn value(&self, block: usize, at: usize) -> f64 {
        let (layer, year) = self.block(block);
        self.worth[layer][at] * year
    }

    pub(super) fn cover(&self, layer: usize) -> &Cover {
        &self.covers[self.cover_of[layer]]
    }

    /// How often each cell can be served at most, in each block, whatever is decided.
    pub(super) fn reachable(&self) -> Vec<bool> {
        let mut found = vec![false; self.points()];
        found.par_chunks_mut(self.cells.max(1)).enumerate().for_each(|(block, found)| {
            let (year, layer) = (block / self.layers(), block % self.layers());
            for j in 0..self.places() {
                if self.courses.of(j).any(|c| self.serves(c, year) >> layer & 1 == 1) {
                    for (from, to) in self.cover(layer).runs(j) {
                        found[*from as usize..*to as usize].fill(true);
                    }
                }
            }
        });
        found
    }
}

impl Relaxation for Ground {
    fn multipliers(&self) -> usize {
        self.points() + self.courses.limits.len()
    }

    fn choices(&self) -> usize {
        self.courses.count()
    }

    fn cap(&self, i: usize) -> f64 {
        if i >= self.points() {
            return f64::INFINITY;
        }
        let block = i / self.cells;
        self.value(block, i % self.cells) / self.wants(self.block(block).0, i % self.cells)
    }

    fn evaluate(&self, lambda: &[f64], slope: &mut [f64], reduced: &mut [f64]) -> (f64, Vec<u32>) {
        let (cells, layers, years) = (self.cells, self.layers(), self.years.len());
        let (lambda, prices) = lambda.split_at(self.points());
        let (slope, over) = slope.split_at_mut(self.points());
        // Each cell by itself, and running sums of its multipliers.
        let base = |block: usize, slope: &mut [f64]| {
            let (layer, _) = self.block(block);
            let own = &lambda[block * cells..(block + 1) * cells];
            let (mut total, mut sum) = (0.0, 0.0);
            let mut sums = Vec::with_capacity(cells + 1);
            sums.push(0.0);
            for (at, (u, slope)) in own.iter().zip(slope).enumerate() {
                let wants = self.wants(layer, at);
                let left = self.value(block, at) - wants * u;
                *slope = if left > 0.0 { wants } else { 0.0 };
                total += left.max(0.0);
                sum += u;
                sums.push(sum);
            }
            (total, sums)
        };
        let bases: Vec<(f64, Vec<f64>)> =
            slope.par_chunks_mut(cells).enumerate().map(|(block, slope)| base(block, slope)).collect();
        let mut value = -bases.iter().map(|(total, _)| total).sum::<f64>();
        // Each place by itself.
        let cost = |j: usize| -> Vec<f64> {
            let of = self.courses.of(j);
            let served = of.clone().flat_map(|c| (0..years).map(move |y| (y, self.serves(c, y))));
            let mut wanted = vec![0_u64; years];
            served.for_each(|(y, mask)| wanted[y] |= mask);
            let mut gains = vec![0.0; years * layers];
            for layer in 0..layers {
                let runs = self.cover(layer).runs(j);
                for y in (0..years).filter(|y| wanted[*y] >> layer & 1 == 1) {
                    let block = y * layers + layer;
                    let sums = &bases[block].1;
                    let all: f64 =
                        runs.iter().map(|(from, to)| sums[*to as usize] - sums[*from as usize]).sum();
                    let own = self.anchored(layer, j).iter();
                    gains[block] = all - own.map(|at| lambda[block * cells + *at as usize]).sum::<f64>();
                }
            }
            let of_course = |c: u32| {
                let mut cost = 0.0;
                for y in 0..years {
                    let mask = self.serves(c, y);
                    let own = (0..layers).filter(|l| mask >> l & 1 == 1);
                    cost -= own.map(|l| gains[y * layers + l]).sum::<f64>();
                }
                cost + self.courses.uses(c).iter().map(|(r, a)| prices[*r as usize] * a).sum::<f64>()
            };
            of.map(of_course).collect()
        };
        let costs: Vec<Vec<f64>> = (0..self.places()).into_par_iter().with_min_len(64).map(cost).collect();
        let mut chosen = Vec::with_capacity(costs.len());
        for (o, (price, limit)) in over.iter_mut().zip(prices.iter().zip(&self.courses.limits)) {
            *o = -limit.most;
            value -= price * limit.most;
        }
        for (j, costs) in costs.iter().enumerate() {
            let first = self.courses.begin[j];
            let mut best = (f64::INFINITY, first);
            for (c, cost) in (first..).zip(costs) {
                reduced[c as usize] = *cost;
                if *cost < best.0 {
                    best = (*cost, c);
                }
            }
            value += best.0;
            chosen.push(best.1);
            for (r, a) in self.courses.uses(best.1) {
                over[*r as usize] += a;
            }
        }
        slope.par_chunks_mut(cells).enumerate().for_each(|(block, slope)| {
            let (year, layer) = (block / layers, block % layers);
            let mut turns = vec![0_i32; cells + 1];
            for (j, c) in chosen.iter().enumerate() {
                if self.serves(*c, year) >> layer & 1 == 1 {
                    for (from, to) in self.cover(layer).runs(j) {
                        turns[*from as usize] += 1;
                        turns[*to as usize] -= 1;
                    }
                    self.anchored(layer, j).iter().for_each(|at| slope[*at as usize] += 1.0);
                }
            }
            let mut count = 0;
            for (slope, turn) in slope.iter_mut().zip(&turns) {
                count += turn;
                *slope -= f64::from(count);
            }
        });
        (value, chosen)
    }
}

/// In a layer that wants two places the nearest place to each cell that serves it now, the first of equals.
fn anchors(plan: &Plan, layer: usize, cover: &Cover) -> Vec<u32> {
    if plan.layers[layer].times < 2 {
        return Vec::new();
    }
    let mut found = vec![(f64::INFINITY, NONE); cover.points()];
    for (j, place) in (0_u32..).zip(&plan.places) {
        let offer = place.now.and_then(|t| plan.offer(j as usize, t));
        if offer.is_some_and(|o| o.serves >> layer & 1 == 1) {
            for at in cover.places(j as usize) {
                let far = plan.metric.distance(cover.order()[at] as usize, j as usize);
                if far < found[at].0 {
                    found[at] = (far, j);
                }
            }
        }
    }
    found.into_iter().map(|(_, j)| j).collect()
}

/// The prices alone, what cells contribute being fixed.
pub(super) struct Prices<'a> {
    courses: &'a Courses,
    /// What each course costs without prices.
    own: Vec<f64>,
    base: f64,
}

impl<'a> Prices<'a> {
    /// At multipliers that come to a value, with what each course costs at them and their prices.
    pub(super) fn new(courses: &'a Courses, value: f64, reduced: &[f64], prices: &[f64]) -> Self {
        let of = |c: u32| {
            let paid: f64 = courses.uses(c).iter().map(|(r, a)| prices[*r as usize] * a).sum();
            reduced[c as usize] - paid
        };
        let count = u32::try_from(courses.count()).unwrap_or(u32::MAX);
        let own = (0..count).into_par_iter().with_min_len(4_096).map(of).collect();
        let cheapest = |j: usize| courses.of(j).map(|c| reduced[c as usize]).fold(f64::INFINITY, f64::min);
        let chosen: f64 = (0..courses.begin.len() - 1).map(cheapest).sum();
        let paid: f64 = prices.iter().zip(&courses.limits).map(|(price, limit)| price * limit.most).sum();
        Self { courses, own, base: value - chosen + paid }
    }
}

impl Relaxation for Prices<'_> {
    fn multipliers(&self) -> usize {
        self.courses.limits.len()
    }

    fn choices(&self) -> usize {
        self.courses.count()
    }

    fn cap(&self, _limit: usize) -> f64 {
        f64::INFINITY
    }

    fn evaluate(&self, lambda: &[f64], slope: &mut [f64], reduced: &mut [f64]) -> (f64, Vec<u32>) {
        let of = |j: usize| {
            let mut best = (f64::INFINITY, 0);
            for c in self.courses.of(j) {
                let paid: f64 = self.courses.uses(c).iter().map(|(r, a)| lambda[*r as usize] * a).sum();
                let cost = self.own[c as usize] + paid;
                if cost < best.0 {
                    best = (cost, c);
                }
            }
            best
        };
        let places = 0..self.courses.begin.len() - 1;
        let best: Vec<(f64, u32)> = places.into_par_iter().with_min_len(512).map(of).collect();
        let mut value = self.base;
        for (slope, (price, limit)) in slope.iter_mut().zip(lambda.iter().zip(&self.courses.limits)) {
            *slope = -limit.most;
            value -= price * limit.most;
        }
        let mut chosen = Vec::with_capacity(best.len());
        for (cost, course) in best {
            value += cost;
            chosen.push(course);
            reduced[course as usize] = cost;
            for (r, a) in self.courses.uses(course) {
                slope[*r as usize] += a;
            }
        }
        (value, chosen)
    }
}

/// The limits alone, each price at most 1: the bound is the least by which they are broken together.
pub(super) struct Limits<'a>(pub(super) &'a Courses);

impl Relaxation for Limits<'_> {
    fn multipliers(&self) -> usize {
        self.0.limits.len()
    }

    fn choices(&self) -> usize {
        self.0.count()
    }

    fn cap(&self, _limit: usize) -> f64 {
        1.0
    }

    fn evaluate(&self, lambda: &[f64], slope: &mut [f64], reduced: &mut [f64]) -> (f64, Vec<u32>) {
        let mut value = 0.0;
        for (slope, (price, limit)) in slope.iter_mut().zip(lambda.iter().zip(&self.0.limits)) {
            *slope = -limit.most;
            value -= price * limit.most;
        }
        let mut chosen = Vec::new();
        for j in 0..self.0.begin.len() - 1 {
            let mut best = (f64::INFINITY, 0);
            for c in self.0.of(j) {
                let cost = self.0.uses(c).iter().map(|(r, a)| lambda[*r as usize] * a).sum();
                reduced[c as usize] = cost;
                if cost < best.0 {
                    best = (cost, c);
                }
            }
            value += best.0;
            chosen.push(best.1);
            for (r, a) in self.0.uses(best.1) {
                slope[*r as usize] += a;
            }
        }
        (value, chosen)
    }
}

/// A plan in the making: a course for each place, how often every cell is served, and what is used of each limit.
#[derive(Clone)]
pub(super) struct Draft<'a> {
    ground: &'a Ground,
    pub(super) course: Vec<u32>,
    count: Vec<u16>,
    used: Vec<f64>,
    /// What is served.
    pub(super) total: f64,
    /// By how much limits are broken, in their scales.
    pub(super) over: f64,
}

impl<'a> Draft<'a> {
    pub(super) fn new(ground: &'a Ground, course: Vec<u32>) -> Self {
        let (cells, layers) = (ground.cells, ground.layers());
        let mut count = vec![0_u16; ground.points()];
        let totals = count.par_chunks_mut(cells).enumerate().map(|(block, count)| {
            let (year, layer) = (block / layers, block % layers);
            for (j, c) in course.iter().enumerate() {
                if ground.serves(*c, year) >> layer & 1 == 1 {
                    for (from, to) in ground.cover(layer).runs(j) {
                        count[*from as usize..*to as usize].iter_mut().for_each(|n| *n += 1);
                    }
                }
            }
            let times = ground.times[layer];
            let served = count.iter().enumerate().filter(|(_, n)| **n >= times);
            served.map(|(at, _)| ground.value(block, at)).sum::<f64>()
        });
        let total = totals.collect::<Vec<f64>>().iter().sum();
        let mut used = vec![0.0; ground.courses.limits.len()];
        for c in &course {
            for (r, a) in ground.courses.uses(*c) {
                used[*r as usize] += a;
            }
        }
        let mut draft = Self { ground, course, count, used, total, over: 0.0 };
        draft.over = draft.broken().map(|(_, over)| over).sum();
        draft
    }

    /// The limits that are broken, and by how much.
    pub(super) fn broken(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        let over = self.used.iter().zip(&self.ground.courses.limits).map(|(used, limit)| used - limit.most);
        over.enumerate().filter(|(_, over)| *over > SLACK)
    }

    pub(super) fn ground(&self) -> &'a Ground {
        self.ground
    }

    pub(super) fn keeps(&self) -> bool {
        self.over <= SLACK
    }

    pub(super) fn count(&self, block: usize) -> &[u16] {
        &self.count[block * self.ground.cells..(block + 1) * self.ground.cells]
    }

    /// What another course of a place would add to what is served.
    pub(super) fn gain(&self, course: u32) -> f64 {
        let ground = self.ground;
        let j = ground.courses.place[course as usize] as usize;
        let (now, layers) = (self.course[j], ground.layers());
        let mut gain = 0.0;
        for (year, worth) in ground.years.iter().enumerate() {
            let (old, new) = (ground.serves(now, year), ground.serves(course, year));
            for layer in (0..layers).filter(|l| (old ^ new) >> l & 1 == 1) {
                let count = self.count(year * layers + layer);
                let (worths, times) = (&ground.worth[layer], ground.times[layer]);
                let more = new >> layer & 1 == 1;
                // The count at which it matters.
                let turns = if more { times - 1 } else { times };
                let mut sum = 0.0;
                for (from, to) in ground.cover(layer).runs(j) {
                    let range = *from as usize..*to as usize;
                    for (n, own) in count[range.clone()].iter().zip(&worths[range]) {
                        sum += if *n == turns { *own } else { 0.0 };
                    }
                }
                gain += if more { sum * worth } else { -sum * worth };
            }
        }
        gain
    }

    /// Each limit that another course of a place takes more or less of.
    pub(super) fn differs(&self, course: u32, mut f: impl FnMut(usize, f64)) {
        let courses = &self.ground.courses;
        let now = self.course[courses.place[course as usize] as usize];
        let (mut old, mut new) = (courses.uses(now).iter().peekable(), courses.uses(course).iter().peekable());
        loop {
            match (old.peek(), new.peek()) {
                (None, None) => return,
                (Some((r, a)), Some((s, b))) if r == s => {
                    if a != b {
                        f(*r as usize, b - a);
                    }
                    old.next();
                    new.next();
                }
                (Some((r, a)), other) if other.is_none_or(|(s, _)| r < s) => {
                    f(*r as usize, -a);
                    old.next();
                }
                (_, Some((s, b))) => {
                    f(*s as usize, *b);
                    new.next();
                }
                (Some(_), None) => {
                    old.next();
                }
            }
        }
    }

    /// By how much more limits would be broken.
    pub(super) fn strain(&self, course: u32) -> f64 {
        let mut strain = 0.0;
        self.differs(course, |r, change| {
            let over = self.used[r] - self.ground.courses.limits[r].most;
            let past = |over: f64| if over > SLACK { over } else { 0.0 };
            strain += past(over + change) - past(over);
        });
        strain
    }

    /// What another course takes at given prices.
    pub(super) fn priced(&self, course: u32, prices: &[f64]) -> f64 {
        let mut sum = 0.0;
        self.differs(course, |r, change| sum += prices[r] * change);
        sum
    }

    pub(super) fn set(&mut self, course: u32) {
        let ground = self.ground;
        let j = ground.courses.place[course as usize] as usize;
        let (now, layers, cells) = (self.course[j], ground.layers(), ground.cells);
        self.total += self.gain(course);
        let mut changes = Vec::new();
        self.differs(course, |r, change| changes.push((r, change)));
        for (r, change) in changes {
            self.used[r] += change;
        }
        for year in 0..ground.years.len() {
            let (old, new) = (ground.serves(now, year), ground.serves(course, year));
            for layer in (0..layers).filter(|l| (old ^ new) >> l & 1 == 1) {
                let block = year * layers + layer;
                let count = &mut self.count[block * cells..(block + 1) * cells];
                let more = new >> layer & 1 == 1;
                for (from, to) in ground.cover(layer).runs(j) {
                    let range = *from as usize..*to as usize;
                    count[range].iter_mut().for_each(|n| if more { *n += 1 } else { *n -= 1 });
                }
            }
        }
        self.course[j] = course;
        self.over = self.broken().map(|(_, over)| over).sum();
    }
}
