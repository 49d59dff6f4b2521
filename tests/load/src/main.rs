//! `make bench`: how fast Signet is beside what others do with the same work, on the same machine, in the same run.
//!
//! The server has one core and the tool that loads it the other. What is compared takes turns, five times, and the median
//! counts: a machine that is slow for a while is slow for both. The table goes to `tests/load/results.md`.

mod bare;
mod machine;
mod mail;
mod memory;
mod past;
mod peers;
mod publish;
mod reads;
mod scene;
mod signet;
mod start;
mod table;
mod writes;
mod wrk;

use std::path::Path;

use anyhow::Context as _;
use table::Table;

/// The core of what is measured, and that of who measures.
pub const SERVER_CORE: usize = 0;
pub const LOAD_CORE: usize = 1;
/// What is compared takes turns so many times.
pub const ROUNDS: usize = 5;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("bare-poem") => bare::poem(&arguments.collect::<Vec<_>>()).await,
        Some("bare-commits") => bare::commits(&arguments.collect::<Vec<_>>()).await,
        only => bench(only).await,
    }
}

/// All measurements, or the one whose name is given.
async fn bench(only: Option<&str>) -> anyhow::Result<()> {
    let wanted = |name: &str| only.is_none_or(|only| only == name);
    let mut table = Table::default();
    if wanted("reads") {
        reads::measure(&mut table).await.context("reads")?;
    }
    if wanted("start") {
        start::measure(&mut table).await.context("start")?;
    }
    if wanted("publish") {
        publish::measure(&mut table).await.context("publish")?;
    }
    if wanted("writes") {
        writes::measure(&mut table).await.context("writes")?;
    }
    if wanted("mail") {
        mail::measure(&mut table).await.context("mail")?;
    }
    if wanted("past") {
        past::measure(&mut table).await.context("past")?;
    }
    if wanted("memory") {
        memory::measure(&mut table).await.context("memory")?;
    }
    let text = table.to_markdown(&machine::facts());
    println!("\n{text}");
    if only.is_none() {
        std::fs::write(Path::new("tests/load/results.md"), text)?;
    }
    Ok(())
}
