//! What a plan means: a decision for each place with its reasons in numbers, and totals before and after.

use rayon::prelude::*;

use super::{Amount, Plan, Planned};
use crate::reach::Cover;

/// What becomes of a place. Years are indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Stays as it is.
    Keep,
    /// Is raised to a tier.
    Upgrade {
        /// The tier.
        tier: u32,
        /// The year.
        year: usize,
    },
    /// Moves to another place, which is built.
    Adjust {
        /// The place.
        to: u32,
        /// The year in which it closes here.
        year: usize,
    },
    /// Closes.
    Close {
        /// The year.
        year: usize,
    },
    /// Is built; if it takes over from another place, from that.
    Build {
        /// The tier.
        tier: u32,
        /// The year.
        year: usize,
        /// The place that moves here.
        from: Option<u32>,
    },
    /// Is not built.
    Leave,
}

/// Why: people in the band of hours in which most of their kind are there, in the last year.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reasons {
    /// Within its reach; of a place that is not open in the end, as it was, or as it could be.
    pub reach: f64,
    /// Within reach of one by the plan only thanks to what becomes of it.
    pub gained: f64,
    /// In its reach, served now and not in the end.
    pub lost: f64,
    /// In its reach, and served by another one in the end.
    pub shared: f64,
    /// Money for what becomes of it.
    pub cost: f64,
    /// Money a year to run it, in the end.
    pub running: f64,
    /// The quotas (by index) that it counts for in the end, and that have nothing to spare.
    pub quotas: Vec<u32>,
}

/// How a quota is met in the last year.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held {
    /// What is asked for.
    pub asked: f64,
    /// How many there are now.
    pub before: f64,
    /// How many there are in the end.
    pub after: f64,
    /// What one more or less would be worth, in the objective's unit, all its years together.
    pub price: f64,
}

/// Totals of a year; the first of them is the state now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Year {
    /// Open places by tier.
    pub open: Vec<usize>,
    /// People served in each layer.
    pub served: Vec<f64>,
    /// Money spent on changes.
    pub spent: f64,
    /// Money to run all places.
    pub running: f64,
    /// Places raised to another tier, built, and closed.
    pub changes: [usize; 3],
}

/// An area before and after, in the objective's unit for one year of worth 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Area {
    /// All that could be served.
    pub total: f64,
    /// What is served now.
    pub before: f64,
    /// What is served in the end.
    pub after: f64,
}

/// A plan told.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// What becomes of each place.
    pub decisions: Vec<Decision>,
    /// Why.
    pub reasons: Vec<Reasons>,
    /// Now, and in each year.
    pub years: Vec<Year>,
    /// All people in each layer.
    pub people: Vec<f64>,
    /// How each quota is met.
    pub held: Vec<Held>,
    /// Each area.
    pub areas: Vec<Area>,
}

/// Tells what a plan means.
pub fn reasons(plan: &Plan, planned: &Planned) -> Told {
    let covers: Vec<Cover> = plan.layers.iter().map(|l| Cover::within(&plan.metric, &|_| l.radius)).collect();
    let now: Vec<Option<u32>> = plan.places.iter().map(|p| p.now).collect();
    let end: Vec<Option<u32>> = planned.states.iter().map(|s| s.last().copied().flatten()).collect();
    let (before, after) = (counts(plan, &covers, &now), counts(plan, &covers, &end));
    let decisions = decisions(plan, planned);
    let held = held(plan, planned, &now, &end);
    let tight: Vec<bool> = held
        .iter()
        .zip(&plan.quotas)
        .map(|(h, q)| !matches!(q.amount, Amount::Most(_)) && h.asked > 0.0 && h.after - h.asked < 1.0)
        .collect();
    let of = |j: usize| {
        let mut why = people(plan, &covers, j, (now[j], end[j]), &before, &after);
        let tier = end[j].or(now[j]);
        why.cost = cost(plan, j, now[j], end[j]);
        why.running = end[j].and_then(|t| plan.offer(j, t)).map_or(0.0, |o| o.running);
        let counts = |q: &super::Quota| {
            q.area.is_none_or(|a| plan.places[j].areas.contains(&a))
                && end[j].is_some()
                && tier.is_some_and(|t| q.tiers == 0 || q.tiers >> t & 1 == 1)
        };
        let quotas = (0_u32..).zip(&plan.quotas).filter(|(q, quota)| tight[*q as usize] && counts(quota));
        why.quotas = quotas.map(|(q, _)| q).collect();
        why
    };
    let reasons = (0..plan.places.len()).into_par_iter().with_min_len(64).map(of).collect();
    Told {
        decisions,
        reasons,
        years: years(plan, &covers, planned, &now),
        people: plan.layers.iter().map(|l| l.people.iter().sum()).collect(),
        held,
        areas: areas(plan, &before, &after),
    }
}

fn serves(plan: &Plan, j: usize, state: Option<u32>) -> u64 {
    state.and_then(|t| plan.offer(j, t)).map_or(0, |o| o.serves)
}

/// How many places serve each cell in each layer.
fn counts(plan: &Plan, covers: &[Cover], states: &[Option<u32>]) -> Vec<Vec<u16>> {
    let cells = plan.metric.demand();
    let of = |l: usize| {
        let mut count = vec![0_u16; cells];
        for (j, state) in states.iter().enumerate() {
            if serves(plan, j, *state) >> l & 1 == 1 {
                covers[l].column(j).for_each(|i| count[i as usize] += 1);
            }
        }
        count
    };
    (0..plan.layers.len()).into_par_iter().map(of).collect()
}

fn cost(plan: &Plan, j: usize, now: Option<u32>, end: Option<u32>) -> f64 {
    match end {
        _ if end == now => 0.0,
        Some(tier) => plan.offer(j, tier).map_or(0.0, |o| o.cost),
        None => plan.places[j].closing.unwrap_or(0.0),
    }
}

/// The people of a place's reasons.
fn people(
    plan: &Plan,
    covers: &[Cover],
    j: usize,
    (now, end): (Option<u32>, Option<u32>),
    before: &[Vec<u16>],
    after: &[Vec<u16>],
) -> Reasons {
    let kinds = plan.layers.iter().filter_map(|l| l.kind).max().map_or(0, |k| k as usize + 1);
    let mut most = vec![[0.0_f64; 4]; kinds];
    let could = plan.places[j].offers.iter().fold(0, |mask, o| mask | o.serves);
    let (old, new) = (serves(plan, j, now), serves(plan, j, end));
    let meant = if new != 0 {
        new
    } else if old != 0 {
        old
    } else {
        could
    };
    for (l, layer) in plan.layers.iter().enumerate() {
        let Some(kind) = layer.kind else { continue };
        let has = |mask: u64| mask >> l & 1 == 1;
        if !has(meant | old) {
            continue;
        }
        let mut sums = [0.0; 4];
        for i in covers[l].column(j) {
            let (i, people) = (i as usize, layer.people[i as usize]);
            let (was, is) = (before[l][i], after[l][i]);
            let mut add = |what: usize, yes: bool| sums[what] += if yes { people } else { 0.0 };
            add(0, has(meant));
            add(1, has(new) && !has(old) && is == layer.times && was < layer.times);
            add(2, has(old) && was >= layer.times && is < layer.times);
            add(3, has(meant) && is - u16::from(has(new)) >= layer.times);
        }
        for (most, sum) in most[kind as usize].iter_mut().zip(sums) {
            *most = most.max(sum);
        }
    }
    let total = |what: usize| most.iter().map(|m| m[what]).sum();
    Reasons { reach: total(0), gained: total(1), lost: total(2), shared: total(3), ..Reasons::default() }
}

/// Decisions by states; a closure and a building near each other are a move, the nearest pairs first.
fn decisions(plan: &Plan, planned: &Planned) -> Vec<Decision> {
    let of = |(place, states): (&super::Place, &Vec<Option<u32>>)| {
        let change = (0..states.len()).find(|y| states[*y] != place.now);
        match (change, place.now, states.last().copied().flatten()) {
            (None, Some(_), _) => Decision::Keep,
            (None, None, _) | (Some(_), None, None) => Decision::Leave,
            (Some(year), Some(_), Some(tier)) => Decision::Upgrade { tier, year },
            (Some(year), Some(_), None) => Decision::Close { year },
            (Some(year), None, Some(tier)) => Decision::Build { tier, year, from: None },
        }
    };
    let mut found: Vec<Decision> = plan.places.iter().zip(&planned.states).map(of).collect();
    let closed = (0_u32..).zip(&found).filter(|(_, d)| matches!(d, Decision::Close { .. })).map(|(j, _)| j);
    let built: Vec<u32> =
        (0_u32..).zip(&found).filter(|(_, d)| matches!(d, Decision::Build { .. })).map(|(j, _)| j).collect();
    let mut pairs: Vec<(f64, u32, u32)> = closed
        .flat_map(|from| built.iter().map(move |to| (from, *to)))
        .filter_map(|(from, to)| {
            let apart = plan.metric.between(from as usize, to as usize)?;
            (apart <= plan.move_within).then_some((apart, from, to))
        })
        .collect();
    pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    for (_, from, to) in pairs {
        if let (Decision::Close { year }, Decision::Build { tier, year: begins, from: None }) =
            (found[from as usize], found[to as usize])
        {
            found[from as usize] = Decision::Adjust { to, year };
            found[to as usize] = Decision::Build { tier, year: begins, from: Some(from) };
        }
    }
    found
}

fn held(plan: &Plan, planned: &Planned, now: &[Option<u32>], end: &[Option<u32>]) -> Vec<Held> {
    let mut found: Vec<[f64; 4]> = vec![[0.0; 4]; plan.quotas.len()];
    let mut of_area: Vec<Vec<usize>> = vec![Vec::new(); plan.areas.len()];
    let mut everywhere = Vec::new();
    for (q, quota) in plan.quotas.iter().enumerate() {
        match quota.area {
            Some(area) => of_area[area as usize].push(q),
            None => everywhere.push(q),
        }
    }
    for (j, place) in plan.places.iter().enumerate() {
        let own = place.areas.iter().flat_map(|a| &of_area[*a as usize]);
        for q in own.chain(&everywhere) {
            for (at, state) in [now[j], end[j]].into_iter().enumerate() {
                if let Some(tier) = state {
                    let counts = plan.quotas[*q].tiers == 0 || plan.quotas[*q].tiers >> tier & 1 == 1;
                    found[*q][at] += f64::from(u8::from(counts));
                    found[*q][at + 2] += 1.0;
                }
            }
        }
    }
    let told = |(quota, counts): (&super::Quota, [f64; 4])| {
        let prices = planned.prices.iter().filter(|(name, _)| {
            let year = name.strip_prefix(quota.name.as_str()).and_then(|rest| rest.strip_prefix(' '));
            year.is_some_and(|year| plan.years.iter().any(|y| y.name == year))
        });
        Held {
            asked: match quota.amount {
                Amount::Least(n) | Amount::Most(n) => n,
                Amount::Share(share) => share * counts[3],
            },
            before: counts[0],
            after: counts[1],
            price: prices.map(|(_, price)| price).sum(),
        }
    };
    plan.quotas.iter().zip(found).map(told).collect()
}

fn years(plan: &Plan, covers: &[Cover], planned: &Planned, now: &[Option<u32>]) -> Vec<Year> {
    let mut found = Vec::new();
    let mut before = now.to_vec();
    for y in 0..=plan.years.len() {
        let states: Vec<Option<u32>> = match y {
            0 => now.to_vec(),
            _ => planned.states.iter().map(|s| s[y - 1]).collect(),
        };
        let count = counts(plan, covers, &states);
        let served = plan.layers.iter().zip(&count).map(|(layer, count)| {
            let served = layer.people.iter().zip(count).filter(|(_, n)| **n >= layer.times);
            served.map(|(people, _)| people).sum()
        });
        let mut year = Year { open: vec![0; plan.tiers.len()], served: served.collect(), ..Year::default() };
        for (j, (old, new)) in before.iter().zip(&states).enumerate() {
            if let Some(tier) = new {
                year.open[*tier as usize] += 1;
                year.running += plan.offer(j, *tier).map_or(0.0, |o| o.running);
            }
            if old != new {
                year.spent += cost(plan, j, *old, *new);
                let what = match (old, new) {
                    (Some(_), Some(_)) => 0,
                    (None, _) => 1,
                    (Some(_), None) => 2,
                };
                year.changes[what] += 1;
            }
        }
        found.push(year);
        before = states;
    }
    found
}

fn areas(plan: &Plan, before: &[Vec<u16>], after: &[Vec<u16>]) -> Vec<Area> {
    let mut found = vec![Area::default(); plan.areas.len()];
    for (i, area) in plan.cells.iter().enumerate() {
        let Some(area) = found.get_mut(*area as usize) else { continue };
        for (l, layer) in plan.layers.iter().enumerate() {
            let worth = layer.people[i] * layer.factor;
            area.total += worth;
            area.before += if before[l][i] >= layer.times { worth } else { 0.0 };
            area.after += if after[l][i] >= layer.times { worth } else { 0.0 };
        }
    }
    found
}
