//! For machines that watch the machine: is it alive, is it ready, how is it doing.

use std::time::Duration;

use poem::http::StatusCode;
use poem::{IntoResponse, Request, Response, handler};
use prometheus::{Encoder, TextEncoder};

use super::page::context;
use crate::domain::queue;
use crate::http::problem::respond;
use crate::metrics;

/// Who asks for health every few seconds does not wait long for an answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The process answers.
#[handler]
pub fn live() -> &'static str {
    "alive\n"
}

/// The database answers too, and the process has not been told to stop.
#[handler]
pub async fn ready(request: &Request) -> Response {
    let cx = match context(request) {
        Ok(cx) => cx,
        Err(error) => return respond(&error),
    };
    let not_ready = |reason: &'static str| (StatusCode::SERVICE_UNAVAILABLE, reason).into_response();
    if cx.stop.is_cancelled() {
        return not_ready("the server is stopping\n");
    }
    match tokio::time::timeout(PATIENCE, cx.db.ping()).await {
        Ok(Ok(())) => "ready\n".into_response(),
        Ok(Err(_)) | Err(_) => not_ready("the database does not answer\n"),
    }
}

/// Counters in Prometheus' text format.
#[handler]
pub async fn counters(request: &Request) -> Response {
    let mut text = Vec::new();
    let encoder = TextEncoder::new();
    if let Err(error) = encoder.encode(&metrics::REGISTRY.gather(), &mut text) {
        tracing::error!(%error, "the counters cannot be written");
    }
    if let Ok(cx) = context(request) {
        match queue::state(&cx.as_system("metrics")).await {
            Ok(queue) => text.extend(queue.to_prometheus().into_bytes()),
            Err(error) => tracing::warn!(%error, "the queue cannot be counted"),
        }
    }
    Response::builder().content_type(encoder.format_type()).body(text)
}
