//! Set cover with groups: the bound knows the groups; sets of the free search and of the relaxation are made to fit them; a small
//! rest is tried out to the end.

use crate::branch::Branch;
use crate::dual::{Dual, Opening, Serving};
use crate::median::{Effort, permitted};
use crate::model::{Report, Sites, State, Watch};
use crate::reach::Cover;

/// What came of it: the best permitted set that reaches everything, if one was found.
pub(crate) struct Ruled {
    pub(crate) best: Option<(f64, Vec<u32>)>,
    /// Whether everything was looked through.
    pub(crate) exhausted: bool,
    pub(crate) complete: bool,
}

/// Searches until `target` is reached or shown to be out of reach. `free` gives sets that reach everything, groups aside.
pub(crate) fn ruled<M: Serving>(
    (model, cover): (&Opening<'_, M>, &Cover),
    dual: &mut Dual,
    free: &mut (dyn FnMut() -> Vec<u32> + Send),
    (effort, target): (Effort, f64),
    watch: Watch<'_>,
) -> Ruled {
    let (rules, rows) = (model.sites, cover.rows());
    let cost = |open: &[u32]| -> f64 {
        let mut reached = vec![false; cover.points()];
        for j in open {
            cover.places(*j as usize).for_each(|i| reached[i] = true);
        }
        if reached.contains(&false) {
            return f64::INFINITY;
        }
        open.iter().map(|j| rules.cost(*j as usize)).sum()
    };
    let whole = rules.cost.iter().all(|f| f.fract() == 0.0);
    let enough = |upper: f64| if whole { upper - 1.0 + 1e-6 } else { upper - 1e-9 * upper.abs() };
    let all: f64 = rules.cost.iter().sum::<f64>() + 1.0;
    let (mut found, mut best) = (Vec::new(), all);
    let (mut idle, mut round, mut complete) = (0, 0, true);
    let settled = |upper: f64, bound: f64| upper <= target || (target.is_finite() && bound > target + 1e-6);
    while dual.value < enough(best) && !settled(best, dual.value) && idle < effort.patience.min(30) {
        if !watch(Report { objective: best, bound: dual.value, round }) {
            complete = false;
            break;
        }
        let (upper, bound) = (best, dual.value);
        let ((), list) = rayon::join(|| dual.ascend(model, upper, 100, enough(upper)), &mut *free);
        for start in [list, dual.chosen.clone()] {
            if let Some(open) = fitted(cover, &rows, rules, start) {
                let now = cost(&open);
                if now < best {
                    (best, found) = (now, open);
                }
            }
        }
        let closer = dual.value > bound + 0.02 * (best - bound).max(0.0);
        idle = if best < upper - 1e-9 || closer { 0 } else { idle + 1 };
        round += 1;
    }
    let mut exhausted = false;
    if complete && dual.value < enough(best) && !settled(best, dual.value) {
        let work = (cover.pairs(), effort.patience == usize::MAX);
        let mut branch =
            Branch::new((model.model, model.count), (&cost, &enough), watch, (found, best), work);
        exhausted = branch.run(rules, dual);
        complete = !branch.stopped;
        (found, best) = (branch.best, branch.upper);
    }
    Ruled { best: (best < all).then_some((best, found)), exhausted, complete }
}

/// A set of sites that is made to fit.
struct Fitting<'a> {
    cover: &'a Cover,
    rules: &'a Sites,
    open: Vec<bool>,
    /// How often each point is reached, and how many of each group are open.
    count: Vec<u32>,
    inside: Vec<usize>,
}

impl Fitting<'_> {
    fn turn(&mut self, j: u32) {
        let at = j as usize;
        self.open[at] = !self.open[at];
        let open = self.open[at];
        for i in self.cover.places(at) {
            self.count[i] = if open { self.count[i] + 1 } else { self.count[i] - 1 };
        }
        if let Some(g) = self.rules.group(at) {
            self.inside[g] = if open { self.inside[g] + 1 } else { self.inside[g] - 1 };
        }
    }

    /// The candidates that are open, or not, of a group or of all.
    fn own(&self, open: bool, group: Option<usize>) -> impl Iterator<Item = u32> + '_ {
        (0_u32..)
            .zip(&self.open)
            .filter(move |(j, own)| {
                let at = *j as usize;
                **own == open
                    && self.rules.state(at) == State::Candidate
                    && group.is_none_or(|g| self.rules.group(at) == Some(g))
            })
            .map(|(j, _)| j)
    }

    /// Points of a site that are reached so often.
    fn reached(&self, j: u32, times: u32) -> usize {
        self.cover.places(j as usize).filter(|i| self.count[*i] == times).count()
    }
}

/// A set made to fit the groups and to reach everything, if the simple way succeeds.
fn fitted(cover: &Cover, rows: &[Vec<u32>], rules: &Sites, start: Vec<u32>) -> Option<Vec<u32>> {
    let mut set = Fitting {
        cover,
        rules,
        open: vec![false; cover.sites()],
        count: vec![0; cover.points()],
        inside: vec![0; rules.groups.len()],
    };
    for j in start {
        set.turn(j);
    }
    let price = |j: u32| rules.cost(j as usize);
    for (g, group) in rules.groups.iter().enumerate() {
        // Too many: those that are missed least go first.
        while set.inside[g] > group.most {
            let j = set.own(true, Some(g)).min_by_key(|j| (set.reached(*j, 1), *j))?;
            set.turn(j);
        }
        while set.inside[g] < group.least {
            let cheapest = |a: &u32, b: &u32| price(*a).total_cmp(&price(*b)).then(a.cmp(b));
            let j = set.own(false, Some(g)).min_by(cheapest)?;
            set.turn(j);
        }
    }
    while let Some(i) = set.count.iter().position(|n| *n == 0) {
        let usable = |j: &u32| {
            let full = rules.group(*j as usize).is_some_and(|g| set.inside[g] >= rules.groups[g].most);
            rules.state(*j as usize) == State::Candidate && !full
        };
        let open = rows[i].iter().copied().filter(usable);
        let j = open.max_by_key(|j| (set.reached(*j, 0), std::cmp::Reverse(*j)))?;
        set.turn(j);
    }
    // What is not needed goes again, the dearest first.
    let mut list: Vec<u32> = set.own(true, None).collect();
    list.sort_by(|a, b| price(*b).total_cmp(&price(*a)).then(a.cmp(b)));
    for j in list {
        let spare = rules.group(j as usize).is_none_or(|g| set.inside[g] > rules.groups[g].least);
        if spare && set.reached(j, 1) == 0 {
            set.turn(j);
        }
    }
    let found: Vec<u32> = (0_u32..).zip(&set.open).filter(|(_, open)| **open).map(|(j, _)| j).collect();
    permitted(rules, &found).then_some(found)
}
