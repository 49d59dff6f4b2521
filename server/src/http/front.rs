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
use super::reader::may_be_member;
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

const TOLD_AGAIN: [HeaderName; 4] = [
    header::ETAG,
    header::CACHE_CONTROL,
    header::VARY,
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
];

/// Answers by what the request for them looked like.
#[derive(Clone)]
pub struct Front {
    cx: Ctx,
    ready: moka::sync::Cache<Ask, Arc<Ready>>,
}

/// What a request looks like, as far as the answer depends on it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ask(Vec<u8>);

/// An answer that was sent before.
struct Ready {
    kept: Arc<Kept>,
    status: StatusCode,
    headers: HeaderMap,
    /// What a visitor has to be told of an answer they have (RFC 9110, 15.4.5), and nothing else.
    known_headers: HeaderMap,
    bytes: Bytes,
    requests: IntCounter,
    not_modified: IntCounter,
    latency: Histogram,
}

impl Front {
    pub fn new(cx: Ctx) -> Self {
        let ready = moka::sync::Cache::builder()
            .max_capacity(MAX_BYTES)
            .weigher(|ask: &Ask, _| u32::try_from(ask.0.capacity() + 1_500).unwrap_or(u32::MAX))
            .build();
        Self { cx, ready }
    }

    /// What is asked, if the answer could be the same for everyone who asks so.
    pub fn ask<B>(&self, request: &Request<B>, peer: IpAddr) -> Option<Ask> {
        let headers = request.headers();
        // Before the end every answer has to say that its connection closes, which the doors see to.
        let is_leaving = self.cx.stop.is_cancelled();
        if is_leaving || request.method() != Method::GET || may_be_member(headers) {
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
        Some(Ask(ask))
    }

    /// The answer, if it was given before and is still what visitors should get.
    pub fn answer<B>(&self, ask: &Ask, request: &Request<B>) -> Option<Response<Bytes>> {
        let begun = Instant::now();
        let ready = self.ready.get(ask)?;
        if !ready.kept.is_servable_at(begun) {
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
        let known_headers = TOLD_AGAIN
            .iter()
            .filter_map(|name| Some((name.clone(), headers.get(name)?.clone())))
            .collect();
        let ready = Ready {
            kept,
            known_headers,
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
        let known = request.headers().get(header::IF_NONE_MATCH);
        if known.is_some_and(|known| has_already(&self.kept.body, known.as_bytes())) {
            self.not_modified.inc();
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.headers_mut() = self.known_headers.clone();
            return response;
        }
        self.requests.inc();
        *response.headers_mut() = self.headers.clone();
        *response.status_mut() = self.status;
        *response.body_mut() = self.bytes.clone();
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Cached, Draft};
    use crate::http::send_kept;
    use crate::testing::app;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn request(headers: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::get("/?lang=de");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap()
    }

    async fn front(text: &str) -> (Front, Ask, String) {
        let cx = app().await.cx.clone();
        let bytes = text.as_bytes().to_vec();
        let made = async { Ok(Draft::found("text/html", bytes)) };
        let answer = cx.cache.get(shared::PageId(1), Cached::Status, made).await.unwrap();
        let front = Front::new(cx);
        let ask = front.ask(&request(&[("accept-encoding", "br")]), HERE).unwrap();
        let behind = poem::Request::builder().header("accept-encoding", "br").finish();
        front.remember(ask.clone(), "/", &send_kept(&answer, &behind));
        (front, ask, answer.kept.body.etag.clone())
    }

    #[tokio::test]
    async fn what_was_sent_is_sent_again_until_it_changes() {
        let (front, ask, etag) = front("Hello").await;
        let again = front.answer(&ask, &request(&[])).unwrap();
        assert_eq!(
            (again.status(), &again.headers()["content-encoding"]),
            (StatusCode::OK, &"br".parse().unwrap())
        );
        let known = front.answer(&ask, &request(&[("if-none-match", &etag)])).unwrap();
        assert_eq!((known.status(), known.body().len()), (StatusCode::NOT_MODIFIED, 0));
        assert!(!known.headers().contains_key("content-encoding") && known.headers().contains_key("etag"));

        front.cx.cache.changed(shared::PageId(1), 9);
        assert!(front.answer(&ask, &request(&[])).is_none());
    }

    #[tokio::test]
    async fn what_asks_otherwise_is_another_question() {
        let (front, ask, _) = front("Hello").await;
        let asks = |headers: &[(&str, &str)]| front.ask(&request(headers), HERE);
        assert_eq!(
            asks(&[("accept-encoding", "br"), ("user-agent", "x"), ("cookie", "y")]),
            Some(ask.clone())
        );
        for header in ["accept-language", "host", "x-forwarded-proto"] {
            assert_ne!(
                asks(&[("accept-encoding", "br"), (header, "de")]),
                Some(ask.clone()),
                "{header}"
            );
        }
        assert_eq!(asks(&[("authorization", "Bearer x")]), None);
        assert_eq!(
            asks(&[("accept-encoding", "br"), ("cookie", "a=b; signet_pass=x")]),
            None
        );
        assert_eq!(
            asks(&[("accept-encoding", "br"), ("cookie", "signet_passing=x; signet_pass=")]),
            Some(ask)
        );
    }

    #[tokio::test]
    async fn a_warm_read_costs_next_to_nothing() {
        let (front, ask, _) = front(&"Hello ".repeat(2_000)).await;
        let request = request(&[("accept-encoding", "br"), ("host", "status.example.org")]);
        front.answer(&ask, &request).unwrap();
        let cost = allocation_counter::measure(|| {
            let ask = front.ask(&request, HERE).unwrap();
            // Not there: the host is another one. What is kept is asked for below.
            assert!(front.answer(&ask, &request).is_none());
        });
        let answer = allocation_counter::measure(|| drop(front.answer(&ask, &request).unwrap()));
        assert!(cost.count_total + answer.count_total < 10, "{cost:?} {answer:?}");
    }
}
