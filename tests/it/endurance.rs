//! Long days, and a crowd: nothing grows with time, and everyone who keeps the page open hears.

use std::time::Duration;

use harness::app::PASSWORD;
use harness::servers::free_port;
use harness::{Client, Node, TestApp, Told, minutes};
use shared::component::{ComponentStatus, SetComponentStatus};
use shared::incident::{NewIncident, ResolveIncident};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const VISITORS: usize = 10_000;

/// Two days on the held clock, with visitors, incidents, mails and all that is due again and again.
#[tokio::test]
async fn long_a_day_leaves_memory_and_files_as_the_day_before() {
    let app = TestApp::start().await;
    let component = app.seed().component("API").await;
    for n in 0..20 {
        app.seed().subscriber(&format!("person{n}@example.org")).await;
    }
    // The first hours fill caches and pools, which are bounded.
    spend(&app, component.id, 6).await;
    let files_before = open_files();
    let first_day = spend(&app, component.id, 24).await;
    let second_day = spend(&app, component.id, 24).await;
    let files = open_files();
    assert!(
        second_day < first_day * 1.1 + 8.0,
        "memory went from {first_day:.1} to {second_day:.1} MiB in a day"
    );
    assert!(
        files <= files_before + 16,
        "open files went from {files_before} to {files}"
    );
}

/// Lives through some hours. The least memory held at the end of one of them, in MiB: a sign-in takes 19 for a moment, and the
/// allocator gives such blocks back when it likes.
async fn spend(app: &TestApp, component: shared::ComponentId, time: u64) -> f64 {
    let mut least = f64::MAX;
    for hour in 0..time {
        let admin = app.admin().await;
        let opened = NewIncident::investigating("Slow API").affecting(component, ComponentStatus::DegradedPerformance);
        let opened = admin.api().create_incident(&opened).await.told().unwrap();
        for _ in 0..12 {
            app.clock.advance(minutes(5));
            app.run_jobs().await;
            for path in ["/", "/api/v3/status", "/history", "/nope", "/metrics"] {
                assert!(app.visitor().page(path).await.0.as_u16() < 500, "{path} in hour {hour}");
            }
        }
        // A sign-in is good for fifteen minutes, and an hour has passed.
        let resolved = ResolveIncident {
            message: "Over.".into(),
            restore_components: None,
            notify: None,
        };
        let admin = app.admin().await;
        admin
            .api()
            .resolve_incident(opened.id.0, &resolved)
            .await
            .told()
            .unwrap();
        app.run_jobs().await;
        assert_eq!(
            app.mailbox().len(),
            40,
            "twenty people hear of the beginning and of the end"
        );
        app.mailbox().clear();
        least = least.min(resident_mib());
    }
    least
}

fn resident_mib() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Thousands keep the page open; each hears of the change.
#[tokio::test]
async fn long_a_crowd_hears_of_a_change() {
    let app = TestApp::start().await;
    let component = app.seed().component("API").await;
    app.admin().await;
    let address = format!("127.0.0.1:{}", free_port());
    let mut node = Node::new(&app, &["serve"], &[("SIGNET_HTTP__LISTEN", &address)]);
    node.start_ready().await;
    let mut crowd = Vec::with_capacity(VISITORS);
    for _ in 0..VISITORS {
        crowd.push(follow(&address).await);
    }
    let owner = Client::stranger(&format!("http://{address}"))
        .sign_in("owner@example.org", PASSWORD)
        .await
        .unwrap();
    let down = SetComponentStatus {
        status: ComponentStatus::MajorOutage,
        notify: None,
    };
    owner
        .api()
        .set_component_status(component.id.0, &down)
        .await
        .told()
        .unwrap();
    let hear = crowd.iter_mut().map(next_event);
    let heard = tokio::time::timeout(Duration::from_secs(60), futures::future::join_all(hear)).await;
    assert_eq!(heard.expect("everyone should hear").len(), VISITORS);
    let (status, page) = owner.page("/").await;
    assert!(status == 200 && page.contains("Major outage"), "{status}");
}

/// An open stream whose first event has come.
async fn follow(address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /api/v3/stream HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    next_event(&mut stream).await;
    stream
}

async fn next_event(stream: &mut TcpStream) {
    let mut seen = Vec::new();
    let mut some = [0; 1_024];
    while !seen.windows(8).any(|bytes| bytes == b"version\"") {
        let count = stream.read(&mut some).await.unwrap();
        assert!(count > 0, "the stream ended");
        seen.extend_from_slice(&some[..count]);
    }
}
