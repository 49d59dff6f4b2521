//! Opening the database and bringing its schema up to date, so that processes starting together do not collide.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use migrations::{Migrator, MigratorTrait, SchemaManager};
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, Connection as _, SqliteConnection};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement};

use super::secrets::private_folder;
use crate::config::Config;
use crate::error;

/// How long a write waits for another to finish before it fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(15);
/// Connections of the background beside one for each job that runs at once: claims, leases, the schedule, a fan-out's records.
const BESIDE_JOBS: usize = 4;
/// How long a database that is not the configured one may take to give a connection.
const OTHER_WAIT: Duration = Duration::from_secs(10);
/// How long a public read waits for a connection to the replica: the primary could have answered meanwhile.
const REPLICA_WAIT: Duration = Duration::from_secs(1);
/// A connection that worked a moment ago works still: asking it first would be one more way to the database and back.
const TRUST: Duration = Duration::from_secs(1);
/// Any number that no other program locks on the same database.
const LOCK_NUMBER: i64 = 0x5169_6e65_7421;

/// Opens the configured database.
pub async fn open(config: &Config) -> anyhow::Result<DatabaseConnection> {
    let options = options(&config.database_url(), config.database.max_connections, wait(config));
    connect(options).await
}

/// Opens the configured database for what runs in the background, which needs fewer connections.
pub async fn open_for_jobs(config: &Config) -> anyhow::Result<DatabaseConnection> {
    let most = config.jobs.concurrency + BESIDE_JOBS;
    let most = u32::try_from(most).map_or(u32::MAX, |most| most.min(config.database.max_connections));
    connect(options(&config.database_url(), most, wait(config))).await
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

/// Opens any database by its URL.
pub async fn open_url(url: &str, max_connections: u32) -> anyhow::Result<DatabaseConnection> {
    connect(options(url, max_connections, OTHER_WAIT)).await
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
        })
        .test_before_acquire_if_idle_for(TRUST)
        .map_sqlx_sqlite_before_acquire(|connection, _| Box::pin(is_whole(connection)));
    options
}

/// False if the connection still counts a transaction: SQLite has rolled it back by itself, as it does when the disk is full,
/// or could not. The next one on it would be a part of that one, and be confirmed without ever being committed.
async fn is_whole(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    Ok(!connection.is_in_transaction())
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
            Err(error) if tries > 0 && error::is_deadlock(&error) => tries -= 1,
            other => return other,
        }
    }
}

/// The names of the migrations that a database has been through, in order; none if there is no Signet in it.
pub async fn applied(db: &DatabaseConnection) -> anyhow::Result<Vec<String>> {
    const UNREADABLE: &str = "the history of the schema cannot be read";
    if !SchemaManager::new(db)
        .has_table("seaql_migrations")
        .await
        .context(UNREADABLE)?
    {
        return Ok(Vec::new());
    }
    let rows = Migrator::get_migration_models(db).await.context(UNREADABLE)?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

/// The first of these migrations that this version does not know.
pub fn newer_than_this(applied: &[String]) -> Option<&str> {
    let known = Migrator::migrations();
    let is_known = |name: &str| known.iter().any(|migration| migration.name() == name);
    applied.iter().map(String::as_str).find(|name| !is_known(name))
}

/// Brings the schema up to date under a lock: of two processes starting together one waits for the other.
pub async fn migrate(config: &Config) -> anyhow::Result<()> {
    migrate_to(config, Migrator::migrations().len()).await
}

/// Brings the schema to where it was after the first `count` migrations, under the same lock. Going back drops tables.
pub async fn migrate_to(config: &Config, count: usize) -> anyhow::Result<()> {
    private_folder(&config.data_dir).with_context(|| format!("cannot make {}", config.data_dir.display()))?;
    // One connection, so that the lock and the work share a session.
    let db = connect(options(&config.database_url(), 1, wait(config))).await?;
    let result = match db.get_database_backend() {
        DbBackend::Postgres => {
            let (lock, unlock) = ("SELECT pg_advisory_lock($1)", "SELECT pg_advisory_unlock($1)");
            locked(&db, lock, unlock, count).await
        }
        DbBackend::MySql => {
            let lock = "SELECT GET_LOCK(CONCAT(DATABASE(), '.signet', ?), 300)";
            let unlock = "SELECT RELEASE_LOCK(CONCAT(DATABASE(), '.signet', ?))";
            locked(&db, lock, unlock, count).await
        }
        _ => {
            let _lock = lock_file(&config.data_dir)?;
            bring_to(&db, count).await
        }
    };
    db.close().await.ok();
    result
}

async fn locked(db: &DatabaseConnection, lock: &str, unlock: &str, count: usize) -> anyhow::Result<()> {
    let backend = db.get_database_backend();
    db.query_one_raw(Statement::from_sql_and_values(backend, lock, [LOCK_NUMBER.into()]))
        .await
        .context("cannot lock the schema")?;
    let result = bring_to(db, count).await;
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

async fn bring_to(db: &DatabaseConnection, count: usize) -> anyhow::Result<()> {
    let applied = applied(db).await?;
    if let Some(newer) = newer_than_this(&applied) {
        bail!(
            "this database was brought up to date by a newer version of Signet ({newer}): \
             start that version, or restore a backup"
        );
    }
    let steps = |many: usize| u32::try_from(many).ok();
    if applied.len() > count {
        Migrator::down(db, steps(applied.len() - count)).await
    } else {
        Migrator::up(db, steps(count - applied.len())).await
    }
    .context("the schema could not be brought up to date")
}

#[cfg(test)]
mod tests {
    use sea_orm::{SqliteTransactionMode, TransactionOptions, TransactionTrait};

    use super::*;

    async fn begin(db: &DatabaseConnection) -> sea_orm::DatabaseTransaction {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        db.begin_with_options(options).await.unwrap()
    }

    /// SQLite ends a transaction by itself when the disk is full; `OR ROLLBACK` makes it do the same.
    #[tokio::test]
    async fn what_is_confirmed_after_a_transaction_broke_off_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("a.db").display());
        let db = open_url(&url, 1).await.unwrap();
        db.execute_unprepared("CREATE TABLE t (id INTEGER PRIMARY KEY)")
            .await
            .unwrap();
        db.execute_unprepared("INSERT INTO t VALUES (1)").await.unwrap();
        for _ in 0..2 {
            let broken = begin(&db).await;
            broken
                .execute_unprepared("INSERT OR ROLLBACK INTO t VALUES (1)")
                .await
                .unwrap_err();
            drop(broken);
            let plain = begin(&db).await;
            plain.execute_unprepared("INSERT INTO t VALUES (1)").await.unwrap_err();
            drop(plain);
        }
        let confirmed = begin(&db).await;
        confirmed.execute_unprepared("INSERT INTO t VALUES (2)").await.unwrap();
        confirmed.commit().await.unwrap();

        let other = open_url(&url, 1).await.unwrap();
        let count = Statement::from_string(DbBackend::Sqlite, "SELECT count(*) AS n FROM t");
        let row = other.query_one_raw(count).await.unwrap().unwrap();
        assert_eq!(row.try_get::<i64>("", "n").unwrap(), 2);
    }
}
