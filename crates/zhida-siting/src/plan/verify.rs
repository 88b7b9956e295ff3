//! A plan checked from the raw input: what may become of each place, what is served, what is used of each limit, and what
//! multipliers and prices prove. Shares no code with the search: reach, courses and limits are worked out here anew.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{Amount, Plan, Planned};
use crate::metric::Metric;
use crate::verify::{Flaw, close, distance};

/// What a limit measures; years and quotas by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Measure {
    Money(usize),
    Running(usize),
    Raised(usize),
    Built(usize),
    Closed(usize),
    Quota(usize, usize),
}

/// The cells within a radius of each place.
fn reach(metric: &Metric, radius: f64) -> Vec<Vec<u32>> {
    let cells = u32::try_from(metric.demand()).unwrap_or(u32::MAX);
    let near = |i: u32, j: usize| distance(metric, i as usize, j) <= radius;
    let (points, sites, band) = match metric {
        Metric::Plane { demand, sites, .. } => (demand, sites, radius + 1.0),
        // A degree of latitude is more than 111 km on this sphere.
        Metric::Sphere { demand, sites, detour } => (demand, sites, radius / detour / 111_000.0),
        Metric::Ways { columns, .. } => {
            let of = |column: &Vec<(u32, f64)>| {
                column.iter().filter(|(_, far)| *far <= radius).map(|(i, _)| *i).collect()
            };
            return columns.iter().map(of).collect();
        }
        Metric::Matrix { .. } => {
            let of = |j: usize| (0..cells).filter(|i| near(*i, j)).collect();
            return (0..metric.sites()).into_par_iter().map(of).collect();
        }
    };
    let mut order: Vec<u32> = (0..cells).collect();
    order.sort_by(|a, b| points[*a as usize][1].total_cmp(&points[*b as usize][1]));
    let of = |j: usize| {
        let (low, high) = (sites[j][1] - band, sites[j][1] + band);
        let from = order.partition_point(|i| points[*i as usize][1] < low);
        let to = order.partition_point(|i| points[*i as usize][1] <= high);
        order[from..to].iter().copied().filter(|i| near(*i, j)).collect()
    };
    (0..metric.sites()).into_par_iter().map(of).collect()
}

/// What a sequence of states takes of each measure.
fn takes(plan: &Plan, j: usize, states: &[Option<u32>]) -> Vec<(Measure, f64)> {
    let place = &plan.places[j];
    let offer = |tier: u32| place.offers.iter().find(|o| o.tier == tier);
    let mut found = Vec::new();
    let mut last = place.now;
    for (y, state) in states.iter().enumerate() {
        if *state != last {
            let (cost, what) = match (last, state) {
                (Some(_), Some(tier)) => (offer(*tier).map_or(0.0, |o| o.cost), Measure::Raised(y)),
                (None, Some(tier)) => (offer(*tier).map_or(0.0, |o| o.cost), Measure::Built(y)),
                (_, None) => (place.closing.unwrap_or(0.0), Measure::Closed(y)),
            };
            found.push((what, 1.0));
            let until = if plan.carry { plan.years.len() } else { y + 1 };
            found.extend((y..until).map(|y| (Measure::Money(y), cost)));
        }
        if let Some(tier) = state {
            found.push((Measure::Running(y), offer(*tier).map_or(0.0, |o| o.running)));
            for (q, quota) in plan.quotas.iter().enumerate().filter(|(_, q)| q.from <= y) {
                if quota.area.is_none_or(|a| place.areas.contains(&a)) {
                    let counts = f64::from(u8::from(quota.tiers == 0 || quota.tiers & (1 << tier) != 0));
                    let amount = match quota.amount {
                        Amount::Share(share) => counts - share,
                        Amount::Least(_) | Amount::Most(_) => counts,
                    };
                    found.push((Measure::Quota(q, y), amount));
                }
            }
        }
        last = *state;
    }
    found
}

/// Everything that may become of a place.
fn may(plan: &Plan, j: usize) -> Vec<Vec<Option<u32>>> {
    let (place, years) = (&plan.places[j], plan.years.len());
    let mut all = vec![vec![place.now; years]];
    let mut ends: Vec<Option<u32>> = place.offers.iter().map(|o| Some(o.tier)).collect();
    ends.push(None);
    for end in ends.into_iter().filter(|e| *e != place.now) {
        for first in 0..years {
            let mut states = vec![place.now; first];
            states.resize(years, end);
            all.push(states);
        }
    }
    all.retain(|states| {
        let end = states.last().copied().flatten();
        let first = states.iter().position(|s| *s != place.now);
        let decided = place.pin.is_some_and(|p| p.tier.is_none());
        let closes = place.now.is_some() && end.is_none();
        (!closes || place.closing.is_some() || decided)
            && place
                .pin
                .is_none_or(|p| p.tier == end && (first.is_none() || p.year.is_none() || p.year == first))
    });
    all
}

/// A limit as the certificate calls it: the measures, the sense (1 for at most, -1 for at least) and the number.
fn limits(plan: &Plan) -> Vec<(String, Vec<Measure>, f64, f64)> {
    let mut found: Vec<(String, Vec<Measure>, f64, f64)> = Vec::new();
    let mut together = 0.0;
    for (y, year) in plan.years.iter().enumerate() {
        let name = &year.name;
        if let Some(budget) = year.budget {
            together = if plan.carry { together + budget } else { budget };
            found.push((format!("budget {name}"), vec![Measure::Money(y)], 1.0, together));
        }
        if let Some(running) = year.running {
            found.push((format!("running {name}"), vec![Measure::Running(y)], 1.0, running));
        }
        let (raised, built, closed) = (Measure::Raised(y), Measure::Built(y), Measure::Closed(y));
        for (what, range, measures) in [
            ("upgrades", year.upgrades, vec![raised]),
            ("builds", year.builds, vec![built]),
            ("closures", year.closures, vec![closed]),
            ("changes", year.changes, vec![raised, built]),
        ] {
            #[expect(clippy::cast_precision_loss, reason = "a count of places")]
            let (least, most) = (range.least as f64, range.most as f64);
            found.push((format!("{what} at least {name}"), measures.clone(), -1.0, least));
            found.push((format!("{what} at most {name}"), measures, 1.0, most));
        }
    }
    for (q, quota) in plan.quotas.iter().enumerate() {
        for y in quota.from..plan.years.len() {
            let (sense, number) = match quota.amount {
                Amount::Least(n) => (-1.0, n),
                Amount::Most(n) => (1.0, n),
                Amount::Share(_) => (-1.0, 0.0),
            };
            let name = format!("{} {}", quota.name, plan.years[y].name);
            found.push((name, vec![Measure::Quota(q, y)], sense, number));
        }
    }
    found
}

/// Checks a plan: Σ max(0, v w − (t − s) u), where s is 1 for a cell that wants two places and is served by one now, which
/// then does not count as the other, + Σ over places of the best course at multipliers and prices + Σ limits × prices.
///
/// # Errors
/// The first [`Flaw`].
pub fn verify_plan(plan: &Plan, stated: &Planned) -> Result<(), Flaw> {
    let (cells, years, layers) = (plan.metric.demand(), plan.years.len(), plan.layers.len());
    if stated.states.len() != plan.places.len() {
        return Err(Flaw::Count { found: stated.states.len(), asked: plan.places.len() });
    }
    for (j, states) in (0_u32..).zip(&stated.states) {
        if !may(plan, j as usize).contains(states) {
            return Err(Flaw::Course(plan.places[j as usize].name.clone()));
        }
    }
    let (price, paid) = kept(plan, stated)?;
    let u = &stated.multipliers;
    if u.len() != years * layers * cells || !u.iter().all(|u| u.is_finite() && *u >= 0.0) {
        return Err(Flaw::Multipliers(years * layers * cells));
    }
    let (mut objective, mut bound) = (0.0, paid);
    // What each place's reach is worth by the multipliers: by year and layer.
    let mut worth = vec![vec![0.0; years * layers]; plan.places.len()];
    let mut done: Vec<(u64, usize)> = Vec::new();
    let mut reached = Vec::new();
    for (l, layer) in plan.layers.iter().enumerate() {
        if !done.iter().any(|(bits, _)| *bits == layer.radius.to_bits()) {
            done.push((layer.radius.to_bits(), reached.len()));
            reached.push(reach(&plan.metric, layer.radius));
        }
        let at = done.iter().find(|(bits, _)| *bits == layer.radius.to_bits()).map_or(0, |(_, at)| *at);
        let near = &reached[at];
        let anchor = anchors(plan, l, near);
        for (y, year) in plan.years.iter().enumerate() {
            let own = &u[(y * layers + l) * cells..(y * layers + l + 1) * cells];
            let mut count = vec![0_u16; cells];
            for (j, states) in stated.states.iter().enumerate() {
                if served(plan, j, states[y], l) {
                    near[j].iter().for_each(|i| count[*i as usize] += 1);
                }
            }
            for i in 0..cells {
                let value = layer.people[i] * layer.factor * year.worth;
                let wants = f64::from(layer.times) - if anchor[i].is_some() { 1.0 } else { 0.0 };
                objective += if count[i] >= layer.times { value } else { 0.0 };
                bound += (value - wants * own[i]).max(0.0);
            }
            worth.par_iter_mut().enumerate().for_each(|(j, worth)| {
                let counts = near[j].iter().filter(|i| anchor[**i as usize] != Some(j));
                worth[y * layers + l] = counts.map(|i| own[*i as usize]).sum();
            });
        }
    }
    let best = |j: usize| {
        let of = |states: &Vec<Option<u32>>| {
            let mut value = 0.0;
            for (y, state) in states.iter().enumerate() {
                let own = (0..layers).filter(|l| served(plan, j, *state, *l));
                value += own.map(|l| worth[j][y * layers + l]).sum::<f64>();
            }
            let cost = takes(plan, j, states);
            value - cost.iter().map(|(m, a)| price.get(m).copied().unwrap_or(0.0) * a).sum::<f64>()
        };
        may(plan, j).iter().map(of).fold(f64::NEG_INFINITY, f64::max)
    };
    bound += (0..plan.places.len()).into_par_iter().map(best).collect::<Vec<f64>>().iter().sum::<f64>();
    if !close(objective, stated.objective) {
        return Err(Flaw::Objective { found: objective, stated: stated.objective });
    }
    if !close(bound, stated.bound) {
        return Err(Flaw::Bound { found: bound, stated: stated.bound });
    }
    Ok(())
}

fn served(plan: &Plan, j: usize, state: Option<u32>, layer: usize) -> bool {
    let offer = state.and_then(|tier| plan.places[j].offers.iter().find(|o| o.tier == tier));
    offer.is_some_and(|o| o.serves & (1 << layer) != 0)
}

/// In a layer that wants two: the nearest place that serves each cell now; a second one besides it is asked for.
fn anchors(plan: &Plan, layer: usize, near: &[Vec<u32>]) -> Vec<Option<usize>> {
    let mut anchor: Vec<Option<usize>> = vec![None; plan.metric.demand()];
    if plan.layers[layer].times == 2 {
        for j in (0..plan.places.len()).filter(|j| served(plan, *j, plan.places[*j].now, layer)) {
            for i in near[j].iter().map(|i| *i as usize) {
                let far = |j: usize| distance(&plan.metric, i, j);
                if anchor[i].is_none_or(|known| far(j) < far(known)) {
                    anchor[i] = Some(j);
                }
            }
        }
    }
    anchor
}

/// Whether the limits are kept; what a unit of each measure is priced at, and what the limits at their prices come to.
fn kept(plan: &Plan, stated: &Planned) -> Result<(BTreeMap<Measure, f64>, f64), Flaw> {
    let mut used: BTreeMap<Measure, f64> = BTreeMap::new();
    for (j, states) in stated.states.iter().enumerate() {
        for (measure, amount) in takes(plan, j, states) {
            *used.entry(measure).or_default() += amount;
        }
    }
    let limits = limits(plan);
    let mut paid = 0.0;
    let mut price: BTreeMap<Measure, f64> = BTreeMap::new();
    let mut stated_prices: BTreeMap<&str, f64> =
        stated.prices.iter().map(|(name, price)| (name.as_str(), *price)).collect();
    for (name, measures, sense, number) in &limits {
        let found: f64 = measures.iter().map(|m| used.get(m).copied().unwrap_or(0.0)).sum();
        if sense * (found - number) > 1e-6 * number.abs().max(1.0) {
            return Err(Flaw::Limit { name: name.clone(), found, limit: *number });
        }
        let own = stated_prices.remove(name.as_str()).unwrap_or(0.0);
        if own > 0.0 {
            paid += own * sense * number;
            for m in measures {
                *price.entry(*m).or_default() += own * sense;
            }
        }
        if !(own.is_finite() && own >= 0.0) {
            return Err(Flaw::Price(name.clone()));
        }
    }
    if let Some((name, _)) = stated_prices.into_iter().next() {
        return Err(Flaw::Price(name.to_owned()));
    }
    Ok((price, paid))
}
