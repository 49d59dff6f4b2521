//! Clients that mean no good, or do not know better: everyone else is served as if they were not there.

use std::time::Duration;

use harness::{DatabaseKind, TestApp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn app() -> TestApp {
    let app = TestApp::start_with(DatabaseKind::Sqlite, |config| config.http.idle_timeout_s = 1).await;
    app.seed().component("API").await;
    app
}

async fn connect(app: &TestApp) -> TcpStream {
    TcpStream::connect(app.base.trim_start_matches("http://"))
        .await
        .unwrap()
}

/// A visitor gets the page, and does not wait for others.
async fn is_served(app: &TestApp) {
    let page = tokio::time::timeout(Duration::from_secs(5), app.visitor().page("/")).await;
    let (status, text) = page.expect("a visitor should not have to wait");
    assert_eq!(status, 200);
    assert!(text.contains("API"));
}

/// What comes until the other side closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is a way of closing, too.
    stream.read_to_end(&mut bytes).await.ok();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Requests that never end and connections that never begin are given up.
#[tokio::test]
async fn who_says_nothing_is_not_waited_for() {
    let app = app().await;
    let mut silent = Vec::new();
    for n in 0..300 {
        let mut stream = connect(&app).await;
        if n % 2 == 0 {
            stream
                .write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
                .await
                .unwrap();
        }
        silent.push(stream);
    }
    is_served(&app).await;
    for stream in &mut silent {
        let closed = tokio::time::timeout(Duration::from_secs(20), rest(stream)).await;
        assert!(!closed.expect("a silent connection should be closed").contains("200 OK"));
    }
    is_served(&app).await;
}

/// Someone who reads a byte at a time holds up nobody.
#[tokio::test]
async fn who_reads_slowly_is_waited_for_alone() {
    let app = app().await;
    let (_, document) = app.visitor().page("/api/v3/openapi.json").await;
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut stream = connect(&app).await;
        stream
            .write_all(b"GET /api/v3/openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .await
            .unwrap();
        let mut first = [0; 1];
        stream.read_exact(&mut first).await.unwrap();
        slow.push(stream);
    }
    is_served(&app).await;
    let whole = rest(&mut slow[0]).await;
    assert!(whole.ends_with(&document), "in the end all of it arrives");
}

/// Bytes that are no request get a refusal, thousands of them, and nothing breaks.
#[tokio::test]
async fn garbage_is_refused_as_fast_as_it_comes() {
    let app = app().await;
    let long_line = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(200_000));
    let many_headers = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "X-A: b\r\n".repeat(500));
    let garbage: [&[u8]; 7] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\0\0\0\0\r\n\r\n",
        b"BREW /pot HTCPCP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/v3/incidents HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        long_line.as_bytes(),
        many_headers.as_bytes(),
    ];
    let send = |n: usize| {
        let (app, bytes) = (&app, garbage[n % garbage.len()]);
        async move {
            let mut stream = connect(app).await;
            // It may close before all is sent.
            stream.write_all(bytes).await.ok();
            stream.shutdown().await.ok();
            rest(&mut stream).await
        }
    };
    for _ in 0..50 {
        let answers = futures::future::join_all((0..100).map(send)).await;
        for answer in answers {
            let line = answer.lines().next().unwrap_or_default();
            assert!(line.is_empty() || line.starts_with("HTTP/1.1 4"), "{line}");
        }
    }
    is_served(&app).await;
}

/// A request that is broken off in the middle stores nothing.
#[tokio::test]
async fn half_a_request_is_no_request() {
    let app = app().await;
    let admin = app.admin().await;
    let token = admin.token();
    for _ in 0..50 {
        let mut stream = connect(&app).await;
        let head = format!(
            "POST /api/v3/incidents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Content-Length: 60\r\n\r\n{{\"title\": \"Half\", "
        );
        stream.write_all(head.as_bytes()).await.unwrap();
    }
    is_served(&app).await;
    let list: shared::list::IncidentList = admin.get("/incidents").await.unwrap();
    assert!(list.items.is_empty());
}
