//! What officers send about a commitment, and what they choose from.

use serde::Deserialize;
use zhida_types::{Comparator, Day, Force, Quantity, RegionCode};

use super::store::NewCommitment;
use crate::account;
use crate::ids::{AccountId, UnitId};
use crate::problem::{FieldFault, Problem};
use crate::web::Officer;

/// The units of count that texts name.
pub(super) const UNITS: [&str; 22] = [
    "person",
    "person-time",
    "household",
    "firm",
    "place",
    "neighbourhood",
    "building",
    "piece",
    "item",
    "set",
    "event",
    "project",
    "team",
    "vehicle-time",
    "mu",
    "tce",
    "yuan",
    "percent",
    "class",
    "message",
    "station",
    "document",
];

/// The region itself and what lies next below it.
pub(super) fn below(o: &Officer, whole: &str) -> Vec<(String, String)> {
    let name = |code: &str| o.app.regions.name(code).unwrap_or(code).to_owned();
    let mut all = vec![(whole.to_owned(), name(whole))];
    match whole.len() {
        2 | 4 => {
            let below = o.app.regions.counties(whole).into_iter();
            all.extend(below.map(|(c, n)| (c.to_owned(), n.to_owned())));
        }
        6 => all.extend(o.app.regions.towns(whole).map(|(c, n)| (c.to_owned(), n.to_owned()))),
        _ => {}
    }
    all
}

pub(super) fn indicators(o: &Officer) -> Vec<(String, String)> {
    o.app.indicators().map(|(name, i)| (name, i.title.get(o.lang).to_owned())).collect()
}

pub(super) async fn people(
    o: &Officer,
    county: &crate::ids::CountyId,
) -> Result<Vec<(AccountId, String)>, Problem> {
    let all = account::workers(&o.app.db, county).await?;
    Ok(all.into_iter().map(|a| (a.id, a.name)).collect())
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CommitmentForm {
    pub(super) no: String,
    pub(super) title: String,
    pub(super) source: String,
    pub(super) counting: String,
    pub(super) evidence: String,
    pub(super) value: String,
    pub(super) unit: String,
    pub(super) value2: String,
    pub(super) unit2: String,
    pub(super) comparator: String,
    pub(super) force: String,
    pub(super) from: String,
    pub(super) until: String,
    pub(super) region: String,
    pub(super) person: String,
    pub(super) lead: String,
    pub(super) co: String,
    pub(super) with: String,
    pub(super) guide: String,
    pub(super) indicator: String,
    pub(super) curve: String,
    pub(super) milestones: String,
    pub(super) cause: String,
    pub(super) explanation: String,
    pub(super) version: i64,
}

/// Names that a person writes one behind the other.
pub(super) fn names(text: &str) -> impl Iterator<Item = String> {
    text.split(['、', '，', ',', ';', '；', '\n']).map(|n| n.trim().to_owned()).filter(|n| !n.is_empty())
}

pub(super) fn duties(form: &CommitmentForm) -> Vec<(String, Option<UnitId>, String)> {
    let all = [("lead", &form.lead), ("co", &form.co), ("with", &form.with), ("guide", &form.guide)];
    all.into_iter()
        .flat_map(|(relation, text)| names(text).map(move |name| (relation.to_owned(), None, name)))
        .collect()
}

/// Lines of a day and what belongs to it: `2024-06-30 40`, `2024-11-15 all begun`.
pub(super) fn dated<T>(
    field: &str,
    text: &str,
    mut read: impl FnMut(&str) -> Option<T>,
) -> Result<Vec<(Day, T)>, Problem> {
    let mut found = Vec::new();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let wrong = || Problem::field(field, "fault-dated", line);
        let (day, rest) = line.split_once([' ', '\t', '　']).ok_or_else(wrong)?;
        let day = Day::parse(day).map_err(|_unreadable| wrong())?;
        found.push((day, read(rest.trim()).ok_or_else(wrong)?));
    }
    Ok(found)
}

pub(super) fn percent(text: &str) -> Option<i64> {
    text.trim_end_matches('%').trim().parse().ok().filter(|p| (0..=100).contains(p))
}

pub(super) fn checked(
    o: &Officer,
    form: &CommitmentForm,
    accounts: &[(AccountId, String)],
) -> Result<NewCommitment, Problem> {
    let mut faults = Vec::new();
    let mut fault = |field: &str, key: &'static str, value: &str| {
        faults.push(FieldFault { field: field.to_owned(), key, value: value.to_owned() });
    };
    if form.title.trim().is_empty() {
        fault("title", "fault-empty", "");
    }
    if form.counting.trim().is_empty() {
        fault("counting", "fault-empty", "");
    }
    let mut quantity = |field: &str, text: &str| match text.trim().parse::<Quantity>() {
        Ok(value) if value.0 > 0 => Some(value),
        _ => {
            fault(field, "fault-number", text);
            None
        }
    };
    let value = quantity("value", &form.value);
    let value2 = if form.value2.trim().is_empty() { None } else { quantity("value2", &form.value2) };
    let mut day = |field: &str, text: &str| {
        let day = Day::parse(text).ok();
        if day.is_none() {
            fault(field, "fault-date", text);
        }
        day
    };
    let days = day("from", &form.from).zip(day("until", &form.until));
    if days.is_some_and(|(from, until)| until <= from) {
        fault("until", "fault-ends-before", &form.until);
    }
    let region = RegionCode::parse(&form.region).ok().filter(|r| o.region.contains(r));
    if region.is_none() {
        fault("region", "fault-town", &form.region);
    }
    if !form.indicator.is_empty() && !indicators(o).iter().any(|(code, _)| *code == form.indicator) {
        fault("indicator", "fault-value", &form.indicator);
    }
    if !UNITS.contains(&form.unit.as_str()) {
        fault("unit", "fault-value", &form.unit);
    }
    let (Some(value), Some(days), Some(region), true) = (value, days, region, faults.is_empty()) else {
        return Err(Problem::Invalid(faults));
    };
    let person = form.person.parse::<AccountId>().ok();
    let person = accounts.iter().find(|(id, _)| Some(*id) == person).cloned();
    Ok(NewCommitment {
        pack: o.app.lights().map_or_else(String::new, |(p, _)| p.name.clone()),
        list: String::new(),
        code: String::new(),
        no: form.no.trim().to_owned(),
        title: form.title.trim().to_owned(),
        source: form.source.trim().to_owned(),
        counting: form.counting.trim().to_owned(),
        evidence: form.evidence.trim().to_owned(),
        parent: None,
        rolled_from: None,
        region,
        unit: Some(o.unit),
        person,
        comparator: Comparator::named(&form.comparator).unwrap_or_default(),
        force: Force::named(&form.force).unwrap_or_default(),
        value: (value, form.unit.clone()),
        value2: value2.map(|v| (v, form.unit2.clone())),
        days,
        indicator: form.indicator.clone(),
        curve: dated("curve", &form.curve, percent)?,
        duties: duties(form),
        milestones: dated("milestones", &form.milestones, |t| (!t.is_empty()).then(|| t.to_owned()))?
            .into_iter()
            .map(|(day, title)| (title, day))
            .collect(),
    })
}
