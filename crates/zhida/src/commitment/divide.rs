//! Dividing a commitment: parts for regions, units and persons whose values add up to it.

use zhida_types::{Comparator, Day, Force, Quantity, RegionCode};

use super::entity::commitment;
use super::scope;
use super::store::{self, NewCommitment};
use crate::app::App;
use crate::ids::{AccountId, CommitmentId, CountyId, UnitId};
use crate::journal::{Actor, Write};
use crate::problem::Problem;

/// A part of a commitment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The part that is there already.
    pub id: Option<CommitmentId>,
    /// The region.
    pub region: RegionCode,
    /// The unit.
    pub unit: Option<UnitId>,
    /// The person.
    pub person: Option<(AccountId, String)>,
    /// The value, and the second.
    pub value: (Quantity, Option<Quantity>),
}

/// Whether the parts' values add up to a commitment's as its comparator means it; what is wrong else.
pub(super) fn adds_up(
    comparator: Comparator,
    (value, value2): (Quantity, Option<Quantity>),
    parts: &[(Quantity, Option<Quantity>)],
) -> Result<(), Problem> {
    let too_large = || Problem::field("value", "fault-amount", "");
    let mut sums = (Quantity(0), Quantity(0));
    for (first, second) in parts {
        if first.0 < 0 || second.is_some_and(|s| s.0 < 0) {
            return Err(Problem::field("value", "fault-amount", first));
        }
        sums.0 = sums.0.checked_add(*first).ok_or_else(too_large)?;
        sums.1 = sums.1.checked_add(second.unwrap_or_default()).ok_or_else(too_large)?;
    }
    let pairs = std::iter::once((value, sums.0)).chain(value2.map(|v| (v, sums.1)));
    for (whole, sum) in pairs {
        if !comparator.matches_sum(whole, sum) {
            return Err(Problem::field("value", "fault-parts", format!("{sum} ≠ {whole}")));
        }
    }
    Ok(())
}

/// The part as a commitment of its own.
fn child(now: &commitment::Model, part: &Part) -> NewCommitment {
    NewCommitment {
        pack: now.pack.clone(),
        list: now.list.clone(),
        code: now.code.clone(),
        no: now.no.clone(),
        title: now.title.clone(),
        source: now.source.clone(),
        counting: now.counting.clone(),
        evidence: now.evidence.clone(),
        parent: Some((now.county.clone(), now.id)),
        rolled_from: None,
        region: part.region.clone(),
        unit: part.unit,
        person: part.person.clone(),
        comparator: Comparator::named(&now.comparator).unwrap_or_default(),
        force: Force::named(&now.force).unwrap_or_default(),
        value: (part.value.0, now.unit.clone()),
        value2: part.value.1.map(|v| (v, now.unit2.clone())),
        days: (Day(now.from_day), Day(now.until_day)),
        indicator: now.indicator.clone(),
        curve: super::curve::read(&now.curve),
        duties: Vec::new(),
        milestones: Vec::new(),
    }
}

/// Divides a commitment anew: parts that are there get their new values, the others are made, each in the county that owes
/// it. Nothing is written unless the values add up.
///
/// # Errors
/// Values that do not add up (with the sum), a part outside the commitment's region, a part that is not there, or the
/// database's.
pub async fn divide(
    app: &App,
    actor: &Actor,
    now: &commitment::Model,
    parts: Vec<Part>,
    cause: &str,
) -> Result<(), Problem> {
    let comparator = Comparator::named(&now.comparator).unwrap_or_default();
    let values: Vec<(Quantity, Option<Quantity>)> = parts.iter().map(|p| p.value).collect();
    let target = (Quantity(now.value), now.value2.map(Quantity));
    adds_up(comparator, target, &values)?;
    let whole = RegionCode::parse(&now.region).map_err(anyhow::Error::from)?;
    if let Some(part) = parts.iter().find(|p| !whole.contains(&p.region)) {
        return Err(Problem::field("region", "fault-part-region", &part.region));
    }
    let there = store::children(&app.db, &[now.id]).await?.remove(&now.id).unwrap_or_default();
    let known = |id: CommitmentId| there.iter().find(|c| c.id == id);
    if let Some(gone) = parts.iter().filter_map(|p| p.id).find(|id| known(*id).is_none()) {
        return Err(Problem::field("part", "fault-value", gone));
    }
    // What is there and not named any more would still count.
    if there.iter().any(|c| !parts.iter().any(|p| p.id == Some(c.id))) {
        return Err(Problem::Conflict("fault-changed"));
    }
    let mut counties: Vec<CountyId> = parts.iter().map(|p| scope::owner(&p.region)).collect();
    counties.sort();
    counties.dedup();
    for county in counties {
        // Each county's journal has its own chain: one transaction a county. Dividing again takes up what a power cut left.
        let mut write = Write::begin(&app.db, &county, actor, app.clock.now()).await?;
        let mut new = Vec::new();
        let mut changed = false;
        for part in parts.iter().filter(|p| scope::owner(&p.region) == county) {
            match part.id.and_then(known) {
                Some(there) => changed |= change_part(&mut write, there, part, cause).await?,
                None => new.push(child(now, part)),
            }
        }
        if !new.is_empty() {
            store::create(&mut write, new).await?;
            changed = true;
        }
        if changed {
            write.commit().await?;
        }
    }
    Ok(())
}

async fn change_part(
    write: &mut Write,
    there: &commitment::Model,
    part: &Part,
    cause: &str,
) -> Result<bool, Problem> {
    use commitment::Column as C;
    use sea_orm::sea_query::Expr;
    let (mut values, mut changed) = (Vec::new(), Vec::new());
    if there.value != part.value.0.0 {
        values.push((C::Value, Expr::value(part.value.0.0)));
        changed.push(("value", Quantity(there.value).to_string(), part.value.0.to_string()));
    }
    let second = part.value.1.map(|v| v.0);
    if there.value2 != second {
        values.push((C::Value2, Expr::value(second)));
        let text = |v: Option<i64>| v.map_or_else(String::new, |v| Quantity(v).to_string());
        changed.push(("value2", text(there.value2), text(second)));
    }
    let person = part.person.as_ref().map(|(id, _)| *id);
    if there.person_id != person {
        let name = part.person.as_ref().map_or_else(String::new, |(_, name)| name.clone());
        values.push((C::PersonId, Expr::value(person)));
        values.push((C::PersonName, Expr::value(name.clone())));
        changed.push(("person", there.person_name.clone(), name));
    }
    if values.is_empty() {
        return Ok(false);
    }
    if cause.trim().is_empty() {
        return Err(Problem::field("cause", "fault-empty", ""));
    }
    store::change(write, there, values, &changed, cause.trim()).await?;
    Ok(true)
}
