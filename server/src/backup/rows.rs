//! Rows on their way: read out of a database one by one, counted, and handed to whoever takes them.

use std::collections::BTreeMap;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::TryStreamExt;
use sea_orm::sea_query::{Alias, Query};
use sea_orm::{DatabaseTransaction, DbErr, QueryResult, StreamTrait};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::schema::{Column, Kind, Table};

/// The values of a row in the order of the table's columns: numbers, booleans, texts (bytes in base64) and nulls.
pub type Row = Vec<Value>;

/// Takes rows, table by table.
pub trait Sink {
    /// The rows from now on are of this table.
    async fn table(&mut self, table: &Table) -> anyhow::Result<()>;
    async fn row(&mut self, row: Row) -> anyhow::Result<()>;
}

/// Takes rows and leaves them: for reading to the end in order to count and check.
pub struct Nowhere;

impl Sink for Nowhere {
    async fn table(&mut self, _: &Table) -> anyhow::Result<()> {
        Ok(())
    }

    async fn row(&mut self, _: Row) -> anyhow::Result<()> {
        Ok(())
    }
}

/// What was counted, by the name of the table.
pub type Tallies = BTreeMap<String, Tally>;

/// How many rows, and a sum that tells whether they are the same ones, in whatever order they came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub rows: u64,
    /// The exclusive or of the SHA-256 of every row. Every table has a key, so no row is there twice and cancels itself.
    #[serde(with = "hex::serde")]
    pub checksum: [u8; 32],
}

impl Tally {
    pub fn add(&mut self, row: &Row) -> anyhow::Result<()> {
        let digest = Sha256::digest(serde_json::to_vec(row)?);
        for (sum, byte) in self.checksum.iter_mut().zip(digest) {
            *sum ^= byte;
        }
        self.rows += 1;
        Ok(())
    }
}

/// Hands every row of these tables to a sink. What it sees is one moment if the transaction's isolation says so.
pub async fn read_out(tx: &DatabaseTransaction, tables: &[Table], sink: &mut impl Sink) -> anyhow::Result<Tallies> {
    let mut tallies = Tallies::new();
    for table in tables {
        let reading = || format!("table {} cannot be read", table.name);
        sink.table(table).await?;
        let mut tally = Tally::default();
        let query = Query::select()
            .columns(table.names().into_iter().map(Alias::new))
            .from(Alias::new(&table.name))
            .take();
        let mut rows = tx.stream(&query).await.with_context(reading)?;
        while let Some(row) = rows.try_next().await.with_context(reading)? {
            let row = values(table, &row).with_context(reading)?;
            tally.add(&row)?;
            sink.row(row).await?;
        }
        tallies.insert(table.name.clone(), tally);
    }
    Ok(tallies)
}

fn values(table: &Table, row: &QueryResult) -> anyhow::Result<Row> {
    table.columns.iter().map(|column| value(column, row)).collect()
}

fn value(column: &Column, row: &QueryResult) -> anyhow::Result<Value> {
    let name = column.name.as_str();
    Ok(match column.kind {
        Kind::Id | Kind::Number => number(row, name)?.into(),
        // As texts: a reader of JSON may not give every digit of a number back.
        Kind::Real => row
            .try_get::<Option<f64>>("", name)?
            .map(|real| format!("{real:?}"))
            .into(),
        Kind::Bytes => row
            .try_get::<Option<Vec<u8>>>("", name)?
            .map(|bytes| STANDARD.encode(bytes))
            .into(),
        Kind::Flag => row.try_get::<Option<bool>>("", name)?.into(),
        Kind::Text => row.try_get::<Option<String>>("", name)?.into(),
    })
}

/// PostgreSQL alone gives a column of 32 bits as nothing wider.
fn number(row: &QueryResult, name: &str) -> Result<Option<i64>, DbErr> {
    row.try_get::<Option<i64>>("", name)
        .or_else(|_| Ok(row.try_get::<Option<i32>>("", name)?.map(i64::from)))
}
