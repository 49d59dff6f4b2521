//! Public pages come from a standby while it keeps up, and from the primary when it lags or is away; never an old page.

use harness::servers::PrivatePostgres;
use harness::{DatabaseKind, TestApp, TestDatabase, Told};
use server::config::Secret;
use shared::incident::NewIncident;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heavy_public_pages_are_read_from_a_standby_that_keeps_up() {
    if !DatabaseKind::all().contains(&DatabaseKind::Postgres) {
        return;
    }
    let primary = PrivatePostgres::start().await;
    let mut standby = primary.standby().await;
    let database = TestDatabase::on_server(&primary).await;
    let read_url = standby.url(database.url.rsplit('/').next().unwrap());
    let app = TestApp::start_in(database, harness::clock::held(), |config| {
        config.database.read_url = Secret::new(read_url);
    })
    .await;

    publish(&app, "First").await;
    follow(&primary, &standby).await;
    assert_eq!(read_from(&app, "First").await, ["replica"]);

    standby.ask("SELECT pg_wal_replay_pause()::text").await;
    publish(&app, "Second").await;
    assert_eq!(read_from(&app, "Second").await, ["primary"]);
    standby.ask("SELECT pg_wal_replay_resume()::text").await;

    publish(&app, "Third").await;
    follow(&primary, &standby).await;
    assert_eq!(read_from(&app, "Third").await, ["replica"]);

    standby.stop();
    publish(&app, "Fourth").await;
    assert_eq!(read_from(&app, "Fourth").await, ["primary"]);

    standby.start_again().await;
    harness::until("the standby is read again", async || {
        publish(&app, "Fifth").await;
        follow(&primary, &standby).await;
        read_from(&app, "Fifth").await == ["replica"]
    })
    .await;
}

async fn publish(app: &TestApp, title: &str) {
    let admin = app.admin().await;
    admin
        .api()
        .create_incident(&NewIncident::investigating(title))
        .await
        .told()
        .unwrap();
}

/// Waits until the standby has seen all that the primary has written.
async fn follow(primary: &PrivatePostgres, standby: &PrivatePostgres) {
    let written = primary.ask("SELECT pg_current_wal_lsn()::text").await;
    let has_seen = format!("SELECT (pg_last_wal_replay_lsn() >= '{written}'::pg_lsn)::text");
    harness::until("the standby has caught up", async || {
        standby.ask(&has_seen).await == "true"
    })
    .await;
}

/// Looks at the front of the page, which must tell the news, and says where it was read from.
async fn read_from(app: &TestApp, news: &str) -> Vec<&'static str> {
    let places = ["primary", "replica"];
    let count = async |place| {
        app.metric(&format!("signet_public_reads_total{{from=\"{place}\"}}"))
            .await
    };
    let before = [count(places[0]).await, count(places[1]).await];
    let (_, page) = app.visitor().page("/").await;
    assert!(page.contains(news), "{news} is not on the page");
    let after = [count(places[0]).await, count(places[1]).await];
    (0..2).filter(|&n| after[n] > before[n]).map(|n| places[n]).collect()
}
