//! What visitors do: the page and its data, warm, against a file in nginx and the bare framework.

use anyhow::Context as _;
use reqwest::header;

use crate::ROUNDS;
use crate::peers::Peer;
use crate::scene::Scene;
use crate::signet::Signet;
use crate::table::{Table, median};
use crate::wrk::{Load, Seen};

/// What browsers send, and so what is compared.
const ENCODING: &str = "Accept-Encoding: br";

pub async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let scene = Scene::sqlite(1).await?;
    let signet = Signet::start(&scene, "all", &[]).await?;
    for (name, path, content_type) in [
        ("GET /api/v3/status", "/api/v3/status", "application/json"),
        ("GET /", "/", "text/html"),
    ] {
        let url = format!("{}{path}", signet.base);
        let (bytes, etag) = fetch(&url).await?;
        let nginx = Peer::nginx(&bytes, content_type).await?;
        let poem = Peer::bare_poem(&bytes).await?;
        let name = format!("{name}, {} bytes of brotli", bytes.len());
        compare(table, &name, &url, &nginx, &poem).await?;
        if path == "/" {
            compare_not_modified(table, &url, &etag, &nginx).await?;
        }
        nginx.stop().await?;
        poem.stop().await?;
    }
    signet.stop().await
}

/// The bytes as browsers get them, and their ETag.
async fn fetch(url: &str) -> anyhow::Result<(Vec<u8>, String)> {
    // Without reqwest's own decoding the bytes come as they are sent.
    let answer = reqwest::Client::new()
        .get(url)
        .header(header::ACCEPT_ENCODING, "br")
        .send()
        .await?;
    let etag = answer
        .headers()
        .get(header::ETAG)
        .context("no ETag")?
        .to_str()?
        .to_owned();
    Ok((answer.bytes().await?.to_vec(), etag))
}

async fn compare(table: &mut Table, name: &str, url: &str, nginx: &Peer, poem: &Peer) -> anyhow::Result<()> {
    let (mut ours, mut file, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        file.push(Load::of(nginx.url()).with(ENCODING).run().await?);
        ours.push(Load::of(url).with(ENCODING).run().await?);
        bare.push(Load::of(poem.url()).with(ENCODING).run().await?);
    }
    let (per_second, unit) = (rate(&ours), "requests/s");
    table.at_least(name, (per_second, unit), ("nginx", rate(&file)), 1.1);
    table.at_least(name, (per_second, unit), ("bare poem", rate(&bare)), 0.9);
    table.at_most(&format!("{name}: p99"), (p99(&ours), "ms"), ("nginx", p99(&file)), 1.0);
    Ok(())
}

async fn compare_not_modified(table: &mut Table, url: &str, etag: &str, nginx: &Peer) -> anyhow::Result<()> {
    let answer = reqwest::get(nginx.url()).await?;
    let theirs = answer
        .headers()
        .get(header::ETAG)
        .context("no ETag of nginx")?
        .to_str()?;
    let (mut ours, mut file) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let known = Load::of(nginx.url())
            .with(ENCODING)
            .with(format!("If-None-Match: {theirs}"));
        // wrk takes every status below 400 as a success.
        file.push(known.run().await?);
        let known = Load::of(url).with(ENCODING).with(format!("If-None-Match: {etag}"));
        ours.push(known.run().await?);
    }
    table.at_least(
        "GET / not modified",
        (rate(&ours), "requests/s"),
        ("nginx", rate(&file)),
        0.9,
    );
    Ok(())
}

fn rate(seen: &[Seen]) -> f64 {
    median(seen.iter().map(|seen| seen.per_second).collect())
}

fn p99(seen: &[Seen]) -> f64 {
    median(seen.iter().map(|seen| seen.p99_ms).collect())
}
