//! wrk, the tool that asks as fast as it is answered.

use std::path::Path;

use anyhow::{Context as _, ensure};
use tokio::process::Command;

use crate::LOAD_CORE;

/// What wrk saw.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    pub per_second: f64,
    pub p99_ms: f64,
}

/// How it asks.
#[derive(Debug, Clone)]
pub struct Load<'a> {
    pub url: String,
    pub headers: Vec<String>,
    pub script: Option<&'a Path>,
    pub connections: usize,
    pub seconds: u32,
}

impl Load<'_> {
    pub fn of(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            headers: Vec::new(),
            script: None,
            connections: 64,
            seconds: 4,
        }
    }

    #[must_use]
    pub fn with(mut self, header: impl Into<String>) -> Self {
        self.headers.push(header.into());
        self
    }

    pub async fn run(&self) -> anyhow::Result<Seen> {
        let mut command = Command::new("taskset");
        command.args(["-c", &LOAD_CORE.to_string(), "wrk", "--latency", "-t1"]);
        command
            .arg(format!("-c{}", self.connections))
            .arg(format!("-d{}s", self.seconds));
        for header in &self.headers {
            command.args(["-H", header]);
        }
        if let Some(script) = self.script {
            command.arg("-s").arg(script);
        }
        let output = command.arg(&self.url).output().await.context("wrk")?;
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "wrk: {text}");
        // wrk counts answers that are no success, and connections that broke, on lines of their own.
        ensure!(
            !text.contains("Non-2xx") && !text.contains("Socket errors"),
            "{}: {text}",
            self.url
        );
        read(&text).with_context(|| format!("wrk said {text}"))
    }
}

fn read(text: &str) -> Option<Seen> {
    let after = |label: &str| {
        let line = text.lines().map(str::trim).find(|line| line.starts_with(label))?;
        line[label.len()..].split_whitespace().next()
    };
    Some(Seen {
        per_second: after("Requests/sec:")?.parse().ok()?,
        p99_ms: milliseconds(after("99%")?)?,
    })
}

fn milliseconds(text: &str) -> Option<f64> {
    for (unit, factor) in [("us", 0.001), ("ms", 1.0), ("s", 1_000.0), ("m", 60_000.0)] {
        if let Some(number) = text.strip_suffix(unit) {
            return Some(number.parse::<f64>().ok()? * factor);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wrk_prints_is_understood() {
        let text = "Running 4s test\n  Latency Distribution\n     50%  455.00us\n     99%    1.25ms\n  5 requests\nRequests/sec:  71234.50\n";
        let seen = read(text).unwrap();
        assert!((seen.per_second - 71_234.5).abs() < 0.01 && (seen.p99_ms - 1.25).abs() < 0.001);
        assert_eq!(milliseconds("2.00s"), Some(2_000.0));
    }
}
