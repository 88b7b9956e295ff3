//! Appending: the only way to write to a county is a [`Write`], whose entry stands in the same transaction.

use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr,
    EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::entity::{entry, head};
use super::verify::hash_of;
use crate::ids::{AccountId, CountyId};

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account, or nothing for the program itself or a member of the public.
    pub account: Option<AccountId>,
    /// The name to show.
    pub name: String,
}

impl Actor {
    /// The program itself: scheduled work, the command line.
    pub fn system() -> Self {
        Self { account: None, name: "system".to_owned() }
    }

    /// Somebody who followed a link or answered a message.
    pub fn public() -> Self {
        Self { account: None, name: "public".to_owned() }
    }

    /// The text that the journal keeps.
    pub fn id(&self) -> String {
        self.account.map_or_else(|| self.name.clone(), |id| id.to_string())
    }
}

/// About whom or what: a kind and an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject(pub &'static str, pub String);

impl Subject {
    /// A subject with an id.
    pub fn new(kind: &'static str, id: impl ToString) -> Self {
        Self(kind, id.to_string())
    }
}

/// An entry as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the county, from 1.
    pub seq: i64,
    /// When, RFC 3339 with microseconds, UTC.
    pub at: String,
    /// Who.
    pub actor_name: String,
    /// What: a key of the texts after `act-`.
    pub act: String,
    /// About what kind.
    pub subject_kind: String,
    /// About which.
    pub subject_id: String,
    /// More, as JSON.
    pub detail: String,
    /// Its hash.
    pub hash: String,
}

/// A transaction of one county that must leave an entry. Writers of a county wait for one another at the journal's head.
#[derive(Debug)]
pub struct Write {
    tx: DatabaseTransaction,
    county: CountyId,
    actor: Actor,
    at: DateTime<Utc>,
    seq: i64,
    hash: String,
    noted: bool,
}

impl Write {
    /// Begins; takes the county's head.
    ///
    /// # Errors
    /// The database's.
    pub async fn begin(
        db: &DatabaseConnection,
        county: &CountyId,
        actor: &Actor,
        at: DateTime<Utc>,
    ) -> Result<Self, DbErr> {
        let tx = crate::db::begin(db).await?;
        let first = head::ActiveModel { county: Set(county.clone()), seq: Set(0), hash: Set(String::new()) };
        let there = OnConflict::column(head::Column::County).do_nothing().to_owned();
        head::Entity::insert(first).on_conflict(there).exec_without_returning(&tx).await?;
        let found = head::Entity::find_by_id(county.clone()).lock_exclusive().one(&tx).await?;
        let head = found.ok_or_else(|| DbErr::RecordNotFound(format!("the journal's head of {county}")))?;
        let (seq, hash) = (head.seq, head.hash);
        Ok(Self { tx, county: county.clone(), actor: actor.clone(), at, seq, hash, noted: false })
    }

    /// The transaction, for the stores.
    pub fn tx(&self) -> &DatabaseTransaction {
        &self.tx
    }

    /// The county.
    pub fn county(&self) -> &CountyId {
        &self.county
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// When.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// The number of the next entry: rows that this act changes carry it, so that readers can ask for what is newer.
    pub fn rev(&self) -> i64 {
        self.seq + 1
    }

    /// Appends an entry.
    ///
    /// # Errors
    /// The database's.
    pub async fn note(
        &mut self,
        act: &str,
        subject: Subject,
        detail: serde_json::Value,
    ) -> Result<(), DbErr> {
        self.note_many(act, std::iter::once((subject, detail))).await
    }

    /// Appends an entry about each of many subjects, in few statements.
    ///
    /// # Errors
    /// The database's.
    pub async fn note_many(
        &mut self,
        act: &str,
        about: impl Iterator<Item = (Subject, serde_json::Value)>,
    ) -> Result<(), DbErr> {
        let mut entries = Vec::new();
        for (Subject(kind, id), detail) in about {
            let mut entry = entry::Model {
                county: self.county.clone(),
                seq: self.seq + 1,
                at: self.at.to_rfc3339_opts(SecondsFormat::Micros, true),
                actor: self.actor.id(),
                actor_name: self.actor.name.clone(),
                act: act.to_owned(),
                subject_kind: kind.to_owned(),
                subject_id: id,
                detail: detail.to_string(),
                prev: std::mem::take(&mut self.hash),
                hash: String::new(),
            };
            entry.hash = hash_of(&entry);
            (self.seq, self.hash, self.noted) = (entry.seq, entry.hash.clone(), true);
            entries.push(entry::ActiveModel::from(entry));
        }
        for chunk in entries.chunks(crate::db::rows_per_statement(11)) {
            entry::Entity::insert_many(chunk.to_vec()).exec_without_returning(&self.tx).await?;
        }
        Ok(())
    }

    /// Commits the act and its entries.
    ///
    /// # Errors
    /// The database's; an act without an entry is an error too.
    pub async fn commit(self) -> Result<(), DbErr> {
        if !self.noted {
            return Err(DbErr::Custom(
                "an act wants to be committed without an entry in the journal".to_owned(),
            ));
        }
        let head = head::ActiveModel { county: Set(self.county), seq: Set(self.seq), hash: Set(self.hash) };
        head.update(&self.tx).await?;
        self.tx.commit().await
    }
}

/// The number and hash of the newest entry; `(0, "")` for an empty journal.
///
/// # Errors
/// The database's.
pub async fn head(db: &impl ConnectionTrait, county: &CountyId) -> Result<(i64, String), DbErr> {
    let found = head::Entity::find_by_id(county.clone()).one(db).await?;
    Ok(found.map_or((0, String::new()), |h| (h.seq, h.hash)))
}

/// Entries about one thing, newest first, at most `limit`.
///
/// # Errors
/// The database's.
pub async fn about(
    db: &impl ConnectionTrait,
    county: &CountyId,
    subject: &Subject,
    limit: u64,
) -> Result<Vec<Entry>, DbErr> {
    let rows = entry::Entity::find()
        .filter(entry::Column::County.eq(county.clone()))
        .filter(entry::Column::SubjectKind.eq(subject.0))
        .filter(entry::Column::SubjectId.eq(&subject.1))
        .order_by_desc(entry::Column::Seq)
        .limit(limit)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(Entry::from).collect())
}

/// Entries before a number, newest first, at most `limit`, of one act where that is asked for.
pub(super) async fn page(
    db: &impl ConnectionTrait,
    county: &CountyId,
    before: Option<i64>,
    act: Option<&str>,
    limit: u64,
) -> Result<Vec<Entry>, DbErr> {
    let mut query = entry::Entity::find().filter(entry::Column::County.eq(county.clone()));
    if let Some(before) = before {
        query = query.filter(entry::Column::Seq.lt(before));
    }
    if let Some(act) = act {
        query = query.filter(entry::Column::Act.eq(act));
    }
    let rows = query.order_by_desc(entry::Column::Seq).limit(limit).all(db).await?;
    Ok(rows.into_iter().map(Entry::from).collect())
}

/// Entries from a number on, ascending, at most `limit`: for the verifier.
pub(super) async fn chain(
    db: &impl ConnectionTrait,
    county: &CountyId,
    after: i64,
    limit: u64,
) -> Result<Vec<entry::Model>, DbErr> {
    entry::Entity::find()
        .filter(entry::Column::County.eq(county.clone()))
        .filter(entry::Column::Seq.gt(after))
        .order_by_asc(entry::Column::Seq)
        .limit(limit)
        .all(db)
        .await
}

/// The counties that have a journal.
///
/// # Errors
/// The database's.
pub async fn counties(db: &impl ConnectionTrait) -> Result<Vec<CountyId>, DbErr> {
    let heads = head::Entity::find().order_by_asc(head::Column::County).all(db).await?;
    Ok(heads.into_iter().map(|h| h.county).collect())
}

impl Entry {
    /// When, as people read it.
    pub fn when(&self) -> String {
        let at = DateTime::parse_from_rfc3339(&self.at);
        at.map_or_else(|_| self.at.clone(), |at| crate::clock::shown(at.with_timezone(&Utc)))
    }
}

impl From<entry::Model> for Entry {
    fn from(m: entry::Model) -> Self {
        Self {
            seq: m.seq,
            at: m.at,
            actor_name: m.actor_name,
            act: m.act,
            subject_kind: m.subject_kind,
            subject_id: m.subject_id,
            detail: m.detail,
            hash: m.hash,
        }
    }
}
