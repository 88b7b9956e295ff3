//! Plans with a bound: multipliers are improved and plans are made from what they choose, mended where limits are broken,
//! filled up, and exchanged, side by side.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::Plan;
use super::draft::{Draft, SLACK};
use super::finish::finish;
use super::ground::Ground;
use super::moves::{exchange, fill, mend, trim};
use super::prices::{Limits, Prices};
use crate::dual::{Dual, Relaxation as _};
use crate::median::Effort;
use crate::model::{Report, SitingError, Watch};

/// A plan with what proves how good it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The tier of each place in each year; none where it is not open.
    pub states: Vec<Vec<Option<u32>>>,
    /// What is served, over all years.
    pub objective: f64,
    /// What the multipliers prove that no plan exceeds.
    pub bound: f64,
    /// A multiplier for each year, layer and cell, in this order.
    pub multipliers: Vec<f64>,
    /// A price for each limit that has one, by name, in the limit's own unit.
    pub prices: Vec<(String, f64)>,
    /// Whether the bound is reached.
    pub optimal: bool,
    /// Whether the search came to its own end.
    pub complete: bool,
}

/// Rounds of the relaxation between two plans made from it.
const ASCENT: usize = 40;
/// Rounds of the prices alone.
const TUNING: usize = 100;
/// Rounds without a plan that keeps all limits, after which it is looked into whether there can be one.
const LATE: usize = 10;
/// Exchanges in a round.
const SHAKES: usize = 3_000;

/// The best plan that was found, with its bound.
///
/// Memory: 50 bytes for each year, layer and cell, 8 bytes for each place and run of cells within its reach.
///
/// # Errors
/// [`SitingError`] for bad numbers, and for limits that cannot be met together, named.
pub fn plan(plan: &Plan, effort: Effort, watch: Watch<'_>) -> Result<Planned, SitingError> {
    plan.check()?;
    run(&Ground::new(plan), None, effort, watch)
}

/// The same from another plan's answer, for a problem that differs a little: other numbers of people, say.
///
/// # Errors
/// As [`plan`].
pub fn replan(plan: &Plan, from: &Planned, effort: Effort, watch: Watch<'_>) -> Result<Planned, SitingError> {
    plan.check()?;
    run(&Ground::new(plan), Some(from), effort, watch)
}

/// What a plan serves, over all years.
pub fn served(plan: &Plan, planned: &Planned) -> f64 {
    let ground = Ground::new(plan);
    begin(&ground, Some(planned)).map_or(0.0, |course| Draft::new(&ground, course).total)
}

fn run(
    ground: &Ground,
    from: Option<&Planned>,
    effort: Effort,
    watch: Watch<'_>,
) -> Result<Planned, SitingError> {
    impossible(ground)?;
    let mut chance = ChaCha8Rng::seed_from_u64(effort.seed);
    let limits = ground.courses.limits.len();
    let mut first = Draft::new(ground, begin(ground, from)?);
    let mut prices = vec![0.0; limits];
    if let Some(from) = from {
        for (price, limit) in prices.iter_mut().zip(&ground.courses.limits) {
            let known = from.prices.iter().find(|(name, _)| *name == limit.name);
            *price = known.map_or(0.0, |(_, price)| price * limit.scale);
        }
    }
    if mend(&mut first, &prices) {
        fill(&mut first, &prices);
    }
    let mut best = first.clone();
    let lambda = match from.filter(|f| f.multipliers.len() == ground.points()) {
        Some(from) => placed(ground, &from.multipliers).chain(prices.iter().copied()).collect(),
        None => multipliers(ground, &first),
    };
    let mut dual = Dual::new(ground, lambda);
    let enough = |served: f64| -served - 1e-9 * served.abs();
    let shakes = (2 * ground.courses.count()).clamp(50, SHAKES);
    let mut built = f64::INFINITY;
    let (mut idle, mut round, mut complete) = (0, 0, true);
    while !best.keeps() || dual.value < enough(best.total) {
        if idle >= effort.patience {
            break;
        }
        if !watch(Report { objective: best.total, bound: -dual.value, round }) {
            complete = false;
            break;
        }
        if round == LATE && !best.keeps() {
            collides(ground, &best)?;
        }
        let (reached, bound, kept) = (best.total, dual.value, best.keeps());
        let prices: Vec<f64> = dual.lambda[ground.points()..].to_vec();
        let (goal, enough) =
            if kept { (-reached, enough(reached)) } else { (-reached.min(0.98 * -bound), f64::INFINITY) };
        let far = -bound > 1.03 * reached;
        rayon::join(
            || {
                dual.ascend(ground, goal, if far { 3 * ASCENT } else { ASCENT }, enough);
                tune(ground, &mut dual, goal);
            },
            || {
                if kept {
                    exchange(&mut best, &prices, shakes, &mut chance);
                }
            },
        );
        // New plans are made when the bound has come nearer, by a tenth of what is left.
        let left = -dual.value - best.total;
        if !best.keeps() || left < 0.9 * built {
            built = left;
            build(&mut best, &dual);
        }
        let better = best.total > reached + 1e-6 * reached.abs();
        let closer = dual.value > bound + 0.02 * (-best.total - bound).max(0.0);
        if dual.is_short() {
            dual.restart();
        } else if better {
            dual.refresh();
        }
        idle = if better || closer { 0 } else { idle + 1 };
        round += 1;
    }
    let exhausted =
        complete && (best.keeps() && dual.value >= enough(best.total) || finish(&mut best, &dual));
    if !best.keeps() {
        if complete {
            collides(ground, &best)?;
        }
        let words = stuck(ground, &best, exhausted);
        return Err(if exhausted { SitingError::Infeasible(words) } else { SitingError::NotFound(words) });
    }
    trim(&mut best);
    Ok(told(ground, &best, dual, complete, exhausted))
}

/// Where a plan begins: all places as they are, or as another plan has them.
fn begin(ground: &Ground, from: Option<&Planned>) -> Result<Vec<u32>, SitingError> {
    let courses = &ground.courses;
    let mut found = Vec::with_capacity(ground.places());
    for j in 0..ground.places() {
        let known = from.and_then(|f| f.states.get(j));
        let same = courses.of(j).find(|c| known.is_some_and(|k| *k == courses.states(*c)));
        match same.or_else(|| courses.of(j).next()) {
            Some(course) => found.push(course),
            None => {
                return Err(SitingError::Infeasible(vec![format!(
                    "what is decided of place {j} cannot become of it"
                )]));
            }
        }
    }
    Ok(found)
}

/// Limits that cannot be kept whatever is decided, each by itself.
fn impossible(ground: &Ground) -> Result<(), SitingError> {
    let courses = &ground.courses;
    let mut least = vec![0.0; courses.limits.len()];
    for j in 0..ground.places() {
        let mut own: Vec<(u32, f64, u32)> = Vec::new();
        let of = courses.of(j);
        let n = u32::try_from(of.len()).unwrap_or(u32::MAX);
        for (r, a) in of.flat_map(|c| courses.uses(c)) {
            match own.iter_mut().find(|(s, ..)| s == r) {
                Some((_, b, seen)) => (*b, *seen) = (b.min(*a), *seen + 1),
                None => own.push((*r, *a, 1)),
            }
        }
        for (r, a, seen) in own {
            // A course that takes nothing takes 0.
            least[r as usize] += if seen < n { a.min(0.0) } else { a };
        }
    }
    let broken = courses.limits.iter().zip(&least).filter(|(limit, least)| **least > limit.most + SLACK);
    let words: Vec<String> = broken
        .map(|(limit, least)| {
            let (least, most) = (least * limit.scale, limit.most * limit.scale);
            if limit.turned {
                format!("`{}`: {} are asked for, at most {} are possible", limit.name, -most, -least)
            } else {
                format!("`{}`: {most} is the limit, at least {least} is needed", limit.name)
            }
        })
        .collect();
    if words.is_empty() { Ok(()) } else { Err(SitingError::Infeasible(words)) }
}

/// Whether limits collide with each other: the least by which they are broken together is above 0.
fn collides(ground: &Ground, draft: &Draft<'_>) -> Result<(), SitingError> {
    let limits = Limits(&ground.courses);
    let mut dual = Dual::new(&limits, vec![0.5; ground.courses.limits.len()]);
    for _ in 0..20 {
        dual.ascend(&limits, draft.over.max(1e-3), 200, 1e-4);
        dual.restart();
        if dual.value > 1e-4 {
            let names = ground.courses.limits.iter().zip(&dual.lambda).filter(|(_, price)| **price > 1e-3);
            let words = names.map(|(limit, _)| format!("`{}`", limit.name)).collect();
            return Err(SitingError::Infeasible(words));
        }
    }
    Ok(())
}

/// What stays broken where no plan was found.
fn stuck(ground: &Ground, draft: &Draft<'_>, exhausted: bool) -> Vec<String> {
    let nearest =
        if exhausted { "in the plan that breaks others least" } else { "in the nearest plan that was found" };
    let of = |(r, over): (usize, f64)| {
        let limit = &ground.courses.limits[r];
        format!("`{}`: {:.3} short {nearest}", limit.name, over * limit.scale)
    };
    draft.broken().map(of).collect()
}

/// Multipliers to begin from: by how often each cell is served.
fn multipliers(ground: &Ground, draft: &Draft<'_>) -> Vec<f64> {
    let reachable = ground.reachable();
    let mut lambda = Vec::with_capacity(ground.points() + ground.courses.limits.len());
    for block in 0..ground.blocks() {
        let times = ground.times[ground.block(block).0];
        for (at, n) in draft.count(block).iter().enumerate() {
            let i = lambda.len();
            let part = if !reachable[i] || *n < times {
                1.0
            } else if *n == times {
                0.5
            } else {
                0.0
            };
            lambda.push(part * ground.value(block, at) / ground.wants(ground.block(block).0, at));
        }
    }
    lambda
}

/// Multipliers by cells' places from those by their numbers.
fn placed<'a>(ground: &'a Ground, by_cell: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    (0..ground.blocks()).flat_map(move |block| {
        let order = ground.cover(ground.block(block).0).order().iter();
        order.map(move |i| by_cell[block * ground.cells() + *i as usize])
    })
}

/// For each place the course that was wanted most lately.
fn wanted(ground: &Ground, dual: &Dual) -> Vec<u32> {
    let most = |j: usize| {
        let by = |a: &u32, b: &u32| dual.wanted[*a as usize].total_cmp(&dual.wanted[*b as usize]);
        ground.courses.of(j).max_by(|a, b| by(a, b).then(b.cmp(a))).unwrap_or(0)
    };
    (0..ground.places()).map(most).collect()
}

/// Plans from what the relaxation chooses, and from what it wanted lately.
fn build<'a>(best: &mut Draft<'a>, dual: &Dual) {
    let ground: &'a Ground = best.ground();
    let prices = &dual.lambda[ground.points()..];
    for chosen in [dual.chosen.clone(), wanted(ground, dual)] {
        let mut other = Draft::new(ground, chosen);
        if mend(&mut other, prices) {
            fill(&mut other, prices);
            trim(&mut other);
            if !best.keeps() || other.total > best.total {
                *best = other;
            }
        }
    }
}

/// Better prices at the multipliers that cells have.
fn tune(ground: &Ground, dual: &mut Dual, goal: f64) {
    let known = dual.lambda[ground.points()..].to_vec();
    let model = Prices::new(&ground.courses, dual.value, &dual.reduced, &known);
    let mut prices = Dual::new(&model, known);
    prices.ascend(&model, goal.max(dual.value + 1e-3 * dual.value.abs()), TUNING, f64::INFINITY);
    dual.adopt(ground, &prices.lambda);
}

/// Four digits are enough for a multiplier: any proves a bound.
fn rounded(value: f64) -> f64 {
    if value < 1e-12 {
        return 0.0;
    }
    let scale = 10_f64.powf(3.0 - value.log10().floor());
    (value * scale).round() / scale
}

fn told(ground: &Ground, best: &Draft<'_>, dual: Dual, complete: bool, exhausted: bool) -> Planned {
    let points = ground.points();
    let lambda: Vec<f64> = dual.lambda.iter().map(|u| rounded(*u)).collect();
    let (mut slope, mut reduced) = (vec![0.0; lambda.len()], vec![0.0; ground.courses.count()]);
    let (value, _) = ground.evaluate(&lambda, &mut slope, &mut reduced);
    let exact = Draft::new(ground, best.course.clone());
    let mut multipliers = vec![0.0; points];
    for block in 0..ground.blocks() {
        let order = ground.cover(ground.block(block).0).order().iter();
        for (at, i) in order.enumerate() {
            multipliers[block * ground.cells() + *i as usize] = lambda[block * ground.cells() + at];
        }
    }
    let prices = &lambda[points..];
    let limits = ground.courses.limits.iter().zip(prices).filter(|(_, price)| **price > 0.0);
    Planned {
        states: exact.course.iter().map(|c| ground.courses.states(*c)).collect(),
        objective: exact.total,
        bound: -value,
        multipliers,
        prices: limits.map(|(limit, price)| (limit.name.clone(), price / limit.scale)).collect(),
        optimal: exhausted || -value <= exact.total + 1e-9 * exact.total.abs(),
        complete,
    }
}
