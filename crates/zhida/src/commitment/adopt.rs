//! A pack's list taken over: its promises become commitments, each beside what the year before came to.

use zhida_pack::{CommitmentList, Item, Pack};
use zhida_rules::Lang;
use zhida_types::{Day, RegionCode};

use super::store::{self, NewCommitment};
use crate::ids::{CommitmentId, UnitId};
use crate::journal::Write;
use crate::problem::Problem;

/// An item of a pack's list as a commitment.
fn of_item(
    (pack, list): (&Pack, &CommitmentList),
    item: &Item,
    (unit, lang): (UnitId, Lang),
    before: Option<CommitmentId>,
) -> Result<NewCommitment, Problem> {
    let fault = |e: String| Problem::Internal(anyhow::anyhow!("{}: {e}", list.code));
    let (value, value2) = item.values().map_err(fault)?;
    let day = |text: &str| Day::parse(text).map_err(|e| fault(e.to_string()));
    let mut curve = Vec::new();
    for (text, percent) in &item.curve {
        curve.push((day(text)?, *percent));
    }
    let mut milestones = Vec::new();
    for step in &item.milestones {
        milestones.push((step.title.get(lang).to_owned(), day(&step.due)?));
    }
    let d = &item.duties;
    let all = d.lead.iter().map(|n| ("lead", n)).chain(d.co.iter().map(|n| ("co", n)));
    let all = all.chain(d.with.iter().map(|n| ("with", n))).chain(d.guide.iter().map(|n| ("guide", n)));
    Ok(NewCommitment {
        pack: pack.name.clone(),
        list: list.code.clone(),
        code: item.code.clone(),
        no: item.no.clone(),
        title: item.title.zh.clone(),
        source: list.source.zh.clone(),
        counting: item.counting.zh.clone(),
        evidence: item.evidence.as_ref().map_or_else(String::new, |e| e.zh.clone()),
        parent: None,
        rolled_from: before,
        region: RegionCode::parse(&list.region).map_err(|e| fault(e.to_string()))?,
        unit: Some(unit),
        person: None,
        comparator: item.comparator,
        force: item.force,
        value: (value, item.unit.clone()),
        value2: value2.map(|v| (v, item.unit2.clone())),
        days: (list.from, list.until),
        indicator: item.indicator.as_ref().map_or_else(String::new, |code| {
            if code.contains('/') { code.clone() } else { format!("{}/{code}", pack.name) }
        }),
        curve,
        duties: all.map(|(relation, name)| (relation.to_owned(), None, name.clone())).collect(),
        milestones,
    })
}

/// Takes over what is not there yet of a list.
///
/// # Errors
/// A list of which everything is there, one that is no good, or the database's.
pub async fn adopt(
    write: &mut Write,
    (pack, list): (&Pack, &CommitmentList),
    unit: UnitId,
    lang: Lang,
) -> Result<Vec<CommitmentId>, Problem> {
    let mut new = Vec::new();
    for item in &list.items {
        if store::taken(write.tx(), write.county(), &list.code, &item.code).await?.is_some() {
            continue;
        }
        let before = match &list.follows {
            Some(before) => store::taken(write.tx(), write.county(), before, &item.code).await?,
            None => None,
        };
        new.push(of_item((pack, list), item, (unit, lang), before.map(|c| c.id))?);
    }
    if new.is_empty() {
        return Err(Problem::Conflict("fault-list-taken"));
    }
    Ok(store::create(write, new).await?)
}
