//! Which counties' commitments somebody of a region sees: his own county's, and below a city or province all of theirs.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr};
use zhida_types::RegionCode;

use super::store;
use crate::ids::CountyId;

/// The county (or city, or province) that owns what belongs to a region.
pub(super) fn owner(region: &RegionCode) -> CountyId {
    CountyId::owning(region)
}

/// Whether a region, or a county's own office, may be looked at from another.
pub(super) fn sees(county: &CountyId, region: &RegionCode, other: &CountyId) -> bool {
    other == county || (region.as_str().len() < 6 && other.0.starts_with(region.as_str()))
}

/// How many open commitments that a region sees show each of the lights.
///
/// # Errors
/// The database's.
pub async fn lights(
    db: &impl ConnectionTrait,
    county: &CountyId,
    region: &RegionCode,
    lights: &[&str],
) -> Result<Vec<i64>, DbErr> {
    let below = lights_below(db, county, region, lights).await?;
    Ok((0..lights.len()).map(|at| below.iter().map(|(_, counts)| counts[at]).sum()).collect())
}

/// Lights of the regions next below one: its cities, counties or towns, each with what lies in it; code, how many of each
/// light in the order of `lights`.
///
/// # Errors
/// The database's.
pub async fn lights_below(
    db: &impl ConnectionTrait,
    county: &CountyId,
    region: &RegionCode,
    lights: &[&str],
) -> Result<Vec<(String, Vec<i64>)>, DbErr> {
    let next = match region.as_str().len() {
        2 => 4,
        4 => 6,
        _ => 9,
    };
    let mut below: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for (code, light, n) in store::lights_by_region(db, (county, region)).await? {
        let Some(place) = lights.iter().position(|l| *l == light) else { continue };
        let code: String = code.chars().take(next).collect();
        below.entry(code).or_insert_with(|| vec![0; lights.len()])[place] += n;
    }
    Ok(below.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_city_owns_its_own_and_sees_its_counties() {
        let region = |code: &str| RegionCode::parse(code).unwrap();
        let county = |code: &str| CountyId(code.to_owned());
        assert_eq!(owner(&region("33")), county("330000"));
        assert_eq!(owner(&region("3304")), county("330400"));
        assert_eq!(owner(&region("330424101")), county("330424"));
        assert!(sees(&county("330400"), &region("3304"), &county("330424")));
        assert!(!sees(&county("330400"), &region("3304"), &county("330000")));
        assert!(!sees(&county("330424"), &region("330424"), &county("330421")));
    }
}
