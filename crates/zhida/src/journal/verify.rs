//! Finds a changed, removed or reordered entry.

use sea_orm::{ConnectionTrait, DbErr};

use super::entity::entry;
use super::store;
use crate::db::seal::sha256_hex;
use crate::ids::CountyId;

/// The hash of an entry: SHA-256 over its parts, each with its length before it, so that no two entries read alike.
pub(super) fn hash_of(e: &entry::Model) -> String {
    let seq = e.seq.to_string();
    let parts = [
        &e.prev,
        &e.county.0,
        &seq,
        &e.at,
        &e.actor,
        &e.actor_name,
        &e.act,
        &e.subject_kind,
        &e.subject_id,
        &e.detail,
    ];
    let text = parts.map(|p| format!("{}:{p}", p.len())).concat();
    sha256_hex(text.as_bytes())
}

/// A chain that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intact {
    /// The county.
    pub county: CountyId,
    /// How many entries.
    pub entries: i64,
    /// The hash of the newest: whoever writes it down elsewhere can later prove that nothing before it was changed.
    pub hash: String,
}

/// A chain that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The county.
    pub county: CountyId,
    /// The number of the entry at which it breaks.
    pub seq: i64,
    /// `changed`, `missing` or `head`.
    pub kind: &'static str,
}

/// Recomputes the chain of every county.
///
/// # Errors
/// The database's.
pub async fn verify(db: &impl ConnectionTrait) -> Result<Vec<Result<Intact, Flaw>>, DbErr> {
    let mut found = Vec::new();
    for county in store::counties(db).await? {
        found.push(verify_county(db, county).await?);
    }
    Ok(found)
}

async fn verify_county(db: &impl ConnectionTrait, county: CountyId) -> Result<Result<Intact, Flaw>, DbErr> {
    let (mut seq, mut hash) = (0, String::new());
    loop {
        let entries = store::chain(db, &county, seq, 5_000).await?;
        if entries.is_empty() {
            break;
        }
        for e in entries {
            let kind = match () {
                () if e.seq != seq + 1 => Some("missing"),
                () if e.prev != hash || e.hash != hash_of(&e) => Some("changed"),
                () => None,
            };
            if let Some(kind) = kind {
                return Ok(Err(Flaw { county, seq: seq + 1, kind }));
            }
            (seq, hash) = (e.seq, e.hash);
        }
    }
    if store::head(db, &county).await? != (seq, hash.clone()) {
        return Ok(Err(Flaw { county, seq: seq + 1, kind: "head" }));
    }
    Ok(Ok(Intact { county, entries: seq, hash }))
}
