//! The exact finish: what the bound does not rule out is tried, place by place.

use super::draft::{Draft, SLACK};
use super::ground::Ground;
use crate::dual::Dual;

/// More places than this are not tried.
const PLACES: usize = 400;
/// More steps than this are not made.
const STEPS: usize = 40_000;

struct Tree<'a, 'b> {
    ground: &'a Ground,
    /// The courses that could be in a better plan, cheapest first, of each place that has more than one.
    open: Vec<Vec<(f64, u32)>>,
    /// The least that the places from here on take of each limit.
    rest: Vec<Vec<f64>>,
    used: Vec<f64>,
    draft: Draft<'a>,
    best: &'b mut Draft<'a>,
    bound: f64,
    steps: usize,
}

/// Looks through everything that could be better than the best plan; whether it came to the end, so that the best plan is
/// the best there is (or there is none).
pub(super) fn finish(best: &mut Draft<'_>, dual: &Dual) -> bool {
    let ground = best.ground();
    let bound = -dual.value;
    let room = if best.keeps() { bound - best.total } else { f64::INFINITY };
    let mut open: Vec<Vec<(f64, u32)>> = Vec::new();
    let mut course = Vec::with_capacity(ground.places());
    for j in 0..ground.places() {
        let of = ground.courses.of(j);
        let least = of.clone().map(|c| dual.reduced[c as usize]).fold(f64::INFINITY, f64::min);
        let mut own: Vec<(f64, u32)> = of
            .map(|c| (dual.reduced[c as usize] - least, c))
            .filter(|(penalty, _)| *penalty <= 0.0 || *penalty < room)
            .collect();
        own.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        course.push(own.first().map_or(0, |(_, c)| *c));
        if own.len() > 1 {
            open.push(own);
            if open.len() > PLACES {
                return false;
            }
        }
    }
    open.sort_by(|a, b| b[1].0.total_cmp(&a[1].0).then(a[0].1.cmp(&b[0].1)));
    let limits = ground.courses.limits.len();
    let mut rest = vec![vec![0.0; limits]; open.len() + 1];
    for (k, own) in open.iter().enumerate().rev() {
        let mut least = vec![f64::INFINITY; limits];
        for (_, c) in own {
            let mut of = vec![0.0; limits];
            ground.courses.uses(*c).iter().for_each(|(r, a)| of[*r as usize] = *a);
            least.iter_mut().zip(of).for_each(|(least, a)| *least = least.min(a));
        }
        rest[k] = least.iter().zip(&rest[k + 1]).map(|(a, b)| a + b).collect();
    }
    let mut used = vec![0.0; limits];
    let branched: Vec<u32> = open.iter().map(|own| ground.courses.place[own[0].1 as usize]).collect();
    for (j, c) in (0_u32..).zip(&course) {
        if !branched.contains(&j) {
            ground.courses.uses(*c).iter().for_each(|(r, a)| used[*r as usize] += a);
        }
    }
    let draft = Draft::new(ground, course);
    let mut tree = Tree { ground, open, rest, used, draft, best, bound, steps: 0 };
    tree.descend(0, 0.0)
}

impl Tree<'_, '_> {
    fn fits(&self, depth: usize) -> bool {
        let limits = self.ground.courses.limits.iter();
        limits
            .zip(self.used.iter().zip(&self.rest[depth]))
            .all(|(l, (used, rest))| used + rest <= l.most + SLACK)
    }

    fn descend(&mut self, depth: usize, penalty: f64) -> bool {
        let Some(own) = self.open.get(depth).cloned() else {
            if self.draft.keeps() && (!self.best.keeps() || self.draft.total > self.best.total) {
                *self.best = self.draft.clone();
            }
            return true;
        };
        for (more, course) in own {
            let better = !self.best.keeps()
                || self.bound - penalty - more > self.best.total + 1e-9 * self.best.total.abs();
            if !better {
                break;
            }
            if self.steps >= STEPS {
                return false;
            }
            self.steps += 1;
            let uses = self.ground.courses.uses(course);
            for (r, a) in uses {
                self.used[*r as usize] += a;
            }
            if self.fits(depth + 1) {
                self.draft.set(course);
                if !self.descend(depth + 1, penalty + more) {
                    return false;
                }
            }
            for (r, a) in uses {
                self.used[*r as usize] -= a;
            }
        }
        true
    }
}
