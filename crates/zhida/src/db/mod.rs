//! The database: `SQLite` in the data folder, or `PostgreSQL` where `ZHIDA_DATABASE_URL` names one.

pub mod migrations;
pub mod noun;
mod scope;
pub mod seal;
mod version;

pub use scope::{after, counties, within};
pub(crate) use version::versioned;
pub use version::{Versioned, change};

use std::path::Path;
use std::time::Duration;

use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DatabaseTransaction, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait as _,
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
    options.sqlx_logging(false).max_connections(6).acquire_timeout(Duration::from_mins(1));
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .journal_mode(sea_orm::sqlx::sqlite::SqliteJournalMode::Wal)
            .synchronous(sea_orm::sqlx::sqlite::SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_mins(1))
            .foreign_keys(true)
            .pragma("cache_size", "-4000")
    });
    let db = Database::connect(options).await?;
    db.ping().await?;
    // All changes of the schema or none: a power cut between two statements of one would leave what nothing opens again.
    if !migrations::Migrator::get_pending_migrations(&db).await?.is_empty() {
        let tx = begin(&db).await?;
        migrations::Migrator::up(&tx, None).await?;
        tx.commit().await?;
    }
    Ok(db)
}

/// Opens a database of its own for a trial: a new one on the `PostgreSQL` server that `ZHIDA_TEST_DATABASE` names (a URL
/// whose last part is a database to start from), or else the `SQLite` file of the folder. The tests run on both by it.
///
/// # Errors
/// A server that cannot be reached, or may not make databases.
pub async fn trial(folder: &Path) -> Result<DatabaseConnection, DbErr> {
    let Some(server) = std::env::var("ZHIDA_TEST_DATABASE").ok().filter(|u| !u.is_empty()) else {
        return open(folder, None).await;
    };
    let mut options = ConnectOptions::new(&server);
    options.sqlx_logging(false).max_connections(1);
    let root = Database::connect(options).await?;
    let name = format!("trial_{}", uuid::Uuid::now_v7().simple());
    root.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
    root.close().await?;
    let (address, options) = server.split_once('?').unwrap_or((&server, ""));
    let address = address.rsplit_once('/').map_or(address, |(address, _)| address);
    open(folder, Some(&format!("{address}/{name}?{options}"))).await
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
