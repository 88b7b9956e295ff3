//! The *p*-median with capacities: every point wholly at one site, no site with more weight than it can take.
//!
//! Minimise Σ c(ij) x(ij) subject to Σ over j x(ij) = 1, Σ over i w(i) x(ij) ≤ q(j) y(j), *y* permitted; x, y ∈ {0, 1}. Relaxing the
//! first by multipliers λ leaves a knapsack for each site, whose linear relaxation gives its reduced cost (Pirkul, *Management
//! Science* 33, 1987; Ceselli & Righini, *Networks* 45, 2005, doi:10.1002/net.20059).

use rayon::prelude::*;

use crate::dual::{Dual, Opening, Serving};
use crate::lists::{Columns, Lists};
use crate::median::{Answer, Effort, Ordered};
use crate::metric::Metric;
use crate::model::{Report, Sites, SitingError, State, Watch};

/// What points weigh and sites can take.
#[derive(Clone, Debug, PartialEq)]
pub struct Loads {
    /// How much of a site's capacity each point takes.
    pub weight: Vec<f64>,
    /// How much each site can take.
    pub capacity: Vec<f64>,
}

/// An answer with its assignment.
#[derive(Clone, Debug, PartialEq)]
pub struct Assigned {
    /// The open sites, and what is proven: of the sum of weight × distance.
    pub answer: Answer,
    /// The site of each point.
    pub site: Vec<u32>,
}

struct Model<'a> {
    lists: &'a Lists,
    columns: &'a Columns,
    loads: &'a Loads,
}

impl Model<'_> {
    /// What a site takes at these multipliers, most saved for its weight first: point, share.
    fn takes(&self, j: usize, lambda: &[f64]) -> (f64, Vec<(usize, f64)>) {
        let mut wanted: Vec<(f64, usize, f64)> = self
            .columns
            .column(j)
            .filter(|(i, c)| *c < lambda[*i])
            .map(|(i, c)| (((c - lambda[i]) / self.loads.weight[i].max(1e-12)), i, c - lambda[i]))
            .collect();
        wanted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut room = self.loads.capacity[j];
        let (mut sum, mut taken) = (0.0, Vec::new());
        for (_, i, saved) in wanted {
            let share = if self.loads.weight[i] <= room { 1.0 } else { room / self.loads.weight[i] };
            if share <= 0.0 {
                break;
            }
            room -= share * self.loads.weight[i];
            sum += share * saved;
            taken.push((i, share));
        }
        (sum, taken)
    }
}

impl Serving for Model<'_> {
    fn points(&self) -> usize {
        self.lists.demand()
    }

    fn cap(&self, i: usize) -> f64 {
        self.lists.horizon(i)
    }

    fn reduced(&self, lambda: &[f64], into: &mut [f64]) {
        into.par_iter_mut().with_min_len(16).enumerate().for_each(|(j, r)| *r = self.takes(j, lambda).0);
    }

    fn used(&self, lambda: &[f64], chosen: &[u32], slope: &mut [f64]) {
        for j in chosen {
            for (i, share) in self.takes(*j as usize, lambda).1 {
                slope[i] -= share;
            }
        }
    }
}

/// The *p*-median with capacities. The number of sites to open has to be given.
///
/// # Errors
/// [`SitingError`] for bad numbers, and where the open sites cannot hold all that the points weigh, or no assignment that
/// fits was found.
pub fn capacitated(
    metric: &Metric,
    loads: &Loads,
    sites: &Sites,
    effort: Effort,
    watch: Watch<'_>,
) -> Result<Assigned, SitingError> {
    let (points, count) = (metric.demand(), metric.sites());
    if points == 0 {
        return Err(SitingError::NoDemand);
    }
    crate::numbers("weight", &loads.weight, points)?;
    crate::numbers("capacity", &loads.capacity, count)?;
    sites.check(count)?;
    let total: f64 = loads.weight.iter().sum();
    let room: Vec<f64> = loads.capacity.iter().map(|q| -q).collect();
    let most: f64 = sites.choose(&room).iter().map(|j| loads.capacity[*j as usize]).sum();
    if total > most {
        let words = format!("the points weigh {total}, the sites with the most room can take {most}");
        return Err(SitingError::Infeasible(vec![words]));
    }
    let near = if points.saturating_mul(count) <= 4_000_000 { count } else { 4_000_000 / points + 20 };
    let lists = Lists::nearest(metric, &loads.weight, near);
    let columns = lists.columns(count);
    let model = Opening { model: &Model { lists: &lists, columns: &columns, loads }, sites, count };
    let lambda = (0..points).map(|i| {
        let costs = lists.row(i).1;
        costs.get(count / sites.open.unwrap_or(1).max(1)).or(costs.last()).copied().unwrap_or(0.0)
    });
    let mut dual = Dual::new(&model, lambda.collect());
    let mut best: Option<(f64, Vec<u32>, Vec<u32>)> = None;
    let (mut idle, mut round, mut complete) = (0, 0, true);
    loop {
        let upper = best.as_ref().map_or(f64::INFINITY, |(cost, ..)| *cost);
        if best.is_some() && dual.value >= upper - 1e-9 * upper.abs() || idle >= effort.patience {
            break;
        }
        if !watch(Report { objective: upper, bound: dual.value, round }) {
            complete = false;
            break;
        }
        let before = (upper, dual.value);
        let towards = if upper.is_finite() { upper } else { 1.2 * dual.value.abs().max(1.0) };
        dual.ascend(&model, towards, 50, f64::INFINITY);
        for value in [dual.reduced.clone(), dual.wanted.iter().map(|w| -w).collect()] {
            let open = roomy(sites, loads, total, sites.choose(&value), &value);
            if let Some(found) = settle(metric, loads, sites, open)
                && best.as_ref().is_none_or(|(cost, ..)| found.0 < *cost)
            {
                best = Some(found);
            }
        }
        let reached = best.as_ref().map_or(f64::INFINITY, |(cost, ..)| *cost);
        let better = reached < before.0 - 1e-9 * reached.abs();
        let closer = dual.value > before.1 + 0.02 * (reached - before.1).max(0.0);
        idle = if better || closer { 0 } else { idle + 1 };
        round += 1;
    }
    let Some((objective, mut open, site)) = best else {
        return Err(SitingError::Infeasible(vec![
            "no assignment that fits the capacities was found".to_owned(),
        ]));
    };
    open.sort_unstable();
    let optimal = dual.value >= objective - 1e-9 * objective.abs();
    let bound = dual.value;
    let (multipliers, budget_price) = dual.split(points);
    let answer = Answer { open, objective, bound, multipliers, budget_price, optimal, complete };
    Ok(Assigned { answer, site })
}

/// The same set with roomier sites in the place of the least wanted, until everything can fit.
fn roomy(sites: &Sites, loads: &Loads, total: f64, mut open: Vec<u32>, value: &[f64]) -> Vec<u32> {
    let room = |open: &[u32]| open.iter().map(|j| loads.capacity[*j as usize]).sum::<f64>();
    let mut others: Vec<u32> = (0_u32..).take(value.len()).filter(|j| !open.contains(j)).collect();
    others.retain(|j| sites.state(*j as usize) == State::Candidate);
    others.sort_unstable_by(|a, b| {
        loads.capacity[*b as usize].total_cmp(&loads.capacity[*a as usize]).then(a.cmp(b))
    });
    for j in others {
        if room(&open) >= total {
            break;
        }
        let out = open
            .iter()
            .copied()
            .filter(|r| {
                sites.state(*r as usize) == State::Candidate
                    && sites.group(*r as usize) == sites.group(j as usize)
            })
            .min_by(|a, b| {
                loads.capacity[*a as usize].total_cmp(&loads.capacity[*b as usize]).then(a.cmp(b))
            });
        if let Some(out) = out.filter(|out| loads.capacity[*out as usize] < loads.capacity[j as usize]) {
            open.retain(|r| *r != out);
            open.push(j);
        }
    }
    open
}

/// Assigns the points to a set, moves each site to where its points are best served, and again while it gets better.
fn settle(
    metric: &Metric,
    loads: &Loads,
    sites: &Sites,
    mut open: Vec<u32>,
) -> Option<(f64, Vec<u32>, Vec<u32>)> {
    let mut best: Option<(f64, Vec<u32>, Vec<u32>)> = None;
    for _ in 0..20 {
        let Some(site) = assign(metric, loads, &open) else { break };
        let cost = |i: usize, j: u32| metric.distance(i, j as usize) * loads.weight[i];
        let sum: f64 = site.iter().enumerate().map(|(i, j)| cost(i, *j)).sum();
        if best.as_ref().is_some_and(|(known, ..)| sum >= *known - 1e-9 * known.abs()) {
            break;
        }
        best = Some((sum, open.clone(), site.clone()));
        for slot in 0..open.len() {
            let own = open[slot];
            if sites.state(own as usize) == State::Required {
                continue;
            }
            let members: Vec<usize> = (0..site.len()).filter(|i| site[*i] == own).collect();
            let load: f64 = members.iter().map(|i| loads.weight[*i]).sum();
            let fits = |j: &u32| {
                let free = *j == own || !open.contains(j);
                free && sites.state(*j as usize) != State::Excluded
                    && loads.capacity[*j as usize] >= load
                    && sites.group(*j as usize) == sites.group(own as usize)
                    && sites.price(*j as usize) <= sites.price(own as usize)
            };
            let at = |j: &u32| members.iter().map(|i| cost(*i, *j)).sum::<f64>() + sites.cost(*j as usize);
            let all = (0_u32..).take(metric.sites()).filter(fits);
            if let Some(better) = all.min_by(|a, b| at(a).total_cmp(&at(b)).then(a.cmp(b))) {
                open[slot] = better;
            }
        }
    }
    let added = |open: &[u32]| open.iter().map(|j| sites.cost(*j as usize)).sum::<f64>();
    best.map(|(sum, open, site)| (sum + added(&open), open, site))
}

/// Each point at one open site: those first that would lose most by their second choice; then moves and exchanges.
fn assign(metric: &Metric, loads: &Loads, open: &[u32]) -> Option<Vec<u32>> {
    let points = loads.weight.len();
    let cost = |i: usize, k: usize| metric.distance(i, open[k] as usize) * loads.weight[i];
    let mut room: Vec<f64> = open.iter().map(|j| loads.capacity[*j as usize]).collect();
    let choices: Vec<Vec<usize>> = (0..points)
        .map(|i| {
            let mut order: Vec<usize> = (0..open.len()).collect();
            order.sort_unstable_by(|a, b| cost(i, *a).total_cmp(&cost(i, *b)).then(a.cmp(b)));
            order
        })
        .collect();
    let regret = |i: usize, room: &[f64]| -> f64 {
        let mut fits = choices[i].iter().filter(|k| room[**k] >= loads.weight[i]);
        match (fits.next(), fits.next()) {
            (Some(a), Some(b)) => cost(i, *b) - cost(i, *a),
            _ => f64::INFINITY,
        }
    };
    let mut at = vec![usize::MAX; points];
    let mut heap: std::collections::BinaryHeap<(Ordered, Ordered, std::cmp::Reverse<usize>)> = (0..points)
        .map(|i| (Ordered(regret(i, &room)), Ordered(loads.weight[i]), std::cmp::Reverse(i)))
        .collect();
    while let Some((known, weight, std::cmp::Reverse(i))) = heap.pop() {
        let now = regret(i, &room);
        if now > known.0 {
            heap.push((Ordered(now), weight, std::cmp::Reverse(i)));
            continue;
        }
        let fitting = choices[i].iter().copied().find(|k| room[*k] >= loads.weight[i]);
        let k = fitting.or_else(|| make_room(i, &mut at, &mut room, loads, &cost))?;
        at[i] = k;
        room[k] -= loads.weight[i];
    }
    for _ in 0..50 {
        let mut better = false;
        for i in 0..points {
            let own = at[i];
            for k in &choices[i] {
                if *k == own {
                    break;
                }
                let saved = cost(i, own) - cost(i, *k);
                if room[*k] >= loads.weight[i] {
                    room[own] += loads.weight[i];
                    room[*k] -= loads.weight[i];
                    at[i] = *k;
                    better = true;
                    break;
                }
                // Somebody there may change places.
                let other = (0..points).find(|o| {
                    let fits = room[*k] + loads.weight[*o] >= loads.weight[i]
                        && room[own] + loads.weight[i] >= loads.weight[*o];
                    at[*o] == *k && fits && cost(*o, own) - cost(*o, *k) < saved - 1e-12
                });
                if let Some(o) = other {
                    room[own] += loads.weight[i] - loads.weight[o];
                    room[*k] += loads.weight[o] - loads.weight[i];
                    (at[i], at[o]) = (*k, own);
                    better = true;
                    break;
                }
            }
        }
        if !better {
            break;
        }
    }
    Some(at.into_iter().map(|k| open[k]).collect())
}

/// Moves one point on so that another fits in its place: the one that costs least to move.
fn make_room(
    i: usize,
    at: &mut [usize],
    room: &mut [f64],
    loads: &Loads,
    cost: &dyn Fn(usize, usize) -> f64,
) -> Option<usize> {
    let mut best: Option<(f64, usize, usize, usize)> = None;
    for (o, k) in at.iter().copied().enumerate().filter(|(_, k)| *k != usize::MAX) {
        if room[k] + loads.weight[o] < loads.weight[i] {
            continue;
        }
        for to in (0..room.len()).filter(|to| *to != k && room[*to] >= loads.weight[o]) {
            let extra = cost(o, to) - cost(o, k) + cost(i, k);
            if best.is_none_or(|(known, ..)| extra < known) {
                best = Some((extra, o, k, to));
            }
        }
    }
    let (_, o, k, to) = best?;
    room[k] += loads.weight[o];
    room[to] -= loads.weight[o];
    at[o] = to;
    Some(k)
}
