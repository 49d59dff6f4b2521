//! Rows into a database, in one transaction that replaces what its tables held.
//!
//! Rows come in any order, so foreign keys are looked at when all are there: each database has its own way to say so.

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sea_orm::sea_query::{Alias, Expr, Query};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement, Value};

use super::rows::{Row, Sink};
use super::schema::{Column, Kind, Table};

/// Values in one INSERT; SQLite takes 32,766, the others 65,535.
const VALUES_MAX: usize = 16_000;
/// Bytes of text in one INSERT; MySQL takes 16 MiB unless it is told otherwise.
const BYTES_MAX: usize = 1024 * 1024;

/// Takes rows and inserts them in batches.
pub struct Loader<'a> {
    tx: &'a DatabaseTransaction,
    tables: &'a [Table],
    table: Table,
    batch: Vec<Vec<Value>>,
    bytes: usize,
}

impl<'a> Loader<'a> {
    /// Empties the tables. Until [`Loader::finish`] foreign keys may point at what is not there yet.
    pub async fn begin(tx: &'a DatabaseTransaction, tables: &'a [Table]) -> anyhow::Result<Self> {
        loosen(tx, tables).await?;
        for table in tables.iter().rev() {
            tx.execute(&Query::delete().from_table(Alias::new(&table.name)).take())
                .await
                .with_context(|| format!("table {} cannot be emptied", table.name))?;
        }
        let table = Table {
            name: String::new(),
            columns: Vec::new(),
        };
        Ok(Self {
            tx,
            tables,
            table,
            batch: Vec::new(),
            bytes: 0,
        })
    }

    /// Inserts the last batch, looks at the foreign keys, and lets new rows get ids after the ones that came.
    pub async fn finish(mut self) -> anyhow::Result<()> {
        self.flush().await?;
        tighten(self.tx, self.tables).await?;
        continue_ids(self.tx, self.tables).await
    }

    async fn flush(&mut self) -> anyhow::Result<()> {
        let batch = std::mem::take(&mut self.batch);
        self.bytes = 0;
        if batch.is_empty() {
            return Ok(());
        }
        let mut insert = Query::insert();
        insert
            .into_table(Alias::new(&self.table.name))
            .columns(self.table.names().into_iter().map(Alias::new));
        for row in batch {
            insert.values(row.into_iter().map(Expr::val))?;
        }
        self.tx
            .execute(&insert)
            .await
            .with_context(|| format!("table {} cannot be written", self.table.name))?;
        Ok(())
    }
}

impl Sink for Loader<'_> {
    async fn table(&mut self, table: &Table) -> anyhow::Result<()> {
        self.flush().await?;
        self.table = table.clone();
        Ok(())
    }

    async fn row(&mut self, row: Row) -> anyhow::Result<()> {
        let columns = self.table.columns.iter();
        self.bytes += row
            .iter()
            .filter_map(|value| value.as_str())
            .map(str::len)
            .sum::<usize>();
        let values = columns.zip(row).map(|(column, value)| typed(column, value));
        let values = values.collect::<anyhow::Result<Vec<_>>>();
        self.batch
            .push(values.with_context(|| format!("table {}", self.table.name))?);
        if self.batch.len() * self.table.columns.len() >= VALUES_MAX || self.bytes >= BYTES_MAX {
            self.flush().await?;
        }
        Ok(())
    }
}

/// The value as the column takes it; a null has a type too.
fn typed(column: &Column, value: serde_json::Value) -> anyhow::Result<Value> {
    use serde_json::Value as Json;
    Ok(match (column.kind, value) {
        (Kind::Id | Kind::Number, Json::Null) => Value::BigInt(None),
        (Kind::Real, Json::Null) => Value::Double(None),
        (Kind::Bytes, Json::Null) => Value::Bytes(None),
        (Kind::Real, Json::String(text)) => text.parse::<f64>().context("not a number")?.into(),
        (Kind::Bytes, Json::String(text)) => STANDARD.decode(text).context("not base64")?.into(),
        (Kind::Flag, Json::Null) => Value::Bool(None),
        (Kind::Text, Json::Null) => Value::String(None),
        (Kind::Id | Kind::Number, Json::Number(number)) => {
            Value::BigInt(Some(number.as_i64().context("a number is out of range")?))
        }
        (Kind::Flag, Json::Bool(flag)) => flag.into(),
        (Kind::Text, Json::String(text)) => text.into(),
        (kind, _) => bail!(
            "column {}: found a value of another type, expected {kind:?}",
            column.name
        ),
    })
}

async fn loosen(tx: &DatabaseTransaction, tables: &[Table]) -> anyhow::Result<()> {
    match tx.get_database_backend() {
        DbBackend::Postgres => alter_foreign_keys(tx, tables, "DEFERRABLE INITIALLY DEFERRED").await,
        DbBackend::MySql => say(tx, "SET SESSION foreign_key_checks = 0").await,
        // Until the commit, which looks at them.
        _ => say(tx, "PRAGMA defer_foreign_keys = ON").await,
    }
}

async fn tighten(tx: &DatabaseTransaction, tables: &[Table]) -> anyhow::Result<()> {
    match tx.get_database_backend() {
        DbBackend::Postgres => {
            say(tx, "SET CONSTRAINTS ALL IMMEDIATE").await?;
            alter_foreign_keys(tx, tables, "NOT DEFERRABLE").await
        }
        // It does not look at what came in between; a snapshot that its checksum confirms has no loose ends.
        DbBackend::MySql => say(tx, "SET SESSION foreign_key_checks = 1").await,
        _ => Ok(()),
    }
}

async fn say(tx: &DatabaseTransaction, sql: &str) -> anyhow::Result<()> {
    let done = tx.execute_unprepared(sql).await;
    done.map(|_| ()).with_context(|| format!("the database refuses {sql}"))
}

async fn alter_foreign_keys(tx: &DatabaseTransaction, tables: &[Table], how: &str) -> anyhow::Result<()> {
    for (table, key) in foreign_keys(tx, tables).await? {
        say(tx, &format!("ALTER TABLE \"{table}\" ALTER CONSTRAINT \"{key}\" {how}")).await?;
    }
    Ok(())
}

/// The foreign keys of these tables on PostgreSQL: the table and the name of the key.
async fn foreign_keys(tx: &DatabaseTransaction, tables: &[Table]) -> anyhow::Result<Vec<(String, String)>> {
    let sql = "SELECT t.relname::text, c.conname::text FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid \
               WHERE c.contype = 'f' AND t.relnamespace = current_schema()::regnamespace";
    let mut keys = Vec::new();
    for row in tx
        .query_all_raw(Statement::from_string(DbBackend::Postgres, sql))
        .await?
    {
        let key: (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        if tables.iter().any(|table| table.name == key.0) {
            keys.push(key);
        }
    }
    Ok(keys)
}

/// SQLite and MySQL go on after the highest id by themselves; PostgreSQL counts apart from the rows.
async fn continue_ids(tx: &DatabaseTransaction, tables: &[Table]) -> anyhow::Result<()> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    for table in tables {
        for column in table.columns.iter().filter(|column| column.kind == Kind::Id) {
            let (table, column) = (&table.name, &column.name);
            let sql = format!(
                "SELECT setval(pg_get_serial_sequence('\"{table}\"', '{column}'), \
                 coalesce(max(\"{column}\"), 0) + 1, false) FROM \"{table}\""
            );
            say(tx, &sql).await?;
        }
    }
    Ok(())
}
