//! The *p*-centre: so many sites that nobody is further from one than need be.
//!
//! Minimise *r* subject to *p* permitted sites reaching every point within *r*. *r* is one of the distances; whether one
//! suffices is a set cover (Minieka, *SIAM Review* 12, 1970, doi:10.1137/1012016). A radius is refuted by multipliers that
//! prove that more than *p* sites are needed.

use rayon::prelude::*;

use crate::median::{Answer, Effort};
use crate::metric::Metric;
use crate::model::{Report, Sites, SitingError, Watch};
use crate::reach::Cover;
use crate::setcover::towards;

/// The smallest radius within which `sites.open` sites reach every point, which is the objective. At the largest distance
/// below the bound the multipliers prove that more sites are needed. Memory: eight bytes a pair.
///
/// # Errors
/// [`SitingError`], also for rules beside the number, required and excluded sites.
pub fn centre(
    metric: &Metric,
    sites: &Sites,
    effort: Effort,
    watch: Watch<'_>,
) -> Result<Answer, SitingError> {
    let (points, count) = (metric.demand(), metric.sites());
    if points == 0 {
        return Err(SitingError::NoDemand);
    }
    if let Metric::Matrix { distances, .. } = metric {
        crate::numbers("distance", distances, distances.len())?;
    }
    sites.check(count)?;
    if sites.budget.is_some() || !sites.cost.is_empty() {
        return Err(SitingError::Infeasible(vec!["a centre takes no costs and no budget".to_owned()]));
    }
    let Some(open) = sites.open else {
        return Err(SitingError::Infeasible(vec!["a centre needs the number of open sites".to_owned()]));
    };
    let mut radii: Vec<f64> = (0..points)
        .into_par_iter()
        .flat_map_iter(|i| (0..count).map(move |j| metric.distance(i, j)))
        .collect();
    radii.par_sort_unstable_by(f64::total_cmp);
    radii.dedup();
    let rules = Sites { open: None, ..sites.clone() };
    let last = radii.len() - 1;
    #[expect(clippy::cast_precision_loss, reason = "a count of sites")]
    let target = open as f64;
    let mut search = Search {
        metric,
        rules,
        effort,
        target,
        radii,
        watch,
        multipliers: vec![0.0; points],
        open: Vec::new(),
        stopped: false,
    };
    // At the largest distance any one site reaches all.
    let (mut low, mut high) = (0, last);
    while low < high && !search.stopped {
        let at = low + (high - low) / 2;
        match search.ask(at, (low, high))? {
            Verdict::Suffices => {
                // What was found may be better than what was asked for.
                let reached = reach(metric, &search.open);
                high = at.min(search.radii.partition_point(|r| *r < reached));
            }
            Verdict::Refuted => low = at + 1,
            Verdict::Unknown => {
                // Neither shown to suffice nor refuted: the least that does lies above, the bound below.
                search.least(at + 1, high)?;
                low = search.refuted(low, at)?;
                break;
            }
        }
    }
    let mut wanted = vec![0.0; count];
    for j in &search.open {
        wanted[*j as usize] = -1.0;
    }
    // The number is exact: more sites than needed do no harm.
    let open = sites.choose(&wanted);
    let objective = reach(metric, &open);
    let bound = search.radii[low].min(objective);
    Ok(Answer {
        open,
        objective,
        bound,
        multipliers: search.multipliers,
        budget_price: 0.0,
        optimal: bound >= objective,
        complete: !search.stopped,
    })
}

enum Verdict {
    Suffices,
    Refuted,
    Unknown,
}

struct Search<'a> {
    metric: &'a Metric,
    rules: Sites,
    effort: Effort,
    target: f64,
    /// All distances, ascending.
    radii: Vec<f64>,
    watch: Watch<'a>,
    /// What refuted the largest radius so far.
    multipliers: Vec<f64>,
    open: Vec<u32>,
    stopped: bool,
}

impl Search<'_> {
    /// Whether a radius suffices.
    fn ask(&mut self, at: usize, (low, high): (usize, usize)) -> Result<Verdict, SitingError> {
        let report = Report { objective: self.radii[high], bound: self.radii[low], round: 0 };
        if !(self.watch)(report) {
            self.stopped = true;
            return Ok(Verdict::Unknown);
        }
        let radius = self.radii[at];
        let map = Cover::within(self.metric, &|_| radius);
        match towards(&map, &self.rules, self.effort, self.target, &|_| (self.watch)(report)) {
            Ok(found) if found.objective <= self.target => {
                self.open = found.open;
                Ok(Verdict::Suffices)
            }
            Ok(found) if found.bound > self.target + 1e-6 => {
                self.multipliers = found.multipliers;
                Ok(Verdict::Refuted)
            }
            Err(SitingError::Unreached(points)) => {
                self.multipliers = alone(self.multipliers.len(), &points, self.target);
                Ok(Verdict::Refuted)
            }
            // Where groups leave no cover, there is nothing that multipliers prove.
            Ok(_) | Err(SitingError::Infeasible(_)) => Ok(Verdict::Unknown),
            Err(error) => Err(error),
        }
    }

    /// Looks for the least radius that suffices.
    fn least(&mut self, mut from: usize, mut to: usize) -> Result<(), SitingError> {
        while from < to && !self.stopped {
            let at = from + (to - from) / 2;
            let before = self.multipliers.clone();
            match self.ask(at, (from, to))? {
                Verdict::Suffices => to = at,
                _ => from = at + 1,
            }
            // Refuted here or not, what lies below has to be refuted by itself.
            self.multipliers = before;
        }
        Ok(())
    }

    /// The first radius that is not refuted.
    fn refuted(&mut self, mut from: usize, mut to: usize) -> Result<usize, SitingError> {
        while from < to && !self.stopped {
            let at = from + (to - from) / 2;
            let before = self.open.clone();
            match self.ask(at, (from, to))? {
                Verdict::Refuted => from = at + 1,
                _ => to = at,
            }
            self.open = before;
        }
        Ok(from)
    }
}

/// The distance within which every point has an open site.
fn reach(metric: &Metric, open: &[u32]) -> f64 {
    let nearest =
        |i: usize| open.iter().map(|j| metric.distance(i, *j as usize)).fold(f64::INFINITY, f64::min);
    (0..metric.demand()).map(nearest).fold(0.0, f64::max)
}

/// A point that nothing reaches is worth more than all sites together.
fn alone(points: usize, unreached: &[u32], target: f64) -> Vec<f64> {
    let mut multipliers = vec![0.0; points];
    if let Some(i) = unreached.first() {
        multipliers[*i as usize] = target + 1.0;
    }
    multipliers
}
