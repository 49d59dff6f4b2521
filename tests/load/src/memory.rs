//! Memory when nobody is there, and with ten thousand visitors who keep the page open.

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::scene::Scene;
use crate::signet::Signet;
use crate::table::Table;

const VISITORS: usize = 10_000;

pub async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let scene = Scene::sqlite(1).await?;
    let signet = Signet::start(&scene, "all", &[]).await?;
    reqwest::get(format!("{}/", signet.base)).await?.bytes().await?;
    let (idle, _) = signet.memory_mib()?;
    table.below("memory, idle after a warm page", (idle, "MiB"), 60.0);

    let address = signet.base.trim_start_matches("http://").to_owned();
    let mut streams = Vec::with_capacity(VISITORS);
    for n in 0..VISITORS {
        streams.push(follow(&address).await.with_context(|| format!("visitor {n}"))?);
    }
    let (open, _) = signet.memory_mib()?;
    table.below("memory with 10,000 open streams", (open, "MiB"), 400.0);
    drop(streams);
    signet.stop().await
}

/// An open stream whose first event has come.
async fn follow(address: &str) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /api/v3/stream HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut seen = Vec::new();
    let mut some = [0; 1_024];
    while !seen.windows(8).any(|bytes| bytes == b"version\"") {
        let count = stream.read(&mut some).await?;
        anyhow::ensure!(count > 0, "closed after {:?}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&some[..count]);
    }
    Ok(stream)
}
