//! Every query on imports, and the sealed files.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use serde::{Deserialize, Serialize};
use zhida_types::Datum;

use super::check::{Fault, Report};
use super::entity::{column_map, import};
use crate::app::App;
use crate::ids::{CountyId, ImportId, UnitId};
use crate::journal::{Subject, Write};
use crate::problem::Problem;

/// What became of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Rows below the header.
    pub total: usize,
    /// Rows that can be taken in.
    pub good: usize,
    /// Rows that cannot.
    pub bad: usize,
    /// New ones.
    pub created: usize,
    /// Known ones with something new.
    pub updated: usize,
    /// Known ones without.
    pub unchanged: usize,
}

fn path(app: &App, id: ImportId) -> std::path::PathBuf {
    app.data.join("files").join(format!("{id}.sealed"))
}

/// Keeps a file, sealed, and a row for it. Answers its id.
///
/// # Errors
/// The file system's or the database's.
#[expect(clippy::too_many_arguments, reason = "what an upload consists of")]
pub async fn stage(
    app: &App,
    write: &mut Write,
    kind: &str,
    unit: UnitId,
    file_name: &str,
    bytes: &[u8],
    origin: &str,
) -> Result<ImportId, Problem> {
    let id = ImportId::new();
    let about = format!("{}/{id}", write.county());
    let sealed = app.keys.seal(&about, bytes)?;
    crate::db::seal::write_private(&path(app, id), &sealed)?;
    let report = app.keys.seal(&about, &serde_json::to_vec(&Report::default())?)?;
    let row = import::ActiveModel {
        county: Set(write.county().clone()),
        id: Set(id),
        kind: Set(kind.to_owned()),
        file_name: Set(file_name.chars().take(200).collect()),
        file_hash: Set(app.keys.lookup("file", &crate::db::seal::sha256_hex(bytes))),
        unit_id: Set(unit),
        account: Set(write.actor().name.clone()),
        origin: Set(origin.to_owned()),
        datum: Set(Datum::default().code().to_owned()),
        sheet: Set(String::new()),
        header_row: Set(0),
        mapping: Set("[]".to_owned()),
        state: Set("staged".to_owned()),
        fault: Set(String::new()),
        counts: Set(serde_json::to_string(&Counts::default())?),
        report_sealed: Set(report),
        created_at: Set(write.at()),
        applied_at: Set(None),
    };
    import::Entity::insert(row).exec_without_returning(write.tx()).await?;
    let detail = serde_json::json!({ "kind": kind, "file": file_name, "bytes": bytes.len() });
    write.note("file-staged", Subject::new("import", id), detail).await?;
    Ok(id)
}

/// The bytes of a staged file.
pub(super) async fn file(app: &App, county: &CountyId, id: ImportId) -> Result<Vec<u8>, Problem> {
    let sealed = tokio::fs::read(path(app, id)).await?;
    Ok(app.keys.open(&format!("{county}/{id}"), &sealed)?)
}

/// Says in what a staged file's positions are written.
pub(super) async fn declare(write: &Write, id: ImportId, datum: Datum) -> Result<(), DbErr> {
    import::Entity::update_many()
        .col_expr(import::Column::Datum, Expr::value(datum.code()))
        .filter(import::Column::County.eq(write.county().clone()))
        .filter(import::Column::Id.eq(id))
        .exec(write.tx())
        .await?;
    Ok(())
}

/// An import.
pub(super) async fn by_id(
    db: &impl ConnectionTrait,
    county: &CountyId,
    id: ImportId,
) -> Result<Option<import::Model>, DbErr> {
    import::Entity::find_by_id((county.clone(), id)).one(db).await
}

/// The newest imports.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    county: &CountyId,
    limit: u64,
) -> Result<Vec<import::Model>, DbErr> {
    import::Entity::find()
        .filter(import::Column::County.eq(county.clone()))
        .order_by_desc(import::Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// Whether a file of a kind was ever taken in, also if it was taken back since.
///
/// # Errors
/// The database's.
pub async fn ever_taken(db: &impl ConnectionTrait, county: &CountyId, kind: &str) -> Result<bool, DbErr> {
    let found = import::Entity::find()
        .filter(import::Column::County.eq(county.clone()))
        .filter(import::Column::Kind.eq(kind))
        .filter(import::Column::State.is_in(["applied", "undone"]));
    Ok(found.one(db).await?.is_some())
}

/// An import of the same file that is in force.
pub(super) async fn same_file(
    db: &impl ConnectionTrait,
    row: &import::Model,
) -> Result<Option<import::Model>, DbErr> {
    import::Entity::find()
        .filter(import::Column::County.eq(row.county.clone()))
        .filter(import::Column::FileHash.eq(&row.file_hash))
        .filter(import::Column::State.eq("applied"))
        .filter(import::Column::Id.ne(row.id))
        .one(db)
        .await
}

/// The report of a check.
pub(super) fn report(app: &App, row: &import::Model) -> Result<Report, Problem> {
    let plain = app.keys.open(&format!("{}/{}", row.county, row.id), &row.report_sealed)?;
    Ok(serde_json::from_slice(&plain)?)
}

/// Keeps what a check found.
#[expect(clippy::too_many_arguments, reason = "what a check finds")]
pub(super) async fn keep_check(
    app: &App,
    county: &CountyId,
    row: &import::Model,
    report: &Report,
    mapping: &[String],
    counts: Counts,
    fault: Option<Fault>,
    (header_row, sheet): (usize, String),
) -> Result<(), Problem> {
    let sealed = app.keys.seal(&format!("{county}/{}", row.id), &serde_json::to_vec(report)?)?;
    let mut changed = row.clone().into_active_model();
    changed.mapping = Set(serde_json::to_string(mapping)?);
    changed.counts = Set(serde_json::to_string(&counts)?);
    changed.report_sealed = Set(sealed);
    changed.header_row = Set(i64::try_from(header_row).unwrap_or(0));
    changed.sheet = Set(sheet);
    changed.state = Set(if fault.is_some() { "faulty" } else { "checked" }.to_owned());
    changed.fault = Set(fault.map_or_else(String::new, |f| format!("{}|{}", f.key, f.at)));
    changed.update(&app.db).await?;
    Ok(())
}

/// Keeps what an officer says of sheet and columns, for the next check.
pub(super) async fn keep_mapping(
    write: &Write,
    row: import::Model,
    (sheet, datum): (String, Datum),
    mapping: &[String],
) -> Result<(), Problem> {
    let mut changed = row.into_active_model();
    changed.datum = Set(datum.code().to_owned());
    changed.sheet = Set(sheet);
    changed.mapping = Set(serde_json::to_string(mapping)?);
    changed.update(write.tx()).await?;
    Ok(())
}

/// Sets the state, where it is still one of `from`. Answers whether it was.
pub(super) async fn set_state(write: &Write, id: ImportId, from: &[&str], to: &str) -> Result<bool, DbErr> {
    let applied = (to == "applied").then(|| write.at());
    let done = import::Entity::update_many()
        .col_expr(import::Column::State, Expr::value(to))
        .col_expr(import::Column::AppliedAt, Expr::value(applied))
        .filter(import::Column::County.eq(write.county().clone()))
        .filter(import::Column::Id.eq(id))
        .filter(import::Column::State.is_in(from.iter().copied()))
        .exec(write.tx())
        .await?;
    Ok(done.rows_affected > 0)
}

/// Keeps the counts of an applied import.
pub(super) async fn keep_counts(write: &Write, id: ImportId, counts: Counts) -> Result<(), Problem> {
    import::Entity::update_many()
        .col_expr(import::Column::Counts, Expr::value(serde_json::to_string(&counts)?))
        .filter(import::Column::County.eq(write.county().clone()))
        .filter(import::Column::Id.eq(id))
        .exec(write.tx())
        .await?;
    Ok(())
}

/// Mappings by the key of their headers.
pub(super) type Remembered = std::collections::BTreeMap<String, Vec<String>>;

/// The key under which a set of headers is remembered.
fn headers_key(headers: &[String]) -> String {
    crate::db::seal::sha256_hex(headers.join("\u{1}").as_bytes())
}

/// Remembers a mapping that was applied.
pub(super) async fn remember(
    write: &Write,
    row: &import::Model,
    headers: &[String],
    mapping: &[String],
) -> Result<(), Problem> {
    let new = column_map::ActiveModel {
        county: Set(write.county().clone()),
        unit_id: Set(row.unit_id),
        kind: Set(row.kind.clone()),
        headers: Set(headers_key(headers)),
        mapping: Set(serde_json::to_string(mapping)?),
    };
    let key = [
        column_map::Column::County,
        column_map::Column::UnitId,
        column_map::Column::Kind,
        column_map::Column::Headers,
    ];
    let upsert = OnConflict::columns(key).update_column(column_map::Column::Mapping).to_owned();
    column_map::Entity::insert(new).on_conflict(upsert).exec_without_returning(write.tx()).await?;
    Ok(())
}

/// All remembered mappings of a unit and kind, by the key of their headers.
pub(super) async fn remembered(
    db: &impl ConnectionTrait,
    county: &CountyId,
    row: &import::Model,
) -> Result<Remembered, Problem> {
    let rows = column_map::Entity::find()
        .filter(column_map::Column::County.eq(county.clone()))
        .filter(column_map::Column::UnitId.eq(row.unit_id))
        .filter(column_map::Column::Kind.eq(&row.kind))
        .all(db)
        .await?;
    rows.into_iter().map(|r| Ok((r.headers, serde_json::from_str(&r.mapping)?))).collect()
}

/// The remembered mapping for these headers.
pub(super) fn mapping_for<'m>(all: &'m Remembered, headers: &[String]) -> Option<&'m Vec<String>> {
    all.get(&headers_key(headers)).filter(|m| m.len() == headers.len())
}

/// Why a checked file cannot be taken in: a key of the texts and what it names.
///
/// # Errors
/// The database's.
pub async fn fault(app: &App, county: &CountyId, id: ImportId) -> Result<Option<(String, String)>, Problem> {
    let row = by_id(&app.db, county, id).await?.ok_or(Problem::NotFound)?;
    Ok(row.fault.split_once('|').map(|(key, at)| (key.to_owned(), at.to_owned())))
}
