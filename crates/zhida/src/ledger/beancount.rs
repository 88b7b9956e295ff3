//! The ledger as text that beancount reads (its language syntax, version 2 and 3): one transaction an entry.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use sea_orm::ConnectionTrait;

use super::entity::{Kind, holder};
use super::post::shown;
use super::store;
use crate::ids::{CountyId, EntryId, HolderId};
use crate::problem::Problem;

/// Entries read at once.
const AT_ONCE: u64 = 5_000;

/// A holder's account: its kind's root, and the id's last digits so that equal names stay apart. Account names of
/// beancount begin with an upper-case letter or a digit and hold letters, digits and hyphens.
fn account(h: &holder::Model) -> String {
    let root = match h.kind {
        Kind::Source => "Income:Source",
        Kind::Stock => "Assets:Stock",
        Kind::Fund => "Assets:Fund",
        Kind::Budget => "Assets:Budget",
        Kind::Hand => "Assets:Hand",
        Kind::Given => "Expenses:Given",
        Kind::Lost => "Expenses:Lost",
    };
    let id = h.id.to_string();
    let tail: String = id.chars().skip(id.len().saturating_sub(8)).collect();
    format!("{root}:H{}", tail.to_uppercase())
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace(['\n', '\r'], " ")
}

/// Writes the ledger of a county.
///
/// # Errors
/// The database's, or the writer's.
pub async fn export(
    db: &impl ConnectionTrait,
    county: &CountyId,
    out: &mut (impl Write + Send),
) -> Result<usize, Problem> {
    let sums = store::sums(db, county).await?;
    let ids: BTreeSet<HolderId> = sums.keys().map(|(holder, ..)| *holder).collect();
    let ids: Vec<HolderId> = ids.into_iter().collect();
    let holders = store::holders(db, county, &ids).await?;
    let first = store::chain(db, county, None, 1).await?;
    if first.is_empty() {
        writeln!(out, "; {county}")?;
        return Ok(0);
    }
    let names: BTreeMap<HolderId, String> = holders.iter().map(|(id, h)| (*id, account(h))).collect();
    writeln!(out, "; Zhida {county}\noption \"title\" \"{county}\"")?;
    for (id, h) in &holders {
        writeln!(out, "1970-01-01 open {}\n  name: \"{}\"", names[id], quoted(&h.name))?;
    }
    let (mut after, mut all): (Option<EntryId>, usize) = (None, 0);
    loop {
        let entries = store::chain(db, county, after, AT_ONCE).await?;
        let Some(last) = entries.last() else { return Ok(all) };
        after = Some(last.id);
        let ids: Vec<EntryId> = entries.iter().map(|e| e.id).collect();
        let postings = store::postings(db, county, &ids).await?;
        for e in &entries {
            all += 1;
            writeln!(
                out,
                "\n{} * \"{}\" \"{}\"\n  id: \"{}\"",
                e.day,
                quoted(&e.party_name),
                quoted(&e.words),
                e.id
            )?;
            if let Some(reverses) = e.reverses_id {
                writeln!(out, "  reverses: \"{reverses}\"")?;
            }
            for p in postings.get(&e.id).into_iter().flatten() {
                let Some(name) = names.get(&p.holder_id) else { continue };
                writeln!(out, "  {name}  {} {}", shown(&p.item, p.amount), p.item)?;
                if !p.batch.is_empty() {
                    writeln!(out, "    batch: \"{}\"", quoted(&p.batch))?;
                }
            }
        }
    }
}
