//! Plans against brute force on small problems, and the laws that every plan keeps.

use proptest::prelude::*;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::model::Watch;

use crate::Effort;
use crate::verify::Flaw;

const QUICK: Effort = Effort { seed: 1, patience: 3 };
const GO: Watch<'static> = &|_| true;

fn range(chance: &mut ChaCha8Rng, high: usize) -> Range {
    match chance.random_range(0..8) {
        0 => Range { least: chance.random_range(0..=high), most: usize::MAX },
        1 => Range { least: 0, most: chance.random_range(0..=high) },
        _ => Range::default(),
    }
}

fn place(j: usize, (tiers, years): (u32, usize), c: &mut ChaCha8Rng) -> Place {
    let now = c.random_bool(0.5).then(|| c.random_range(0..tiers));
    let offers: Vec<Offer> = (0..tiers)
        .map(|tier| Offer {
            tier,
            serves: c.random_range(0..8),
            cost: if now == Some(tier) { 0.0 } else { f64::from(c.random_range(1..6)) },
            running: f64::from(c.random_range(0..4)),
        })
        .collect();
    let pin = c.random_bool(0.15).then(|| Pin {
        tier: c.random_bool(0.6).then(|| c.random_range(0..tiers)),
        year: c.random_bool(0.3).then(|| c.random_range(0..years)),
    });
    Place {
        name: format!("p{j}"),
        now,
        offers,
        areas: (0..2).filter(|_| c.random_bool(0.6)).collect(),
        closing: c.random_bool(0.7).then(|| f64::from(c.random_range(0..2))),
        pin,
    }
}

/// A small plan by lot.
fn small(seed: u64) -> Plan {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let c = &mut chance;
    let (cells, places, years, tiers) =
        (c.random_range(1..8), c.random_range(1..5), c.random_range(1..3), c.random_range(1..3_u32));
    let sphere = c.random_bool(0.5);
    let at = |n: usize, c: &mut ChaCha8Rng| -> Vec<[f64; 2]> {
        let scale = if sphere { 0.002 } else { 1.0 };
        (0..n)
            .map(|_| [scale * f64::from(c.random_range(0..12)), scale * f64::from(c.random_range(0..12))])
            .collect()
    };
    let (demand, sites) = (at(cells, c), at(places, c));
    let unit = if sphere { 222.0 } else { 1.0 };
    let metric = if sphere {
        Metric::Sphere { demand, sites, detour: 1.2 }
    } else {
        Metric::Plane { demand, sites, rounded: false }
    };
    let layers: Vec<Layer> = (0..c.random_range(1..4_u16))
        .map(|l| Layer {
            name: format!("layer {l}"),
            kind: (l < 2).then_some(0),
            people: (0..cells).map(|_| f64::from(c.random_range(0..9))).collect(),
            factor: f64::from(c.random_range(1..4)),
            radius: unit * f64::from(c.random_range(1..6)),
            times: if l == 2 { 2 } else { 1 },
        })
        .collect();
    let places = (0..places).map(|j| place(j, (tiers, years), c)).collect();
    let years: Vec<Year> = (0..years)
        .map(|y| Year {
            name: format!("{}", 2024 + y),
            worth: f64::from(c.random_range(1..3)),
            budget: c.random_bool(0.6).then(|| f64::from(c.random_range(0..9))),
            running: c.random_bool(0.3).then(|| f64::from(c.random_range(2..12))),
            upgrades: range(c, 1),
            builds: range(c, 1),
            closures: range(c, 1),
            changes: range(c, 2),
        })
        .collect();
    let quotas = (0..c.random_range(0..3))
        .map(|q| Quota {
            name: format!("quota {q}"),
            tiers: c.random_range(0..4),
            area: c.random_bool(0.7).then(|| c.random_range(0..2)),
            amount: match c.random_range(0..3) {
                0 => Amount::Least(1.0),
                1 => Amount::Most(f64::from(c.random_range(0..3))),
                _ => Amount::Share(0.4),
            },
            from: c.random_range(0..years.len()),
        })
        .collect();
    Plan {
        metric,
        layers,
        places,
        tiers: (0..tiers).map(|t| format!("tier {t}")).collect(),
        areas: vec!["a".to_owned(), "b".to_owned()],
        years,
        carry: c.random_bool(0.5),
        quotas,
        cells: Vec::new(),
        move_within: 4.0 * unit,
    }
}

/// The best plan by trying every one: what it serves; none if no plan keeps the limits. Its own reading of everything.
fn brute(plan: &Plan) -> Option<f64> {
    let years = plan.years.len();
    let every: Vec<Vec<Vec<Option<u32>>>> = plan
        .places
        .iter()
        .map(|p| {
            let mut all = vec![vec![p.now; years]];
            let ends: Vec<Option<u32>> =
                p.offers.iter().map(|o| Some(o.tier)).chain([None]).filter(|e| *e != p.now).collect();
            for end in ends {
                for first in 0..years {
                    all.push((0..years).map(|y| if y < first { p.now } else { end }).collect());
                }
            }
            let fits = |states: &Vec<Option<u32>>| {
                let end = states[years - 1];
                let year = states.iter().position(|s| *s != p.now);
                match p.pin {
                    Some(pin) => {
                        end == pin.tier && (year.is_none() || pin.year.is_none() || pin.year == year)
                    }
                    None => end.is_some() || p.now.is_none() || p.closing.is_some(),
                }
            };
            all.into_iter().filter(fits).collect()
        })
        .collect();
    let mut best = None;
    let mut at = vec![0; every.len()];
    loop {
        if every.iter().all(|e| !e.is_empty()) {
            let states: Vec<&Vec<Option<u32>>> = at.iter().zip(&every).map(|(k, e)| &e[*k]).collect();
            if keeps(plan, &states) {
                let value = served(plan, &states);
                best = Some(best.map_or(value, |b: f64| b.max(value)));
            }
        } else {
            return None;
        }
        let Some(next) = (0..at.len()).find(|j| at[*j] + 1 < every[*j].len()) else { return best };
        at[next] += 1;
        at[..next].fill(0);
    }
}

fn served(plan: &Plan, states: &[&Vec<Option<u32>>]) -> f64 {
    let mut sum = 0.0;
    for (y, year) in plan.years.iter().enumerate() {
        for (l, layer) in plan.layers.iter().enumerate() {
            for (i, people) in layer.people.iter().enumerate() {
                let near = (0..states.len()).filter(|j| {
                    let offer =
                        states[*j][y].and_then(|t| plan.places[*j].offers.iter().find(|o| o.tier == t));
                    offer.is_some_and(|o| o.serves >> l & 1 == 1)
                        && plan.metric.distance(i, *j) <= layer.radius
                });
                if near.count() >= usize::from(layer.times) {
                    sum += people * layer.factor * year.worth;
                }
            }
        }
    }
    sum
}

fn keeps(plan: &Plan, states: &[&Vec<Option<u32>>]) -> bool {
    let (mut left, mut good) = (0.0, true);
    for (y, year) in plan.years.iter().enumerate() {
        let (mut up, mut built, mut closed, mut spent, mut running) = (0, 0, 0, 0.0, 0.0);
        for (place, states) in plan.places.iter().zip(states) {
            let before = if y == 0 { place.now } else { states[y - 1] };
            let offer = |t: u32| place.offers.iter().find(|o| o.tier == t).unwrap();
            running += states[y].map_or(0.0, |t| offer(t).running);
            if before != states[y] {
                match (before, states[y]) {
                    (Some(_), Some(_)) => up += 1,
                    (None, _) => built += 1,
                    (_, None) => closed += 1,
                }
                spent += states[y].map_or(place.closing.unwrap_or(0.0), |t| offer(t).cost);
            }
        }
        let within = |r: Range, n: usize| (r.least..=r.most).contains(&n);
        good &= within(year.upgrades, up) && within(year.builds, built);
        good &= within(year.closures, closed) && within(year.changes, up + built);
        good &= year.running.is_none_or(|limit| running <= limit);
        // Money counts in the years that have a budget; with `carry` what was spent before counts against all of it.
        if plan.carry {
            let had: f64 = plan.years[..=y].iter().filter_map(|y| y.budget).sum();
            left += spent;
            good &= year.budget.is_none() || left <= had;
        } else {
            good &= year.budget.is_none_or(|limit| spent <= limit);
        }
        for quota in plan.quotas.iter().filter(|q| q.from <= y) {
            let own = plan
                .places
                .iter()
                .zip(states)
                .filter(|(p, _)| quota.area.is_none_or(|a| p.areas.contains(&a)));
            let open: Vec<u32> = own.filter_map(|(_, s)| s[y]).collect();
            #[expect(clippy::cast_precision_loss, reason = "a few")]
            let (n, all) = (
                open.iter().filter(|t| quota.tiers == 0 || quota.tiers >> **t & 1 == 1).count() as f64,
                open.len() as f64,
            );
            good &= match quota.amount {
                Amount::Least(k) => n >= k,
                Amount::Most(k) => n <= k,
                Amount::Share(s) => n >= s * all - 1e-9,
            };
        }
    }
    good
}

fn in_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_plan_keeps_its_limits_and_its_bound_holds(seed in any::<u64>()) {
        let case = small(seed);
        let best = brute(&case);
        // Stopped at once, it may have found nothing; only what is proven is called impossible.
        match plan(&case, QUICK, &|_| false) {
            Ok(found) => prop_assert_eq!(verify_plan(&case, &found), Ok(())),
            Err(SitingError::Infeasible(_)) => prop_assert_eq!(best, None),
            Err(error) => prop_assert!(matches!(error, SitingError::NotFound(_))),
        }
        match plan(&case, QUICK, GO) {
            Ok(found) => {
                let best = best.expect("a plan was found where there is none");
                prop_assert!(found.objective <= best + 1e-6);
                prop_assert!(found.bound >= best - 1e-6 - 1e-9 * best.abs(), "{} < {best}", found.bound);
                prop_assert_eq!(verify_plan(&case, &found), Ok(()));
                prop_assert!(!found.optimal || found.objective >= best - 1e-6);
                prop_assert!(found.objective >= best - 1e-6, "{} of {best}", found.objective);
                let again = in_threads(8, || plan(&case, QUICK, GO)).unwrap();
                prop_assert_eq!(&again, &found);
                let told = reasons(&case, &found);
                prop_assert_eq!(told.decisions.len(), case.places.len());
            }
            Err(SitingError::Infeasible(why)) => {
                prop_assert!(!why.is_empty());
                prop_assert_eq!(best, None, "{:?}", why);
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}

#[test]
fn a_tampered_plan_is_found() {
    let case = (0..10_000).map(small).find(|case| {
        let found = plan(case, QUICK, GO);
        found.is_ok_and(|f| f.objective > 20.0 && !f.prices.is_empty() && f.states.len() > 2)
    });
    let case = case.unwrap();
    let found = plan(&case, QUICK, GO).unwrap();
    let check = |change: &dyn Fn(&mut Planned)| {
        let mut changed = found.clone();
        change(&mut changed);
        verify_plan(&case, &changed)
    };
    assert_eq!(check(&|_| {}), Ok(()));
    assert!(matches!(check(&|p| p.objective += 1.0), Err(Flaw::Objective { .. })));
    assert!(matches!(check(&|p| p.bound -= 1.0), Err(Flaw::Bound { .. })));
    assert!(matches!(check(&|p| p.multipliers.iter_mut().for_each(|u| *u += 3.0)), Err(Flaw::Bound { .. })));
    assert!(matches!(check(&|p| p.multipliers[0] = -1.0), Err(Flaw::Multipliers(_))));
    assert!(matches!(check(&|p| p.prices[0].1 = -1.0), Err(Flaw::Price(_))));
    assert!(matches!(check(&|p| p.prices.push(("nothing".to_owned(), 1.0))), Err(Flaw::Price(_))));
    assert!(matches!(check(&|p| p.states[0] = vec![Some(9); 9]), Err(Flaw::Course(_))));
    assert!(matches!(check(&|p| p.states.truncate(1)), Err(Flaw::Count { .. })));
}

#[test]
fn the_order_of_places_and_cells_changes_nothing_that_counts() {
    for seed in 0..60 {
        let case = small(seed);
        let mut turned = case.clone();
        let (Metric::Plane { demand, sites, .. } | Metric::Sphere { demand, sites, .. }) = &mut turned.metric
        else {
            continue;
        };
        demand.reverse();
        sites.reverse();
        turned.places.reverse();
        turned.layers.iter_mut().for_each(|l| l.people.reverse());
        match (plan(&case, QUICK, GO), plan(&turned, QUICK, GO)) {
            (Ok(a), Ok(b)) => assert!((a.objective - b.objective).abs() < 1e-6, "{seed}"),
            (Err(_), Err(_)) => {}
            (a, b) => panic!("{seed}: {a:?} {b:?}"),
        }
    }
}

#[test]
fn another_place_to_choose_never_hurts() {
    for seed in 0..60 {
        let case = small(seed);
        let mut less = case.clone();
        let last = less.places.len() - 1;
        // A site that may not be built is as good as none.
        less.places[last].now = None;
        less.places[last].pin = Some(Pin { tier: None, year: None });
        let mut more = less.clone();
        more.places[last].pin = None;
        if let Ok(before) = plan(&less, QUICK, GO) {
            assert!(plan(&more, QUICK, GO).unwrap().objective >= before.objective - 1e-6, "{seed}");
        }
    }
}
