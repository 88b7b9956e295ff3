//! An answer checked from the raw input: what is open, what it comes to, and what the multipliers prove. Shares no code with
//! the search: distances, sums and the cheapest permitted set are worked out here anew, pair by pair.

use rayon::prelude::*;

use crate::capacity::Loads;
use crate::metric::Metric;
use crate::model::{Sites, State};

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// A site that does not exist, is excluded, or stands there twice.
    #[error("site {0} is open twice, excluded, or does not exist")]
    Site(u32),
    /// A required site that is not open.
    #[error("site {0} is required and not open")]
    Required(u32),
    /// Another number than asked for.
    #[error("{found} sites are open, {asked} are asked for")]
    Count {
        /// How many are open.
        found: usize,
        /// How many should be.
        asked: usize,
    },
    /// A group with too few or too many.
    #[error("group `{name}` has {found} open sites")]
    Group {
        /// Its name.
        name: String,
        /// How many are open.
        found: usize,
    },
    /// More money than there is.
    #[error("the open sites cost {spent}, the budget is {limit}")]
    Budget {
        /// What they cost.
        spent: f64,
        /// What there is.
        limit: f64,
    },
    /// A point that no open site reaches or serves.
    #[error("point {0} is not served")]
    Unserved(usize),
    /// A site with more weight than it can take.
    #[error("site {0} has more weight than it can take")]
    Overfull(u32),
    /// Something that may not become of a place.
    #[error("what is said of `{0}` may not become of it")]
    Course(String),
    /// A limit that is not kept.
    #[error("`{name}` comes to {found}, the limit is {limit}")]
    Limit {
        /// Its name.
        name: String,
        /// What it comes to.
        found: f64,
        /// What is asked for.
        limit: f64,
    },
    /// A price below 0, or of a limit that does not exist.
    #[error("the price of `{0}` is below 0, or there is no such limit")]
    Price(String),
    /// Another sum than stated.
    #[error("it comes to {found}, the answer says {stated}")]
    Objective {
        /// What it comes to.
        found: f64,
        /// What is stated.
        stated: f64,
    },
    /// Not one multiplier of the right size for each point.
    #[error("the multipliers are not one number of at least 0 for each of {0} points")]
    Multipliers(usize),
    /// Another bound than stated.
    #[error("the multipliers prove {found}, the answer says {stated}")]
    Bound {
        /// What they prove.
        found: f64,
        /// What is stated.
        stated: f64,
    },
}

/// What an answer states.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stated<'a> {
    /// The open sites, from 0.
    pub open: &'a [u32],
    /// What it comes to.
    pub objective: f64,
    /// What no answer is better than.
    pub bound: f64,
    /// One for each point.
    pub multipliers: &'a [f64],
    /// A price for each unit of the budget.
    pub budget_price: f64,
}

/// The distance, worked out by itself.
pub(crate) fn distance(metric: &Metric, i: usize, j: usize) -> f64 {
    match metric {
        Metric::Plane { demand, sites, rounded } => {
            let (dx, dy) = (demand[i][0] - sites[j][0], demand[i][1] - sites[j][1]);
            let exact = (dx.powi(2) + dy.powi(2)).sqrt();
            if *rounded { (0.5 + exact).floor() } else { exact }
        }
        Metric::Sphere { demand, sites, detour } => {
            let (from, to) = (demand[i], sites[j]);
            let (phi, psi) = (from[1].to_radians(), to[1].to_radians());
            let (north, east) = (((psi - phi) / 2.0).sin(), ((to[0] - from[0]).to_radians() / 2.0).sin());
            let half = north * north + phi.cos() * psi.cos() * east * east;
            6_371_008.8 * 2.0 * half.sqrt().min(1.0).asin() * detour
        }
        Metric::Matrix { sites, distances } => distances[i * sites + j],
        Metric::Ways { columns, .. } => {
            columns[j].iter().find(|(own, _)| *own as usize == i).map_or(f64::INFINITY, |(_, far)| *far)
        }
    }
}

pub(crate) fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 + 1e-8 * a.abs().max(b.abs())
}

fn permitted(sites: &Sites, count: usize, open: &[u32]) -> Result<(), Flaw> {
    let mut is_open = vec![false; count];
    for j in open {
        match is_open.get_mut(*j as usize) {
            Some(slot) if !*slot && sites.state.get(*j as usize) != Some(&State::Excluded) => *slot = true,
            _ => return Err(Flaw::Site(*j)),
        }
    }
    let required = (0_u32..).zip(&sites.state).find(|(j, s)| **s == State::Required && !is_open[*j as usize]);
    if let Some((j, _)) = required {
        return Err(Flaw::Required(j));
    }
    if let Some(asked) = sites.open.filter(|n| *n != open.len()) {
        return Err(Flaw::Count { found: open.len(), asked });
    }
    for (g, group) in sites.groups.iter().enumerate() {
        let found = open
            .iter()
            .filter(|j| sites.group.get(**j as usize).is_some_and(|own| *own as usize == g))
            .count();
        if found < group.least || found > group.most {
            return Err(Flaw::Group { name: group.name.clone(), found });
        }
    }
    if let Some((prices, limit)) = &sites.budget {
        let spent: f64 = open.iter().map(|j| prices[*j as usize]).sum();
        if spent > limit * (1.0 + 1e-12) {
            return Err(Flaw::Budget { spent, limit: *limit });
        }
    }
    Ok(())
}

/// The smallest sum over a permitted set of sites, budget aside; by its own way: what is missing in groups first.
fn smallest(sites: &Sites, value: &[f64]) -> f64 {
    let state = |j: usize| sites.state.get(j).copied().unwrap_or(State::Candidate);
    let group = |j: usize| sites.group.get(j).map(|g| *g as usize).filter(|g| *g < sites.groups.len());
    let mut need: Vec<usize> = sites.groups.iter().map(|g| g.least).collect();
    let mut room: Vec<usize> = sites.groups.iter().map(|g| g.most).collect();
    let (mut sum, mut n) = (0.0, 0);
    let mut take = |j: usize, need: &mut [usize], room: &mut [usize], n: &mut usize| {
        sum += value[j];
        *n += 1;
        if let Some(g) = group(j) {
            need[g] = need[g].saturating_sub(1);
            room[g] = room[g].saturating_sub(1);
        }
    };
    for j in (0..value.len()).filter(|j| state(*j) == State::Required) {
        take(j, &mut need, &mut room, &mut n);
    }
    let mut order: Vec<usize> = (0..value.len()).filter(|j| state(*j) == State::Candidate).collect();
    order.sort_by(|a, b| value[*a].total_cmp(&value[*b]));
    let mut rest = Vec::new();
    for j in order {
        if group(j).is_some_and(|g| need[g] > 0) {
            take(j, &mut need, &mut room, &mut n);
        } else {
            rest.push(j);
        }
    }
    for j in rest {
        let more = match sites.open {
            Some(asked) => n < asked,
            None => value[j] < 0.0,
        };
        if more && group(j).is_none_or(|g| room[g] > 0) {
            take(j, &mut need, &mut room, &mut n);
        }
    }
    sum
}

/// Sites' own costs, the price of the budget, and what is at stake in all.
fn priced(sites: &Sites, price: f64, mut value: Vec<f64>) -> (Vec<f64>, f64) {
    for (j, v) in value.iter_mut().enumerate() {
        *v += sites.cost.get(j).copied().unwrap_or(0.0);
        *v += price * sites.budget.as_ref().map_or(0.0, |(prices, _)| prices[j]);
    }
    (value, sites.budget.as_ref().map_or(0.0, |(_, limit)| price * limit))
}

fn multipliers(stated: &Stated<'_>, points: usize) -> Result<(), Flaw> {
    let good = stated.multipliers.iter().all(|u| u.is_finite() && *u >= 0.0) && stated.budget_price >= 0.0;
    if good && stated.multipliers.len() == points { Ok(()) } else { Err(Flaw::Multipliers(points)) }
}

/// What every check begins with: permitted sites and a multiplier for each point. The numbers of points and sites.
fn begun(metric: &Metric, sites: &Sites, stated: &Stated<'_>) -> Result<(usize, usize), Flaw> {
    let (points, count) = (metric.demand(), metric.sites());
    permitted(sites, count, stated.open)?;
    multipliers(stated, points)?;
    Ok((points, count))
}

fn compare(stated: &Stated<'_>, objective: f64, bound: f64) -> Result<(), Flaw> {
    if !close(objective, stated.objective) {
        return Err(Flaw::Objective { found: objective, stated: stated.objective });
    }
    if !close(bound, stated.bound) {
        return Err(Flaw::Bound { found: bound, stated: stated.bound });
    }
    Ok(())
}

fn costs(sites: &Sites, open: &[u32]) -> f64 {
    open.iter().map(|j| sites.cost.get(*j as usize).copied().unwrap_or(0.0)).sum()
}

/// Checks a median or facility location: Σ λ(i) + the smallest permitted sum of f(j) + Σ over i min(0, w(i) d(ij) − λ(i)).
///
/// # Errors
/// The first [`Flaw`].
pub fn verify_median(
    metric: &Metric,
    weights: &[f64],
    sites: &Sites,
    stated: Stated<'_>,
) -> Result<(), Flaw> {
    let (points, count) = begun(metric, sites, &stated)?;
    let weight = |i: usize| weights.get(i).copied().unwrap_or(1.0);
    let served = |i: usize| {
        let near = stated.open.iter().map(|j| distance(metric, i, *j as usize));
        weight(i) * near.fold(f64::INFINITY, f64::min)
    };
    let objective = (0..points).into_par_iter().map(served).collect::<Vec<f64>>().iter().sum::<f64>();
    if !objective.is_finite() {
        return Err(Flaw::Unserved(0));
    }
    let reduced = |j: usize| {
        let one = |i: usize| (weight(i) * distance(metric, i, j) - stated.multipliers[i]).min(0.0);
        (0..points).map(one).sum::<f64>()
    };
    let value: Vec<f64> = (0..count).into_par_iter().map(reduced).collect();
    let (value, paid) = priced(sites, stated.budget_price, value);
    let bound = stated.multipliers.iter().sum::<f64>() + smallest(sites, &value) - paid;
    compare(&stated, objective + costs(sites, stated.open), bound)
}

/// Checks a maximal cover, `once` and `twice` being what one and two covers of each point are worth (an empty `twice`: no
/// more) and `radius` how far a point reaches for a site, below 0 where that does not serve it: Σ of max(0, once − u,
/// twice − 2u) + the largest permitted sum of Σ over the points of j of u.
///
/// # Errors
/// The first [`Flaw`].
pub fn verify_cover(
    metric: &Metric,
    radius: &(dyn Fn(usize, usize) -> f64 + Sync),
    (once, twice): (&[f64], &[f64]),
    sites: &Sites,
    stated: Stated<'_>,
) -> Result<(), Flaw> {
    let (points, count) = begun(metric, sites, &stated)?;
    let second = |i: usize| twice.get(i).copied().unwrap_or(once[i]);
    let worth = |i: usize| {
        let n = stated
            .open
            .iter()
            .filter(|j| distance(metric, i, **j as usize) <= radius(i, **j as usize))
            .take(2)
            .count();
        [0.0, once[i], second(i)][n]
    };
    let objective = (0..points).into_par_iter().map(worth).collect::<Vec<f64>>().iter().sum::<f64>();
    let reduced = |j: usize| {
        let reached =
            (0..points).filter(|i| stated.multipliers[*i] > 0.0 && distance(metric, *i, j) <= radius(*i, j));
        -reached.map(|i| stated.multipliers[i]).sum::<f64>()
    };
    let value: Vec<f64> = (0..count).into_par_iter().map(reduced).collect();
    let (value, paid) = priced(sites, stated.budget_price, value);
    let left = |(i, u): (usize, &f64)| (once[i] - u).max(second(i) - 2.0 * u).max(0.0);
    let base: f64 = stated.multipliers.iter().enumerate().map(left).sum();
    compare(&stated, objective - costs(sites, stated.open), base - smallest(sites, &value) + paid)
}

/// Checks a gradual cover, `share` being how much of a point a site serves: Σ (w − u) + the largest permitted sum of
/// Σ over i max(0, u(i) − w(i) (1 − share(i, j))).
///
/// # Errors
/// The first [`Flaw`].
pub fn verify_gradual(
    metric: &Metric,
    weights: &[f64],
    share: &(dyn Fn(usize, usize, f64) -> f64 + Sync),
    sites: &Sites,
    stated: Stated<'_>,
) -> Result<(), Flaw> {
    let (points, count) = begun(metric, sites, &stated)?;
    let part = |i: usize, j: usize| share(i, j, distance(metric, i, j));
    let served = |i: usize| weights[i] * stated.open.iter().map(|j| part(i, *j as usize)).fold(0.0, f64::max);
    let objective = (0..points).into_par_iter().map(served).collect::<Vec<f64>>().iter().sum::<f64>();
    let reduced = |j: usize| {
        let one = |i: usize| {
            let u = stated.multipliers[i];
            if u > 0.0 { (u - weights[i] * (1.0 - part(i, j))).max(0.0) } else { 0.0 }
        };
        -(0..points).map(one).sum::<f64>()
    };
    let value: Vec<f64> = (0..count).into_par_iter().map(reduced).collect();
    let (value, paid) = priced(sites, stated.budget_price, value);
    let base: f64 = weights.iter().zip(stated.multipliers).map(|(w, u)| w - u).sum();
    compare(&stated, objective - costs(sites, stated.open), base - smallest(sites, &value) + paid)
}

/// Checks a set cover: Σ u(i) + Σ over j of min(0, f(j) − Σ over the points of j of u(i)).
///
/// # Errors
/// The first [`Flaw`].
pub fn verify_set_cover(
    metric: &Metric,
    radius: &(dyn Fn(usize, usize) -> f64 + Sync),
    sites: &Sites,
    stated: Stated<'_>,
) -> Result<(), Flaw> {
    let (points, _) = begun(metric, sites, &stated)?;
    let reached =
        |i: usize| stated.open.iter().any(|j| distance(metric, i, *j as usize) <= radius(i, *j as usize));
    if let Some(i) = (0..points).into_par_iter().find_first(|i| !reached(*i)) {
        return Err(Flaw::Unserved(i));
    }
    let cost = |j: usize| sites.cost.get(j).copied().unwrap_or(1.0);
    let objective = stated.open.iter().map(|j| cost(*j as usize)).sum();
    compare(&stated, objective, needed(metric, radius, sites, stated.multipliers))
}

/// What the multipliers prove that every set cover costs.
fn needed(
    metric: &Metric,
    radius: &(dyn Fn(usize, usize) -> f64 + Sync),
    sites: &Sites,
    multipliers: &[f64],
) -> f64 {
    let cost = |j: usize| sites.cost.get(j).copied().unwrap_or(1.0);
    let reduced = |j: usize| {
        let reached = (0..metric.demand())
            .filter(|i| multipliers[*i] > 0.0 && distance(metric, *i, j) <= radius(*i, j));
        cost(j) - reached.map(|i| multipliers[i]).sum::<f64>()
    };
    let value: Vec<f64> = (0..metric.sites()).into_par_iter().map(reduced).collect();
    let rules = Sites { open: None, cost: Vec::new(), budget: None, ..sites.clone() };
    multipliers.iter().sum::<f64>() + smallest(&rules, &value)
}

/// Checks a centre: at the largest distance below the bound the multipliers prove that more than the asked number of sites
/// are needed.
///
/// # Errors
/// The first [`Flaw`].
pub fn verify_centre(metric: &Metric, sites: &Sites, stated: Stated<'_>) -> Result<(), Flaw> {
    let (points, count) = begun(metric, sites, &stated)?;
    let nearest =
        |i: usize| stated.open.iter().map(|j| distance(metric, i, *j as usize)).fold(f64::INFINITY, f64::min);
    let objective = (0..points).into_par_iter().map(nearest).reduce(|| 0.0, f64::max);
    let below = |i: usize| {
        (0..count).map(|j| distance(metric, i, j)).filter(|d| *d < stated.bound).fold(-1.0, f64::max)
    };
    let radius = (0..points).into_par_iter().map(below).reduce(|| -1.0, f64::max);
    let rules = Sites { open: None, cost: Vec::new(), budget: None, ..sites.clone() };
    let proven = needed(metric, &|_, _| radius, &rules, stated.multipliers);
    #[expect(clippy::cast_precision_loss, reason = "a count of sites")]
    let asked = stated.open.len() as f64;
    // Below the smallest distance nothing is reached, which needs no proof.
    let bound = if radius < 0.0 || proven > asked { stated.bound } else { radius };
    compare(&stated, objective, bound)
}

/// Checks a median with capacities and the site that each point has: Σ λ(i) + the smallest permitted sum of what each site
/// can save at most, parts of a point allowed.
///
/// # Errors
/// The first [`Flaw`].
pub fn verify_capacitated(
    metric: &Metric,
    loads: &Loads,
    sites: &Sites,
    site: &[u32],
    stated: Stated<'_>,
) -> Result<(), Flaw> {
    let (points, count) = begun(metric, sites, &stated)?;
    let mut load = vec![0.0; count];
    let mut objective = costs(sites, stated.open);
    for i in 0..points {
        let Some(j) = site.get(i).filter(|j| stated.open.contains(j)) else { return Err(Flaw::Unserved(i)) };
        load[*j as usize] += loads.weight[i];
        objective += loads.weight[i] * distance(metric, i, *j as usize);
    }
    let full = |j: &u32| load[*j as usize] > loads.capacity[*j as usize] * (1.0 + 1e-9);
    if let Some(j) = stated.open.iter().find(|j| full(j)) {
        return Err(Flaw::Overfull(*j));
    }
    let reduced = |j: usize| {
        let mut items: Vec<(f64, f64)> = (0..points)
            .map(|i| (loads.weight[i] * distance(metric, i, j) - stated.multipliers[i], loads.weight[i]))
            .filter(|(saved, _)| *saved < 0.0)
            .collect();
        items.sort_by(|a, b| (a.0 / a.1.max(1e-12)).total_cmp(&(b.0 / b.1.max(1e-12))));
        let mut room = loads.capacity[j];
        items
            .iter()
            .map(|(saved, weight)| {
                let part = if *weight <= room { 1.0 } else { (room / weight).max(0.0) };
                room -= part * weight;
                part * saved
            })
            .sum::<f64>()
    };
    let value: Vec<f64> = (0..count).into_par_iter().map(reduced).collect();
    let (value, paid) = priced(sites, stated.budget_price, value);
    let bound = stated.multipliers.iter().sum::<f64>() + smallest(sites, &value) - paid;
    compare(&stated, objective, bound)
}
