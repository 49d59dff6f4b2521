//! Counters for Prometheus, served at `/metrics`.

use std::sync::LazyLock;

use prometheus::{HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

/// All that `/metrics` prints, besides what is read from the database when it is asked.
pub static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::new);

/// Requests by method, route and status.
pub static REQUESTS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters(
        "signet_http_requests_total",
        "Requests answered.",
        &["method", "route", "status"],
    )
});
/// Seconds from the first byte of a request to its answer, by route.
pub static LATENCY: LazyLock<HistogramVec> = LazyLock::new(|| {
    let opts = HistogramOpts::new("signet_http_request_duration_seconds", "Time to answer a request.").buckets(vec![
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
    ]);
    registered(HistogramVec::new(opts, &["route"]))
});
pub static CACHE_HITS: LazyLock<IntCounter> = LazyLock::new(|| {
    registered(IntCounter::new(
        "signet_cache_hits_total",
        "Public answers served from memory.",
    ))
});
pub static CACHE_MISSES: LazyLock<IntCounter> = LazyLock::new(|| {
    registered(IntCounter::new(
        "signet_cache_misses_total",
        "Public answers that had to be made.",
    ))
});
/// Reads of public pages by where they were read from: `primary` or `replica`.
pub static READS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters(
        "signet_public_reads_total",
        "Public answers read from a database.",
        &["from"],
    )
});
pub static LINE: LazyLock<IntGauge> = LazyLock::new(|| {
    registered(IntGauge::new(
        "signet_line_up",
        "1 while other processes are heard as they change something, 0 while this one has to look for it.",
    ))
});
/// Tries by channel and outcome.
pub static DELIVERIES: LazyLock<IntCounterVec> = LazyLock::new(|| {
    counters(
        "signet_deliveries_total",
        "Tries to deliver a message.",
        &["channel", "outcome"],
    )
});
/// Jobs by kind and outcome.
pub static JOBS: LazyLock<IntCounterVec> =
    LazyLock::new(|| counters("signet_jobs_total", "Background jobs run.", &["kind", "outcome"]));

fn counters(name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    registered(IntCounterVec::new(Opts::new(name, help), labels))
}

// Names and labels are constants above, so this can only fail while someone edits them, and then at the first test.
#[allow(clippy::expect_used)]
fn registered<C: prometheus::core::Collector + Clone + 'static>(collector: prometheus::Result<C>) -> C {
    let collector = collector.expect("a valid metric");
    REGISTRY
        .register(Box::new(collector.clone()))
        .expect("each metric has its own name");
    collector
}
