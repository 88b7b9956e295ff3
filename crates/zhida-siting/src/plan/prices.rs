//! Relaxations in which only the prices of limits move.

use rayon::prelude::*;

use super::courses::Courses;
use crate::dual::Relaxation;

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
