//! Which counties' commitments somebody of a region sees: his own county's, and below a city or province all of theirs.

use sea_orm::{ColumnTrait, Condition};
use zhida_types::RegionCode;

use crate::ids::CountyId;

/// Rows of the own county, and of those whose code begins with the region's.
pub(super) fn within<C: ColumnTrait>(column: C, county: &CountyId, region: &RegionCode) -> Condition {
    let own = Condition::any().add(column.eq(county.clone()));
    let prefix = region.as_str();
    if prefix.len() >= 6 {
        return own;
    }
    let (low, high) = (format!("{prefix:0<6}"), format!("{prefix:9<6}"));
    own.add(column.between(low, high))
}

/// The county (or city, or province) that owns what belongs to a region.
pub(super) fn owner(region: &RegionCode) -> CountyId {
    CountyId(format!("{:0<6}", region.as_str().chars().take(6).collect::<String>()))
}

/// Whether a region, or a county's own office, may be looked at from another.
pub(super) fn sees(county: &CountyId, region: &RegionCode, other: &CountyId) -> bool {
    other == county || (region.as_str().len() < 6 && other.0.starts_with(region.as_str()))
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
