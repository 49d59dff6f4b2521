//! What it costs an operator to publish an incident, for one subscriber and for a hundred thousand.

use std::time::Instant;

use anyhow::ensure;
use serde_json::json;

use crate::scene::Scene;
use crate::signet::Signet;
use crate::table::Table;

const INCIDENTS: usize = 200;

pub async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let (few, many) = (Scene::sqlite(1).await?, Scene::sqlite(100_000).await?);
    // The workers are another process's, as in any larger installation: this is about the request.
    let few = Signet::start(&few, "api", &[]).await.map(|signet| (signet, few))?;
    let many = Signet::start(&many, "api", &[]).await.map(|signet| (signet, many))?;
    let (few_token, many_token) = (few.0.token().await?, many.0.token().await?);
    let client = reqwest::Client::new();
    let (mut for_few, mut for_many) = (Vec::new(), Vec::new());
    for n in 0..INCIDENTS {
        for_few.push(publish(&client, &few.0, &few_token, n).await?);
        for_many.push(publish(&client, &many.0, &many_token, n).await?);
    }
    let (theirs, ours) = (p95(for_few), p95(for_many));
    table.at_most(
        "publish an incident with 100,000 subscribers: p95",
        (ours, "ms"),
        ("with one", theirs),
        1.2,
    );
    few.0.stop().await?;
    many.0.stop().await
}

async fn publish(client: &reqwest::Client, signet: &Signet, token: &str, n: usize) -> anyhow::Result<f64> {
    let incident = json!({ "title": format!("Incident {n}"), "message": "We are looking into it." });
    let begun = Instant::now();
    let answer = client
        .post(format!("{}/api/v3/incidents", signet.base))
        .bearer_auth(token)
        .json(&incident)
        .send()
        .await?;
    let time = begun.elapsed().as_secs_f64() * 1_000.0;
    ensure!(
        answer.status().is_success(),
        "{}: {}",
        answer.status(),
        answer.text().await?
    );
    Ok(time)
}

fn p95(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() * 95 / 100).copied().unwrap_or(f64::NAN)
}
