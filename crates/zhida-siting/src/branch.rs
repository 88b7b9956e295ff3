//! The exact finish: where the bound leaves a gap, sites are decided one by one, each way, with a bound for each (branch and
//! bound on the relaxation: Beasley, *EJOR* 21, 1985, doi:10.1016/0377-2217(85)90040-2).

use crate::dual::{Dual, Opening, Relaxation as _, Serving};
use crate::median::permitted;
use crate::model::{Report, Sites, State, Watch};

/// Rounds of the relaxation at each step.
const ASCENT: usize = 60;

/// Work (pairs looked at) beyond which the search ends, unless it is told to go on.
const WORK: usize = 10_000_000_000;

/// How deep decisions go at most, and how many multipliers are kept on the way.
const DEEP: usize = 300;
const NUMBERS: usize = 100_000_000;

/// What a set of sites costs, all in all.
pub(crate) type Cost<'a> = &'a dyn Fn(&[u32]) -> f64;
/// The bound from which on nothing better is left, for the cost of the best answer.
pub(crate) type Enough<'a> = &'a dyn Fn(f64) -> f64;

/// What is decided on the way down.
pub(crate) struct Branch<'a, M> {
    model: &'a M,
    count: usize,
    cost: Cost<'a>,
    enough: Enough<'a>,
    watch: Watch<'a>,
    /// The best answer and its cost.
    pub(crate) best: Vec<u32>,
    pub(crate) upper: f64,
    /// Whether somebody who watches said to stop.
    pub(crate) stopped: bool,
    bound: f64,
    steps: usize,
    most: usize,
}

impl<'a, M: Serving> Branch<'a, M> {
    /// `pairs` of sites and points there are; without `patient` the work is limited.
    pub(crate) fn new(
        (model, count): (&'a M, usize),
        (cost, enough): (Cost<'a>, Enough<'a>),
        watch: Watch<'a>,
        (best, upper): (Vec<u32>, f64),
        (pairs, patient): (usize, bool),
    ) -> Self {
        let most = if patient { usize::MAX } else { WORK / (ASCENT * (pairs + count).max(1)) };
        let (bound, steps, stopped) = (f64::NEG_INFINITY, 0, false);
        Self { model, count, cost, enough, watch, best, upper, stopped, bound, steps, most }
    }

    /// Whether everything was looked through, so that the best answer is the best there is.
    pub(crate) fn run(&mut self, sites: &Sites, root: &Dual) -> bool {
        self.bound = root.value;
        let mut sites = sites.clone();
        sites.state.resize(self.count, State::Candidate);
        self.below(sites, &root.lambda, (NUMBERS / root.lambda.len().max(1)).min(DEEP))
    }

    fn below(&mut self, mut sites: Sites, lambda: &[f64], deep: usize) -> bool {
        if self.steps >= self.most || deep == 0 {
            return false;
        }
        let report = Report { objective: self.upper, bound: self.bound, round: self.steps };
        if !(self.watch)(report) {
            self.stopped = true;
            return false;
        }
        self.steps += 1;
        if sites.check(self.count).is_err() {
            return true;
        }
        let node = Opening { model: self.model, sites: &sites, count: self.count };
        debug_assert_eq!(node.multipliers(), lambda.len());
        let mut dual = Dual::new(&node, lambda.to_vec());
        dual.ascend(&node, self.upper, ASCENT, (self.enough)(self.upper));
        if permitted(&sites, &dual.chosen) {
            let cost = (self.cost)(&dual.chosen);
            if cost < self.upper {
                (self.upper, self.best) = (cost, dual.chosen.clone());
            }
        }
        if dual.value >= (self.enough)(self.upper) {
            return true;
        }
        self.settle(&mut sites, &dual);
        // The site about which the relaxation was least sure.
        let unsure = |j: &usize| (dual.wanted[*j] - 0.5).abs();
        let open = (0..self.count).filter(|j| sites.state[*j] == State::Candidate);
        let Some(at) = open.min_by(|a, b| unsure(a).total_cmp(&unsure(b)).then(a.cmp(b))) else {
            let all: Vec<u32> =
                (0_u32..).zip(&sites.state).filter(|(_, s)| **s == State::Required).map(|(j, _)| j).collect();
            if !all.is_empty() && permitted(&sites, &all) {
                let cost = (self.cost)(&all);
                if cost < self.upper {
                    (self.upper, self.best) = (cost, all);
                }
            }
            return true;
        };
        let first = if dual.wanted[at] >= 0.5 { State::Required } else { State::Excluded };
        let second = if first == State::Required { State::Excluded } else { State::Required };
        let lambda = dual.lambda;
        for state in [first, second] {
            let mut child = sites.clone();
            child.state[at] = state;
            if !self.below(child, &lambda, deep - 1) {
                return false;
            }
        }
        true
    }

    /// Decides what the bound decides: a site that costs too much to open, or to leave closed.
    fn settle(&self, sites: &mut Sites, dual: &Dual) {
        let goal = (self.enough)(self.upper);
        let candidate = |j: usize| sites.state[j] == State::Candidate;
        let mut is_chosen = vec![false; self.count];
        dual.chosen.iter().for_each(|j| is_chosen[*j as usize] = true);
        let reduced = |j: usize| dual.reduced[j];
        let chosen = (0..self.count).filter(|j| is_chosen[*j] && candidate(*j)).map(reduced);
        let others = (0..self.count).filter(|j| !is_chosen[*j] && candidate(*j)).map(reduced);
        let (highest, lowest) =
            (chosen.fold(f64::NEG_INFINITY, f64::max), others.fold(f64::INFINITY, f64::min));
        let free = sites.open.is_none();
        let (saved, paid) = if free { (highest.max(0.0), lowest.min(0.0)) } else { (highest, lowest) };
        let mut settled = Vec::new();
        for j in (0..self.count).filter(|j| candidate(*j)) {
            if !is_chosen[j] && dual.value + dual.reduced[j] - saved >= goal {
                settled.push((j, State::Excluded));
            } else if is_chosen[j] && dual.value - dual.reduced[j] + paid >= goal {
                settled.push((j, State::Required));
            }
        }
        for (j, state) in settled {
            sites.state[j] = state;
        }
    }
}
