//! A set of open sites with how often each point is covered, and exchanges that make it better.

use std::collections::BinaryHeap;

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::cover::Worth;
use crate::median::{Ordered, permitted};
use crate::model::{Sites, State};
use crate::reach::Cover;

/// Open sites and how often each point is covered.
pub(crate) struct Covered<'a> {
    pub(crate) cover: &'a Cover,
    pub(crate) worth: &'a Worth,
    pub(crate) sites: &'a Sites,
    pub(crate) is_open: Vec<bool>,
    pub(crate) list: Vec<u32>,
    pub(crate) count: Vec<u32>,
    /// The sum, and the sum of squares, of the numbers of the sites that cover a point: of one or two they say which.
    sum: Vec<u64>,
    squares: Vec<u64>,
    /// What closing each site would lose.
    loss: Vec<f64>,
    pub(crate) total: f64,
    extra: Vec<f64>,
}

impl<'a> Covered<'a> {
    pub(crate) fn new(cover: &'a Cover, worth: &'a Worth, sites: &'a Sites) -> Self {
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

    pub(crate) fn open(&mut self, site: u32) {
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
    pub(crate) fn begin(&mut self) {
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
    pub(crate) fn descend(&mut self, order: &[u32], fixed: &[bool], passes: usize) {
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
    pub(crate) fn shake(&mut self, near: &[Vec<u32>], chance: &mut ChaCha8Rng, times: usize, fixed: &[bool]) {
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
