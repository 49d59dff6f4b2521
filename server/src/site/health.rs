//! For machines that watch the machine: is it alive, is it ready, how is it doing.

use poem::http::StatusCode;
use poem::{IntoResponse, Request, Response, handler};
use prometheus::{Encoder, TextEncoder};

use super::page::context;
use crate::domain::queue;
use crate::http::problem::respond;
use crate::metrics;

/// The process answers.
#[handler]
pub fn live() -> &'static str {
    "alive\n"
}

/// The database answers too.
#[handler]
pub async fn ready(request: &Request) -> Response {
    let cx = match context(request) {
        Ok(cx) => cx,
        Err(error) => return respond(&error),
    };
    match cx.db.ping().await {
        Ok(()) => "ready\n".into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response(),
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
