//! Restarting one process after the other: no request fails, neither behind a proxy nor at a port that two share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use harness::app::PASSWORD;
use harness::servers::{Nginx, free_port};
use harness::{Client, DatabaseKind, Node, TestApp};
use reqwest::Method;

use crate::floors::root;

/// Behind the nginx that operators are given.
#[test]
fn heavy_processes_behind_nginx_are_restarted_without_a_failed_request() {
    harness::app::tell(DatabaseKind::Postgres, async |app: TestApp| {
        let ports = [free_port(), free_port()];
        let mut nodes = ports.map(|port| serving(&app, port, &[]));
        for node in &mut nodes {
            node.start_ready().await;
        }
        let nginx = Nginx::start(|port| site(port, ports)).await;
        let crowd = Crowd::gather(&app, &format!("http://127.0.0.1:{}", nginx.port)).await;

        for _ in 0..2 {
            for node in &mut nodes {
                crowd.asks(100).await;
                assert!(node.stop().await.success());
                crowd.asks(100).await;
                node.start_ready().await;
            }
        }
        crowd.asks(100).await;
        crowd.leave().await;
        assert!(
            !nginx.complaints().contains("upstream prematurely closed"),
            "{}",
            nginx.complaints()
        );
    });
}

/// Without a proxy: the new process listens on the port before the old one leaves it.
#[test]
fn heavy_a_new_process_takes_over_the_port() {
    harness::app::tell(DatabaseKind::Postgres, async |app: TestApp| {
        let port = free_port();
        let shared = [("SIGNET_HTTP__REUSE_PORT", "true")];
        let mut old = serving(&app, port, &shared);
        old.start_ready().await;
        let crowd = Crowd::gather(&app, &format!("http://127.0.0.1:{port}")).await;
        for _ in 0..3 {
            let mut new = serving(&app, port, &shared);
            new.start_ready().await;
            crowd.asks(100).await;
            assert!(old.stop().await.success());
            crowd.asks(100).await;
            old = new;
        }
        crowd.leave().await;
    });
}

/// A process that was told to stop says so while it still answers.
#[test]
fn heavy_a_process_gives_notice_before_it_stops() {
    harness::app::tell(DatabaseKind::Sqlite, async |app: TestApp| {
        let port = free_port();
        let mut node = serving(&app, port, &[]);
        node.start_ready().await;
        let visitor = Client::stranger(&format!("http://127.0.0.1:{port}"));
        let stream = visitor.call(Method::GET, "/stream").send().await.unwrap();

        let stopping = async {
            assert!(node.stop().await.success());
        };
        let asking = async {
            harness::until("it is not ready any more", async || {
                visitor.page("/health/ready").await.0 == 503
            })
            .await;
            let page = visitor.request(Method::GET, "/").send().await.unwrap();
            assert_eq!(page.status(), 200);
            assert_eq!(page.headers()["connection"], "close");
            // The stream ends as an answer does, so that the browser connects to another process.
            stream.text().await.unwrap();
        };
        tokio::join!(stopping, asking);
        assert!(visitor.request(Method::GET, "/").send().await.is_err());
    });
}

fn serving(app: &TestApp, port: u16, more: &[(&str, &str)]) -> Node {
    let listen = format!("127.0.0.1:{port}");
    let mut settings = vec![("SIGNET_HTTP__LISTEN", listen.as_str())];
    settings.extend(more);
    Node::new(app, &["serve"], &settings)
}

/// `deploy/nginx.conf` with this story's ports, and without the certificate that the story has not got.
fn site(port: u16, nodes: [u16; 2]) -> String {
    let mut text = std::fs::read_to_string(root().join("deploy/nginx.conf")).unwrap();
    let mut replace = |from: &str, to: &str| {
        assert_eq!(text.matches(from).count(), 1, "{from:?} in deploy/nginx.conf");
        text = text.replace(from, to);
    };
    replace("127.0.0.1:8000", &format!("127.0.0.1:{}", nodes[0]));
    replace("127.0.0.1:8001", &format!("127.0.0.1:{}", nodes[1]));
    replace("listen 443 ssl http2;", &format!("listen 127.0.0.1:{port};"));
    text.lines()
        .filter(|line| !line.trim_start().starts_with("ssl_"))
        .fold(String::new(), |text, line| text + line + "\n")
}

/// People who keep asking, on kept and on new connections, some of whom write. One failure and the story ends.
struct Crowd {
    asked: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
    people: Vec<tokio::task::JoinHandle<()>>,
}

impl Crowd {
    async fn gather(app: &TestApp, base: &str) -> Self {
        drop(app.admin().await);
        // At their door, for they go by the machine's clock.
        let owner = Client::stranger(base)
            .sign_in("owner@example.org", PASSWORD)
            .await
            .unwrap();
        let component = app.seed().component("API").await;
        let mut crowd = Self {
            asked: Arc::default(),
            is_over: Arc::default(),
            people: Vec::new(),
        };
        let write = Some(format!("/components/{}", component.id));
        for keeps_connections in [true, false].repeat(3) {
            crowd.join(base, &owner, keeps_connections, None);
            crowd.join(base, &owner, keeps_connections, write.clone());
        }
        crowd
    }

    fn join(&mut self, base: &str, owner: &Client, keeps_connections: bool, writes_to: Option<String>) {
        let (asked, is_over, base) = (self.asked.clone(), self.is_over.clone(), base.to_owned());
        let idle = if keeps_connections { 4 } else { 0 };
        let http = reqwest::Client::builder().pool_max_idle_per_host(idle).build().unwrap();
        let token = owner.token().to_owned();
        self.people.push(tokio::spawn(async move {
            let mut round = 0_u64;
            while !is_over.load(Ordering::SeqCst) {
                round += 1;
                let request = match &writes_to {
                    None => http.get(format!("{base}/api/v3/status")),
                    Some(path) => http
                        .patch(format!("{base}/api/v3{path}"))
                        .bearer_auth(&token)
                        .json(&serde_json::json!({ "description": format!("round {round}") })),
                };
                let answer = request
                    .send()
                    .await
                    .unwrap_or_else(|error| panic!("{writes_to:?}: {error:?}"));
                let status = answer.status();
                let text = answer.text().await.unwrap();
                assert!(status.is_success(), "{writes_to:?}: {status} {text}");
                asked.fetch_add(1, Ordering::SeqCst);
            }
        }));
    }

    /// Waits until so many more questions were answered.
    async fn asks(&self, count: u64) {
        let goal = self.asked.load(Ordering::SeqCst) + count;
        let is_reached = async || {
            assert!(
                !self.people.iter().any(|person| person.is_finished()),
                "someone got no answer"
            );
            self.asked.load(Ordering::SeqCst) >= goal
        };
        harness::until("the crowd has been answered", is_reached).await;
    }

    async fn leave(self) {
        self.is_over.store(true, Ordering::SeqCst);
        for person in self.people {
            person.await.unwrap();
        }
    }
}
