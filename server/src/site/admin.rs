//! The console: one document, whatever the address under `/admin`; the app inside it does the rest.

use poem::http::{HeaderValue, StatusCode, header};
use poem::{IntoResponse, Response, handler};

use super::assets;

#[handler]
pub fn shell() -> Response {
    match assets::index("admin") {
        Some(index) => {
            let mut response = Response::builder().content_type("text/html; charset=utf-8").body(index);
            response
                .headers_mut()
                .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            response
        }
        None => (
            StatusCode::SERVICE_UNAVAILABLE,
            "The console was not built into this server: run `make build`.",
        )
            .into_response(),
    }
}
