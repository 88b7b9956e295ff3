//! Whether two files mean the same datum, where they name the same places.

use std::collections::HashMap;

use zhida_types::{Datum, Shifted, shifted};

/// What is wrong with two lists of named places: they stand apart just as GCJ-02 does from WGS 84.
pub(crate) fn mixed<'a>(
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
    // Either of the two may be the one in GCJ-02.
    let turned: Vec<([f64; 2], [f64; 2])> = pairs.iter().map(|(a, b)| (*b, *a)).collect();
    let found = |pairs| shifted(pairs, Datum::Wgs84).filter(|s| s.datum == Datum::Gcj02);
    let left = |s: &Option<Shifted>| s.map_or(f64::INFINITY, |s| s.left);
    let (first, second) = (found(&pairs), found(&turned));
    let (shift, which, rest) =
        if left(&first) < left(&second) { (first?, "first", "second") } else { (second?, "second", "first") };
    Some(format!(
        "{} places that both files name stand {:.0} m apart, just as GCJ-02 (maps in China) does from WGS-84 (GPS): \
         the {which} file looks like GCJ-02, the {rest} like WGS-84; convert one of them",
        pairs.len(),
        shift.apart
    ))
}
