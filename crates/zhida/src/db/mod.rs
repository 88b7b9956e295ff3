//! The database: `SQLite` in the data folder, or `PostgreSQL` where `ZHIDA_DATABASE_URL` names one.

pub mod migrations;
pub mod seal;

use std::path::Path;
use std::time::Duration;

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait as _,
};
use sea_orm_migration::MigratorTrait as _;

/// Most values that one statement may bind (`SQLite` 32,766, `PostgreSQL` 65,535), with some room.
pub const BINDS: usize = 30_000;

/// Opens the database and brings its schema up to date.
///
/// # Errors
/// A database that cannot be reached or migrated.
pub async fn open(data: &Path, url: Option<&str>) -> Result<DatabaseConnection, DbErr> {
    let sqlite = format!("sqlite://{}?mode=rwc", data.join("zhida.sqlite").display());
    let mut options = ConnectOptions::new(url.unwrap_or(&sqlite));
    options.sqlx_logging(false).max_connections(8).acquire_timeout(Duration::from_mins(1));
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .journal_mode(sea_orm::sqlx::sqlite::SqliteJournalMode::Wal)
            .synchronous(sea_orm::sqlx::sqlite::SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_mins(1))
            .foreign_keys(true)
            .pragma("cache_size", "-16000")
    });
    let db = Database::connect(options).await?;
    db.ping().await?;
    migrations::Migrator::up(&db, None).await?;
    Ok(db)
}

/// Begins a transaction that will write: on `SQLite` it takes the write lock at once, so that it waits instead of failing.
///
/// # Errors
/// The database's.
pub async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    db.begin_with_options(TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    })
    .await
}

/// How many rows of `columns` values fit in one statement.
pub fn rows_per_statement(columns: usize) -> usize {
    (BINDS / columns.max(1)).clamp(1, 2_000)
}
