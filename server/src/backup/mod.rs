//! Taking everything along: into a sealed file, back out of it, or straight from one database into another.
//!
//! Reading out is one moment, whatever the server does meanwhile. Loading is one transaction: it reads back what it wrote, and
//! commits only if every table counts and sums up as at the source. Which database is on which side makes no difference.

mod archive;
mod load;
mod rows;
pub mod schema;
#[cfg(test)]
mod tests;

use std::path::Path;

use anyhow::{Context as _, bail};
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, IsolationLevel,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};

use self::archive::{Header, Reader, Writer};
use self::load::Loader;
use self::rows::{Nowhere, read_out};
pub use self::rows::{Tallies, Tally};
use self::schema::Table;
use crate::config::{Config, Secret};
use crate::context::{Clock, Secrets, database};

/// Writes everything in the configured database and the installation's key into a new file, while the server may go on.
pub async fn backup(config: &Config, clock: &Clock, path: &Path, passphrase: &Secret) -> anyhow::Result<Tallies> {
    let Some(secrets) = Secrets::find(config)? else {
        bail!(
            "found no key at {}, expected the one this installation works with",
            Secrets::path(config).display()
        );
    };
    let source = Source::open(config).await?;
    let header = Header {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        migrations: source.migrations.clone(),
        taken_at: clock.now(),
        app_key: secrets.reveal(),
    };
    let mut writer = Writer::create(path, passphrase, header)?;
    let tallies = read_out(&source.moment().await?, &source.tables, &mut writer).await?;
    writer.finish(&tallies, path)?;
    Ok(tallies)
}

/// Loads a backup into the configured database and puts its key into place. Nothing changes unless all of it fits.
///
/// A database with members in it is refused, unless `is_replacing`: then what it holds is gone.
pub async fn restore(config: &Config, path: &Path, passphrase: &Secret, is_replacing: bool) -> anyhow::Result<Tallies> {
    // Reads the whole file before anything is touched.
    let reader = Reader::open(path, passphrase)?;
    let header = reader.header.clone();
    let tables = schema::tables(&header.migrations).await?;
    let saved = reader.pour(&tables, &mut Nowhere).await?;
    let key = missing_key(config, &header)?;

    let target = open_target(config, &header.migrations, is_replacing).await?;
    let tx = target.begin_with_options(writing()).await?;
    let mut loader = Loader::begin(&tx, &tables).await?;
    Reader::open(path, passphrase)?.pour(&tables, &mut loader).await?;
    loader.finish().await?;
    compare(&saved, &read_out(&tx, &tables, &mut Nowhere).await?)?;
    // Before the commit: a key without its data is used by the next try, data without their key do not start.
    if let Some(key) = key {
        key.keep(config)?;
    }
    tx.commit().await?;
    database::migrate(config).await?;
    Ok(saved)
}

/// Loads what the configured database holds into the one that `to` describes. A change at the source meanwhile is an error.
pub async fn move_to(config: &Config, to: &Config, is_replacing: bool) -> anyhow::Result<Tallies> {
    if config.database_url() == to.database_url() {
        bail!("found the configured database itself, expected the address of another one");
    }
    let source = Source::open(config).await?;
    let target = open_target(to, &source.migrations, is_replacing).await?;
    let tx = target.begin_with_options(writing()).await?;
    let mut loader = Loader::begin(&tx, &source.tables).await?;
    let taken = read_out(&source.moment().await?, &source.tables, &mut loader).await?;
    loader.finish().await?;
    compare(&taken, &read_out(&tx, &source.tables, &mut Nowhere).await?)?;
    let now = read_out(&source.moment().await?, &source.tables, &mut Nowhere).await?;
    if let Some(table) = differing(&taken, &now) {
        bail!(
            "table {table} changed while it was read, and nothing was moved: stop every signet process and try again"
        );
    }
    tx.commit().await?;
    database::migrate(to).await?;
    Ok(taken)
}

/// A database to read out.
struct Source {
    db: DatabaseConnection,
    migrations: Vec<String>,
    tables: Vec<Table>,
}

impl Source {
    async fn open(config: &Config) -> anyhow::Result<Self> {
        let db = database::open(config).await?;
        let migrations = database::applied(&db).await?;
        if migrations.is_empty() {
            bail!("found an empty database, expected one that Signet has used: is database.url right?");
        }
        let tables = schema::tables(&migrations).await?;
        Ok(Self { db, migrations, tables })
    }

    /// A transaction that sees one moment and holds up nobody.
    async fn moment(&self) -> anyhow::Result<DatabaseTransaction> {
        let options = match self.db.get_database_backend() {
            // Any transaction on it sees one moment.
            DbBackend::Sqlite => TransactionOptions::default(),
            _ => TransactionOptions {
                isolation_level: Some(IsolationLevel::RepeatableRead),
                access_mode: Some(AccessMode::ReadOnly),
                sqlite_transaction_mode: None,
            },
        };
        Ok(self.db.begin_with_options(options).await?)
    }
}

/// On SQLite it takes the write lock at once, so that it never fails half-way for want of it.
fn writing() -> TransactionOptions {
    TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..Default::default()
    }
}

/// The database to load into, with its schema at these migrations.
async fn open_target(config: &Config, migrations: &[String], is_replacing: bool) -> anyhow::Result<DatabaseConnection> {
    let db = database::open(config).await?;
    let applied = database::applied(&db).await?;
    if let Some(newer) = database::newer_than_this(&applied) {
        bail!("the database to load into belongs to a newer version of Signet (schema {newer}): use that version");
    }
    let members = members(&db, &applied).await?;
    if members > 0 && !is_replacing {
        bail!("the database to load into has {members} members: give an empty one, or --replace to lose what it holds");
    }
    // Going back to an older schema drops tables, and that no transaction could undo everywhere.
    if members > 0 && applied != migrations {
        bail!(
            "the data are of schema {}, the database to load into is in use and of schema {}: give an empty one",
            last(migrations),
            last(&applied)
        );
    }
    database::migrate_to(config, migrations.len()).await?;
    Ok(db)
}

/// How many people can sign in: a database without any was at most started, and holds nothing of anyone.
async fn members(db: &DatabaseConnection, applied: &[String]) -> anyhow::Result<i64> {
    let has_members = schema::tables(applied)
        .await?
        .iter()
        .any(|table| table.name == "member");
    if !has_members {
        return Ok(0);
    }
    let count = Statement::from_string(db.get_database_backend(), "SELECT count(*) FROM member");
    let row = db.query_one_raw(count).await?.context("members cannot be counted")?;
    Ok(row.try_get_by_index(0)?)
}

fn last(migrations: &[String]) -> &str {
    migrations.last().map_or("none", String::as_str)
}

/// The key of a backup, if the installation has none yet. One that differs is an error: nobody's key is overwritten.
fn missing_key(config: &Config, header: &Header) -> anyhow::Result<Option<Secrets>> {
    let theirs = Secrets::parse(&header.app_key).context("the key in the backup")?;
    match Secrets::find(config)? {
        None => Ok(Some(theirs)),
        Some(ours) if ours.reveal() == theirs.reveal() => Ok(None),
        Some(ours) => bail!(
            "this installation's key ({}) is not the backup's ({}): move {} away, or unset secrets.app_key and \
             secrets.app_key_file if one of them is set, and try again",
            ours.fingerprint(),
            theirs.fingerprint(),
            Secrets::path(config).display()
        ),
    }
}

fn compare(sent: &Tallies, arrived: &Tallies) -> anyhow::Result<()> {
    match differing(sent, arrived) {
        Some(table) => {
            bail!("table {table} did not arrive as it was sent, and nothing was changed: please report this")
        }
        None => Ok(()),
    }
}

/// The first table that is not the same in both.
fn differing<'a>(one: &'a Tallies, other: &Tallies) -> Option<&'a str> {
    let mut names = one.keys().map(String::as_str);
    names.find(|name| one.get(*name) != other.get(*name))
}
