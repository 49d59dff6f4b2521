//! How soon the first page is served on a database that is there.

use std::time::Instant;

use crate::ROUNDS;
use crate::scene::Scene;
use crate::signet::Signet;
use crate::table::{Table, median};

pub async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let scene = Scene::sqlite(1).await?;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let signet = Signet::start(&scene, "all", &[]).await?;
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
        signet.stop().await?;
    }
    table.below("cold start to the first page served", (median(times), "ms"), 300.0);
    Ok(())
}
