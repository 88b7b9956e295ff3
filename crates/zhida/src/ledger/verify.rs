//! Recomputing the ledger: every entry adds up to nothing, every balance is the sum of its postings.

use sea_orm::ConnectionTrait;
use serde::Serialize;

use super::entity::Kind;
use super::store;
use crate::ids::{CountyId, HolderId};
use crate::problem::Problem;

/// What a sound ledger holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sound {
    /// The county.
    pub county: CountyId,
    /// Entries.
    pub entries: i64,
    /// Postings.
    pub postings: i64,
    /// Balances that were recomputed.
    pub balances: usize,
    /// What is wrong; empty for a sound ledger.
    pub flaws: Vec<Flaw>,
}

/// What is wrong with a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "flaw")]
pub enum Flaw {
    /// An entry does not add up to nothing.
    Unbalanced {
        /// The entry.
        entry: String,
        /// The item.
        item: String,
    },
    /// A balance is not the sum of its postings.
    Balance {
        /// The holder.
        holder: String,
        /// The item.
        item: String,
        /// The lot.
        batch: String,
        /// What the table of balances says.
        kept: i64,
        /// What the postings add up to.
        recomputed: i64,
    },
    /// A holder that can hold no less than nothing does.
    Negative {
        /// The holder.
        holder: String,
        /// The item.
        item: String,
        /// How much.
        amount: i64,
    },
}

/// Recomputes the ledgers of all counties.
///
/// # Errors
/// The database's.
pub async fn verify(db: &impl ConnectionTrait) -> Result<Vec<Sound>, Problem> {
    let mut found = Vec::new();
    for county in store::counties(db).await? {
        found.push(of(db, county).await?);
    }
    Ok(found)
}

async fn of(db: &impl ConnectionTrait, county: CountyId) -> Result<Sound, Problem> {
    let mut flaws = Vec::new();
    for (entry, item) in store::unbalanced(db, &county).await? {
        flaws.push(Flaw::Unbalanced { entry: entry.to_string(), item });
    }
    let mut sums = store::sums(db, &county).await?;
    let kept = store::all_balances(db, &county).await?;
    let mut ids: Vec<_> = sums.keys().map(|(h, ..)| *h).chain(kept.iter().map(|b| b.holder_id)).collect();
    ids.sort_unstable();
    ids.dedup();
    let holders = store::holders(db, &county, &ids).await?;
    let name = |id: &HolderId| holders.get(id).map_or_else(|| "?".to_owned(), |h| h.name.clone());
    let balances = kept.len();
    for b in kept {
        let recomputed = sums.remove(&(b.holder_id, b.item.clone(), b.batch.clone())).unwrap_or(0);
        let holds = holders.get(&b.holder_id).is_some_and(|h: &super::Holder| Kind::holds(h.kind));
        if holds && recomputed < 0 {
            flaws.push(Flaw::Negative {
                holder: name(&b.holder_id),
                item: b.item.clone(),
                amount: recomputed,
            });
        }
        if recomputed != b.amount {
            let (holder, kept) = (name(&b.holder_id), b.amount);
            flaws.push(Flaw::Balance { holder, item: b.item, batch: b.batch, kept, recomputed });
        }
    }
    for ((holder, item, batch), recomputed) in sums.into_iter().filter(|(_, n)| *n != 0) {
        flaws.push(Flaw::Balance { holder: name(&holder), item, batch, kept: 0, recomputed });
    }
    let (entries, postings) = store::size(db, &county).await?;
    Ok(Sound { county, entries, postings, balances, flaws })
}
