//! What the API and the public page share: how requests come in and how cached bytes go out.

pub mod body;
pub mod front;
pub mod listener;
pub mod middleware;
mod patience;
pub mod problem;
pub mod reader;
pub mod socket;

use std::sync::Arc;

use bytes::Bytes;
use poem::http::{StatusCode, header};
use poem::{Request, Response};

use crate::context::{Answer, Body, Kept};

/// Browsers keep a public answer for ten seconds, and an old one while they cannot get a new one.
pub const PUBLIC_CACHE: &str = "public, max-age=10, stale-while-revalidate=60, stale-if-error=86400";

/// What an answer was made from: [`front::Front`] may send it again for as long as `kept` is true.
#[derive(Clone)]
pub struct Served {
    pub kept: Arc<Kept>,
    /// In the encoding that was asked for.
    pub bytes: Bytes,
}

/// Sends an answer of the cache, and with it what lets [`front::Front`] send it again.
pub fn send_kept(answer: &Answer, request: &Request) -> Response {
    let Answer { kept, is_stale } = answer;
    let mut response = send(&kept.body, request);
    if *is_stale {
        // Seconds since it was true (RFC 9111, 5.1).
        response.headers_mut().insert(header::AGE, kept.age().as_secs().into());
    } else if response.status() != StatusCode::NOT_MODIFIED {
        let (_, bytes) = encoded(&kept.body, request);
        let kept = Arc::clone(kept);
        response.extensions_mut().insert(Served { kept, bytes });
    }
    response
}

/// Sends bytes: nothing if the visitor has them, else in the best encoding they take. Data may be read by any site.
pub fn send(body: &Body, request: &Request) -> Response {
    let mut response = Response::builder()
        .header(header::ETAG, &body.etag)
        .header(header::CACHE_CONTROL, PUBLIC_CACHE)
        .header(header::VARY, "Accept-Encoding, Accept-Language");
    if body.content_type.starts_with("application/") {
        response = response.header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    }
    let known = request.headers().get(header::IF_NONE_MATCH);
    if known.is_some_and(|known| has_already(body, known.as_bytes())) {
        return response.status(StatusCode::NOT_MODIFIED).finish();
    }
    let status = StatusCode::from_u16(body.status).unwrap_or(StatusCode::OK);
    let (encoding, bytes) = encoded(body, request);
    if let Some(encoding) = encoding {
        response = response.header(header::CONTENT_ENCODING, encoding);
    }
    response.status(status).content_type(body.content_type).body(bytes)
}

fn encoded(body: &Body, request: &Request) -> (Option<&'static str>, Bytes) {
    let accepted = request.header(header::ACCEPT_ENCODING).unwrap_or_default();
    if accepts(accepted, "br") && !body.brotli.is_empty() {
        (Some("br"), body.brotli.clone())
    } else if accepts(accepted, "gzip") && !body.gzip.is_empty() {
        (Some("gzip"), body.gzip.clone())
    } else {
        (None, body.identity.clone())
    }
}

/// True if the visitor's `If-None-Match` names what we have.
fn has_already(body: &Body, known: &[u8]) -> bool {
    body.status == 200
        && known.split(|byte| *byte == b',').any(|etag| {
            let etag = etag.trim_ascii();
            etag.strip_prefix(b"W/").unwrap_or(etag) == body.etag.as_bytes()
        })
}

/// True if the header names the encoding, and not with `q=0` (RFC 9110, 12.5.3).
fn accepts(header: &str, encoding: &str) -> bool {
    header.split(',').any(|part| {
        let mut words = part.split(';').map(str::trim);
        words.next() == Some(encoding) && !words.any(|word| matches!(word, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

/// The host name the visitor asked for.
pub fn host(request: &Request) -> Option<&str> {
    request.header(header::HOST).or_else(|| request.uri().host())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_taken_only_if_it_is_wanted() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("br;q=0.5", "br"));
        assert!(!accepts("br;q=0, gzip", "br"));
        assert!(!accepts("bread", "br"));
    }
}
