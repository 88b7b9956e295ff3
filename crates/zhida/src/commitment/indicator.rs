//! Indicators: which nouns can be counted, and what a county's indicators count.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait as _, ConnectionTrait};
use zhida_pack::{Aggregate, Indicator, Pack};
use zhida_types::{Day, RegionCode};

use super::entity::measure;
use super::forms::UNITS;
use super::store;
use crate::app::App;
use crate::db::counties;
use crate::db::noun::{NoCount, Noun};
use crate::ids::CountyId;
use crate::problem::Problem;
use crate::{
    case, check, finding, ledger, letter, message, network, outcome, party, place, tip, tour, visit,
};

/// Everything that can be counted.
pub fn nouns() -> [Noun; 16] {
    [
        party::NOUN,
        case::NOUN,
        message::NOUN,
        visit::NOUN,
        place::NOUN,
        check::NOUN,
        finding::NOUN,
        ledger::NOUN,
        tip::NOUN,
        letter::NOUN,
        crate::event::NOUN,
        network::SIGNAL,
        network::RATING,
        tour::TOUR,
        tour::ENCOUNTER,
        outcome::NOUN,
    ]
}

fn noun(name: &str) -> Result<Noun, NoCount> {
    let known = || nouns().map(|n| n.name).join(", ");
    nouns()
        .into_iter()
        .find(|n| n.name == name)
        .ok_or_else(|| NoCount(format!("there is no noun `{name}`; there are {}", known())))
}

/// The questions that an indicator asks, each told apart by columns: one for rows and sums, since what is told apart by all
/// columns at once adds up to each of them; different values do not add up and are asked for by each column.
fn questions(indicator: &Indicator) -> Vec<Vec<&str>> {
    let by: Vec<&str> = indicator.by.iter().map(String::as_str).collect();
    match indicator.count {
        Aggregate::Distinct(_) => {
            std::iter::once(Vec::new()).chain(by.into_iter().map(|b| vec![b])).collect()
        }
        Aggregate::Rows | Aggregate::Sum(_) => vec![by],
    }
}

/// What is wrong with a pack's indicators, and with what refers to them: the code and the fault.
pub fn check_pack(pack: &Pack) -> Vec<(String, String)> {
    let (county, day) =
        (CountyId("000000".to_owned()), Day::from_epoch(0).unwrap_or(Day(chrono::NaiveDate::MIN)));
    let mut faults = Vec::new();
    for indicator in &pack.indicators {
        let counts = noun(&indicator.noun).and_then(|n| {
            questions(indicator)
                .iter()
                .try_for_each(|by| n.count(&county, &indicator.filter, &indicator.count, by, day).map(drop))
        });
        if let Err(fault) = counts {
            faults.push((indicator.code.clone(), fault.to_string()));
        }
    }
    let units = pack.indicators.iter().map(|i| (&i.code, &i.unit));
    let items = pack.commitments.iter().flat_map(|l| &l.items);
    let second = items.clone().filter(|i| !i.unit2.is_empty()).map(|i| (&i.code, &i.unit2));
    for (code, unit) in units.chain(items.map(|i| (&i.code, &i.unit))).chain(second) {
        if !UNITS.contains(&unit.as_str()) {
            faults
                .push((code.clone(), format!("there is no unit `{unit}`; use one of {}", UNITS.join(", "))));
        }
    }
    for list in &pack.commitments {
        if let Some(before) =
            list.follows.as_ref().filter(|b| !pack.commitments.iter().any(|l| l.code == **b))
        {
            faults.push((list.code.clone(), format!("there is no list `{before}`")));
        }
    }
    for item in pack.commitments.iter().flat_map(|l| &l.items) {
        if let Some(code) = &item.indicator
            && !code.contains('/')
            && !pack.indicators.iter().any(|i| i.code == *code)
        {
            faults.push((item.code.clone(), format!("there is no indicator `{code}`")));
        }
    }
    faults
}

/// What indicators counted, by indicator, dimension and member; the whole is dimension and member "".
pub type Measures = BTreeMap<(String, String, String), i64>;

/// Counts every indicator of a county. A noun or rule that cannot be counted is a fault of the pack, said in the log once
/// a round, and keeps the others from nothing.
pub(super) async fn count(
    app: &App,
    db: &impl ConnectionTrait,
    county: &CountyId,
) -> Result<Measures, Problem> {
    let today = app.clock.today();
    let mut sums = Measures::new();
    let all: Vec<(String, &Indicator)> = app.indicators().collect();
    for (name, indicator) in all {
        for by in questions(indicator) {
            let count = noun(&indicator.noun)
                .and_then(|n| n.count(county, &indicator.filter, &indicator.count, &by, today));
            let count = match count {
                Ok(count) => count,
                Err(fault) => {
                    tracing::error!(indicator = name, %fault, "an indicator cannot be counted");
                    break;
                }
            };
            let whole = by.is_empty() || !matches!(indicator.count, Aggregate::Distinct(_));
            for (members, value) in count.ask(db).await? {
                let mut add = |dimension: &str, member: String| {
                    let sum = sums.entry((name.clone(), dimension.to_owned(), member)).or_insert(0);
                    *sum = sum.saturating_add(value);
                };
                if whole {
                    add("", String::new());
                }
                for (dimension, member) in by.iter().zip(members) {
                    add(dimension, member);
                }
            }
        }
    }
    Ok(sums)
}

/// What indicators counted, added up over the counties that a region sees: by indicator, dimension and member. Distinct
/// persons of two counties are two, since nobody may look from one county into another to tell.
///
/// # Errors
/// The database's.
pub async fn measures(
    db: &impl ConnectionTrait,
    county: &CountyId,
    region: &RegionCode,
) -> Result<Measures, Problem> {
    let seen = counties(measure::Column::County, county, region);
    let seen = sea_orm::Condition::all().add(seen).add(measure::Column::Indicator.ne(""));
    let mut sums = Measures::new();
    for m in store::measures(db, seen).await? {
        let sum = sums.entry((m.indicator, m.dimension, m.member)).or_insert(0);
        *sum = sum.saturating_add(m.value);
    }
    Ok(sums)
}
