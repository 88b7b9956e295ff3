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
    Drawn { seed: seed.to_owned(), frame: frame.len(), strata: sizes, percent: percent.min(100), ids }
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

    #[test]
    fn another_seed_draws_others() {
        let frame: Vec<(String, String)> = (0..1_000).map(|i| (String::new(), i.to_string())).collect();
        let (a, b) = (draw("a", 10, &frame), draw("b", 10, &frame));
        let both = a.ids.iter().filter(|id| b.ids.contains(id)).count();
        assert!((1..40).contains(&both), "about ten of a hundred are in both: {both}");
    }
}
