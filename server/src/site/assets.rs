//! The files of both bundles, compressed once and kept in memory; their names hold their hashes, so they never change.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use poem::http::{HeaderValue, StatusCode, header};
use poem::web::Path;
use poem::{IntoResponse, Request, Response, handler};
use rust_embed::Embed;
use web::pages::status::HeadAssets;

use crate::context::{Body, Draft};
use crate::http;

/// What Trunk built. In a development build the files are read from the folder each time.
#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/../web/dist"]
#[allow_missing = true]
struct Dist;

const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

static BODIES: LazyLock<RwLock<HashMap<String, Arc<Body>>>> = LazyLock::new(RwLock::default);

/// The names of the public bundle's files.
pub fn head() -> HeadAssets {
    index("status")
        .map(|index| HeadAssets::from_trunk(&index))
        .unwrap_or_default()
}

/// The console's only document, as Trunk wrote it.
pub fn index(bundle: &str) -> Option<String> {
    let file = Dist::get(&format!("{bundle}/index.html"))?;
    String::from_utf8(file.data.into_owned()).ok()
}

/// `/assets/{file}`
#[handler]
pub fn serve(request: &Request, Path(path): Path<String>) -> Response {
    let Some(body) = find(&path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = http::send(&body, request);
    response.headers_mut().insert(header::CACHE_CONTROL, IMMUTABLE);
    response
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    response
}

/// Search engines are welcome, except in the console and behind personal links.
#[handler]
pub fn robots() -> &'static str {
    "User-agent: *\nDisallow: /admin\nDisallow: /api/\nDisallow: /confirm/\nDisallow: /manage/\nDisallow: /unsubscribe/\n"
}

fn find(path: &str) -> Option<Arc<Body>> {
    if let Some(body) = BODIES.read().unwrap_or_else(PoisonError::into_inner).get(path) {
        return Some(body.clone());
    }
    let file = Dist::get(&format!("status/{path}")).or_else(|| Dist::get(&format!("admin/{path}")))?;
    let body = Arc::new(Body::from(Draft::found(content_type(path), file.data.into_owned())));
    BODIES
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(path.to_owned(), body.clone());
    Some(body)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "html" => "text/html; charset=utf-8",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}
