//! Every query on providers, their papers and their teachers.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use zhida_pack::Providers;
use zhida_types::{CreditCode, Day};

use super::entity::{paper, provider, teacher};
use crate::ids::{CountyId, PaperId, ProviderId, TeacherId};
use crate::journal::{Subject, Write};
use crate::problem::Problem;

crate::db::versioned!(provider);

/// What is known of a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewProvider {
    /// The unified social credit code, as somebody wrote it.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Whom to ask for.
    pub contact: String,
    /// The number.
    pub phone: String,
    /// What is known of its record.
    pub words: String,
    /// Whether it is invented.
    pub origin: String,
}

/// The code of a provider, checked.
fn code(text: &str) -> Result<String, Problem> {
    let code = CreditCode::parse(text).map_err(|_wrong| Problem::field("code", "fault-credit-code", text))?;
    Ok(code.as_str().to_owned())
}

/// Puts a provider on the register.
///
/// # Errors
/// A code that is none or that is there already, no name, or the database's.
pub async fn create(write: &mut Write, new: &NewProvider) -> Result<ProviderId, Problem> {
    let code = code(&new.code)?;
    if new.name.trim().is_empty() {
        return Err(Problem::field("name", "fault-empty", ""));
    }
    if by_code(write.tx(), write.county(), &code).await?.is_some() {
        return Err(Problem::field("code", "fault-provider-there", &code));
    }
    let id = ProviderId::new();
    let row = provider::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        code: Set(code.clone()),
        name: Set(new.name.trim().to_owned()),
        contact: Set(new.contact.trim().to_owned()),
        phone: Set(new.phone.trim().to_owned()),
        words: Set(new.words.trim().to_owned()),
        state: Set("active".to_owned()),
        barred_until: Set(None),
        record_started: Set(0),
        record_placed: Set(0),
        record_day: Set(None),
        origin: Set(new.origin.clone()),
        account: Set(write.actor().id()),
        version: Set(1),
        created_at: Set(write.at()),
    };
    provider::Entity::insert(row).exec_without_returning(write.tx()).await?;
    let detail = json!({ "code": code, "name": new.name.trim() });
    write.note("provider-made", Subject::new("provider", id), detail).await?;
    Ok(id)
}

/// The provider of a code that the county knows, with what is on file of it, or a new one.
///
/// # Errors
/// As [`create`].
pub async fn known_or_new(write: &mut Write, new: &NewProvider) -> Result<ProviderId, Problem> {
    match by_code(write.tx(), write.county(), &code(&new.code)?).await? {
        Some(known) => Ok(known.id),
        None => create(write, new).await,
    }
}

/// Changes what is known of a provider, in the version that was read; `barred` keeps it from bids and classes.
pub(super) async fn change(
    write: &mut Write,
    now: &provider::Model,
    new: &NewProvider,
    state: &str,
    version: i64,
) -> Result<(), Problem> {
    if new.name.trim().is_empty() {
        return Err(Problem::field("name", "fault-empty", ""));
    }
    let values = vec![
        (provider::Column::Name, Expr::value(new.name.trim())),
        (provider::Column::Contact, Expr::value(new.contact.trim())),
        (provider::Column::Phone, Expr::value(new.phone.trim())),
        (provider::Column::Words, Expr::value(new.words.trim())),
        (provider::Column::State, Expr::value(state)),
    ];
    let now = provider::Model { version, ..now.clone() };
    crate::db::change(write.tx(), &now, values).await?;
    let detail = json!({ "name": new.name.trim(), "state": state, "words": new.words.trim() });
    write.note("provider-changed", Subject::new("provider", now.id), detail).await?;
    Ok(())
}

/// Bars a provider until a day, as a measure that was decided after it was heard; a bar that lasts longer stays.
///
/// # Errors
/// None of the county, or the database's.
pub async fn bar(write: &mut Write, id: ProviderId, until: Day, words: &str) -> Result<(), Problem> {
    let now = find(write.tx(), write.county(), id).await?.ok_or(Problem::NotFound)?;
    let until = now.barred_until.map_or(until, |d| until.max(Day(d)));
    let values = vec![(provider::Column::BarredUntil, Expr::value(Some(until.0)))];
    crate::db::change(write.tx(), &now, values).await?;
    let detail = json!({ "until": until, "words": words });
    write.note("provider-barred", Subject::new("provider", id), detail).await?;
    Ok(())
}

/// Keeps what the classes of providers came to up to a day: who began, and who found work that was verified. Worked out, and so no act.
///
/// # Errors
/// The database's.
pub async fn keep_records(
    db: &impl ConnectionTrait,
    county: &CountyId,
    of: &BTreeMap<ProviderId, (i64, i64)>,
    day: Day,
) -> Result<(), DbErr> {
    for (id, (started, placed)) in of {
        provider::Entity::update_many()
            .col_expr(provider::Column::RecordStarted, Expr::value(*started))
            .col_expr(provider::Column::RecordPlaced, Expr::value(*placed))
            .col_expr(provider::Column::RecordDay, Expr::value(Some(day.0)))
            .filter(provider::Column::County.eq(county.clone()))
            .filter(provider::Column::Id.eq(*id))
            .exec(db)
            .await?;
    }
    Ok(())
}

/// The provider of a code.
///
/// # Errors
/// The database's.
pub async fn by_code(
    db: &impl ConnectionTrait,
    county: &CountyId,
    code: &str,
) -> Result<Option<provider::Model>, DbErr> {
    let own = provider::Entity::find().filter(provider::Column::County.eq(county.clone()));
    own.filter(provider::Column::Code.eq(code)).one(db).await
}

/// A provider of a county.
///
/// # Errors
/// The database's.
pub async fn find(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: ProviderId,
) -> Result<Option<provider::Model>, DbErr> {
    provider::Entity::find_by_id((county.clone(), id)).one(db).await
}

/// The providers of a county by name.
///
/// # Errors
/// The database's.
pub async fn all(db: &impl ConnectionTrait, county: &CountyId) -> Result<Vec<provider::Model>, DbErr> {
    let own = provider::Entity::find().filter(provider::Column::County.eq(county.clone()));
    own.order_by_asc(provider::Column::Name).order_by_asc(provider::Column::Id).limit(10_000).all(db).await
}

/// Providers of a county by id.
///
/// # Errors
/// The database's.
pub async fn of_ids(
    db: &impl ConnectionTrait,
    county: &CountyId,
    ids: &BTreeSet<ProviderId>,
) -> Result<BTreeMap<ProviderId, provider::Model>, DbErr> {
    let own = provider::Entity::find()
        .filter(provider::Column::County.eq(county.clone()))
        .filter(provider::Column::Id.is_in(ids.iter().copied()));
    Ok(own.all(db).await?.into_iter().map(|p| (p.id, p)).collect())
}

/// A paper to be put on file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewPaper {
    /// One of the pack's.
    pub kind: String,
    /// Its number.
    pub number: String,
    /// The last day on which it is in force.
    pub expires: Option<Day>,
    /// The hash of its picture.
    pub photo: String,
}

/// Puts a paper on file; one of the same kind that was there is gone.
///
/// # Errors
/// No number, or the database's.
pub async fn add_paper(write: &mut Write, provider: ProviderId, new: &NewPaper) -> Result<(), Problem> {
    if new.number.trim().is_empty() {
        return Err(Problem::field("number", "fault-empty", ""));
    }
    paper::Entity::update_many()
        .col_expr(paper::Column::State, Expr::value("gone"))
        .filter(paper::Column::County.eq(write.county().clone()))
        .filter(paper::Column::ProviderId.eq(provider))
        .filter(paper::Column::Kind.eq(&new.kind))
        .exec(write.tx())
        .await?;
    let row = paper::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(PaperId::new()),
        provider_id: Set(provider),
        kind: Set(new.kind.clone()),
        number: Set(new.number.trim().to_owned()),
        expires: Set(new.expires.map(|d| d.0)),
        photo: Set(new.photo.clone()),
        state: Set("valid".to_owned()),
        account: Set(write.actor().id()),
        created_at: Set(write.at()),
    };
    paper::Entity::insert(row).exec_without_returning(write.tx()).await?;
    let detail = json!({ "kind": new.kind, "number": new.number.trim(), "expires": new.expires });
    write.note("paper-added", Subject::new("provider", provider), detail).await?;
    Ok(())
}

/// The papers of providers that are on file and not gone.
///
/// # Errors
/// The database's.
pub async fn papers(
    db: &impl ConnectionTrait,
    county: &CountyId,
    of: &[ProviderId],
) -> Result<Vec<paper::Model>, DbErr> {
    let own = paper::Entity::find()
        .filter(paper::Column::County.eq(county.clone()))
        .filter(paper::Column::ProviderId.is_in(of.iter().copied()))
        .filter(paper::Column::State.eq("valid"));
    own.order_by_asc(paper::Column::Id).all(db).await
}

/// Puts a teacher on file.
///
/// # Errors
/// No name, or the database's.
pub async fn add_teacher(
    write: &mut Write,
    provider: ProviderId,
    (name, certificate, subject): (&str, &str, &str),
    expires: Option<Day>,
) -> Result<TeacherId, Problem> {
    if name.trim().is_empty() {
        return Err(Problem::field("name", "fault-empty", ""));
    }
    let id = TeacherId::new();
    let row = teacher::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        provider_id: Set(provider),
        name: Set(name.trim().to_owned()),
        certificate: Set(certificate.trim().to_owned()),
        subject: Set(subject.trim().to_owned()),
        expires: Set(expires.map(|d| d.0)),
        state: Set("here".to_owned()),
        created_at: Set(write.at()),
    };
    teacher::Entity::insert(row).exec_without_returning(write.tx()).await?;
    let detail = json!({ "name": name.trim(), "certificate": certificate.trim(), "expires": expires });
    write.note("teacher-added", Subject::new("provider", provider), detail).await?;
    Ok(id)
}

/// A teacher has left.
pub(super) async fn drop_teacher(
    write: &mut Write,
    provider: ProviderId,
    id: TeacherId,
) -> Result<(), Problem> {
    let done = teacher::Entity::update_many()
        .col_expr(teacher::Column::State, Expr::value("gone"))
        .filter(teacher::Column::County.eq(write.county().clone()))
        .filter(teacher::Column::ProviderId.eq(provider))
        .filter(teacher::Column::Id.eq(id))
        .exec(write.tx())
        .await?;
    if done.rows_affected == 0 {
        return Err(Problem::NotFound);
    }
    write.note("teacher-gone", Subject::new("provider", provider), json!({ "teacher": id })).await?;
    Ok(())
}

/// The teachers of providers who are there.
///
/// # Errors
/// The database's.
pub async fn teachers(
    db: &impl ConnectionTrait,
    county: &CountyId,
    of: &[ProviderId],
) -> Result<Vec<teacher::Model>, DbErr> {
    let own = teacher::Entity::find()
        .filter(teacher::Column::County.eq(county.clone()))
        .filter(teacher::Column::ProviderId.is_in(of.iter().copied()))
        .filter(teacher::Column::State.eq("here"));
    own.order_by_asc(teacher::Column::Name).order_by_asc(teacher::Column::Id).all(db).await
}

/// What keeps a provider out on a day: a key of the texts and what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flaw {
    /// `flaw-missing`, `flaw-expired`, `flaw-teacher`, `flaw-barred` or `flaw-barred-until`.
    pub key: String,
    /// The paper's code, or the teacher.
    pub what: String,
    /// The day on which it ran out.
    pub day: String,
}

/// What keeps a provider out on a day: a required paper that is missing, any paper or certificate that has run out, or that it is
/// barred.
pub fn flaws(
    rules: &Providers,
    provider: &provider::Model,
    papers: &[paper::Model],
    teachers: &[teacher::Model],
    on: Day,
) -> Vec<Flaw> {
    let own = || papers.iter().filter(|p| p.provider_id == provider.id);
    let flaw = |key: &str, what: &str, day: String| Flaw { key: key.to_owned(), what: what.to_owned(), day };
    let mut flaws = Vec::new();
    if provider.state == "barred" {
        flaws.push(flaw("flaw-barred", &provider.name, String::new()));
    }
    if let Some(until) = provider.barred_until.filter(|d| *d >= on.0) {
        flaws.push(flaw("flaw-barred-until", &provider.name, until.to_string()));
    }
    for paper in &rules.papers {
        match own().find(|p| p.kind == paper.code) {
            None if paper.required => flaws.push(flaw("flaw-missing", &paper.code, String::new())),
            Some(p) => {
                let out = p.expires.filter(|d| *d < on.0);
                flaws.extend(out.map(|d| flaw("flaw-expired", &paper.code, d.to_string())));
            }
            None => {}
        }
    }
    let out = teachers.iter().filter(|t| t.provider_id == provider.id);
    let out = out.filter_map(|t| t.expires.filter(|d| *d < on.0).map(|d| (t, d)));
    flaws.extend(out.map(|(t, d)| flaw("flaw-teacher", &t.name, d.to_string())));
    flaws
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider() -> provider::Model {
        provider::Model {
            county: CountyId("330424".to_owned()),
            id: ProviderId::new(),
            code: String::new(),
            name: "甲校".to_owned(),
            contact: String::new(),
            phone: String::new(),
            words: String::new(),
            state: "active".to_owned(),
            barred_until: None,
            record_started: 0,
            record_placed: 0,
            record_day: None,
            origin: "synthetic".to_owned(),
            account: String::new(),
            version: 1,
            created_at: chrono::DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_paper_counts_on_its_last_day_and_blocks_on_the_next() {
        let files = std::fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../packs/employment/providers.toml"
        ));
        let rules: Providers = toml::from_str(&files.unwrap()).unwrap();
        let one = provider();
        let last = Day::parse("2026-06-30").unwrap();
        let paper = |kind: &str| paper::Model {
            county: one.county.clone(),
            id: PaperId::new(),
            provider_id: one.id,
            kind: kind.to_owned(),
            number: "1".to_owned(),
            expires: Some(last.0),
            photo: String::new(),
            state: "valid".to_owned(),
            account: String::new(),
            created_at: chrono::DateTime::UNIX_EPOCH,
        };
        let required = rules.papers.iter().filter(|p| p.required).map(|p| paper(&p.code));
        let papers: Vec<paper::Model> = required.collect();
        assert_eq!(flaws(&rules, &one, &papers, &[], last), []);
        let over = flaws(&rules, &one, &papers, &[], last.plus_days(1));
        assert_eq!(over.len(), papers.len());
        assert!(over.iter().all(|f| f.key == "flaw-expired" && f.day == "2026-06-30"));
        let missing = flaws(&rules, &one, &papers[1..], &[], last);
        assert_eq!(missing.iter().map(|f| f.key.as_str()).collect::<Vec<_>>(), ["flaw-missing"]);
        let barred = provider::Model { state: "barred".to_owned(), ..one.clone() };
        assert_eq!(flaws(&rules, &barred, &papers, &[], last)[0].key, "flaw-barred");
        let until = provider::Model { barred_until: Some(last.0), ..one.clone() };
        assert_eq!(flaws(&rules, &until, &papers, &[], last)[0].key, "flaw-barred-until");
        let over = flaws(&rules, &until, &papers, &[], last.plus_days(1));
        assert!(over.iter().all(|f| f.key == "flaw-expired"), "a bar is over on the day after its last");
    }
}
