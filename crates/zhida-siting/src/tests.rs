//! Against brute force on small problems, and the laws that every answer keeps.

use proptest::prelude::*;
use rand::{Rng as _, SeedableRng as _};

use super::*;

/// Every permitted set of sites.
fn sets(sites: &Sites, count: usize) -> Vec<Vec<u32>> {
    (0_u32..1 << count)
        .map(|bits| (0_u32..).take(count).filter(|j| bits >> j & 1 == 1).collect::<Vec<u32>>())
        .filter(|open| !open.is_empty() && sites.open.is_none_or(|n| n == open.len()))
        .filter(|open| {
            (0..count).all(|j| match sites.state.get(j) {
                Some(State::Required) => open.contains(&u32::try_from(j).unwrap()),
                Some(State::Excluded) => !open.contains(&u32::try_from(j).unwrap()),
                _ => true,
            })
        })
        .filter(|open| {
            sites.groups.iter().enumerate().all(|(g, group)| {
                let n = open.iter().filter(|j| sites.group[**j as usize] as usize == g).count();
                (group.least..=group.most).contains(&n)
            })
        })
        .filter(|open| {
            sites
                .budget
                .as_ref()
                .is_none_or(|(prices, limit)| open.iter().map(|j| prices[*j as usize]).sum::<f64>() <= *limit)
        })
        .collect()
}

fn cost(sites: &Sites, open: &[u32]) -> f64 {
    open.iter().map(|j| sites.cost.get(*j as usize).copied().unwrap_or(0.0)).sum()
}

#[derive(Clone, Debug)]
struct Case {
    metric: Metric,
    weights: Vec<f64>,
    sites: Sites,
}

fn place() -> impl Strategy<Value = [f64; 2]> {
    (0_u8..30, 0_u8..30).prop_map(|(x, y)| [f64::from(x), f64::from(y)])
}

fn case() -> impl Strategy<Value = Case> {
    let size = (1_usize..9, 2_usize..7);
    size.prop_flat_map(|(points, count)| {
        let list =
            |low: u8, high: u8, n: usize| proptest::collection::vec((low..high).prop_map(f64::from), n);
        (
            proptest::collection::vec(place(), points),
            proptest::collection::vec(place(), count),
            list(0, 9, points),
            (1..=count, proptest::collection::vec(0_u8..8, count)),
            (list(0, 20, count), any::<[bool; 4]>(), proptest::collection::vec(0_u32..3, count)),
            (0_usize..2, 1_usize..4, list(1, 9, count), 8_u8..40),
        )
    })
    .prop_map(
        |(
            demand,
            places,
            weights,
            (open, states),
            (costs, [rounded, sphere, costly, grouped], group),
            (least, most, prices, limit),
        )| {
            let state = states.iter().map(|s| match s {
                0 => State::Required,
                1 => State::Excluded,
                _ => State::Candidate,
            });
            let degrees = |list: Vec<[f64; 2]>| {
                list.iter().map(|p| [120.0 + p[0] / 500.0, 30.0 + p[1] / 500.0]).collect()
            };
            let metric = if sphere {
                Metric::Sphere { demand: degrees(demand), sites: degrees(places), detour: 1.3 }
            } else {
                Metric::Plane { demand, sites: places, rounded }
            };
            let group_of = |i| Group { name: format!("g{i}"), least, most };
            let sites = Sites {
                state: state.collect(),
                open: Some(open),
                cost: if costly { costs } else { Vec::new() },
                groups: if grouped { vec![group_of(0), group_of(1)] } else { Vec::new() },
                group: if grouped { group } else { Vec::new() },
                budget: (grouped && costly).then(|| (prices, f64::from(limit))),
            };
            Case { metric, weights, sites }
        },
    )
}

/// The best assignment to a set of sites, by trying every one.
fn fill(i: usize, open: &[u32], left: &mut Vec<f64>, loads: &Loads, metric: &Metric) -> f64 {
    if i == loads.weight.len() {
        return 0.0;
    }
    let mut best = f64::INFINITY;
    for j in open {
        let j = *j as usize;
        if left[j] >= loads.weight[i] {
            left[j] -= loads.weight[i];
            best = best.min(metric.distance(i, j) * loads.weight[i] + fill(i + 1, open, left, loads, metric));
            left[j] += loads.weight[i];
        }
    }
    best
}

fn stated(answer: &Answer) -> Stated<'_> {
    Stated {
        open: &answer.open,
        objective: answer.objective,
        bound: answer.bound,
        multipliers: &answer.multipliers,
        budget_price: answer.budget_price,
    }
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * (1.0 + a.abs().max(b.abs()))
}

const QUICK: Effort = Effort { seed: 1, patience: 2 };
const GO: Watch<'static> = &|_| true;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_median_is_the_best_there_is_and_its_bound_holds(case in case(), free in any::<bool>()) {
        let mut sites = case.sites;
        if free && sites.is_plain() {
            sites.open = None;
        }
        let n = case.metric.sites();
        let value = |open: &[u32]| -> f64 {
            let near = |i: usize| open.iter().map(|j| case.metric.distance(i, *j as usize)).fold(f64::INFINITY, f64::min);
            (0..case.weights.len()).map(|i| near(i) * case.weights[i]).sum::<f64>() + cost(&sites, open)
        };
        let all = sets(&sites, n);
        let best = all.iter().map(|open| value(open)).fold(f64::INFINITY, f64::min);
        match median(&case.metric, &case.weights, &sites, QUICK, GO) {
            Ok(answer) => {
                prop_assert_eq!(verify_median(&case.metric, &case.weights, &sites, stated(&answer)), Ok(()));
                prop_assert!(answer.bound <= best + 1e-6 * (1.0 + best), "bound {} over {}", answer.bound, best);
                // With a budget exchanges one for one may end early; without, so small a problem is solved.
                prop_assert!(near(answer.objective, best) || sites.budget.is_some() && answer.objective >= best, "{} for {}", answer.objective, best);
                prop_assert!(!answer.optimal || near(answer.objective, best));
            }
            Err(SitingError::Infeasible(why)) => prop_assert!(all.is_empty() || sites.budget.is_some(), "{:?}", why),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn a_cover_is_the_best_there_is_and_its_bound_holds(case in case(), radius in 1_u8..20, second in 0_u8..4) {
        let n = case.metric.sites();
        let scale = if matches!(case.metric, Metric::Sphere { .. }) { 300.0 } else { 1.0 };
        let reach = |_: usize| f64::from(radius) * scale;
        let twice: Vec<f64> = if second == 0 { Vec::new() } else { case.weights.iter().map(|w| w * (1.0 + f64::from(second) / 2.0)).collect() };
        let value = |open: &[u32]| -> f64 {
            let worth = |i: usize| match open.iter().filter(|j| case.metric.distance(i, **j as usize) <= reach(i)).count() {
                0 => 0.0,
                1 => case.weights[i],
                _ => twice.get(i).copied().unwrap_or(case.weights[i]),
            };
            (0..case.weights.len()).map(worth).sum::<f64>() - cost(&case.sites, open)
        };
        let all = sets(&case.sites, n);
        let best = all.iter().map(|open| value(open)).fold(f64::NEG_INFINITY, f64::max);
        let map = Cover::within(&case.metric, &reach);
        for j in 0..n {
            let mut found: Vec<u32> = map.column(j).collect();
            found.sort_unstable();
            let expected: Vec<u32> = (0_u32..).zip(0..case.weights.len()).filter(|(_, i)| case.metric.distance(*i, j) <= reach(*i)).map(|(i, _)| i).collect();
            prop_assert_eq!(found, expected);
        }
        let worth = Worth { once: case.weights.clone(), twice: twice.clone() };
        match cover(&map, &worth, &case.sites, QUICK, GO) {
            Ok(answer) => {
                prop_assert_eq!(verify_cover(&case.metric, &|i, _| reach(i), (&case.weights, &twice), &case.sites, stated(&answer)), Ok(()));
                prop_assert!(answer.bound >= best - 1e-6 * (1.0 + best.abs()), "bound {} under {}", answer.bound, best);
                prop_assert!(answer.objective <= best + 1e-6 * (1.0 + best.abs()));
                prop_assert!(!answer.optimal || near(answer.objective, best), "{} for {}", answer.objective, best);
            }
            Err(SitingError::Infeasible(why)) => prop_assert!(all.is_empty() || case.sites.budget.is_some(), "{:?}", why),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn a_gradual_cover_is_the_best_there_is_and_its_bound_holds(case in case(), radius in 0_u8..20, steps in any::<bool>(), hours in any::<u64>()) {
        let n = case.metric.sites();
        let scale = if matches!(case.metric, Metric::Sphere { .. }) { 300.0 } else { 1.0 };
        let (inner, outer) = (f64::from(radius) * scale, (f64::from(radius) + 9.0) * scale);
        // Some sites are closed when some points come by.
        let serves = |i: usize, j: usize| hours >> ((i * 7 + j) % 64) & 3 != 0;
        let share = |i: usize, j: usize, far: f64| {
            if !serves(i, j) || far > outer {
                0.0
            } else if far <= inner {
                1.0
            } else if steps {
                0.5
            } else {
                (outer - far) / (outer - inner)
            }
        };
        let value = |open: &[u32]| {
            let one = |i: usize| open.iter().map(|j| share(i, *j as usize, case.metric.distance(i, *j as usize))).fold(0.0, f64::max);
            (0..case.weights.len()).map(|i| case.weights[i] * one(i)).sum::<f64>() - cost(&case.sites, open)
        };
        let all = sets(&case.sites, n);
        let best = all.iter().map(|open| value(open)).fold(f64::NEG_INFINITY, f64::max);
        let map = Cover::within(&case.metric, &|_| outer).keep(&serves);
        match gradual(&map, &case.weights, &|i, j| share(i, j, case.metric.distance(i, j)), &case.sites, QUICK, GO) {
            Ok(answer) => {
                prop_assert_eq!(verify_gradual(&case.metric, &case.weights, &share, &case.sites, stated(&answer)), Ok(()));
                prop_assert!(answer.bound >= best - 1e-6 * (1.0 + best.abs()), "bound {} under {}", answer.bound, best);
                prop_assert!(answer.objective <= best + 1e-6 * (1.0 + best.abs()));
                prop_assert!(!answer.optimal || near(answer.objective, best), "{} for {}", answer.objective, best);
                let binary = Worth { once: case.weights.clone(), twice: Vec::new() };
                if radius > 11 && !steps && case.sites.is_plain() && case.sites.cost.is_empty() {
                    // Cover without parts is never more.
                    let strict = Cover::within(&case.metric, &|_| inner).keep(&serves);
                    let sharp = cover(&strict, &binary, &case.sites, QUICK, GO).unwrap();
                    prop_assert!(sharp.objective <= answer.bound + 1e-6);
                }
            }
            Err(SitingError::Infeasible(why)) => prop_assert!(all.is_empty() || case.sites.budget.is_some(), "{:?}", why),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn ways_over_roads_are_the_shortest(seed in any::<u64>(), limit in 0_u8..60) {
        let mut chance = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let c = &mut chance;
        let n = c.random_range(2..9_u32);
        let mut at = |k: u32| -> Vec<[f64; 2]> {
            (0..k).map(|_| [120.0 + f64::from(c.random_range(0..40_u32)) / 1e4, 30.0 + f64::from(c.random_range(0..40_u32)) / 1e4]).collect()
        };
        let (nodes, demand, sites) = (at(n), at(5), at(3));
        let edges: Vec<Edge> = (0..n)
            .map(|_| Edge {
                from: c.random_range(0..n), to: c.random_range(0..n), metres: f64::from(c.random_range(0..400_u32)), oneway: c.random_bool(0.4),
            })
            .collect();
        // Floyd and Warshall.
        let size = n as usize;
        let mut far = vec![f64::INFINITY; size * size];
        (0..size).for_each(|k| far[k * size + k] = 0.0);
        for e in &edges {
            let (from, to) = (e.from as usize, e.to as usize);
            far[from * size + to] = far[from * size + to].min(e.metres);
            if !e.oneway {
                far[to * size + from] = far[to * size + from].min(e.metres);
            }
        }
        for k in 0..size {
            for a in 0..size {
                for b in 0..size {
                    far[a * size + b] = far[a * size + b].min(far[a * size + k] + far[k * size + b]);
                }
            }
        }
        let joined = |p: [f64; 2]| {
            (0..size).map(|k| (haversine(p, nodes[k]), k)).min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))).unwrap()
        };
        let limit = if limit < 50 { f64::from(limit) * 20.0 } else { f64::INFINITY };
        let ways = Roads::new(nodes.clone(), &edges).ways(&demand, &sites, limit);
        for (i, from) in demand.iter().enumerate() {
            for (j, to) in sites.iter().enumerate() {
                let ((there, a), (back, b)) = (joined(*from), joined(*to));
                let whole = there + far[a * size + b] + back;
                let found = ways.distance(i, j);
                prop_assert!(if whole.is_finite() && whole <= limit - 1e-6 { near(found, whole) } else { found.is_infinite() || near(found, whole) }, "{found} for {whole}");
            }
        }
    }

    #[test]
    fn a_set_cover_and_a_centre_are_the_best_there_are(case in case(), radius in 3_u8..30) {
        let n = case.metric.sites();
        let scale = if matches!(case.metric, Metric::Sphere { .. }) { 300.0 } else { 1.0 };
        let reach = |_: usize| f64::from(radius) * scale;
        let plain = Sites { open: None, cost: Vec::new(), budget: None, ..case.sites.clone() };
        let costly = Sites { cost: case.sites.cost.iter().map(|c| c + 1.0).collect(), ..plain.clone() };
        let within = |i: usize, open: &[u32], r: f64| open.iter().any(|j| case.metric.distance(i, *j as usize) <= r);
        let points = case.weights.len();
        let price = |open: &[u32]| open.iter().map(|j| costly.cost.get(*j as usize).copied().unwrap_or(1.0)).sum::<f64>();
        let best = sets(&costly, n).iter().filter(|open| (0..points).all(|i| within(i, open, reach(i)))).map(|open| price(open)).fold(f64::INFINITY, f64::min);
        match set_cover(&Cover::within(&case.metric, &reach), &costly, QUICK, GO) {
            Ok(answer) => {
                prop_assert_eq!(verify_set_cover(&case.metric, &|i, _| reach(i), &costly, stated(&answer)), Ok(()));
                prop_assert!(near(answer.objective, best) && answer.bound <= best + 1e-6, "{} and {} for {}", answer.objective, answer.bound, best);
            }
            Err(SitingError::Unreached(_) | SitingError::Infeasible(_)) => prop_assert!(best.is_infinite()),
            Err(error) => prop_assert!(false, "{}", error),
        }
        let rules = Sites { open: case.sites.open, ..plain };
        let all = sets(&rules, n);
        let far = |open: &[u32]| (0..points).map(|i| open.iter().map(|j| case.metric.distance(i, *j as usize)).fold(f64::INFINITY, f64::min)).fold(0.0, f64::max);
        let best = all.iter().map(|open| far(open)).fold(f64::INFINITY, f64::min);
        match centre(&case.metric, &rules, QUICK, GO) {
            Ok(c) => {
                let says = stated(&c);
                prop_assert_eq!(verify_centre(&case.metric, &rules, says), Ok(()));
                prop_assert!(near(c.objective, best) && c.bound <= best + 1e-9, "{} for {}", c.objective, best);
            }
            Err(_) => prop_assert!(all.is_empty()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn capacities_are_kept_and_the_bound_holds(case in case(), room in proptest::collection::vec(4_u8..30, 6)) {
        let n = case.metric.sites();
        let loads = Loads { weight: case.weights.iter().map(|w| w + 1.0).collect(), capacity: room.iter().take(n).map(|q| f64::from(*q)).collect() };
        let sites = Sites { groups: Vec::new(), group: Vec::new(), budget: None, ..case.sites };
        let points = loads.weight.len();
        prop_assume!(points <= 5);
        let best = sets(&sites, n).iter().map(|open| cost(&sites, open) + fill(0, open, &mut loads.capacity.clone(), &loads, &case.metric)).fold(f64::INFINITY, f64::min);
        match capacitated(&case.metric, &loads, &sites, QUICK, GO) {
            Ok(found) => {
                let (site, found) = (found.site, found.answer);
                prop_assert_eq!(verify_capacitated(&case.metric, &loads, &sites, &site, stated(&found)), Ok(()));
                prop_assert!(found.objective >= best - 1e-6 * (1.0 + best) && found.bound <= best + 1e-6 * (1.0 + best), "{} and {} for {}", found.objective, found.bound, best);
            }
            // Small and tight problems may be missed; that there is none is claimed only by the sum of capacities.
            Err(SitingError::Infeasible(_)) => {}
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}

/// Places that look random and are the same every time.
fn scattered(n: usize, mut seed: u64) -> Vec<[f64; 2]> {
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(seed >> 40).unwrap()) / 16_777.216
    };
    (0..n).map(|_| [next(), next()]).collect()
}

#[test]
fn the_same_for_any_number_of_threads_and_any_order() {
    let places = scattered(1_200, 5);
    let plane = |places: &[[f64; 2]]| Metric::Plane {
        demand: places.to_vec(),
        sites: places.to_vec(),
        rounded: true,
    };
    let sites = Sites { open: Some(40), ..Sites::default() };
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let map = Cover::within(&plane(&places), &|_| 60.0);
            let worth = Worth { once: vec![1.0; 1_200], twice: Vec::new() };
            (
                median(&plane(&places), &[], &sites, QUICK, GO).unwrap(),
                cover(&map, &worth, &sites, QUICK, GO).unwrap(),
                centre(&plane(&places), &sites, QUICK, GO).unwrap(),
            )
        })
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(8));
    let says = stated(&one.0);
    assert_eq!(verify_median(&plane(&places), &[], &sites, says), Ok(()));
    assert!(one.0.objective < one.0.bound * 1.01, "{} and {}", one.0.objective, one.0.bound);
    // The other way round: another number for each place, the same answer but for what the search did not settle.
    let turned: Vec<[f64; 2]> = places.iter().rev().copied().collect();
    let again = median(&plane(&turned), &[], &sites, QUICK, GO).unwrap();
    assert!(again.bound <= one.0.objective && one.0.bound <= again.objective);
    // One site more never hurts.
    let more = Sites { open: Some(41), ..Sites::default() };
    assert!(median(&plane(&places), &[], &more, QUICK, GO).unwrap().objective <= one.0.objective);
}

#[test]
fn a_tampered_answer_is_found() {
    let places = scattered(60, 9);
    let metric = Metric::Plane { demand: places.clone(), sites: places, rounded: false };
    let sites = Sites { open: Some(6), ..Sites::default() };
    let answer = median(&metric, &[], &sites, QUICK, GO).unwrap();
    let check = |change: &dyn Fn(&mut Answer)| {
        let mut changed = answer.clone();
        change(&mut changed);
        verify_median(&metric, &[], &sites, stated(&changed))
    };
    assert_eq!(check(&|_| {}), Ok(()));
    assert!(matches!(check(&|a| a.objective -= 1.0), Err(Flaw::Objective { .. })));
    assert!(matches!(check(&|a| a.bound += 1.0), Err(Flaw::Bound { .. })));
    assert!(matches!(check(&|a| a.multipliers[3] += 50.0), Err(Flaw::Bound { .. })));
    assert!(matches!(check(&|a| a.open.truncate(5)), Err(Flaw::Count { found: 5, asked: 6 })));
    assert!(matches!(check(&|a| a.open[0] = 60), Err(Flaw::Site(60))));
    assert_eq!(check(&|a| a.multipliers.truncate(9)), Err(Flaw::Multipliers(60)));
}

#[test]
fn bad_numbers_and_rules_that_collide_are_refused() {
    let metric = Metric::Plane { demand: vec![[0.0, 0.0]; 3], sites: vec![[1.0, 0.0]; 4], rounded: false };
    let ask = |weights: &[f64], sites: Sites| median(&metric, weights, &sites, QUICK, GO).unwrap_err();
    let plain = |open| Sites { open: Some(open), ..Sites::default() };
    let not = SitingError::NotANumber { what: "weight", which: 1, value: -2.0 };
    assert_eq!(ask(&[1.0, -2.0, 1.0], plain(1)), not);
    assert!(matches!(ask(&[1.0, f64::NAN, 1.0], plain(1)), SitingError::NotANumber { which: 1, .. }));
    assert_eq!(ask(&[1.0], plain(1)), SitingError::Length { what: "weight", found: 1, expected: 3 });
    let words = |error: SitingError| match error {
        SitingError::Infeasible(why) => why,
        other => vec![other.to_string()],
    };
    assert_eq!(words(ask(&[], plain(5))), ["5 are to be open, 4 can be"]);
    let group = |name: &str, least, most| Group { name: name.to_owned(), least, most };
    let sites =
        Sites { groups: vec![group("a", 3, 4), group("b", 0, 9)], group: vec![0, 0, 1, 1], ..plain(3) };
    assert_eq!(words(ask(&[], sites)), ["`a`: at least 3 of 2 that can be open"]);
    let sites = Sites { budget: Some((vec![5.0, 6.0, 7.0, 8.0], 10.0)), ..plain(2) };
    assert_eq!(words(ask(&[], sites)), ["the budget is 10, the cheapest permitted set costs 11"]);
    let far = Cover::within(&metric, &|i| if i == 2 { 0.5 } else { 2.0 });
    assert_eq!(set_cover(&far, &Sites::default(), QUICK, GO), Err(SitingError::Unreached(vec![2])));
}

#[test]
fn files_of_the_collections_are_read_and_faults_have_their_place() {
    // Where an edge is listed twice the last one counts; 1–3 is shorter by way of 2.
    let (metric, open) = orlib(" 3 4 1\n 1 2 9\n 2 3 2\n 1 3 9\n 2 1 4\n").unwrap();
    assert_eq!((open, metric.distance(0, 2), metric.distance(1, 0)), (1, 6.0, 4.0));
    let fault = |text: &str| orlib(text).unwrap_err().to_string();
    assert_eq!(fault("3 1 1\n1 2 x"), "2:5: `x` is not a length, a whole number of at least 0");
    assert_eq!(fault("3 1 1\n1 4 2"), "2:3: an edge between 1 and 4; the nodes are 1 to 3");
    assert_eq!(
        fault("3 1 1\n1 2 2"),
        "2:5: there is no way between nodes 1 and 3: the graph is not connected"
    );
    assert_eq!(fault("3 2 1\n1 2 2"), "2:5: the file ends where a node is expected");
    let head = "NAME : x\nDIMENSION : 2\nEDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n";
    assert_eq!(tsplib(&format!("{head}1 3 4\n2 0 0.5\nEOF\n")).unwrap(), [[3.0, 4.0], [0.0, 0.5]]);
    assert_eq!(
        tsplib(&format!("{head}1 3 4\n2 0 y\n")).unwrap_err().to_string(),
        "6:5: `y` is not a coordinate"
    );
    assert_eq!(
        tsplib(&format!("{head}1 3 4\nEOF")).unwrap_err().to_string(),
        "6:1: 1 nodes where 2 are announced"
    );
}

#[test]
fn one_dear_site_may_beat_two_cheap_ones() {
    // The search used to give up where the only site left was the newest.
    let reach = Cover::of_columns(vec![vec![1, 3], vec![0, 1, 2, 3], vec![0, 2]], 4);
    let sites = Sites { cost: vec![11.0, 17.0, 7.0], ..Sites::default() };
    let answer = set_cover(&reach, &sites, QUICK, GO).unwrap();
    assert_eq!((answer.open, answer.objective), (vec![1], 17.0));
}
