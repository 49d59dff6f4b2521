//! The server that is measured: the release binary on a core of its own.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::process::{Child, Command};

use crate::SERVER_CORE;
use crate::scene::{PASSWORD, Scene};

/// A running server; it ends with this value.
pub struct Signet {
    pub base: String,
    process: Child,
}

impl Signet {
    /// Starts `signet serve` on what a scene holds, and waits for its first page.
    pub async fn start(scene: &Scene, role: &str, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let port = crate::peers::free_port()?;
        let mut command = Command::new("taskset");
        command
            .args(["-c", &SERVER_CORE.to_string()])
            .arg(binary()?)
            .args(["serve", "--role", role])
            .env("SIGNET_HTTP__LISTEN", format!("127.0.0.1:{port}"))
            .env("SIGNET_DATA_DIR", scene.folder.path())
            .env("SIGNET_DATABASE__URL", &scene.database_url)
            .env("SIGNET_LOG__LEVEL", "error")
            .env("SIGNET_HTTP__MAX_CONNECTIONS", "20000")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        for (name, value) in settings {
            command.env(name, value);
        }
        let process = command.spawn().context("signet")?;
        let signet = Self {
            base: format!("http://127.0.0.1:{port}"),
            process,
        };
        signet.answers().await?;
        Ok(signet)
    }

    async fn answers(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(30) {
            if reqwest::get(format!("{}/", self.base))
                .await
                .is_ok_and(|answer| answer.status().is_success())
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        bail!("signet does not answer")
    }

    /// The number of the process: taskset becomes what it starts.
    pub fn pid(&self) -> u32 {
        self.process.id().unwrap_or_default()
    }

    /// Memory that is resident now, and the most there ever was, in MiB.
    pub fn memory_mib(&self) -> anyhow::Result<(f64, f64)> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let kib = |name: &str| -> Option<f64> {
            let line = text.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse().ok()
        };
        let read = kib("VmRSS:").zip(kib("VmHWM:"));
        let (now, most) = read.context("no memory in /proc")?;
        Ok((now / 1024.0, most / 1024.0))
    }

    /// An access token of the owner.
    pub async fn token(&self) -> anyhow::Result<String> {
        let login = serde_json::json!({ "email": "owner@example.org", "password": PASSWORD });
        let answer = reqwest::Client::new()
            .post(format!("{}/api/v3/sessions", self.base))
            .json(&login)
            .send()
            .await?;
        let session: serde_json::Value = serde_json::from_str(&answer.text().await?)?;
        let token = session["access_token"].as_str().context("no token in the answer")?;
        Ok(token.to_owned())
    }

    /// One number of `/metrics`, 0 if it is not there yet.
    pub async fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let text = reqwest::get(format!("{}/metrics", self.base)).await?.text().await?;
        let line = text.lines().find(|line| line.starts_with(name));
        Ok(line
            .and_then(|line| line.rsplit(' ').next()?.parse().ok())
            .unwrap_or_default())
    }

    /// Ends it and waits until it is gone.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.process.kill().await?;
        Ok(())
    }
}

fn binary() -> anyhow::Result<std::path::PathBuf> {
    let this = std::env::current_exe()?;
    let binary = this.parent().unwrap_or(Path::new(".")).join("signet");
    if !binary.is_file() {
        bail!("{} is missing: build it with make build", binary.display());
    }
    Ok(binary)
}
