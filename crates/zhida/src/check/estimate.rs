//! What a stratified sample says of everything it was drawn from.

/// A stratum: how many it has, how many of them were checked, how many of those were good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stratum {
    /// All of it.
    pub size: usize,
    /// Checked.
    pub checked: usize,
    /// Good.
    pub good: usize,
}

/// A share with its interval, each from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The share of good ones in all.
    pub share: f64,
    /// Where the interval begins.
    pub low: f64,
    /// Where it ends.
    pub high: f64,
}

/// The 97.5 % point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// The share of good ones in all strata together, with its 95 % interval; nothing where fewer than two were checked.
///
/// The share weighs strata by their size (Cochran, *Sampling Techniques*, 3rd edition, 5.1); strata of which nothing was
/// checked are taken to be like the others. Its variance has the correction for finite strata; a stratum with a single check
/// takes the spread of all. The interval is Wilson's (1927) at the sample size that would have that variance, which holds near
/// 0 and 1 where the normal one does not (Korn and Graubard 1998 for samples with a design).
pub fn estimate(strata: &[Stratum]) -> Option<Estimate> {
    let seen: Vec<Stratum> = strata.iter().copied().filter(|s| s.checked > 0).collect();
    let (all, n, good) = seen.iter().fold((0, 0, 0), |(a, n, g), s| (a + s.size, n + s.checked, g + s.good));
    if n < 2 {
        return None;
    }
    let pooled = float(good) / float(n);
    let (mut share, mut variance) = (0.0, 0.0);
    for s in &seen {
        let weight = float(s.size) / float(all);
        let p = float(s.good) / float(s.checked);
        let spread = if s.checked > 1 {
            p * (1.0 - p) * float(s.checked) / float(s.checked - 1)
        } else {
            pooled * (1.0 - pooled)
        };
        let left = 1.0 - float(s.checked.min(s.size)) / float(s.size);
        share += weight * p;
        variance += weight * weight * left * spread / float(s.checked);
    }
    if n >= all {
        return Some(Estimate { share, low: share, high: share });
    }
    // All alike: nothing is seen to vary, and the sample is as good as its number, for a finite whole.
    let alike = float(n) / (1.0 - float(n) / float(all));
    let size = if variance > 0.0 { (share * (1.0 - share) / variance).max(1.0) } else { alike };
    let zz = Z * Z / size;
    let middle = (share + zz / 2.0) / (1.0 + zz);
    let half = Z / (1.0 + zz) * (share * (1.0 - share) / size + zz / (4.0 * size)).sqrt();
    Some(Estimate { share, low: (middle - half).clamp(0.0, share), high: (middle + half).clamp(share, 1.0) })
}

#[expect(clippy::cast_precision_loss, reason = "numbers of checks")]
fn float(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(size: usize, checked: usize, good: usize) -> Stratum {
        Stratum { size, checked, good }
    }

    #[test]
    fn a_share_weighs_strata_by_their_size() {
        let e = estimate(&[s(900, 10, 10), s(100, 10, 0)]).unwrap();
        assert!((e.share - 0.9).abs() < 1e-12, "{e:?}");
        assert_eq!(estimate(&[s(5, 1, 1)]), None, "one says nothing of others");
        let whole = estimate(&[s(4, 4, 3), s(6, 6, 6)]).unwrap();
        assert_eq!((whole.low, whole.high), (whole.share, whole.share), "everything was seen");
        let without = estimate(&[s(100, 10, 5), s(50, 0, 0)]).unwrap();
        assert!((without.share - 0.5).abs() < 1e-12);
    }

    #[test]
    fn without_strata_it_is_the_interval_of_the_textbook() {
        // Wilson's interval for 81 of 263 (Newcombe 1998, table I): 0.2553 to 0.3662. A huge whole needs no correction; the
        // spread is taken with n − 1, as for any stratum, which moves the last digits.
        let e = estimate(&[s(10_000_000, 263, 81)]).unwrap();
        assert!((e.low - 0.2553).abs() < 5e-4 && (e.high - 0.3662).abs() < 5e-4, "{e:?}");
        let none = estimate(&[s(10_000_000, 20, 0)]).unwrap();
        assert!((none.high - 0.1611).abs() < 5e-4 && none.low == 0.0, "{none:?}");
    }

    /// Draws again and again from wholes whose share is known: the interval holds it as often as it says.
    #[test]
    fn the_interval_holds_the_truth_as_often_as_it_says() {
        let wholes: [&[(usize, usize)]; 3] = [
            &[(40, 36), (60, 45), (25, 24), (80, 70)],
            &[(200, 190), (120, 119)],
            &[(30, 3), (90, 20), (50, 1)],
        ];
        for (which, strata) in wholes.iter().enumerate() {
            let frame: Vec<(String, String)> = strata
                .iter()
                .enumerate()
                .flat_map(|(at, (size, _))| (0..*size).map(move |i| (at.to_string(), format!("{at}-{i}"))))
                .collect();
            let good = |id: &str| {
                let (at, i) = id.split_once('-').unwrap();
                i.parse::<usize>().unwrap() < strata[at.parse::<usize>().unwrap()].1
            };
            let (size, all) = strata.iter().fold((0, 0), |(s, g), (size, good)| (s + size, g + good));
            let truth = float(all) / float(size);
            let (mut held, runs) = (0, 400);
            for run in 0..runs {
                let drawn = super::super::draw::draw(&format!("{which}/{run}"), 20, &frame);
                let of = |at: usize| {
                    let ids = drawn.ids.iter().filter(|id| id.starts_with(&format!("{at}-")));
                    let ids: Vec<&String> = ids.collect();
                    s(strata[at].0, ids.len(), ids.iter().filter(|id| good(id)).count())
                };
                let e = estimate(&(0..strata.len()).map(of).collect::<Vec<_>>()).unwrap();
                held += i32::from(e.low <= truth && truth <= e.high);
            }
            assert!(f64::from(held) / f64::from(runs) > 0.92, "whole {which}: {held} of {runs}");
        }
    }
}
