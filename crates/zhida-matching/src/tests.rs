//! Against brute force, against the definition of stability, and the laws of ranking.

use proptest::prelude::*;

use super::*;

/// The best total by trying everything.
fn brute(party: usize, parties: usize, seats: &mut [usize], edges: &[Edge]) -> i64 {
    if party == parties {
        return 0;
    }
    let mut best = brute(party + 1, parties, seats, edges);
    for e in edges.iter().filter(|e| e.party as usize == party) {
        let offer = e.offer as usize;
        if seats[offer] > 0 {
            seats[offer] -= 1;
            best = best.max(e.score + brute(party + 1, parties, seats, edges));
            seats[offer] += 1;
        }
    }
    best
}

fn instance() -> impl Strategy<Value = (usize, Vec<usize>, Vec<Edge>)> {
    (1_usize..6, proptest::collection::vec(0_usize..3, 1..5)).prop_flat_map(|(parties, seats)| {
        let offers = u32::try_from(seats.len()).unwrap();
        let edge = (0..u32::try_from(parties).unwrap(), 0..offers, 0_i64..12)
            .prop_map(|(party, offer, score)| Edge { party, offer, score });
        (Just(parties), Just(seats), proptest::collection::vec(edge, 0..16))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn the_allocation_is_the_best_there_is((parties, seats, edges) in instance()) {
        let answer = allocate(parties, &seats, edges.clone()).unwrap();
        prop_assert_eq!(verify(parties, &seats, &edges, &answer), Ok(()));
        prop_assert_eq!(answer.objective, brute(0, parties, &mut seats.clone(), &edges));
        prop_assert_eq!(answer.bound, answer.objective);
        for (offer, price) in answer.prices.iter().enumerate() {
            let taken = answer.pairs.iter().filter(|(_, o)| *o == offer).count();
            prop_assert!(taken == seats[offer] || *price == 0, "a free seat has price 0");
        }
    }

    #[test]
    fn nobody_can_complain((parties, seats, edges) in instance(), seed in any::<u64>()) {
        let mut claims: Vec<Claim> = Vec::new();
        for e in &edges {
            if !claims.iter().any(|c| (c.party, c.offer) == (e.party, e.offer)) {
                claims.push(Claim { party: e.party, offer: e.offer, score: e.score, priority: i64::from(e.party % 3) });
            }
        }
        let answer = stable(parties, &seats, &claims, seed);
        let seat = |p: u32| answer.pairs.iter().find(|(q, _)| *q == p as usize).map(|(_, o)| *o);
        let rank = |c: &Claim| (c.score, std::cmp::Reverse(c.offer));
        for c in &claims {
            let own = claims.iter().find(|d| d.party == c.party && Some(d.offer as usize) == seat(c.party));
            let wants = own.is_none_or(|d| rank(c) > rank(d));
            let holders: Vec<usize> = answer.pairs.iter().filter(|(_, o)| *o == c.offer as usize).map(|(p, _)| *p).collect();
            let strength = |p: usize| (i64::try_from(p % 3).unwrap(), lottery(seed, p));
            let room = seats[c.offer as usize];
            let could = holders.len() < room || holders.iter().any(|p| strength(*p) < strength(c.party as usize));
            prop_assert!(!(wants && could && room > 0), "party {} and offer {} block", c.party, c.offer);
        }
    }
}

#[test]
fn a_tampered_answer_is_found() {
    let edges = [Edge { party: 0, offer: 0, score: 5 }, Edge { party: 1, offer: 0, score: 7 }];
    let answer = allocate(2, &[1], edges.to_vec()).unwrap();
    assert_eq!((answer.pairs.clone(), answer.prices.clone()), (vec![(1, 0)], vec![5]));
    let mut wrong = answer.clone();
    wrong.objective = 8;
    assert_eq!(verify(2, &[1], &edges, &wrong), Err(Flaw::Objective { found: 7, stated: 8 }));
    let mut wrong = answer.clone();
    wrong.pairs.push((0, 0));
    assert_eq!(verify(2, &[1], &edges, &wrong), Err(Flaw::Overfull { offer: 0, taken: 2, seats: 1 }));
    let mut wrong = answer;
    wrong.prices = vec![0];
    assert_eq!(verify(2, &[1], &edges, &wrong), Err(Flaw::Bound { found: 12, stated: 7 }));
}

#[test]
fn bad_edges_are_refused() {
    let edge = |party, offer, score| vec![Edge { party, offer, score }];
    assert_eq!(allocate(1, &[1], edge(1, 0, 1)), Err(AllocateError::NoSuchEnd { edge: 0 }));
    assert_eq!(allocate(1, &[1], edge(0, 0, -1)), Err(AllocateError::Negative { edge: 0 }));
    assert_eq!(allocate(1, &[1], edge(0, 0, i64::MAX)), Err(AllocateError::TooLarge));
}

fn term(kind: TermKind, weight: f64) -> Term {
    Term { name: "t".to_owned(), kind, weight }
}

#[test]
fn a_score_is_the_weighted_sum_of_its_terms() {
    let parties = [Party {
        skills: 0b011,
        occupation: "6-02-03-01".to_owned(),
        need: 1.0,
        prefers: 0b1,
        ..Party::default()
    }];
    let offers = [
        Offer { skills: 0b110, occupation: "6-02-03-02".to_owned(), preferred: 0b1, ..Offer::default() },
        Offer { skills: 0b001, ..Offer::default() },
    ];
    let terms = [
        term(TermKind::Skill, 2.0),
        term(TermKind::Occupation, 1.0),
        term(TermKind::Need, 1.0),
        term(TermKind::Rule { bit: 0 }, 1.0),
    ];
    let pool = Pool { parties: &parties, offers: &offers, terms: &terms, top: 5 };
    let all = EachPair { offers: 2, may: |_, _| true };
    let ranking = rank(&pool, &all, &|_| true);
    let best = &ranking.by_party[0];
    assert_eq!((best[0].other, best[0].score), (0, 771_429));
    // Six of seven digits: separators do not count.
    assert_eq!(score(&pool, 0, 0).unwrap().terms, vec![0.5, 0.857_143, 1.0, 1.0]);
    assert_eq!((best[1].other, best[1].score), (1, 700_000));
    let second = EachPair { offers: 2, may: |_, offer| offer == 1 };
    let one = rank(&Pool { top: 1, ..pool }, &second, &|_| true);
    assert_eq!(one.by_party[0].len(), 1);
    assert_eq!(one.by_offer, [vec![], vec![Best { other: 0, score: 700_000 }]]);
}

#[test]
fn a_record_starts_at_the_prior_and_moves_with_the_cases() {
    let offer = |record| Offer { record, ..Offer::default() };
    let offers = [offer((0, 0)), offer((90, 100))];
    let terms = [term(TermKind::Record { a: 6.0, b: 4.0 }, 1.0)];
    let parties = [Party::default()];
    let pool = Pool { parties: &parties, offers: &offers, terms: &terms, top: 2 };
    let ranking = rank(&pool, &EachPair { offers: 2, may: |_, _| true }, &|_| true);
    let scores: Vec<u32> = ranking.by_party[0].iter().map(|s| s.score).collect();
    assert_eq!(scores, [872_727, 600_000]);
}

#[test]
fn a_group_selected_less_than_four_fifths_as_often_is_flagged() {
    let rows = (0..100).map(|i| (Some(if i < 50 { "male" } else { "female" }), !(30..82).contains(&i)));
    let report = selection(rows, 5);
    assert_eq!((report.groups[0].selected, report.groups[1].selected), (30, 18));
    assert!((report.ratio - 0.6).abs() < 1e-9 && report.flagged);
    assert!(!selection([(Some("a"), true), (None, false)], 1).flagged);
}

/// The best totals of the tiers, in order, and the most pairs kept among all that reach them, by trying everything.
fn brute_under(
    party: usize,
    seats: &mut [usize],
    edges: &[Edge],
    (tiers, keep): (&[u32], &[(u32, u32)]),
    (so_far, kept): (&mut Vec<i64>, i64),
    best: &mut (Vec<i64>, i64),
) {
    if party == tiers.len() {
        *best = best.clone().max((so_far.clone(), kept));
        return;
    }
    brute_under(party + 1, seats, edges, (tiers, keep), (so_far, kept), best);
    for e in edges.iter().filter(|e| e.party as usize == party) {
        let (offer, tier) = (e.offer as usize, tiers[party] as usize);
        if seats[offer] > 0 {
            seats[offer] -= 1;
            so_far[tier] += e.score;
            let same = i64::from(keep.contains(&(e.party, e.offer)));
            brute_under(party + 1, seats, edges, (tiers, keep), (so_far, kept + same), best);
            so_far[tier] -= e.score;
            seats[offer] += 1;
        }
    }
}

fn unique(edges: &[Edge]) -> Vec<Edge> {
    let mut best: std::collections::BTreeMap<(u32, u32), i64> = std::collections::BTreeMap::new();
    for e in edges {
        let slot = best.entry((e.party, e.offer)).or_insert(e.score);
        *slot = (*slot).max(e.score);
    }
    best.into_iter().map(|((party, offer), score)| Edge { party, offer, score }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn tiers_come_one_after_the_other_and_as_few_as_possible_change(
        (parties, seats, edges) in instance(),
        tiers in proptest::collection::vec(0_u32..3, 6),
        keep in proptest::collection::vec(0_usize..16, 0..4),
    ) {
        let edges = unique(&edges);
        let tiers = &tiers[..parties];
        let mut keep: Vec<(u32, u32)> =
            keep.into_iter().filter_map(|at| edges.get(at)).map(|e| (e.party, e.offer)).collect();
        keep.sort_unstable();
        keep.dedup_by_key(|pair| pair.0);
        let demands = Demands { tiers: tiers.to_vec(), keep: keep.clone(), ..Demands::default() };
        let found = allocate_under(parties, &seats, edges.clone(), &demands, &|_| true).unwrap();
        let mut best = (vec![0; 3], -1);
        let mut free = seats.clone();
        brute_under(0, &mut free, &edges, (tiers, &keep), (&mut vec![0; 3], 0), &mut best);
        let mut reached = vec![0; 3];
        let mut same = 0;
        for (party, offer) in &found.allocation.pairs {
            let e = edges.iter().find(|e| (e.party as usize, e.offer as usize) == (*party, *offer)).unwrap();
            reached[tiers[*party] as usize] += e.score;
            same += i64::from(keep.contains(&(e.party, e.offer)));
        }
        prop_assert_eq!(&reached, &best.0);
        prop_assert_eq!(same, best.1);
        for step in &found.steps {
            prop_assert_eq!(step.objective, reached[step.tier as usize]);
            prop_assert_eq!(step.bound, step.objective);
        }
        let prices: Vec<(u32, &[i64])> = found.steps.iter().map(|s| (s.tier, s.prices.as_slice())).collect();
        let again = tier_bounds(&seats, &edges, tiers, &prices);
        prop_assert_eq!(again, found.steps.iter().map(|s| i128::from(s.bound)).collect::<Vec<_>>());
    }

    #[test]
    fn a_search_that_is_stopped_has_an_answer_and_a_bound(
        (parties, seats, edges) in instance(),
        looks in 0_usize..6,
        keep in proptest::collection::vec(0_usize..16, 0..3),
    ) {
        let keep = keep.into_iter().filter_map(|at| edges.get(at)).map(|e| (e.party, e.offer)).collect();
        let left = std::cell::Cell::new(looks);
        let watch = |_| left.replace(left.get().saturating_sub(1)) > 0;
        let demands = Demands { keep, ..Demands::default() };
        let found = allocate_under(parties, &seats, edges.clone(), &demands, &watch).unwrap();
        prop_assert_eq!(verify(parties, &seats, &edges, &found.allocation), Ok(()));
        let mut seats = seats;
        let best = brute(0, parties, &mut seats, &edges);
        prop_assert!(found.allocation.objective <= best && best <= found.allocation.bound);
        prop_assert!(!found.complete || found.allocation.objective == best);
    }

    #[test]
    fn what_is_fixed_stays((parties, seats, edges) in instance()) {
        let mut left = seats.clone();
        let mut fixed: Vec<(u32, u32)> = Vec::new();
        for e in &edges {
            if left[e.offer as usize] > 0 && !fixed.iter().any(|(p, _)| *p == e.party) && fixed.len() < 2 {
                left[e.offer as usize] -= 1;
                fixed.push((e.party, e.offer));
            }
        }
        let demands = Demands { fixed: fixed.clone(), ..Demands::default() };
        let found = allocate_under(parties, &seats, edges.clone(), &demands, &|_| true).unwrap().allocation;
        for (party, offer) in &fixed {
            prop_assert!(found.pairs.contains(&(*party as usize, *offer as usize)));
        }
        let rest: Vec<Edge> =
            edges.iter().copied().filter(|e| !fixed.iter().any(|(p, _)| *p == e.party)).collect();
        let worth = |pair: &(u32, u32)| {
            edges.iter().filter(|e| (e.party, e.offer) == *pair).map(|e| e.score).max().unwrap()
        };
        let held: i64 = fixed.iter().map(worth).sum();
        prop_assert_eq!(found.objective, held + brute(0, parties, &mut left, &rest));
        prop_assert_eq!(found.bound, found.objective);
    }
}

/// Numbers that look random and are the same every time.
fn numbers(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut at = seed;
    move |n| {
        at += 1;
        lottery(seed, usize::try_from(at).unwrap()) % n
    }
}

#[test]
fn both_methods_agree_on_thousands_of_parties() {
    for (seed, seats, top) in [(1, 20, 1_000), (2, 15, 10), (3, 40, 1_000_000), (4, 19, 3)] {
        let (parties, offers) = (2_000_u32, 100);
        let mut next = numbers(seed);
        let mut edges = Vec::new();
        for party in 0..parties {
            for _ in 0..8 {
                let (offer, score) =
                    (u32::try_from(next(offers)).unwrap(), i64::try_from(next(top)).unwrap());
                edges.push(Edge { party, offer, score });
            }
        }
        let seats = vec![seats; usize::try_from(offers).unwrap()];
        let problem =
            auction::Problem::<i32>::new(2_000, &seats, edges.clone()).unwrap_or_else(|_| panic!("it fits"));
        // The auction itself proves its answer: nothing is left to the slower method.
        let answer = problem.answer(auction::solve(&problem, &watch::Limit::new(&|_| true)).unwrap());
        assert_eq!(verify(2_000, &seats, &edges, &answer), Ok(()));
        assert_eq!(answer.bound, answer.objective);
        assert_eq!(
            answer.objective,
            allocate::by_paths(2_000, &seats, &edges, &watch::Limit::new(&|_| true)).objective
        );
    }
}

#[test]
fn an_assignment_with_one_seat_each_is_solved() {
    // As in the OR-Library's assignment problems: n × n, costs 1 to 100, every pair an edge; worth is 100 less the cost.
    let n = 100_u32;
    let mut next = numbers(11);
    let mut edges = Vec::new();
    for party in 0..n {
        for offer in 0..n {
            edges.push(Edge { party, offer, score: 99 - i64::try_from(next(100)).unwrap() });
        }
    }
    let answer = allocate(100, &[1; 100], edges.clone()).unwrap();
    assert_eq!(verify(100, &[1; 100], &edges, &answer), Ok(()));
    assert_eq!((answer.bound, answer.pairs.len()), (answer.objective, 100));
    assert_eq!(
        answer.objective,
        allocate::by_paths(100, &[1; 100], &edges, &watch::Limit::new(&|_| true)).objective
    );
}

/// The best totals of the tiers, in order, and the most pairs kept, under quotas by trying everything: each party any set
/// of its edges.
fn brute_governed(
    at: usize,
    edges: &[Edge],
    seats: &[usize],
    rules: &Rules,
    taken: &mut Vec<Edge>,
) -> Option<(Vec<i64>, i64)> {
    if at == edges.len() {
        let fits = |q: &Quota| (q.least..=q.most).contains(&taken.iter().filter(|e| q.counts(e)).count());
        let mut sums = vec![0; 3];
        for e in &*taken {
            sums[rules.tiers[e.party as usize] as usize] += e.score;
        }
        let kept = taken.iter().filter(|e| rules.keep.contains(&(e.party, e.offer))).count();
        return rules.quotas.iter().all(fits).then(|| (sums, i64::try_from(kept).unwrap()));
    }
    let e = edges[at];
    let own = || taken.iter().filter(|t| t.party == e.party);
    let clash = rules.apart.iter().any(|set| set.contains(&e.offer) && own().any(|t| set.contains(&t.offer)));
    let full = taken.iter().filter(|t| t.offer == e.offer).count() >= seats[e.offer as usize];
    let may = !clash && !full && own().count() < rules.offers_each;
    let without = brute_governed(at + 1, edges, seats, rules, taken);
    if !may {
        return without;
    }
    taken.push(e);
    let with = brute_governed(at + 1, edges, seats, rules, taken);
    taken.pop();
    without.max(with)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn quotas_are_met_at_the_highest_score(
        (parties, seats, edges) in instance(),
        (least, most, each) in (0_usize..3, 0_usize..4, 1_usize..3),
        everywhere in any::<bool>(),
        tiers in proptest::option::of(proptest::collection::vec(0_u32..3, 6)),
        keep in proptest::collection::vec(0_usize..11, 0..4),
    ) {
        let mut edges = unique(&edges);
        edges.truncate(11);
        let group: Vec<u32> = (0..u32::try_from(parties).unwrap()).filter(|p| p % 2 == 0).collect();
        let quota = Quota {
            name: "even".to_owned(),
            offers: (!everywhere).then(|| vec![0]),
            parties: group,
            least: least.min(most),
            most,
        };
        let tiers = tiers.map_or_else(|| vec![0; parties], |mut tiers| { tiers.truncate(parties); tiers });
        let rules = Rules {
            quotas: vec![quota],
            apart: vec![vec![0, 1]],
            offers_each: each,
            tiers: tiers.clone(),
            keep: keep.iter().filter_map(|at| edges.get(*at)).map(|e| (e.party, e.offer)).collect(),
            ..Rules::default()
        };
        let best = brute_governed(0, &edges, &seats, &rules, &mut Vec::new());
        match (allocate_governed(parties, &seats, &edges, &rules), best) {
            (Ok(found), Some((best, kept))) => {
                let taken: Vec<Edge> = found.pairs.iter().map(|(p, o)| {
                    *edges.iter().find(|e| (e.party as usize, e.offer as usize) == (*p, *o)).unwrap()
                }).collect();
                let mut sums = vec![0; 3];
                for e in &taken {
                    sums[tiers[e.party as usize] as usize] += e.score;
                }
                prop_assert_eq!(&sums, &best);
                prop_assert_eq!(taken.iter().filter(|e| rules.keep.contains(&(e.party, e.offer))).count(), usize::try_from(kept).unwrap());
                prop_assert_eq!(found.objective, best.iter().sum::<i64>());
                let mut before = Vec::new();
                for step in &found.steps {
                    prop_assert_eq!(step.objective, best[step.tier as usize]);
                    prop_assert!(step.bound >= step.objective, "the prices prove {}, less than {}", step.bound, step.objective);
                    prop_assert!(step.solver_bound >= step.objective);
                    let again = quota_bound(parties, &seats, &edges, &rules, (step.tier, &before), &step.prices);
                    prop_assert_eq!(again, i128::from(step.bound));
                    before.push((step.tier, step.objective));
                }
                prop_assert!(rules.quotas.iter().all(|q| (q.least..=q.most).contains(&taken.iter().filter(|e| q.counts(e)).count())));
            }
            (Err(QuotaError::Infeasible(names)), None) => prop_assert_eq!(&names[0].0, "even"),
            (found, best) => prop_assert!(false, "{:?} but {:?}", found, best),
        }
    }
}

#[test]
fn the_auction_agrees_with_the_integer_programme() {
    for seed in 21..24 {
        let mut next = numbers(seed);
        let mut edges = Vec::new();
        for party in 0..150 {
            for _ in 0..6 {
                let (offer, score) = (u32::try_from(next(12)).unwrap(), i64::try_from(next(50)).unwrap());
                edges.push(Edge { party, offer, score });
            }
        }
        let seats = [9; 12];
        let programme = allocate_governed(150, &seats, &edges, &Rules::default()).unwrap();
        let auction = allocate(150, &seats, edges).unwrap();
        assert_eq!((programme.objective, programme.bound), (auction.objective, auction.bound));
    }
}

type Side = (u8, usize, Option<(f64, f64)>, Option<i64>, u8, u8);

fn side() -> impl Strategy<Value = Side> {
    let place = proptest::option::of((120.0_f64..121.0, 30.0_f64..31.0));
    (any::<u8>(), 0_usize..4, place, proptest::option::of(0_i64..900_000), any::<u8>(), any::<u8>())
}

const CODES: [&str; 4] = ["", "6-02-03-01", "6-02-11-05", "4"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn bounds_change_nothing_and_neither_do_threads(
        parties in proptest::collection::vec(side(), 1..60),
        offers in proptest::collection::vec(side(), 1..30),
        weights in proptest::collection::vec(0.0_f64..3.0, 8),
        top in 1_usize..5,
        closed in 2_usize..7,
    ) {
        let parties: Vec<Party> = parties.into_iter().map(|(skills, code, place, wage, times, bits)| Party {
            skills: skills.into(), occupation: CODES[code].to_owned(), place, wage, times: times.into(),
            need: f64::from(bits) / 255.0, prefers: (bits & 3).into(),
        }).collect();
        let offers: Vec<Offer> = offers.into_iter().map(|(skills, code, place, wage, times, bits)| Offer {
            skills: skills.into(), occupation: CODES[code].to_owned(), place, wage, times: times.into(),
            preferred: (bits & 3).into(), record: (u32::from(bits & 7), 8),
        }).collect();
        let kinds = [
            TermKind::Skill, TermKind::Occupation, TermKind::Distance { scale: 10_000.0 }, TermKind::Wage,
            TermKind::Schedule, TermKind::Need, TermKind::Rule { bit: 1 }, TermKind::Record { a: 1.0, b: 2.0 },
        ];
        let terms: Vec<Term> = kinds.into_iter().zip(&weights).map(|(kind, weight)| term(kind, *weight)).collect();
        let pool = Pool { parties: &parties, offers: &offers, terms: &terms, top };
        let may = |p: usize, o: usize| !(p * 31 + o).is_multiple_of(closed);
        let eligibility = EachPair { offers: offers.len(), may };
        let ranking = rank(&pool, &eligibility, &|_| true);
        let all = |p: usize| {
            let mut list: Vec<Scored> = (0..offers.len()).filter(|o| may(p, *o)).map(|o| score(&pool, p, o).unwrap()).collect();
            list.sort_by(|a, b| b.score.cmp(&a.score).then(a.offer.cmp(&b.offer)));
            list
        };
        for p in 0..parties.len() {
            let expected: Vec<i64> = all(p).into_iter().take(top).map(|s| s.score).collect();
            let found: Vec<i64> = ranking.by_party[p].iter().map(|b| i64::from(b.score)).collect();
            prop_assert_eq!(&found, &expected);
            for b in &ranking.by_party[p] {
                prop_assert_eq!(score(&pool, p, b.other as usize).unwrap().score, i64::from(b.score));
            }
        }
        for (o, list) in ranking.by_offer.iter().enumerate() {
            let mut scores: Vec<i64> =
                (0..parties.len()).filter(|p| may(*p, o)).map(|p| score(&pool, p, o).unwrap().score).collect();
            scores.sort_unstable_by(|a, b| b.cmp(a));
            scores.truncate(top);
            prop_assert_eq!(list.iter().map(|b| i64::from(b.score)).collect::<Vec<_>>(), scores);
        }
        for threads in [1, 2, 8] {
            let pool_of = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            prop_assert_eq!(&pool_of.install(|| rank(&pool, &eligibility, &|_| true)).by_party, &ranking.by_party);
        }
    }
}
