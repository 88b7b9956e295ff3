//! Conditions that many lists share: what an officer of a region sees of a county, and where a page of a list goes on.

use sea_orm::{ColumnTrait, Condition};
use zhida_types::{Day, RegionCode};

use crate::ids::CountyId;

/// Rows of a county that an officer of a region sees: all of them, or what lies in the town.
pub fn within<C: ColumnTrait>((county, town): (C, C), of: &CountyId, region: &RegionCode) -> Condition {
    let own = Condition::all().add(county.eq(of.clone()));
    if region.as_str().len() > 6 { own.add(town.eq(region.as_str())) } else { own }
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
