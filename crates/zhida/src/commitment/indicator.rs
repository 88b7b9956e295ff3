//! Indicators: which nouns can be counted, and what a county's indicators count.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait as _, ConnectionTrait};
use zhida_pack::{Aggregate, Indicator, Pack};
use zhida_types::{Day, RegionCode};

use super::entity::measure;
use super::scope::within;
use super::store;
use crate::app::App;
use crate::db::noun::{NoCount, Noun};
use crate::ids::CountyId;
use crate::problem::Problem;
use crate::{case, check, finding, ledger, message, party, place, visit};

/// Everything that can be counted.
pub fn nouns() -> [Noun; 8] {
    [
        party::NOUN,
        case::NOUN,
        message::NOUN,
        visit::NOUN,
        place::NOUN,
        check::NOUN,
        finding::NOUN,
        ledger::NOUN,
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

/// The name under which an indicator is kept.
pub(super) fn key(pack: &Pack, indicator: &Indicator) -> String {
    format!("{}/{}", pack.name, indicator.code)
}

/// Counts every indicator of a county. A noun or rule that cannot be counted is a fault of the pack, said in the log once
/// a round, and keeps the others from nothing.
pub(super) async fn count(
    app: &App,
    db: &impl ConnectionTrait,
    county: &CountyId,
    seq: i64,
) -> Result<Vec<measure::ActiveModel>, Problem> {
    let (today, now) = (app.clock.today(), app.clock.now());
    let row = |indicator: &str, dimension: &str, member: &str, value: i64| measure::ActiveModel {
        county: Set(county.clone()),
        indicator: Set(indicator.to_owned()),
        dimension: Set(dimension.to_owned()),
        member: Set(member.to_owned()),
        value: Set(value),
        at: Set(now),
        seq: Set(seq),
    };
    let mut rows = vec![row("", "", "", 0)];
    let all: Vec<(&Pack, &Indicator)> =
        app.packs().flat_map(|p| p.indicators.iter().map(move |i| (p, i))).collect();
    for (pack, indicator) in all {
        let name = key(pack, indicator);
        let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
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
                    let sum = sums.entry((dimension.to_owned(), member)).or_insert(0);
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
        rows.extend(sums.into_iter().map(|((dimension, member), n)| row(&name, &dimension, &member, n)));
    }
    Ok(rows)
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
) -> Result<BTreeMap<(String, String, String), i64>, Problem> {
    let seen = within(measure::Column::County, county, region);
    let seen = sea_orm::Condition::all().add(seen).add(measure::Column::Indicator.ne(""));
    let mut sums = BTreeMap::new();
    for m in store::measures(db, seen).await? {
        let sum: &mut i64 = sums.entry((m.indicator, m.dimension, m.member)).or_insert(0);
        *sum = sum.saturating_add(m.value);
    }
    Ok(sums)
}
