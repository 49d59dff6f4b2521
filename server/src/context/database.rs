//! Opening the database and bringing its schema up to date, so that processes starting together do not collide.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use migrations::{Migrator, MigratorTrait};
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, RuntimeErr, Statement};

use super::secrets::private_folder;
use crate::config::Config;

/// How long a write waits for another to finish before it fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a public read waits for a connection to the replica: the primary could have answered meanwhile.
const REPLICA_WAIT: Duration = Duration::from_secs(1);
/// Any number that no other program locks on the same database.
const LOCK_NUMBER: i64 = 0x5169_6e65_7421;

/// Opens the configured database.
pub async fn open(config: &Config) -> anyhow::Result<DatabaseConnection> {
    let options = options(&config.database_url(), config.database.max_connections, wait(config));
    connect(options).await
}

/// Opens the read replica, if one is configured. It may be away and come later.
pub async fn open_replica(config: &Config) -> anyhow::Result<Option<DatabaseConnection>> {
    let url = config.database.read_url.reveal();
    if url.is_empty() {
        return Ok(None);
    }
    let mut options = options(url, config.database.max_connections, REPLICA_WAIT);
    options.connect_lazy(true);
    connect(options).await.map(Some)
}

fn wait(config: &Config) -> Duration {
    Duration::from_millis(config.database.acquire_timeout_ms)
}

fn options(url: &str, max_connections: u32, wait: Duration) -> ConnectOptions {
    let mut options = ConnectOptions::new(normal_scheme(url));
    options
        .max_connections(max_connections)
        .acquire_timeout(wait)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .journal_mode(SqliteJournalMode::Wal)
                // What was answered with success is on the disk, even if the power goes: changes that arrive together share
                // the wait for it.
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(BUSY_TIMEOUT)
                .foreign_keys(true)
        });
    options
}

async fn connect(options: ConnectOptions) -> anyhow::Result<DatabaseConnection> {
    Database::connect(options)
        .await
        .context("the database cannot be opened")
}

/// sqlx knows MariaDB by the name of its relative.
fn normal_scheme(url: &str) -> String {
    match url.strip_prefix("mariadb:") {
        Some(rest) => format!("mysql:{rest}"),
        None => url.to_owned(),
    }
}

/// The name of the kind of database, for people.
pub fn kind(db: &DatabaseConnection) -> &'static str {
    match db.get_database_backend() {
        DbBackend::Postgres => "postgres",
        DbBackend::MySql => "mysql",
        _ => "sqlite",
    }
}

/// Does again what the database gave up because two waited for each other, which it resolves by refusing one of them. For
/// single statements only: of a transaction nothing is left then.
pub async fn unless_deadlocked<T, F>(mut statement: impl FnMut() -> F) -> Result<T, DbErr>
where
    F: Future<Output = Result<T, DbErr>>,
{
    let mut tries = 5;
    loop {
        match statement().await {
            Err(error) if tries > 0 && is_deadlock(&error) => tries -= 1,
            other => return other,
        }
    }
}

/// SQLSTATE 40001 is MySQL's and 40P01 PostgreSQL's; SQLite has a single writer and no deadlocks.
fn is_deadlock(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) = error else {
        return false;
    };
    let code = cause.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| matches!(code.as_ref(), "40001" | "40P01"))
}

/// Brings the schema up to date under a lock: of two processes starting together one waits for the other.
pub async fn migrate(config: &Config) -> anyhow::Result<()> {
    private_folder(&config.data_dir).with_context(|| format!("cannot make {}", config.data_dir.display()))?;
    // One connection, so that the lock and the work share a session.
    let db = connect(options(&config.database_url(), 1, wait(config))).await?;
    let result = match db.get_database_backend() {
        DbBackend::Postgres => locked(&db, "SELECT pg_advisory_lock($1)", "SELECT pg_advisory_unlock($1)").await,
        DbBackend::MySql => {
            locked(
                &db,
                "SELECT GET_LOCK(CONCAT(DATABASE(), '.signet', ?), 300)",
                "SELECT RELEASE_LOCK(CONCAT(DATABASE(), '.signet', ?))",
            )
            .await
        }
        _ => {
            let _lock = lock_file(&config.data_dir)?;
            up(&db).await
        }
    };
    db.close().await.ok();
    result
}

async fn locked(db: &DatabaseConnection, lock: &str, unlock: &str) -> anyhow::Result<()> {
    let backend = db.get_database_backend();
    db.query_one_raw(Statement::from_sql_and_values(backend, lock, [LOCK_NUMBER.into()]))
        .await
        .context("cannot lock the schema")?;
    let result = up(db).await;
    db.query_one_raw(Statement::from_sql_and_values(backend, unlock, [LOCK_NUMBER.into()]))
        .await
        .ok();
    result
}

fn lock_file(data_dir: &Path) -> anyhow::Result<File> {
    let path = data_dir.join("migrate.lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(file)
}

async fn up(db: &DatabaseConnection) -> anyhow::Result<()> {
    let known: Vec<String> = Migrator::migrations()
        .iter()
        .map(|migration| migration.name().to_owned())
        .collect();
    let applied = Migrator::get_migration_models(db).await.unwrap_or_default();
    if let Some(newer) = applied.iter().find(|row| !known.contains(&row.version)) {
        bail!(
            "this database was brought up to date by a newer version of Signet ({}): start that version, or restore a backup",
            newer.version
        );
    }
    Migrator::up(db, None)
        .await
        .context("the schema could not be brought up to date")
}
