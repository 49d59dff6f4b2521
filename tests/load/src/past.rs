//! What a long past costs visitors: the first answer after a change, and charts over many points.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use sea_orm::{ConnectionTrait as _, Database, EntityTrait, Set};
use serde_json::json;
use server::context::Ctx;
use server::domain;
use server::entity::{incident, incident_component, incident_update};
use shared::metric::{NewMetric, NewMetricPoint, NewMetricPoints};
use shared::time::days;
use shared::{IncidentId, IncidentUpdateId, Timestamp};

use crate::scene::Scene;
use crate::signet::Signet;
use crate::table::{Table, median};

/// First answers after a change that are measured; the median counts.
const CHANGES: usize = 40;
/// The product makes at most ten answers of a page per second for long: slower than that, no answer is an old one.
const PAUSE: Duration = Duration::from_millis(250);
const DAY_MS: i64 = 86_400_000;
/// Status changes in one statement: bounds what is written twice.
const IN_ONE_GO: usize = 1_000_000;
/// Rows in one statement.
const ROWS: usize = 1_000;
const CHARTS: usize = 10;
const POINTS_OF_A_CHART: i64 = 100_000;

pub async fn measure(table: &mut Table) -> anyhow::Result<()> {
    ten_years(table).await?;
    front(table).await?;
    charts(table).await?;
    let five_million = uptime(5_000_000).await?;
    let name = "uptime of 200 components × 90 days from 5,000,000 changes";
    table.below(name, (five_million, "ms"), 50.0);
    let fifty_million = uptime(50_000_000).await?;
    let name = "the same from 50,000,000 changes";
    table.at_most(name, (fifty_million, "ms"), ("from 5,000,000", five_million), 1.2);
    Ok(())
}

/// How long the first answer with all bars takes after a change.
async fn uptime(changes: i64) -> anyhow::Result<f64> {
    let scene = Scene::of_components(200).await?;
    write_past(&scene, 90, changes).await?;
    first_after_change(&scene, "/api/v3/public/uptime").await
}

async fn ten_years(table: &mut Table) -> anyhow::Result<()> {
    let scene = Scene::of_components(500).await?;
    write_past(&scene, 3_650, 120_000).await?;
    let cx = scene.context().await?;
    copy_incidents(&cx, 5_000).await?;
    cx.db.close().await?;
    let name = "first read after a change, 500 components, 10 years, SQLite: GET";
    for path in ["/api/v3/status", "/"] {
        let time = first_after_change(&scene, path).await?;
        table.below(&format!("{name} {path}"), (time, "ms"), 30.0);
    }
    Ok(())
}

/// More than the rendering alone: with the queries and the compression.
async fn front(table: &mut Table) -> anyhow::Result<()> {
    let scene = Scene::of_components(100).await?;
    write_past(&scene, 90, 2_000).await?;
    let time = first_after_change(&scene, "/").await?;
    table.below("GET / made anew, 100 components", (time, "ms"), 5.0);
    Ok(())
}

/// Outages at equal distances over the last days, each of the next component and at most 20 minutes long, and the days closed as
/// the product does it.
async fn write_past(scene: &Scene, past_days: u64, changes: i64) -> anyhow::Result<()> {
    let now = server::context::Clock::system().now();
    let from = (now - days(past_days)).as_millis();
    let step = f64::from(u32::try_from(past_days)?) * 86_400_000.0 / changes as f64;
    let db = Database::connect(&scene.database_url).await?;
    let components = scene.components.len();
    let outage = (step * components as f64).min(20.0 * 60_000.0);
    let first = scene.components.first().context("no component")?;
    let mut statements = vec![
        "PRAGMA synchronous = OFF".to_owned(),
        "DELETE FROM status_change".to_owned(),
        format!("UPDATE component SET created_at = {from}"),
    ];
    // An index is made much sooner at once than row by row.
    let indexes = [
        ("page_id_created_at", "page_id, created_at"),
        ("component_id_created_at", "component_id, created_at"),
        ("component_id_id", "component_id, id"),
    ];
    statements.extend(indexes.map(|(name, _)| format!("DROP INDEX ix_status_change_{name}")));
    for begin in (0..changes).step_by(IN_ONE_GO) {
        let last = changes.min(begin + i64::try_from(IN_ONE_GO)?) - 1;
        statements.push(format!(
            "WITH RECURSIVE n(i) AS (SELECT {begin} UNION ALL SELECT i + 1 FROM n WHERE i < {last})
             INSERT INTO status_change (page_id, component_id, from_status, to_status, cause, cause_id, created_at)
             SELECT (SELECT id FROM page), {first} + i % {components},
                CASE i / {components} % 2 WHEN 0 THEN 'operational' ELSE 'partial_outage' END,
                CASE i / {components} % 2 WHEN 1 THEN 'operational' ELSE 'partial_outage' END,
                'token', NULL,
                CAST({from} + (i / {components} / 2 * 2 * {components} + i % {components}) * {step}
                    + i / {components} % 2 * {outage} AS INTEGER)
             FROM n"
        ));
    }
    statements.extend(
        indexes.map(|(name, columns)| format!("CREATE INDEX ix_status_change_{name} ON status_change ({columns})")),
    );
    for statement in statements {
        db.execute_unprepared(&statement).await?;
    }
    db.close().await?;
    let cx = scene.context().await?;
    domain::uptime::close_days(&cx).await?;
    cx.db.close().await?;
    Ok(())
}

/// Resolved incidents with three updates each, spread over ten years.
async fn copy_incidents(cx: &Ctx, count: i64) -> anyhow::Result<()> {
    let model = incident::Entity::find().one(&cx.db).await?.context("no incident")?;
    let word = incident_update::Entity::find()
        .one(&cx.db)
        .await?
        .context("no update")?;
    let affected = incident_component::Entity::find()
        .one(&cx.db)
        .await?
        .context("no component")?;
    let now = cx.clock.now();
    let at = |n: i64, minutes: i64| {
        Timestamp::from_millis(now.as_millis() - (n + 1) * 3_650 * DAY_MS / count + minutes * 60_000)
    };
    let numbers: Vec<i64> = (0..count).collect();
    for some in numbers.chunks(ROWS / 3) {
        let incidents = some.iter().map(|n| {
            let mut row: incident::ActiveModel = model.clone().into();
            row.id = Set(IncidentId(1_000 + n));
            row.status = Set(shared::incident::IncidentStatus::Resolved);
            (row.published_at, row.resolved_at) = (Set(Some(at(*n, 0))), Set(Some(at(*n, 30))));
            (row.started_at, row.created_at, row.last_update_at) = (Set(at(*n, 0)), Set(at(*n, 0)), Set(at(*n, 30)));
            row
        });
        incident::Entity::insert_many(incidents)
            .exec_without_returning(&cx.db)
            .await?;
        let words = some
            .iter()
            .flat_map(|n| (0..3).map(move |step| (n, step)))
            .map(|(n, step)| {
                let mut row: incident_update::ActiveModel = word.clone().into();
                row.id = Set(IncidentUpdateId(10_000 + n * 3 + step));
                row.incident_id = Set(IncidentId(1_000 + n));
                row.created_at = Set(at(*n, step * 15));
                row
            });
        incident_update::Entity::insert_many(words)
            .exec_without_returning(&cx.db)
            .await?;
        let components = some.iter().map(|n| {
            let mut row: incident_component::ActiveModel = affected.clone().into();
            row.incident_id = Set(IncidentId(1_000 + n));
            row
        });
        incident_component::Entity::insert_many(components)
            .exec_without_returning(&cx.db)
            .await?;
    }
    Ok(())
}

/// Changes the status of a component, then asks for an address, and so on; the median of the answers' times.
async fn first_after_change(scene: &Scene, path: &str) -> anyhow::Result<f64> {
    let signet = Signet::start(scene, "api", &[]).await?;
    let (client, token) = (reqwest::Client::new(), signet.token().await?);
    let mut times = Vec::new();
    let mut last = String::new();
    for n in 0..CHANGES {
        tokio::time::sleep(PAUSE).await;
        let component = scene.components.get(n).context("no component")?;
        let answer = client
            .put(format!("{}/api/v3/components/{component}/status", signet.base))
            .bearer_auth(&token)
            .json(&json!({ "status": "degraded_performance" }))
            .send()
            .await?;
        ensure!(
            answer.status().is_success(),
            "{}: {}",
            answer.status(),
            answer.text().await?
        );
        let begun = Instant::now();
        let answer = client
            .get(format!("{}{path}", signet.base))
            .header("accept-encoding", "br")
            .send()
            .await?;
        let version = answer.headers().get("etag").context("no ETag")?.to_str()?.to_owned();
        ensure!(answer.status().is_success(), "{}", answer.status());
        answer.bytes().await?;
        // The first is the one for which nothing was remembered yet.
        if n > 0 {
            times.push(begun.elapsed().as_secs_f64() * 1_000.0);
        }
        ensure!(version != last, "the answer after the change is the one before it");
        last = version;
    }
    signet.stop().await?;
    Ok(median(times))
}

async fn charts(table: &mut Table) -> anyhow::Result<()> {
    let scene = Scene::of_components(50).await?;
    let cx = scene.context().await?;
    for n in 0..CHARTS {
        chart(&cx, n).await?;
    }
    cx.db.close().await?;
    for range in ["24h", "90d"] {
        let path = format!("/api/v3/public/metrics?range={range}");
        let time = first_after_change(&scene, &path).await;
        let name = format!("10 charts over 1,000,000 points, {range}");
        table.below(&name, (time?, "ms"), 30.0);
    }
    Ok(())
}

/// A metric with as many points as a week gives at one each six seconds.
async fn chart(cx: &Ctx, n: usize) -> anyhow::Result<()> {
    let input = NewMetric {
        page_id: None,
        name: format!("Metric {n}"),
        slug: None,
        description: None,
        unit: "ms".into(),
        aggregation: None,
        places: None,
        default_range: None,
        thresholds: Vec::new(),
        is_public: None,
    };
    let metric = domain::metric::create(cx, input).await?.id;
    let now = cx.clock.now().as_millis();
    let numbers: Vec<i64> = (0..POINTS_OF_A_CHART).collect();
    for some in numbers.chunks(ROWS) {
        let point = |i: &i64| NewMetricPoint {
            value: ((i * 37) % 1_000) as f64,
            at: Some(Timestamp::from_millis(now - (POINTS_OF_A_CHART - i) * 6_000)),
        };
        let points = NewMetricPoints {
            value: None,
            at: None,
            points: Some(some.iter().map(point).collect()),
        };
        domain::metric_points::push(cx, metric, points).await?;
    }
    Ok(())
}
