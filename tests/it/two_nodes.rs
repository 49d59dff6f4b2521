//! Two processes on one database: a change made at one door is seen at the other.

use std::time::Duration;

use futures::StreamExt;
use harness::servers::PrivateRedis;
use harness::{DatabaseKind, TestApp, Told};
use reqwest::Method;
use server::config::{Config, Secret};
use server::context::{Audit, Job};
use shared::component::ComponentStatus;
use shared::incident::NewIncident;

harness::on_every_database! {
    /// The visitor of one node hears of what an operator publishes on the other.
    async fn two_processes_tell_each_others_news(app: TestApp) {
        let other = app.second_node().await;
        let admin = app.admin().await;
        let api = app.seed().component("API").await;
        let response = other.visitor().call(Method::GET, "/stream").send().await.unwrap();
        let mut stream = response.bytes_stream();
        stream.next().await.unwrap().unwrap();

        let down = NewIncident::investigating("Slow API").affecting(api.id, ComponentStatus::MajorOutage);
        admin.api().create_incident(&down).await.told().unwrap();
        loop {
            let heard = stream.next().await.unwrap().unwrap();
            assert!(String::from_utf8_lossy(&heard).contains("status"), "{heard:?}");
            let page = other.visitor().api().get_status(None).await.told().unwrap();
            if page.overall.status == ComponentStatus::MajorOutage {
                break;
            }
        }
        assert!(other.visitor().page("/").await.1.contains("Slow API"));
    }

    /// What is due again and again is done once, however many nodes look at the clock.
    async fn two_processes_share_one_schedule(app: TestApp) {
        let other = app.second_node().await;
        let (one, two) = tokio::join!(app.run_jobs(), other.run_jobs());
        let first = one + two;
        assert!(first > 0);
        let (one, two) = tokio::join!(app.run_jobs(), other.run_jobs());
        assert_eq!(one + two, 0, "the same ticks again");
        app.clock.advance(harness::minutes(1));
        let (one, two) = tokio::join!(app.run_jobs(), other.run_jobs());
        assert!(one + two > 0 && one + two <= first);
    }
}

/// PostgreSQL tells others what is committed, and nothing of what is not.
#[test]
fn postgres_tells_of_commits_only() {
    harness::app::tell(DatabaseKind::Postgres, async |app: TestApp| {
        let other = app.second_node().await;
        let mut news = other.cx.line.listen().await.unwrap().unwrap();
        let page = app
            .admin()
            .await
            .api()
            .list_pages(None, None)
            .await
            .told()
            .unwrap()
            .items[0]
            .id;

        let mut given_up = app.cx.begin().await.unwrap();
        given_up.touch(page);
        given_up.enqueue(&Job::Purge).await.unwrap();
        drop(given_up);
        let mut kept = app.cx.begin().await.unwrap();
        kept.touch(page);
        kept.commit(Audit::Bookkeeping).await.unwrap();

        let heard = news.next().await.unwrap();
        assert_eq!(heard.pages, [(page, app.cx.cache.live(page).version())]);
        assert!(!heard.has_work, "{heard:?}");
    });
}

/// With PostgreSQL, a worker hears of an incident that was opened at another node before it would look.
#[test]
fn postgres_wakes_the_workers_of_other_nodes() {
    harness::app::tell(DatabaseKind::Postgres, async |app: TestApp| {
        let other = app.second_node().await;
        harness::until("both nodes hear", async || app.metric("signet_line_up").await == 2.0).await;
        assert_wakes(&app, &other).await;
    });
}

/// With MySQL, Redis does the same; while it is gone, nodes look.
#[test]
fn heavy_redis_may_go_and_come_back() {
    harness::app::tell(DatabaseKind::MySql, async |plain: TestApp| {
        let mut redis = PrivateRedis::start().await;
        let url = redis.url();
        let with_redis = |config: &mut Config| config.redis.url = Secret::new(url.clone());
        let app = plain.second_node_with(with_redis).await;
        let other = plain.second_node_with(with_redis).await;
        let lines = async |count: f64| app.metric("signet_line_up").await == count;
        harness::until("both nodes hear", async || lines(2.0).await).await;
        assert_wakes(&app, &other).await;

        redis.stop();
        harness::until("both nodes have noticed", async || lines(0.0).await).await;
        let admin = app.admin().await;
        let news = NewIncident::investigating("Told by nobody");
        admin.api().create_incident(&news).await.told().unwrap();
        let is_seen = async || other.visitor().page("/").await.1.contains("Told by nobody");
        harness::until("the other node has looked", is_seen).await;

        redis.start_again().await;
        harness::until("both nodes hear again", async || lines(2.0).await).await;
        assert_wakes(&app, &other).await;
    });
}

/// Work made at one node rings at the other, sooner than it looks by itself: with a line it looks every ten seconds.
async fn assert_wakes(app: &TestApp, other: &TestApp) {
    // What rang when the line came up.
    let _ = tokio::time::timeout(Duration::from_millis(100), other.cx.bell.notified()).await;
    let admin = app.admin().await;
    let news = NewIncident::investigating("Slow API");
    admin.api().create_incident(&news).await.told().unwrap();
    let rung = tokio::time::timeout(Duration::from_secs(8), other.cx.bell.notified()).await;
    assert!(rung.is_ok(), "nobody told the other node");
}
