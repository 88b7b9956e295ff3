//! A set of open sites with every point's nearest two, and exchanges that make it better: fast interchange (Whitaker,
//! *INFOR* 21, 1983; Resende & Werneck, *ALENEX* 2003), local after a local change.

use std::collections::{BTreeSet, VecDeque};

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use crate::lists::{Columns, Lists};
use crate::metric::Metric;
use crate::model::{Sites, State};

pub(crate) const NONE: u32 = u32::MAX;

/// What does not change during a search.
pub(crate) struct Ground<'a> {
    pub(crate) lists: &'a Lists,
    pub(crate) columns: &'a Columns,
    pub(crate) sites: &'a Sites,
    /// Distances and weights, for what lies beyond the lists; without them such a point is not served, at its horizon.
    pub(crate) beyond: Option<(&'a Metric, &'a [f64])>,
    /// Sites near each site.
    pub(crate) near: Vec<Vec<u32>>,
}

impl<'a> Ground<'a> {
    pub(crate) fn new(
        lists: &'a Lists,
        columns: &'a Columns,
        sites: &'a Sites,
        count: usize,
        beyond: Option<(&'a Metric, &'a [f64])>,
    ) -> Self {
        let near = (0..count).map(|j| near(lists, columns, j)).collect();
        Self { lists, columns, sites, beyond, near }
    }

    fn count(&self) -> usize {
        self.near.len()
    }

    /// What it costs to serve each point from its cheapest open site, and all sites' own costs.
    pub(crate) fn total(&self, open: &[u32]) -> f64 {
        let mut set = Open::new(self, open);
        set.tally();
        set.cost
    }
}

/// Sites that the points of a site would also have near.
fn near(lists: &Lists, columns: &Columns, j: usize) -> Vec<u32> {
    let mut points: Vec<(f64, usize)> = columns.column(j).map(|(i, cost)| (cost, i)).collect();
    let few = 10.min(points.len());
    if few < points.len() {
        points.select_nth_unstable_by(few, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        points.truncate(few);
    }
    points.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut found: Vec<u32> = Vec::new();
    for (_, i) in points {
        for site in lists.row(i).0.iter().take(12) {
            if *site as usize != j && !found.contains(site) {
                found.push(*site);
            }
        }
        if found.len() >= 32 {
            break;
        }
    }
    found
}

/// A set of open sites.
pub(crate) struct Open<'a> {
    ground: &'a Ground<'a>,
    /// Where each site stands in `open`; `NONE` for a closed one.
    place: Vec<u32>,
    open: Vec<u32>,
    /// Each point's nearest and second nearest open site, and what they cost.
    first: Vec<u32>,
    second: Vec<u32>,
    cost_first: Vec<f64>,
    cost_second: Vec<f64>,
    /// What closing a site costs its points, without its own cost.
    loss: Vec<f64>,
    pub(crate) cost: f64,
    /// Points with fewer than two open sites in their list.
    far: BTreeSet<u32>,
    in_group: Vec<usize>,
    spent: f64,
    /// The open site whose closing costs least.
    cheapest: u32,
    extra: Vec<f64>,
    touched: Vec<u32>,
    /// Moves since the last mark, to take them back.
    moves: Vec<(u32, u32)>,
}

impl<'a> Open<'a> {
    pub(crate) fn new(ground: &'a Ground<'a>, open: &[u32]) -> Self {
        let (points, count) = (ground.lists.demand(), ground.count());
        let mut set = Self {
            ground,
            place: vec![NONE; count],
            open: Vec::new(),
            first: vec![NONE; points],
            second: vec![NONE; points],
            cost_first: vec![0.0; points],
            cost_second: vec![0.0; points],
            loss: vec![0.0; count],
            cost: 0.0,
            far: BTreeSet::new(),
            in_group: vec![0; ground.sites.groups.len()],
            spent: 0.0,
            cheapest: NONE,
            extra: vec![0.0; count],
            touched: Vec::new(),
            moves: Vec::new(),
        };
        for j in open {
            set.enter(*j);
        }
        for i in 0..points {
            set.locate(i);
        }
        set.tally();
        set
    }

    pub(crate) fn sites(&self) -> Vec<u32> {
        let mut open = self.open.clone();
        open.sort_unstable();
        open
    }

    /// What a point's nearest and second nearest open site cost.
    pub(crate) fn costs(&self, i: usize) -> (f64, f64) {
        (self.cost_first[i], self.cost_second[i])
    }

    pub(crate) fn is_open(&self, j: u32) -> bool {
        self.place[j as usize] != NONE
    }

    fn enter(&mut self, j: u32) {
        self.place[j as usize] = u32::try_from(self.open.len()).unwrap_or(NONE);
        self.open.push(j);
        self.cost += self.ground.sites.cost(j as usize);
        self.spent += self.ground.sites.price(j as usize);
        if let Some(g) = self.ground.sites.group(j as usize) {
            self.in_group[g] += 1;
        }
    }

    fn leave(&mut self, j: u32) {
        let at = self.place[j as usize] as usize;
        self.place[j as usize] = NONE;
        self.open.swap_remove(at);
        if let Some(moved) = self.open.get(at) {
            self.place[*moved as usize] = u32::try_from(at).unwrap_or(NONE);
        }
        self.cost -= self.ground.sites.cost(j as usize);
        self.spent -= self.ground.sites.price(j as usize);
        if let Some(g) = self.ground.sites.group(j as usize) {
            self.in_group[g] -= 1;
        }
    }

    /// Finds a point's nearest two open sites.
    fn locate(&mut self, i: usize) {
        let (sites, costs) = self.ground.lists.row(i);
        let mut found = [(NONE, f64::INFINITY); 2];
        let mut n = 0;
        for (j, c) in sites.iter().zip(costs) {
            if self.place[*j as usize] != NONE {
                found[n] = (*j, *c);
                n += 1;
                if n == 2 {
                    break;
                }
            }
        }
        let point = u32::try_from(i).unwrap_or(NONE);
        if n == 2 {
            if !self.far.is_empty() {
                self.far.remove(&point);
            }
        } else {
            self.far.insert(point);
            if let Some((metric, weights)) = self.ground.beyond {
                found = [(NONE, f64::INFINITY); 2];
                for j in &self.open {
                    let c = metric.distance(i, *j as usize) * weights[i];
                    if (c, *j) < (found[0].1, found[0].0) {
                        found = [(*j, c), found[0]];
                    } else if (c, *j) < (found[1].1, found[1].0) {
                        found[1] = (*j, c);
                    }
                }
            } else {
                let horizon = self.ground.lists.horizon(i);
                found.iter_mut().skip(n).for_each(|f| *f = (NONE, horizon));
            }
        }
        // With one open site alone, closing it is dearer than anything; a finite number, so that it can be taken away again.
        if found[1].1.is_infinite() {
            let last = costs.last().copied().unwrap_or(0.0);
            found[1].1 = found[0].1.max(2.0 * last + 1.0);
        }
        (self.first[i], self.cost_first[i]) = found[0];
        (self.second[i], self.cost_second[i]) = found[1];
    }

    /// Adds everything up anew.
    fn tally(&mut self) {
        self.loss.fill(0.0);
        self.cost = self.open.iter().map(|j| self.ground.sites.cost(*j as usize)).sum();
        for i in 0..self.first.len() {
            self.cost += self.cost_first[i];
            if self.first[i] != NONE {
                self.loss[self.first[i] as usize] += self.cost_second[i] - self.cost_first[i];
            }
        }
        self.find_cheapest();
    }

    fn may_close(&self, j: u32) -> bool {
        self.ground.sites.state(j as usize) == State::Candidate
    }

    fn find_cheapest(&mut self) {
        let key = |j: &u32| self.loss[*j as usize] - self.ground.sites.cost(*j as usize);
        let free = self.open.iter().filter(|j| self.may_close(**j));
        let best = free.min_by(|a, b| key(a).total_cmp(&key(b)).then(a.cmp(b)));
        self.cheapest = best.copied().unwrap_or(NONE);
    }

    /// Points whose nearest two may change with a site: those that have it in their list, and those beyond their lists.
    fn change(&mut self, j: u32, opened: bool) {
        let ground = self.ground;
        for (i, cost) in ground.columns.column(j as usize) {
            let affected =
                if opened { cost <= self.cost_second[i] } else { self.first[i] == j || self.second[i] == j };
            if affected {
                self.refresh(i, j, cost, opened);
            }
        }
        if !self.far.is_empty() && ground.beyond.is_some() {
            let far: Vec<u32> = self.far.iter().copied().collect();
            for i in far {
                self.refresh(i as usize, NONE, 0.0, false);
            }
        }
    }

    fn refresh(&mut self, i: usize, j: u32, cost: f64, opened: bool) {
        let before = (self.first[i], self.cost_first[i], self.cost_second[i]);
        if opened && self.second[i] != NONE && !self.far.contains(&u32::try_from(i).unwrap_or(NONE)) {
            if (cost, j) < (self.cost_first[i], self.first[i]) {
                (self.second[i], self.cost_second[i]) = (self.first[i], self.cost_first[i]);
                (self.first[i], self.cost_first[i]) = (j, cost);
            } else if (cost, j) < (self.cost_second[i], self.second[i]) {
                (self.second[i], self.cost_second[i]) = (j, cost);
            }
        } else {
            self.locate(i);
        }
        if before.0 != NONE {
            self.loss[before.0 as usize] -= before.2 - before.1;
        }
        if self.first[i] != NONE {
            self.loss[self.first[i] as usize] += self.cost_second[i] - self.cost_first[i];
        }
        self.cost += self.cost_first[i] - before.1;
    }

    /// Opens one site and closes another; `NONE` for neither. Can be taken back.
    fn shift(&mut self, opened: u32, closed: u32) {
        if opened != NONE {
            self.enter(opened);
            self.loss[opened as usize] = 0.0;
            self.change(opened, true);
        }
        if closed != NONE {
            self.leave(closed);
            self.change(closed, false);
        }
        self.find_cheapest();
        self.moves.push((opened, closed));
    }

    /// Takes back every move since the last mark.
    fn take_back(&mut self) {
        while let Some((opened, closed)) = self.moves.pop() {
            self.shift(closed, opened);
            self.moves.pop();
        }
    }

    /// The best move that opens a site: what it changes in the total, and what it closes.
    fn best_with(&mut self, site: u32) -> (f64, u32) {
        let ground = self.ground;
        let own = ground.sites.cost(site as usize);
        let mut gain = 0.0;
        self.touched.clear();
        for (i, cost) in ground.columns.column(site as usize) {
            if cost >= self.cost_second[i] {
                continue;
            }
            let first = self.first[i];
            if cost < self.cost_first[i] {
                gain += self.cost_first[i] - cost;
            }
            if first != NONE {
                let slot = &mut self.extra[first as usize];
                if *slot == 0.0 {
                    self.touched.push(first);
                }
                *slot += self.cost_second[i] - cost.max(self.cost_first[i]);
            }
        }
        let sites = ground.sites;
        let mut best = (f64::INFINITY, NONE);
        let mut offer = |closed: u32, extra: f64| {
            let change = own - gain + self.loss[closed as usize] - extra - sites.cost(closed as usize);
            if (change, closed) < best {
                best = (change, closed);
            }
        };
        if sites.is_plain() {
            for r in &self.touched {
                if sites.state(*r as usize) == State::Candidate {
                    offer(*r, self.extra[*r as usize]);
                }
            }
            if self.cheapest != NONE {
                offer(self.cheapest, self.extra[self.cheapest as usize]);
            }
        } else {
            for r in &self.open {
                if sites.state(*r as usize) == State::Candidate && self.permits(site, *r) {
                    offer(*r, self.extra[*r as usize]);
                }
            }
        }
        for r in &self.touched {
            self.extra[*r as usize] = 0.0;
        }
        // Without a number of open sites one may simply be added.
        if sites.open.is_none() && own - gain < best.0 && self.permits(site, NONE) {
            best = (own - gain, NONE);
        }
        best
    }

    /// Whether groups and budget allow an exchange.
    fn permits(&self, opened: u32, closed: u32) -> bool {
        let sites = self.ground.sites;
        let group = |j: u32| if j == NONE { None } else { sites.group(j as usize) };
        let (to, from) = (group(opened), group(closed));
        if to != from {
            if to.is_some_and(|g| self.in_group[g] >= sites.groups[g].most) {
                return false;
            }
            if from.is_some_and(|g| self.in_group[g] <= sites.groups[g].least) {
                return false;
            }
        }
        let price = |j: u32| if j == NONE { 0.0 } else { sites.price(j as usize) };
        let spent = self.spent + price(opened) - price(closed);
        sites.budget.as_ref().is_none_or(|(_, limit)| spent <= *limit || price(opened) <= price(closed))
    }

    /// Tries the sites of a queue, and then those near every change, until none of them makes it better.
    pub(crate) fn descend(
        &mut self,
        queue: &mut VecDeque<u32>,
        waits: &mut [bool],
        closed_for_good: &[bool],
    ) {
        let tolerance = 1e-9 * self.cost.abs().max(1.0);
        while let Some(site) = queue.pop_front() {
            waits[site as usize] = false;
            if self.is_open(site) {
                // Without a number of open sites one may simply go.
                if self.ground.sites.open.is_none() && self.may_close(site) && self.permits(NONE, site) {
                    let change = self.loss[site as usize] - self.ground.sites.cost(site as usize);
                    if change < -tolerance && self.open.len() > 1 {
                        self.shift(NONE, site);
                        self.wake(site, queue, waits);
                    }
                }
                continue;
            }
            if closed_for_good[site as usize] || self.ground.sites.state(site as usize) != State::Candidate {
                continue;
            }
            let (change, closed) = self.best_with(site);
            if change < -tolerance {
                self.shift(site, closed);
                self.wake(site, queue, waits);
                if closed != NONE {
                    self.wake(closed, queue, waits);
                }
            }
        }
    }

    fn wake(&self, site: u32, queue: &mut VecDeque<u32>, waits: &mut [bool]) {
        for j in self.ground.near[site as usize].iter().chain(std::iter::once(&site)) {
            if !std::mem::replace(&mut waits[*j as usize], true) {
                queue.push_back(*j);
            }
        }
    }

    /// Descends with every site tried.
    pub(crate) fn descend_everywhere(&mut self, order: &[u32], closed_for_good: &[bool]) {
        let mut waits = vec![false; self.place.len()];
        loop {
            let before = self.cost;
            let mut queue: VecDeque<u32> = order.iter().copied().collect();
            waits.fill(true);
            self.descend(&mut queue, &mut waits, closed_for_good);
            self.moves.clear();
            self.tally();
            if before - self.cost <= 1e-9 * before.abs().max(1.0) {
                return;
            }
        }
    }

    /// Iterated local search: shakes a few sites that stand near each other, descends there, and keeps what is no worse.
    pub(crate) fn shake(&mut self, chance: &mut ChaCha8Rng, times: usize, closed_for_good: &[bool]) {
        let mut waits = vec![false; self.place.len()];
        let mut queue = VecDeque::new();
        for _ in 0..times {
            let before = self.cost;
            self.moves.clear();
            let strength = chance.random_range(1..=4_usize).min(self.open.len());
            let mut centre = self.open[chance.random_range(0..self.open.len())];
            for _ in 0..strength {
                let closed = centre;
                let near = &self.ground.near[closed as usize];
                if near.is_empty() {
                    break;
                }
                let opened = near[chance.random_range(0..near.len())];
                let usable = !self.is_open(opened)
                    && self.is_open(closed)
                    && !closed_for_good[opened as usize]
                    && self.ground.sites.state(opened as usize) == State::Candidate
                    && self.may_close(closed)
                    && (self.ground.sites.is_plain() || self.permits(opened, closed));
                if usable {
                    self.shift(opened, closed);
                    self.wake(opened, &mut queue, &mut waits);
                    self.wake(closed, &mut queue, &mut waits);
                }
                // On to an open site near by.
                let next: Vec<u32> =
                    self.ground.near[closed as usize].iter().copied().filter(|j| self.is_open(*j)).collect();
                if next.is_empty() {
                    break;
                }
                centre = next[chance.random_range(0..next.len())];
            }
            self.descend(&mut queue, &mut waits, closed_for_good);
            if self.cost > before + 1e-9 * before.abs() {
                self.take_back();
            }
        }
        self.moves.clear();
        self.tally();
    }
}
