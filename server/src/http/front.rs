//! The front of the house: answers that were sent before and are still true are sent again before anything else looks at
//! the request. What is kept is the whole answer, as the doors behind made it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use poem::http::header::{self, HeaderName};
use poem::http::{HeaderMap, Method, Request, Response, StatusCode};
use prometheus::{Histogram, IntCounter};

use super::middleware::{REQUEST_ID, route};
use super::{Served, has_already};
use crate::context::{Ctx, Kept};
use crate::metrics;

/// Bytes of keys and headers; the bodies are shared with the cache behind.
const MAX_BYTES: u64 = 8 * 1024 * 1024;
/// What answers depend on besides the address. Nothing else of a request may make a public answer another one.
const VARIES_BY: [HeaderName; 4] = [
    header::HOST,
    header::ACCEPT_ENCODING,
    header::ACCEPT_LANGUAGE,
    HeaderName::from_static("x-forwarded-proto"),
];

/// Answers by what the request for them looked like.
#[derive(Clone)]
pub struct Front {
    cx: Ctx,
    ready: moka::sync::Cache<Ask, Arc<Ready>>,
}

/// What a request looks like, as far as the answer depends on it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ask(Box<[u8]>);

/// An answer that was sent before.
struct Ready {
    kept: Arc<Kept>,
    status: StatusCode,
    headers: HeaderMap,
    bytes: Bytes,
    requests: IntCounter,
    not_modified: IntCounter,
    latency: Histogram,
}

impl Front {
    pub fn new(cx: Ctx) -> Self {
        let ready = moka::sync::Cache::builder()
            .max_capacity(MAX_BYTES)
            .weigher(|ask: &Ask, _| u32::try_from(ask.0.len() + 1_500).unwrap_or(u32::MAX))
            .build();
        Self { cx, ready }
    }

    /// What is asked, if the answer could be the same for everyone who asks so.
    pub fn ask<B>(&self, request: &Request<B>, peer: IpAddr) -> Option<Ask> {
        let headers = request.headers();
        if request.method() != Method::GET || headers.contains_key(header::AUTHORIZATION) {
            return None;
        }
        let address = request.uri().path_and_query()?.as_str().as_bytes();
        let mut ask = Vec::with_capacity(256);
        ask.push(u8::from(self.cx.config.http.trusted_proxies.contains(&peer)));
        ask.extend_from_slice(address);
        for name in &VARIES_BY {
            // No header holds a line break, so no two requests look the same by accident.
            ask.push(b'\n');
            if let Some(value) = headers.get(name) {
                ask.extend_from_slice(value.as_bytes());
            }
        }
        Some(Ask(ask.into_boxed_slice()))
    }

    /// The answer, if it was given before and is still what visitors should get.
    pub fn answer<B>(&self, ask: &Ask, request: &Request<B>) -> Option<Response<Bytes>> {
        let begun = Instant::now();
        let ready = self.ready.get(ask)?;
        if !ready.kept.is_servable() {
            return None;
        }
        let answer = ready.to(request);
        metrics::CACHE_HITS.inc();
        ready.latency.observe(begun.elapsed().as_secs_f64());
        Some(answer)
    }

    /// Keeps an answer that came from the cache for the next one who asks the same.
    pub fn remember(&self, ask: Ask, path: &str, response: &poem::Response) {
        let Some(Served { kept, bytes }) = response.extensions().get::<Served>().cloned() else {
            return;
        };
        let mut headers = response.headers().clone();
        headers.remove(REQUEST_ID);
        let route = route(path);
        let counter = |status: StatusCode| metrics::REQUESTS.with_label_values(&["GET", route, status.as_str()]);
        let ready = Ready {
            kept,
            status: response.status(),
            headers,
            bytes,
            requests: counter(response.status()),
            not_modified: counter(StatusCode::NOT_MODIFIED),
            latency: metrics::LATENCY.with_label_values(&[route]),
        };
        self.ready.insert(ask, Arc::new(ready));
    }
}

impl Ready {
    fn to<B>(&self, request: &Request<B>) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        *response.headers_mut() = self.headers.clone();
        let known = request.headers().get(header::IF_NONE_MATCH);
        if known.is_some_and(|known| has_already(&self.kept.body, known.as_bytes())) {
            self.not_modified.inc();
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING] {
                response.headers_mut().remove(name);
            }
            return response;
        }
        self.requests.inc();
        *response.status_mut() = self.status;
        *response.body_mut() = self.bytes.clone();
        response
    }
}
