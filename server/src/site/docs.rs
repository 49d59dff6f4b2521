//! The API document, and a page to read and try it.

use std::sync::LazyLock;

use poem::http::StatusCode;
use poem::web::Path;
use poem::{IntoResponse, Request, Response, handler};

use crate::context::{Body, Draft};
use crate::http;

const PAGE: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Signet API</title>\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><link rel=\"stylesheet\" href=\"/api/v3/docs/ui.css\">\
    <script src=\"/api/v3/docs/ui.js\" defer></script><script src=\"/api/v3/docs/start.js\" defer></script></head>\
    <body><div id=\"ui\"></div></body></html>\n";
const START: &str = "SwaggerUIBundle({ dom_id: \"#ui\", url: \"/api/v3/openapi.json\", deepLinking: true });\n";

/// The page's files. poem-openapi has Swagger UI inside one page; taken apart, it needs no exception from our policy
/// on scripts, and browsers keep it.
struct Files {
    script: Body,
    style: Body,
    start: Body,
    document: Body,
}

static FILES: LazyLock<Files> = LazyLock::new(|| {
    let bundle = crate::api::service().swagger_ui_html();
    let body = |content_type, text: &str| Body::from(Draft::found(content_type, text.as_bytes().to_vec()));
    Files {
        script: body("text/javascript; charset=utf-8", inside(&bundle, "script")),
        style: body("text/css; charset=utf-8", inside(&bundle, "style")),
        start: body("text/javascript; charset=utf-8", START),
        document: body("application/json; charset=utf-8", &crate::api::document()),
    }
});

/// `/api/v3/docs`
#[handler]
pub fn page() -> Response {
    Response::builder().content_type("text/html; charset=utf-8").body(PAGE)
}

/// `/api/v3/docs/{file}`
#[handler]
pub fn file(request: &Request, Path(name): Path<String>) -> Response {
    match name.as_str() {
        "ui.js" => http::send(&FILES.script, request),
        "ui.css" => http::send(&FILES.style, request),
        "start.js" => http::send(&FILES.start, request),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `/api/v3/openapi.json`
#[handler]
pub fn document(request: &Request) -> Response {
    http::send(&FILES.document, request)
}

/// The text of the first element with a tag.
fn inside<'a>(html: &'a str, tag: &str) -> &'a str {
    let content = html
        .split_once(&format!("<{tag}"))
        .and_then(|(_, rest)| rest.split_once('>'));
    let content = content.and_then(|(_, rest)| rest.split_once(&format!("</{tag}>")));
    content.map_or("", |(text, _)| text)
}
