//! Posting entries and taking them back.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use serde::{Deserialize, Serialize};
use serde_json::json;
use zhida_types::{Day, Fen, Quantity};

use super::entity::{balance, entry, posting};
use super::store;
use crate::ids::{EntryId, HolderId, PartyId};
use crate::journal::{Subject, Write};
use crate::problem::Problem;

/// The item that is money, in fen; all others are goods, in thousandths of their unit.
pub const MONEY: &str = "CNY";

/// How receipt was shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// `signature`, `photo`, `code`, or empty.
    pub kind: String,
    /// The name, the photo's hash, or the code.
    pub value: String,
}

/// So much of an item that goes from one holder to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// From where.
    pub from: HolderId,
    /// To where.
    pub to: HolderId,
    /// The item.
    pub item: String,
    /// The lot; empty for none.
    pub batch: String,
    /// Fen, or thousandths; above nothing.
    pub amount: i64,
}

/// An entry to be posted.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// The day of the books.
    pub day: Day,
    /// What was done: `receive`, `move`, `give`, `return`, `count`, `allot`, `pay`, `hand-over`.
    pub act: &'static str,
    /// Words.
    pub words: String,
    /// The receiver.
    pub party: Option<PartyId>,
    /// The receiver's name, or what stands for it.
    pub party_name: String,
    /// How receipt was shown.
    pub receipt: Receipt,
    /// What moves.
    pub moves: Vec<Move>,
}

/// An amount as people read it.
pub(super) fn shown(item: &str, amount: i64) -> String {
    if item == MONEY { Fen(amount).to_string() } else { Quantity(amount).to_string() }
}

/// A posting before it is written: holder, item, batch, amount.
type Line = (HolderId, String, String, i64);

struct Prepared {
    id: EntryId,
    row: entry::ActiveModel,
    lines: Vec<Line>,
}

fn prepare(
    write: &Write,
    new: NewEntry,
    reverses: Option<EntryId>,
    lines: Vec<Line>,
) -> Result<Prepared, Problem> {
    let id = EntryId::new();
    let row = entry::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        day: Set(new.day.0),
        act: Set(new.act.to_owned()),
        words: Set(new.words),
        party_id: Set(new.party),
        party_name: Set(new.party_name),
        receipt: Set(serde_json::to_string(&new.receipt)?),
        reverses_id: Set(reverses),
        account: Set(write.actor().id()),
        account_name: Set(write.actor().name.clone()),
        created_at: Set(write.at()),
    };
    Ok(Prepared { id, row, lines })
}

/// Posts entries: all of them or none. Answers their ids.
///
/// # Errors
/// An amount that is not above nothing, a holder that would hold less than nothing (with what it has and what is
/// wanted), or the database's.
pub async fn post(write: &mut Write, new: Vec<NewEntry>) -> Result<Vec<EntryId>, Problem> {
    let mut prepared = Vec::new();
    for entry in new {
        let mut lines = Vec::new();
        for m in &entry.moves {
            if m.amount <= 0 {
                return Err(Problem::field("amount", "fault-amount", shown(&m.item, m.amount)));
            }
            if m.from == m.to {
                return Err(Problem::Conflict("fault-same-holder"));
            }
            lines.push((m.from, m.item.clone(), m.batch.clone(), -m.amount));
            lines.push((m.to, m.item.clone(), m.batch.clone(), m.amount));
        }
        if lines.is_empty() {
            return Err(Problem::field("amount", "fault-empty", ""));
        }
        prepared.push(prepare(write, entry, None, lines)?);
    }
    let ids = prepared.iter().map(|p| p.id).collect();
    write_all(write, prepared, "posted").await?;
    Ok(ids)
}

/// Takes an entry back by its mirror image.
///
/// # Errors
/// An entry that does not exist, is a counter-entry itself, or is taken back already; a holder that would hold less
/// than nothing; or the database's.
pub async fn reverse(write: &mut Write, id: EntryId, day: Day, cause: &str) -> Result<EntryId, Problem> {
    let county = write.county().clone();
    let now = store::entry(write.tx(), &county, id).await?.ok_or(Problem::NotFound)?;
    if now.reverses_id.is_some() {
        return Err(Problem::Conflict("fault-counter-counter"));
    }
    if store::reversal_of(write.tx(), &county, id).await?.is_some() {
        return Err(Problem::Conflict("fault-reversed"));
    }
    if cause.trim().is_empty() {
        return Err(Problem::field("words", "fault-empty", ""));
    }
    let lines = store::postings(write.tx(), &county, &[id]).await?.remove(&id).unwrap_or_default();
    let lines = lines.into_iter().map(|p| (p.holder_id, p.item, p.batch, -p.amount)).collect();
    let entry = NewEntry {
        day,
        act: "correct",
        words: cause.trim().to_owned(),
        party: now.party_id,
        party_name: now.party_name,
        receipt: Receipt::default(),
        moves: Vec::new(),
    };
    let prepared = prepare(write, entry, Some(id), lines)?;
    let counter = prepared.id;
    write_all(write, vec![prepared], "reversed").await?;
    Ok(counter)
}

/// Checks what the holders would hold, and writes.
async fn write_all(write: &mut Write, prepared: Vec<Prepared>, act: &str) -> Result<(), Problem> {
    let mut change: BTreeMap<(HolderId, String, String), i64> = BTreeMap::new();
    let mut taken: BTreeMap<(HolderId, String, String), i64> = BTreeMap::new();
    let too_large = || Problem::field("amount", "fault-amount", "");
    for (holder, item, batch, amount) in prepared.iter().flat_map(|p| &p.lines) {
        let key = (*holder, item.clone(), batch.clone());
        if *amount < 0 {
            let sum = taken.entry(key.clone()).or_insert(0);
            *sum = sum.checked_sub(*amount).ok_or_else(too_large)?;
        }
        let sum = change.entry(key).or_insert(0);
        *sum = sum.checked_add(*amount).ok_or_else(too_large)?;
    }
    let keys: Vec<_> = change.keys().cloned().collect();
    let before = store::balances_of(write, &keys).await?;
    let ids: Vec<HolderId> = keys.iter().map(|(holder, ..)| *holder).collect();
    let holders = store::holders(write.tx(), write.county(), &ids).await?;
    let mut after = Vec::new();
    for ((holder, item, batch), add) in change {
        let key = (holder, item, batch);
        let now = before.get(&key).copied().unwrap_or(0);
        let then = now.checked_add(add).ok_or_else(too_large)?;
        let (holder, item, batch) = key;
        let named = holders.get(&holder).ok_or(Problem::NotFound)?;
        if named.kind.holds() && then < 0 {
            let lot = if batch.is_empty() { String::new() } else { format!(" {batch}") };
            let wanted = taken.get(&(holder, item.clone(), batch)).copied().unwrap_or(-add);
            let words =
                format!("{} · {item}{lot}: {} < {}", named.name, shown(&item, now), shown(&item, wanted));
            let key = if item == MONEY { "fault-overdraw" } else { "fault-stock-negative" };
            return Err(Problem::field("amount", key, words));
        }
        after.push(balance::ActiveModel {
            county: Set(write.county().clone()),
            holder_id: Set(holder),
            item: Set(item),
            batch: Set(batch),
            amount: Set(then),
        });
    }
    let (mut rows, mut postings, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for Prepared { id, row, lines } in prepared {
        let detail: Vec<_> = lines
            .iter()
            .map(|(h, item, batch, n)| json!([holders.get(h).map(|h| h.name.as_str()), item, batch, n]))
            .collect();
        notes.push((Subject::new("entry", id), json!({ "act": row.act.as_ref(), "postings": detail })));
        for (line, (holder, item, batch, amount)) in (1..).zip(lines) {
            postings.push(posting::ActiveModel {
                county: Set(write.county().clone()),
                entry_id: Set(id),
                line: Set(line),
                holder_id: Set(holder),
                item: Set(item),
                batch: Set(batch),
                amount: Set(amount),
            });
        }
        rows.push(row);
    }
    store::append(write, rows, postings, after).await?;
    write.note_many(act, notes.into_iter()).await?;
    Ok(())
}
