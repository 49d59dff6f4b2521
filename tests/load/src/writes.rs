//! What monitoring tools do: change the status of components, one request each, against bare commits of one row.

use std::io::Write as _;

use anyhow::Context as _;
use sea_orm::{ConnectionTrait as _, Database};
use tempfile::NamedTempFile;
use tokio::process::Command;

use crate::scene::Scene;
use crate::signet::Signet;
use crate::table::{Table, median};
use crate::wrk::Load;
use crate::{ROUNDS, SERVER_CORE};

/// Connections of each side.
const CONNECTIONS: usize = 16;
const CLIENTS: usize = 64;

pub async fn measure(table: &mut Table) -> anyhow::Result<()> {
    let scene = Scene::sqlite(0).await?;
    let bare = format!("sqlite://{}?mode=rwc", scene.folder.path().join("bare.db").display());
    compare(table, "SQLite", &scene, &bare).await?;

    let server =
        std::env::var("SIGNET_TEST_POSTGRES_URL").context("SIGNET_TEST_POSTGRES_URL, which scripts/bench.sh sets")?;
    let (host, _) = server.rsplit_once('/').context("a URL with a database")?;
    let admin = Database::connect(&server).await?;
    let name = format!("signet_bench_{}", std::process::id());
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
    let url = format!("{host}/{name}");
    let scene = Scene::on(url.clone(), 0).await?;
    let measured = compare(table, "PostgreSQL", &scene, &url).await;
    admin
        .execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)"))
        .await?;
    measured
}

async fn compare(table: &mut Table, kind: &str, scene: &Scene, bare_url: &str) -> anyhow::Result<()> {
    let signet = Signet::start(scene, "api", &[]).await?;
    let script = script(&signet.token().await?, &scene.components)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        theirs.push(bare(bare_url).await?);
        let load = Load {
            script: Some(script.path()),
            connections: CLIENTS,
            ..Load::of(&signet.base)
        };
        ours.push(load.run().await?.per_second);
    }
    table.at_least(
        &format!("status changes by API, single, durable, {kind}"),
        (median(ours), "changes/s"),
        ("bare sqlx commits", median(theirs)),
        0.7,
    );
    signet.stop().await
}

async fn bare(url: &str) -> anyhow::Result<f64> {
    let output = Command::new("taskset")
        .args(["-c", &SERVER_CORE.to_string()])
        .arg(std::env::current_exe()?)
        .args(["bare-commits", url, &CONNECTIONS.to_string(), "4"])
        .output()
        .await?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim()
        .parse()
        .with_context(|| format!("bare commits: {text}{}", String::from_utf8_lossy(&output.stderr)))
}

/// wrk asks in Lua: the next component, another status than it had.
fn script(token: &str, components: &[i64]) -> anyhow::Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    write!(
        file,
        "local ids = {{ {ids} }}\n\
         local statuses = {{ 'degraded_performance', 'operational', 'major_outage' }}\n\
         local n = 0\n\
         local headers = {{ ['Authorization'] = 'Bearer {token}', ['Content-Type'] = 'application/json' }}\n\
         request = function()\n\
           n = n + 1\n\
           local id = ids[n % #ids + 1]\n\
           local status = statuses[math.floor(n / #ids) % #statuses + 1]\n\
           return wrk.format('PUT', '/api/v3/components/' .. id .. '/status', headers, '{{\"status\":\"' .. status .. '\"}}')\n\
         end\n",
        ids = components.iter().map(i64::to_string).collect::<Vec<_>>().join(", "),
    )?;
    Ok(file)
}
