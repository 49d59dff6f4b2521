//! The tables of Signet and their columns, as the migrations make them.
//!
//! The history of the schema is played into an empty SQLite in memory and read back. So there is no list to keep, a new table is
//! in the next backup by itself, and the tables of an older backup are known too. What else lives in a database is not ours.

use anyhow::{Context as _, bail};
use migrations::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, QueryResult, Statement};

use crate::context::database;

/// A table and its columns, in the order of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

/// What a column holds. A value may also be null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A number that the database gives, never the same twice.
    Id,
    /// A number of up to 64 bits.
    Number,
    /// A number with places, to 64 bits.
    Real,
    Flag,
    Text,
    Bytes,
}

impl Table {
    /// The names of the columns.
    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }
}

/// The tables after these migrations, those that others point at first. Migrations that this version does not know are an error.
pub async fn tables(migrations: &[String]) -> anyhow::Result<Vec<Table>> {
    if let Some(newer) = database::newer_than_this(migrations) {
        bail!(
            "the data come from a newer version of Signet (schema {newer}) than this one ({}): use that version",
            env!("CARGO_PKG_VERSION")
        );
    }
    let known = Migrator::migrations();
    if !known
        .iter()
        .map(|migration| migration.name())
        .take(migrations.len())
        .eq(migrations)
    {
        bail!(
            "found the migrations {}, which leave one out: start the version of Signet that wrote the data",
            migrations.join(", ")
        );
    }
    let db = database::open_url("sqlite::memory:", 1).await?;
    Migrator::up(&db, u32::try_from(migrations.len()).ok()).await?;
    read(&db).await
}

async fn read(db: &DatabaseConnection) -> anyhow::Result<Vec<Table>> {
    // Tables are listed in the order they were made in.
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
               AND name <> 'seaql_migrations' ORDER BY rowid";
    let mut tables = Vec::new();
    for row in db.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await? {
        let name: String = row.try_get_by_index(0)?;
        let sql = "SELECT name, lower(type), pk FROM pragma_table_info(?) ORDER BY cid";
        let columns = Statement::from_sql_and_values(DbBackend::Sqlite, sql, [name.as_str().into()]);
        let columns = db.query_all_raw(columns).await?;
        let columns = columns.iter().map(column).collect::<anyhow::Result<_>>();
        let columns = columns.with_context(|| format!("table {name}"))?;
        tables.push(Table { name, columns });
    }
    Ok(tables)
}

fn column(row: &QueryResult) -> anyhow::Result<Column> {
    let (name, kind, key): (String, String, i64) = (
        row.try_get_by_index(0)?,
        row.try_get_by_index(1)?,
        row.try_get_by_index(2)?,
    );
    let kind = match kind.split('(').next().unwrap_or_default() {
        "integer" if key > 0 => Kind::Id,
        "integer" | "bigint" => Kind::Number,
        "double" => Kind::Real,
        "blob" => Kind::Bytes,
        "boolean" => Kind::Flag,
        "varchar" | "text" => Kind::Text,
        other => bail!("column {name}: found the type {other}, expected one that schema.rs knows how to carry"),
    };
    Ok(Column { name, kind })
}
