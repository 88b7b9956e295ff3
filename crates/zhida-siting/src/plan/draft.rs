//! A plan in the making.

use rayon::prelude::*;

use super::ground::Ground;

/// Below this a limit is kept.
pub(super) const SLACK: f64 = 1e-7;

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
        let (cells, layers) = (ground.cells(), ground.layers());
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
        &self.count[block * self.ground.cells()..(block + 1) * self.ground.cells()]
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
    pub(super) fn differs(&self, course: u32, mut note: impl FnMut(usize, f64)) {
        let courses = &self.ground.courses;
        let (mut old, mut new) =
            (courses.uses(self.course[courses.place[course as usize] as usize]), courses.uses(course));
        // Both are sorted by limit.
        loop {
            let limit = match (old.first(), new.first()) {
                (None, None) => return,
                (Some((own, _)), None) | (None, Some((own, _))) => *own,
                (Some((own, _)), Some((other, _))) => *own.min(other),
            };
            let mut change = 0.0;
            if let Some(((_, amount), rest)) = old.split_first().filter(|((own, _), _)| *own == limit) {
                change -= amount;
                old = rest;
            }
            if let Some(((_, amount), rest)) = new.split_first().filter(|((own, _), _)| *own == limit) {
                change += amount;
                new = rest;
            }
            if change.abs() > 0.0 {
                note(limit as usize, change);
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
        let (now, layers, cells) = (self.course[j], ground.layers(), ground.cells());
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
