//! Whether two files mean the same datum, where they name the same places.

use std::collections::HashMap;

use zhida_siting::haversine;
use zhida_types::wgs84;

/// So many places at least have to be named by both.
const FEW: usize = 3;

/// What is wrong with two lists of named places: they stand apart just as GCJ-02 does from WGS 84.
pub(in crate::cli::site) fn mixed<'a>(
    one: impl Iterator<Item = (&'a str, [f64; 2])>,
    other: impl Iterator<Item = (&'a str, [f64; 2])>,
) -> Option<String> {
    // A name that stands there twice says nothing.
    let mut places: HashMap<&str, Option<[f64; 2]>> = HashMap::new();
    for (name, at) in one.filter(|(name, _)| !name.is_empty()) {
        places.entry(name).and_modify(|known| *known = None).or_insert(Some(at));
    }
    let pairs: Vec<([f64; 2], [f64; 2])> =
        other.filter_map(|(name, at)| places.get(name).copied().flatten().map(|known| (known, at))).collect();
    if pairs.len() < FEW {
        return None;
    }
    let middle = |far: &dyn Fn([f64; 2], [f64; 2]) -> f64| {
        let mut all: Vec<f64> = pairs.iter().map(|(a, b)| far(*a, *b)).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let apart = middle(&haversine);
    let (first, second) = (middle(&|a, b| haversine(wgs84(a), b)), middle(&|a, b| haversine(a, wgs84(b))));
    let best = first.min(second);
    if apart < 100.0 || best > 60.0 || best > 0.3 * apart {
        return None;
    }
    let (which, rest) = if first < second { ("first", "second") } else { ("second", "first") };
    Some(format!(
        "{} places that both files name stand {apart:.0} m apart, just as GCJ-02 (maps in China) does from WGS-84 (GPS): \
         the {which} file looks like GCJ-02, the {rest} like WGS-84; convert one of them",
        pairs.len()
    ))
}
