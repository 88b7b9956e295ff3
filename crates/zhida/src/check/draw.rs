//! Drawing a sample that anybody can draw again: by the seed's and the id's hash, town by town.

use std::collections::BTreeMap;

use crate::db::seal::sha256_hex;

/// A drawn sample.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Drawn {
    /// The seed: where it comes from nobody could choose it (the journal's head at the draw).
    pub seed: String,
    /// How many there were to draw from.
    pub frame: usize,
    /// How many of each stratum.
    pub strata: BTreeMap<String, usize>,
    /// The share in percent.
    pub percent: u32,
    /// The ids that were drawn, ascending.
    pub ids: Vec<String>,
    /// For draws that are handed out by turns (see [`turns`]): region and month; empty else.
    pub turn: String,
}

/// Draws `percent` of every stratum, rounded up: the ids with the smallest SHA-256 of `seed/id`.
///
/// `frame` is pairs of stratum and id; its order does not matter. Whoever has the frame and the seed gets the same sample
/// with nothing but a hash.
pub fn draw(seed: &str, percent: u32, frame: &[(String, String)]) -> Drawn {
    let mut strata: BTreeMap<&str, Vec<(String, &str)>> = BTreeMap::new();
    for (stratum, id) in frame {
        let rank = sha256_hex(format!("{seed}/{id}").as_bytes());
        strata.entry(stratum).or_default().push((rank, id));
    }
    let sizes = strata.iter().map(|(name, all)| ((*name).to_owned(), all.len())).collect();
    let mut ids = Vec::new();
    for mut stratum in strata.into_values() {
        stratum.sort_unstable();
        let take = (stratum.len() * percent.min(100) as usize).div_ceil(100);
        ids.extend(stratum.into_iter().take(take).map(|(_, id)| id.to_owned()));
    }
    ids.sort_unstable();
    Drawn {
        seed: seed.to_owned(),
        frame: frame.len(),
        strata: sizes,
        percent: percent.min(100),
        ids,
        turn: String::new(),
    }
}

/// All ids in the order in which they are handed out by turns, so that however far one gets every stratum has had its share:
/// the i-th of the n of a stratum, by the SHA-256 of `seed/id`, stands at (i − ½)/n; equal places by hash.
///
/// Each beginning of the order is a stratified sample with proportional allocation.
pub fn turns(seed: &str, frame: &[(String, String)]) -> Vec<String> {
    let mut strata: BTreeMap<&str, Vec<(String, &str)>> = BTreeMap::new();
    for (stratum, id) in frame {
        let rank = sha256_hex(format!("{seed}/{id}").as_bytes());
        strata.entry(stratum).or_default().push((rank, id));
    }
    let mut order: Vec<(usize, usize, String, &str)> = Vec::with_capacity(frame.len());
    for mut stratum in strata.into_values() {
        stratum.sort_unstable();
        let n = stratum.len();
        order.extend(stratum.into_iter().enumerate().map(|(i, (rank, id))| (2 * i + 1, 2 * n, rank, id)));
    }
    // a/b before c/d where a·d < c·b: whole numbers, so that every machine has the same order.
    order.sort_unstable_by(|(a, b, x, _), (c, d, y, _)| (a * d).cmp(&(c * b)).then_with(|| x.cmp(y)));
    order.into_iter().map(|(.., id)| id.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_draw_can_be_drawn_again_in_any_order(n in 1_usize..80, percent in 1_u32..=100, turn in 0_usize..80) {
            let mut frame: Vec<(String, String)> =
                (0..n).map(|i| ((i % 3).to_string(), format!("id-{i}"))).collect();
            let first = draw("seed", percent, &frame);
            frame.rotate_left(turn % n);
            prop_assert_eq!(&draw("seed", percent, &frame), &first);
            for stratum in ["0", "1", "2"] {
                let all = frame.iter().filter(|(s, _)| s == stratum).count();
                let got = frame.iter().filter(|(s, id)| s == stratum && first.ids.contains(id)).count();
                prop_assert_eq!(got, (all * percent as usize).div_ceil(100));
            }
        }
    }

    proptest! {
        #[test]
        fn every_beginning_of_the_turns_has_its_share_of_each_stratum(
            sizes in prop::collection::vec(1_usize..30, 1..6), upto in 0_usize..150, turn in 0_usize..80,
        ) {
            let each = |(s, n): (usize, &usize)| (0..*n).map(move |i| (s.to_string(), format!("{s}-{i}")));
            let mut frame: Vec<(String, String)> = sizes.iter().enumerate().flat_map(each).collect();
            let order = turns("seed", &frame);
            let n = frame.len();
            frame.rotate_left(turn % n);
            prop_assert_eq!(&turns("seed", &frame), &order);
            let upto = upto.min(n);
            for (s, size) in sizes.iter().enumerate() {
                let got = order[..upto].iter().filter(|id| id.starts_with(&format!("{s}-"))).count();
                // Off by less than one for each stratum there is.
                prop_assert!((got * n).abs_diff(size * upto) <= n * sizes.len(), "{got} of {size} at {upto} of {n}");
            }
        }
    }

    #[test]
    fn another_seed_draws_others() {
        let frame: Vec<(String, String)> = (0..1_000).map(|i| (String::new(), i.to_string())).collect();
        let (a, b) = (draw("a", 10, &frame), draw("b", 10, &frame));
        let both = a.ids.iter().filter(|id| b.ids.contains(id)).count();
        assert!((1..40).contains(&both), "about ten of a hundred are in both: {both}");
    }
}
