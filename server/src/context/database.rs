//! Opening the database and bringing its schema up to date, so that processes starting together do not collide.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use migrations::{Migrator, MigratorTrait, SchemaManager};
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};

use super::secrets::private_folder;
use crate::config::Config;

/// How long a write waits for another to finish before it fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(15);
/// Any number that no other program locks on the same database.
const LOCK_NUMBER: i64 = 0x5169_6e65_7421;

/// Opens the configured database.
pub async fn open(config: &Config) -> anyhow::Result<DatabaseConnection> {
    open_url(&config.database_url(), config.database.max_connections).await
}

/// Opens any database by its URL.
pub async fn open_url(url: &str, max_connections: u32) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(normal_scheme(url));
    options
        .max_connections(max_connections)
        .acquire_timeout(Duration::from_secs(10))
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Normal)
                .busy_timeout(BUSY_TIMEOUT)
                .foreign_keys(true)
        });
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
    let db = open_url(&config.database_url(), 1).await?;
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
