//! What the API and the public page share: how requests come in and how cached bytes go out.

pub mod body;
pub mod middleware;
pub mod problem;
pub mod socket;

use poem::http::{StatusCode, header};
use poem::{Request, Response};

use crate::context::Body;

/// Browsers keep a public answer for ten seconds, and an old one while they cannot get a new one.
pub const PUBLIC_CACHE: &str = "public, max-age=10, stale-while-revalidate=60, stale-if-error=86400";

/// Sends cached bytes: nothing if the visitor has them, else in the best encoding they take.
pub fn send(body: &Body, request: &Request) -> Response {
    let response = Response::builder()
        .header(header::ETAG, &body.etag)
        .header(header::CACHE_CONTROL, PUBLIC_CACHE)
        .header(header::VARY, "Accept-Encoding, Accept-Language");
    if has_already(body, request) {
        return response.status(StatusCode::NOT_MODIFIED).finish();
    }
    let status = StatusCode::from_u16(body.status).unwrap_or(StatusCode::OK);
    let response = response.status(status).content_type(body.content_type);
    let accepted = request.header(header::ACCEPT_ENCODING).unwrap_or_default();
    if accepts(accepted, "br") && !body.brotli.is_empty() {
        response
            .header(header::CONTENT_ENCODING, "br")
            .body(body.brotli.clone())
    } else if accepts(accepted, "gzip") && !body.gzip.is_empty() {
        response
            .header(header::CONTENT_ENCODING, "gzip")
            .body(body.gzip.clone())
    } else {
        response.body(body.identity.clone())
    }
}

fn has_already(body: &Body, request: &Request) -> bool {
    let known = request.header(header::IF_NONE_MATCH).unwrap_or_default();
    body.status == 200
        && known
            .split(',')
            .any(|etag| etag.trim().trim_start_matches("W/") == body.etag)
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
