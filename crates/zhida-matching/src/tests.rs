//! Against brute force, against the definition of stability, and the laws of ranking.

use proptest::prelude::*;

use super::*;

/// The best total by trying everything.
fn brute(party: usize, parties: usize, seats: &mut [usize], edges: &[Edge]) -> i64 {
    if party == parties {
        return 0;
    }
    let mut best = brute(party + 1, parties, seats, edges);
    for e in edges.iter().filter(|e| e.party == party) {
        if seats[e.offer] > 0 {
            seats[e.offer] -= 1;
            best = best.max(e.score + brute(party + 1, parties, seats, edges));
            seats[e.offer] += 1;
        }
    }
    best
}

fn instance() -> impl Strategy<Value = (usize, Vec<usize>, Vec<Edge>)> {
    (1_usize..6, proptest::collection::vec(0_usize..3, 1..5)).prop_flat_map(|(parties, seats)| {
        let edge = (0..parties, 0..seats.len(), 0_i64..12).prop_map(|(party, offer, score)| Edge {
            party,
            offer,
            score,
        });
        (Just(parties), Just(seats), proptest::collection::vec(edge, 0..16))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn the_allocation_is_the_best_there_is((parties, seats, edges) in instance()) {
        let answer = allocate(parties, &seats, &edges).unwrap();
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
                let priority = i64::try_from(e.party % 3).unwrap();
                claims.push(Claim { party: e.party, offer: e.offer, score: e.score, priority });
            }
        }
        let answer = stable(parties, &seats, &claims, seed);
        let seat = |p: usize| answer.pairs.iter().find(|(q, _)| *q == p).map(|(_, o)| *o);
        let rank = |c: &Claim| (c.score, std::cmp::Reverse(c.offer));
        for c in &claims {
            let own = claims.iter().find(|d| d.party == c.party && Some(d.offer) == seat(c.party));
            let wants = own.is_none_or(|d| rank(c) > rank(d));
            let holders: Vec<usize> = answer.pairs.iter().filter(|(_, o)| *o == c.offer).map(|(p, _)| *p).collect();
            let strength = |p: usize| (i64::try_from(p % 3).unwrap(), lottery(seed, p));
            let could = holders.len() < seats[c.offer] || holders.iter().any(|p| strength(*p) < strength(c.party));
            prop_assert!(!(wants && could && seats[c.offer] > 0), "party {} and offer {} block", c.party, c.offer);
        }
    }
}

#[test]
fn a_tampered_answer_is_found() {
    let edges = [Edge { party: 0, offer: 0, score: 5 }, Edge { party: 1, offer: 0, score: 7 }];
    let answer = allocate(2, &[1], &edges).unwrap();
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
    let edge = |party, offer, score| [Edge { party, offer, score }];
    assert_eq!(allocate(1, &[1], &edge(1, 0, 1)), Err(AllocateError::NoSuchEnd { edge: 0 }));
    assert_eq!(allocate(1, &[1], &edge(0, 0, -1)), Err(AllocateError::Negative { edge: 0 }));
    assert_eq!(allocate(1, &[1], &edge(0, 0, i64::MAX)), Err(AllocateError::TooLarge));
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
    let ranking = rank(&pool, &|_, _| true, &mut |_| true);
    let best = &ranking.by_party[0];
    assert_eq!((best[0].offer, best[0].terms.clone()), (0, vec![0.5, 0.9, 1.0, 1.0]));
    assert_eq!(best[0].score, 780_000);
    assert_eq!((best[1].offer, best[1].score), (1, 700_000));
    let one = rank(&Pool { top: 1, ..pool }, &|_, offer| offer == 1, &mut |_| true);
    assert_eq!(one.by_party[0].len(), 1);
    assert_eq!(one.by_offer, [vec![], vec![(0, 700_000)]]);
}

#[test]
fn a_record_starts_at_the_prior_and_moves_with_the_cases() {
    let offer = |record| Offer { record, ..Offer::default() };
    let offers = [offer((0, 0)), offer((90, 100))];
    let terms = [term(TermKind::Record { a: 6.0, b: 4.0 }, 1.0)];
    let parties = [Party::default()];
    let ranking =
        rank(&Pool { parties: &parties, offers: &offers, terms: &terms, top: 2 }, &|_, _| true, &mut |_| {
            true
        });
    let scores: Vec<i64> = ranking.by_party[0].iter().map(|s| s.score).collect();
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
