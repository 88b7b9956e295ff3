//! What stays good when there are more or fewer people than thought.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use zhida_siting::plan::{Planned, replan};
use zhida_siting::{Effort, Report};

use super::cells::hours_in_all;
use super::read::Layout;

/// How a plan fares in other cases.
pub(crate) struct Robust {
    pub(crate) cases: usize,
    pub(crate) spread: f64,
    /// For each place, in how many cases its best plan makes the same of it in the end.
    pub(crate) same: Vec<usize>,
    /// The most and the mean that the plan serves less than could be proven possible, as a share.
    pub(crate) worst: f64,
    pub(crate) mean: f64,
}

/// Each kind of worker in each county (or everywhere) becomes more or fewer by a factor of its own, drawn evenly.
pub(crate) fn run(
    layout: &Layout,
    found: &Planned,
    (cases, spread): (usize, f64),
    seed: u64,
    (watch, over): (&(dyn Fn(usize, Report) -> bool + Sync), &dyn Fn() -> bool),
) -> anyhow::Result<Robust> {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut robust = Robust { cases: 0, spread, same: vec![0; found.states.len()], worst: 0.0, mean: 0.0 };
    let kinds = layout.plan.layers.iter().filter_map(|l| l.kind).max().map_or(0, |k| k as usize + 1);
    let areas = layout.plan.areas.len() + 1;
    for case in 0..cases {
        let factors: Vec<f64> =
            (0..kinds * areas).map(|_| chance.random_range(1.0 - spread..=1.0 + spread)).collect();
        let mut other = layout.plan.clone();
        for layer in &mut other.layers {
            let Some(kind) = layer.kind else { continue };
            for (i, people) in layer.people.iter_mut().enumerate() {
                let area = layout.plan.cells.get(i).map_or(areas - 1, |a| (*a as usize).min(areas - 1));
                *people *= factors[kind as usize * areas + area];
            }
        }
        let all = hours_in_all(&layout.spec, &layout.lengths, &layout.bands, &other.layers);
        for layer in other.layers.iter_mut().filter(|l| l.kind.is_none()) {
            layer.people.clone_from(&all);
        }
        let best = replan(&other, found, Effort { seed, patience: 2 }, &|r| watch(case, r))?;
        if over() && !best.complete && case > 0 {
            break;
        }
        for (same, (a, b)) in robust.same.iter_mut().zip(best.states.iter().zip(&found.states)) {
            *same += usize::from(a.last() == b.last());
        }
        let served = zhida_siting::plan::served(&other, found);
        let lost = (best.bound - served) / best.bound.max(1e-12);
        robust.worst = robust.worst.max(lost);
        robust.mean += lost;
        robust.cases += 1;
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of cases")]
    let n = robust.cases.max(1) as f64;
    robust.mean /= n;
    Ok(robust)
}
