//! A process of its own, as an operator starts it: the real binary, told by environment, stopped by signals.

use std::process::{Child, Command, Stdio};

use crate::servers::signal;
use crate::{Client, TestApp, binary, until};

/// A running `signet`.
pub struct Node {
    command: Command,
    running: Option<Child>,
    base: String,
}

impl Node {
    /// `signet serve` or `signet worker` on an app's database, with its mailbox and its key; `settings` are the
    /// environment's, such as `("SIGNET_HTTP__LISTEN", "127.0.0.1:8001")`.
    pub fn new(app: &TestApp, what: &[&str], settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new(binary());
        command
            .args(what)
            .env("SIGNET_DATA_DIR", app.database.folder.path())
            .env("SIGNET_DATABASE__URL", &app.database.url)
            .env("SIGNET_MAIL__SMTP_URL", app.mailbox().url())
            .env("SIGNET_MAIL__FROM", "status@example.org")
            .env("SIGNET_LOG__LEVEL", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command.envs(settings.iter().copied());
        let listen = settings.iter().find(|(name, _)| *name == "SIGNET_HTTP__LISTEN");
        let base = listen.map(|(_, address)| format!("http://{address}"));
        Self {
            command,
            running: None,
            base: base.unwrap_or_default(),
        }
    }

    pub fn start(&mut self) {
        let child = self.command.spawn();
        let hint = "build it with cargo build --workspace --bin signet";
        self.running = Some(child.unwrap_or_else(|error| panic!("{:?}: {error}; {hint}", self.command)));
    }

    /// Starts and waits until it says that it is ready.
    pub async fn start_ready(&mut self) {
        self.start();
        let asker = Client::stranger(&self.base);
        until("the process is ready", async || {
            let asked = asker.request(reqwest::Method::GET, "/health/ready").send().await;
            asked.is_ok_and(|answer| answer.status().is_success())
        })
        .await;
    }

    /// SIGTERM, as an operator stops it; what it ends with.
    pub async fn stop(&mut self) -> std::process::ExitStatus {
        let mut running = self.running.take().expect("a running process");
        signal(&running, "TERM");
        let ended = tokio::task::spawn_blocking(move || running.wait());
        ended.await.expect("a wait").expect("a process that ends")
    }

    /// SIGKILL: it cannot say goodbye.
    pub fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            drop(running.kill());
            drop(running.wait());
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}
