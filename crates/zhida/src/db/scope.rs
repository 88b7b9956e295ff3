//! Conditions that many lists share: what an officer of a region sees of a county, and where a page of a list goes on.

use sea_orm::{ColumnTrait, Condition};
use zhida_types::{Day, RegionCode};

use crate::ids::CountyId;

/// Rows of a county that an officer of a region sees: all of them, or what lies in the town.
pub fn within<C: ColumnTrait>((county, town): (C, C), of: &CountyId, region: &RegionCode) -> Condition {
    let own = Condition::all().add(county.eq(of.clone()));
    if region.as_str().len() > 6 { own.add(town.eq(region.as_str())) } else { own }
}

/// Rows of the own county, and of those whose code begins with the region's: what a city or province sees.
pub fn counties<C: ColumnTrait>(column: C, county: &CountyId, region: &RegionCode) -> Condition {
    let (own, prefix) = (Condition::any().add(column.eq(county.clone())), region.as_str());
    if prefix.len() >= 6 {
        return own;
    }
    // One range, where the own county lies in it: an "or" beside it would keep the database from its indexes.
    let below = column.between(format!("{prefix:0<6}"), format!("{prefix:9<6}"));
    if county.0.starts_with(prefix) { Condition::all().add(below) } else { own.add(below) }
}

/// Rows behind one in a list by day and id; all where the page is the first.
pub fn after<C: ColumnTrait, I: Into<sea_orm::Value>>(
    (day, id): (C, C),
    last: Option<(Day, I)>,
) -> Condition {
    let Some((then, one)) = last else { return Condition::all() };
    let same = Condition::all().add(day.eq(then.0)).add(id.gt(one));
    // The first condition alone lets a database begin in the middle of an index.
    Condition::all().add(day.gte(then.0)).add(Condition::any().add(day.gt(then.0)).add(same))
}
