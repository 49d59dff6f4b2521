//! What the public page gives to programs: feeds, calendars and badges, as bytes of the cache.

use poem::{Request, Response};
use serde::Serialize;
use shared::problem::Code;
use url::Url;

use super::page::{self, Visit, Wishes};
use crate::context::{Cached, Draft};
use crate::error::Result;
use crate::http;

/// Serves a file from the cache, or makes it. What is not there is the page's own 404; other failures are problems, since
/// it is programs that ask.
pub async fn answer(
    request: &Request,
    wishes: &Wishes,
    path: &str,
    make: impl AsyncFnOnce(&Visit) -> Result<Draft>,
) -> Response {
    let visit = match page::visit(request, wishes).await {
        Ok(visit) => visit,
        Err(error) => return http::problem::respond(&error),
    };
    let what = Cached::File {
        path: format!("{path}#{}", visit.is_locale_chosen),
        locale: visit.locale.tag(),
    };
    // On the heap: a badge is made of another answer of the cache, and the two in each other are too much for a stack.
    let made = Box::pin(make(&visit));
    match visit.cx.cache.get(visit.page.id, what, made).await {
        Ok(answer) => http::send_kept(&answer, request),
        Err(error) if error.code() == Code::NotFound => page::not_found(request, &visit).await,
        Err(error) => http::problem::respond(&error),
    }
}

/// A value as the JSON of a file.
pub fn json(content_type: &'static str, value: &impl Serialize) -> Result<Draft> {
    let bytes = serde_json::to_vec(value).map_err(anyhow::Error::from)?;
    Ok(Draft::found(content_type, bytes))
}

/// A document in XML, which has no words for two characters that our texts may hold.
pub fn xml(content_type: &'static str, text: &str) -> Draft {
    let sayable = text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
    Draft::found(content_type, sayable.into_bytes())
}

/// The host name of a page's address: what stays the same when its port or scheme changes.
pub fn host(address: &str) -> String {
    let host = Url::parse(address)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| "localhost".into())
}
