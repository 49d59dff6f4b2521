//! The same column types on all three databases.
//!
//! Ids and times are 64-bit numbers (times: milliseconds since 1970 UTC), words are short strings, and texts compare
//! byte by byte everywhere, so that a slug is unique in the same sense on MySQL as elsewhere.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// A table to be made, with byte-wise comparison on MySQL.
pub fn table(manager: &SchemaManager<'_>, name: &'static str) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name);
    if manager.get_database_backend() == DbBackend::MySql {
        table.engine("InnoDB").character_set("utf8mb4").collate("utf8mb4_bin");
    }
    table
}

/// The numbered key of a table; numbers are never given twice.
pub fn id() -> ColumnDef {
    let mut column = ColumnDef::new("id");
    column.big_integer().not_null().auto_increment().primary_key();
    column
}

/// A number: an id of another table, or a moment.
pub fn number(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.big_integer().not_null();
    column
}

pub fn maybe_number(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.big_integer().null();
    column
}

/// A small number: a position, a count.
pub fn count(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.integer().not_null().default(0);
    column
}

pub fn flag(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.boolean().not_null();
    column
}

/// A word of a closed set.
pub fn word(name: &'static str) -> ColumnDef {
    string(name, 32)
}

pub fn string(name: &'static str, length: u32) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.string_len(length).not_null();
    column
}

pub fn maybe_string(name: &'static str, length: u32) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.string_len(length).null();
    column
}

/// A long text; on MySQL large enough for 20,000 characters of four bytes.
pub fn text(name: &'static str, manager: &SchemaManager<'_>) -> ColumnDef {
    let mut column = maybe_text(name, manager);
    column.not_null();
    column
}

pub fn maybe_text(name: &'static str, manager: &SchemaManager<'_>) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    match manager.get_database_backend() {
        DbBackend::MySql => column.custom("mediumtext"),
        _ => column.text(),
    };
    column
}

/// A number with places, to the precision of 64 bits.
pub fn real(name: &'static str) -> ColumnDef {
    let mut column = maybe_real(name);
    column.not_null();
    column
}

pub fn maybe_real(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.double();
    column
}

/// Bytes, up to 64 KiB.
pub fn bytes(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.blob().not_null();
    column
}

/// What becomes of a row when the one it points at goes.
#[derive(Clone, Copy)]
pub enum OnDelete {
    /// It goes too.
    Cascade,
    /// It stays and points at nothing.
    Forget,
}

/// A foreign key from `column` of `table` to the `id` of `target`.
pub fn reference(
    table: &'static str,
    column: &'static str,
    target: &'static str,
    on_delete: OnDelete,
) -> ForeignKeyCreateStatement {
    let action = match on_delete {
        OnDelete::Cascade => ForeignKeyAction::Cascade,
        OnDelete::Forget => ForeignKeyAction::SetNull,
    };
    ForeignKey::create()
        .name(format!("fk_{table}_{column}"))
        .from(table, column)
        .to(target, "id")
        .on_delete(action)
        .to_owned()
}

/// An index over columns, in that order.
pub fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(format!("ix_{table}_{}", columns.join("_"))).table(table);
    for column in columns {
        index.col(*column);
    }
    index
}

/// An index that lets no two rows have the same values.
pub fn unique(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = index(table, columns);
    index.name(format!("ux_{table}_{}", columns.join("_"))).unique();
    index
}

/// Makes a table, then its indexes.
pub async fn create(
    manager: &SchemaManager<'_>,
    table: &mut TableCreateStatement,
    indexes: impl IntoIterator<Item = IndexCreateStatement>,
) -> Result<(), DbErr> {
    manager.create_table(table.to_owned()).await?;
    for index in indexes {
        manager.create_index(index).await?;
    }
    Ok(())
}

/// Drops tables, the last made first.
pub async fn drop(manager: &SchemaManager<'_>, tables: &[&'static str]) -> Result<(), DbErr> {
    for table in tables.iter().rev() {
        manager.drop_table(Table::drop().table(*table).to_owned()).await?;
    }
    Ok(())
}

/// Adds a column to a table. SQLite takes one change of a table at a time.
pub async fn add(manager: &SchemaManager<'_>, name: &'static str, column: &mut ColumnDef) -> Result<(), DbErr> {
    manager
        .alter_table(Table::alter().table(name).add_column(column).to_owned())
        .await
}

/// Takes a column out of a table.
pub async fn remove(manager: &SchemaManager<'_>, name: &'static str, column: &str) -> Result<(), DbErr> {
    manager
        .alter_table(Table::alter().table(name).drop_column(column.to_owned()).to_owned())
        .await
}
