//! What does not change while a plan is searched for, and its relaxation.

use rayon::prelude::*;

use super::Plan;
use super::courses::Courses;
use crate::dual::Relaxation;
use crate::reach::Cover;

const NONE: u32 = u32::MAX;

pub(super) struct Ground {
    pub(super) courses: Courses,
    /// One for each radius.
    covers: Vec<Cover>,
    cover_of: Vec<usize>,
    pub(super) times: Vec<u16>,
    /// What each cell is worth in each layer, by place in the covers' order.
    pub(super) worth: Vec<Vec<f64>>,
    pub(super) years: Vec<f64>,
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

    pub(super) fn layers(&self) -> usize {
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

    pub(super) fn anchored(&self, layer: usize, j: usize) -> &[u32] {
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
        let (lambda, prices) = lambda.split_at(self.points());
        let (slope, over) = slope.split_at_mut(self.points());
        let slopes = slope.par_chunks_mut(self.cells).enumerate();
        let bases: Vec<(f64, Vec<f64>)> =
            slopes.map(|(block, slope)| self.cells_alone(block, lambda, slope)).collect();
        let mut value = -bases.iter().map(|(total, _)| total).sum::<f64>();
        let places = (0..self.places()).into_par_iter().with_min_len(64);
        let costs: Vec<Vec<f64>> = places.map(|j| self.place_alone(j, (lambda, prices), &bases)).collect();
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
        let slopes = slope.par_chunks_mut(self.cells).enumerate();
        slopes.for_each(|(block, slope)| self.take_chosen(block, &chosen, slope));
        (value, chosen)
    }
}

impl Ground {
    /// What the cells of a block come to by themselves, and running sums of their multipliers; writes slopes.
    fn cells_alone(&self, block: usize, lambda: &[f64], slope: &mut [f64]) -> (f64, Vec<f64>) {
        let (layer, _) = self.block(block);
        let own = &lambda[block * self.cells..(block + 1) * self.cells];
        let (mut total, mut sum) = (0.0, 0.0);
        let mut sums = Vec::with_capacity(self.cells + 1);
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
    }

    /// What each course of a place costs at multipliers and prices.
    fn place_alone(
        &self,
        j: usize,
        (lambda, prices): (&[f64], &[f64]),
        bases: &[(f64, Vec<f64>)],
    ) -> Vec<f64> {
        let (layers, years) = (self.layers(), self.years.len());
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
                let all: f64 = runs.iter().map(|(from, to)| sums[*to as usize] - sums[*from as usize]).sum();
                let own = self.anchored(layer, j).iter();
                gains[block] = all - own.map(|at| lambda[block * self.cells + *at as usize]).sum::<f64>();
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
    }

    /// Takes from the slopes of a block how often the chosen courses serve each cell.
    fn take_chosen(&self, block: usize, chosen: &[u32], slope: &mut [f64]) {
        let (year, layer) = (block / self.layers(), block % self.layers());
        let mut turns = vec![0_i32; self.cells + 1];
        for (j, c) in chosen.iter().enumerate() {
            if self.serves(*c, year) >> layer & 1 == 1 {
                for (from, to) in self.cover(layer).runs(j) {
                    turns[*from as usize] += 1;
                    turns[*to as usize] -= 1;
                }
                for at in self.anchored(layer, j) {
                    slope[*at as usize] += 1.0;
                }
            }
        }
        let mut count = 0;
        for (slope, turn) in slope.iter_mut().zip(&turns) {
            count += turn;
            *slope -= f64::from(count);
        }
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
