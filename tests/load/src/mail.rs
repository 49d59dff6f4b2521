//! A fan-out to a hundred thousand subscribers into postfix's sink, against postfix's own source of mail; and visitors who
//! read meanwhile.

use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use serde_json::json;
use tokio::process::Command;

use crate::SERVER_CORE;
use crate::peers::Peer;
use crate::scene::Scene;
use crate::signet::Signet;
use crate::table::{Table, median};
use crate::wrk::Load;

const PEOPLE: usize = 100_000;
const CONNECTIONS: usize = 16;
/// A fan-out takes a while, so there are fewer of them.
const ROUNDS: usize = 3;
const WRITES_PER_SECOND: u64 = 200;

pub async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let sink = Peer::smtp_sink().await?;
    let url = format!("smtp://{}", sink.address);
    let connections = CONNECTIONS.to_string();
    let settings = [
        ("SIGNET_MAIL__SMTP_URL", url.as_str()),
        ("SIGNET_MAIL__FROM", "status@example.org"),
        ("SIGNET_MAIL__CONCURRENCY", connections.as_str()),
    ];
    let scene = Scene::sqlite(PEOPLE).await?;
    let signet = Signet::start(&scene, "all", &settings).await?;
    let token = signet.token().await?;

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        theirs.push(source(&sink.address).await?);
        ours.push(fan_out(&signet, &token, round).await?);
    }
    table.at_least(
        "fan-out by mail, 16 connections",
        (median(ours), "mails/s"),
        ("smtp-source", median(theirs)),
        0.6,
    );
    let (_, most) = signet.memory_mib()?;
    table.below("memory, most during a fan-out to 100,000", (most, "MiB"), 150.0);
    while_busy(table, &signet, &token, scene.components[1]).await?;
    signet.stop().await?;
    sink.stop().await
}

/// Mails per second that smtp-source brings to the sink.
async fn source(address: &str) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let status = Command::new("taskset")
        .args(["-c", &SERVER_CORE.to_string(), "smtp-source", "-d"])
        .args(["-m", &PEOPLE.to_string(), "-s", &CONNECTIONS.to_string(), "-l", "3000"])
        .args(["-f", "status@example.org", "-t", "person@example.org", address])
        .status()
        .await?;
    ensure!(status.success(), "smtp-source: {status}");
    Ok(PEOPLE as f64 / begun.elapsed().as_secs_f64())
}

/// Mails per second from the moment an incident is published until the last one is on record as delivered.
async fn fan_out(signet: &Signet, token: &str, round: usize) -> anyhow::Result<f64> {
    let before = delivered(signet).await?;
    let begun = Instant::now();
    publish(signet, token, &format!("Incident of round {round}")).await?;
    let goal = before + PEOPLE as f64;
    while delivered(signet).await? < goal {
        if begun.elapsed() > Duration::from_secs(300) {
            bail!("{} of {goal} after five minutes", delivered(signet).await?);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(PEOPLE as f64 / begun.elapsed().as_secs_f64())
}

async fn delivered(signet: &Signet) -> anyhow::Result<f64> {
    signet
        .metric("signet_deliveries_total{channel=\"email\",outcome=\"delivered\"}")
        .await
}

async fn publish(signet: &Signet, token: &str, title: &str) -> anyhow::Result<()> {
    // About as long as the mails that the peer sends.
    let message = "We are looking into it. ".repeat(12);
    let answer = reqwest::Client::new()
        .post(format!("{}/api/v3/incidents", signet.base))
        .bearer_auth(token)
        .json(&json!({ "title": title, "message": message }))
        .send()
        .await?;
    ensure!(answer.status().is_success(), "{}", answer.text().await?);
    Ok(())
}

/// What visitors notice of a fan-out and of 200 changes a second.
async fn while_busy(table: &mut Table, signet: &Signet, token: &str, component: i64) -> anyhow::Result<()> {
    let page = || Load::of(format!("{}/", signet.base)).with("Accept-Encoding: br");
    let idle = page().run().await?;
    publish(signet, token, "While visitors read").await?;
    let writer = tokio::spawn(write(signet.base.clone(), token.to_owned(), component));
    let busy = page().run().await?;
    writer.abort();
    let waiting = signet.metric("signet_deliveries_waiting").await?;
    ensure!(waiting > 0.0, "the fan-out was over before the visitors were");
    let (rate, unit) = (busy.per_second, "requests/s");
    table.at_least(
        "GET / while 200 writes/s and a fan-out run",
        (rate, unit),
        ("idle", idle.per_second),
        0.7,
    );
    table.below("GET / meanwhile: p99", (busy.p99_ms, "ms"), 50.0);
    Ok(())
}

async fn write(base: String, token: String, component: i64) {
    let client = reqwest::Client::new();
    let mut pace = tokio::time::interval(Duration::from_micros(1_000_000 / WRITES_PER_SECOND));
    for n in 0_u64.. {
        pace.tick().await;
        let status = if n % 2 == 0 {
            "degraded_performance"
        } else {
            "operational"
        };
        let change = client
            .put(format!("{base}/api/v3/components/{component}/status"))
            .bearer_auth(&token)
            .json(&json!({ "status": status, "notify": false }));
        // Not waited for: the next one comes when it comes.
        tokio::spawn(change.send());
    }
}
