//! Changes that make a plan keep its limits, or better.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::draft::{Draft, SLACK};
use crate::median::Ordered;

/// Ways out of a broken limit that are tried.
const WAYS: usize = 24;

/// What a change is worth at given prices, for each unit by which it mends broken limits.
fn mends(draft: &Draft<'_>, course: u32, prices: &[f64]) -> Option<f64> {
    let strain = draft.strain(course);
    (strain < -SLACK).then(|| (draft.gain(course) - draft.priced(course, prices)) / -strain)
}

/// Makes changes as long as there are any with a key, the largest first, with lazy evaluation (Minoux, 1978,
/// doi:10.1007/BFb0006528), until it is done.
fn best_first(
    draft: &mut Draft<'_>,
    key: &(dyn Fn(&Draft<'_>, u32) -> Option<f64> + Sync),
    done: &dyn Fn(&Draft<'_>) -> bool,
) {
    let all = 0..u32::try_from(draft.ground().courses.count()).unwrap_or(u32::MAX);
    let list: Vec<(Ordered, Reverse<u32>)> = {
        let draft = &*draft;
        let of = |c: u32| key(draft, c).map(|key| (Ordered(key), Reverse(c)));
        all.into_par_iter().with_min_len(512).filter_map(of).collect()
    };
    let mut heap: BinaryHeap<_> = list.into();
    while !done(draft)
        && let Some((_, Reverse(course))) = heap.pop()
    {
        let Some(now) = key(draft, course) else { continue };
        if heap.peek().is_some_and(|(next, _)| next.0 > now + 1e-9 * now.abs()) {
            heap.push((Ordered(now), Reverse(course)));
        } else {
            draft.set(course);
        }
    }
}

/// Changes courses until no limit is broken, at the least loss; whether that succeeded.
pub(super) fn mend(draft: &mut Draft<'_>, prices: &[f64]) -> bool {
    for _ in 0..12 {
        let before = draft.over;
        best_first(draft, &|draft, c| mends(draft, c, prices), &|draft| draft.keeps());
        if draft.keeps() || draft.over >= before {
            break;
        }
    }
    draft.keeps()
}

/// Changes courses as long as that serves more and breaks nothing, what is best at given prices first.
pub(super) fn fill(draft: &mut Draft<'_>, prices: &[f64]) {
    let least = 1e-9 * draft.total.abs().max(1.0);
    let key = |draft: &Draft<'_>, c: u32| {
        if draft.strain(c) > SLACK {
            return None;
        }
        let gain = draft.gain(c);
        (gain > least).then(|| gain - draft.priced(c, prices))
    };
    best_first(draft, &key, &|_| false);
}

/// Takes back what serves nobody and is asked for by no limit.
pub(super) fn trim(draft: &mut Draft<'_>) {
    let ground = draft.ground();
    for j in 0..ground.places() {
        let first = ground.courses.begin[j];
        if draft.course[j] != first && draft.strain(first) <= 0.0 && draft.gain(first) >= 0.0 {
            draft.set(first);
        }
    }
}

/// What every course would add at given prices.
fn worths(draft: &Draft<'_>, prices: &[f64]) -> Vec<f64> {
    let count = u32::try_from(draft.ground().courses.count()).unwrap_or(u32::MAX);
    let of = |c: u32| draft.gain(c) - draft.priced(c, prices);
    (0..count).into_par_iter().with_min_len(512).map(of).collect()
}

/// For each limit the changes that take least from what is served for what they give back of it.
fn ways(draft: &Draft<'_>, worths: &[f64], most: usize) -> Vec<Vec<u32>> {
    let mut lists: Vec<Vec<(f64, u32)>> = vec![Vec::new(); draft.ground().courses.limits.len()];
    for (c, worth) in (0_u32..).zip(worths) {
        draft.differs(c, |r, change| {
            if change < -SLACK {
                lists[r].push((worth / -change, c));
            }
        });
    }
    let best = |mut list: Vec<(f64, u32)>| {
        let by = |a: &(f64, u32), b: &(f64, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if list.len() > most {
            list.select_nth_unstable_by(most, by);
            list.truncate(most);
        }
        list.sort_unstable_by(by);
        list.into_iter().map(|(_, c)| c).collect()
    };
    lists.into_iter().map(best).collect()
}

/// The best of the first ways out of a broken limit that still are ways out.
fn way(draft: &Draft<'_>, list: &mut Vec<u32>, place: usize, prices: &[f64]) -> Option<u32> {
    let ground = draft.ground();
    let own = |c: u32| ground.courses.place[c as usize] as usize;
    let mut best: Option<(f64, u32)> = None;
    let (mut tried, mut used) = (0, 0);
    for c in list.iter().copied() {
        if tried >= WAYS {
            break;
        }
        if draft.course[own(c)] == c {
            used += 1;
        } else if own(c) != place
            && let Some(key) = mends(draft, c, prices)
        {
            tried += 1;
            if best.is_none_or(|(known, _)| key > known) {
                best = Some((key, c));
            }
        }
    }
    if used > 4 * WAYS {
        list.retain(|c| draft.course[own(*c)] != *c);
    }
    best.map(|(_, c)| c)
}

/// So many times: a change that is worth it at given prices, and others that pay for it; what serves more stays.
pub(super) fn exchange(draft: &mut Draft<'_>, prices: &[f64], times: usize, chance: &mut ChaCha8Rng) {
    let ground = draft.ground();
    let count = u32::try_from(ground.courses.count()).unwrap_or(u32::MAX);
    let worths = worths(draft, prices);
    let mut ways = ways(draft, &worths, 2 * times);
    let mut promising: Vec<(f64, u32)> =
        (0_u32..).zip(&worths).filter(|(_, w)| **w > 0.0).map(|(c, w)| (*w, c)).collect();
    promising.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let list: Vec<u32> = promising.into_iter().take(times * 3 / 4).map(|(_, c)| c).collect();
    for turn in 0..times {
        let course = list.get(turn).copied().unwrap_or_else(|| chance.random_range(0..count));
        let place = ground.courses.place[course as usize] as usize;
        if draft.course[place] == course {
            continue;
        }
        let before = draft.total;
        let mut undo = vec![draft.course[place]];
        draft.set(course);
        for _ in 0..6 {
            let Some(broken) = draft.broken().map(|(r, _)| r).next() else { break };
            let Some(way) = way(draft, &mut ways[broken], place, prices) else { break };
            undo.push(draft.course[ground.courses.place[way as usize] as usize]);
            draft.set(way);
        }
        if !draft.keeps() || draft.total <= before + 1e-9 * before.abs() {
            while let Some(course) = undo.pop() {
                draft.set(course);
            }
            draft.total = before;
        }
    }
}
