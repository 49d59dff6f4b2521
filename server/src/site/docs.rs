//! The API document, and a page to read and try it.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use poem::http::{HeaderValue, header};
use poem::{Response, handler};
use sha2::{Digest, Sha256};

/// The page brings its script and style inside it, so the policy of this one address names their hashes.
struct Docs {
    html: String,
    policy: String,
}

static DOCS: LazyLock<Docs> = LazyLock::new(|| {
    let html = crate::api::service().swagger_ui_html();
    let (scripts, styles) = (hashes(&html, "script"), hashes(&html, "style"));
    let policy = format!(
        "default-src 'none'; script-src {scripts}; style-src {styles}; style-src-attr 'unsafe-inline'; img-src 'self' data:; \
         connect-src 'self'; font-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    );
    Docs { html, policy }
});

static DOCUMENT: LazyLock<String> = LazyLock::new(|| crate::api::service().spec());

/// `/api/v3/docs`
#[handler]
pub fn page() -> Response {
    let mut response = Response::builder()
        .content_type("text/html; charset=utf-8")
        .body(DOCS.html.as_str());
    if let Ok(policy) = HeaderValue::from_str(&DOCS.policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// `/api/v3/openapi.json`
#[handler]
pub fn document() -> Response {
    let response = Response::builder()
        .content_type("application/json")
        .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    response
        .header(header::CACHE_CONTROL, "public, max-age=300")
        .body(DOCUMENT.as_str())
}

fn hashes(html: &str, tag: &str) -> String {
    let open = format!("<{tag}");
    let close = format!("</{tag}>");
    let parts = html
        .split(&open)
        .skip(1)
        .filter_map(|part| part.split_once('>')?.1.split_once(&close));
    let hashes: Vec<_> = parts
        .map(|(text, _)| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes()))))
        .collect();
    if hashes.is_empty() {
        "'none'".into()
    } else {
        hashes.join(" ")
    }
}
