//! Who reads the public page: anyone, or a member who is signed in. What is made for members is theirs alone: it is neither
//! kept here nor anywhere on its way.

use poem::http::{HeaderMap, HeaderValue, StatusCode, header};
use poem::{Request, Response};

use super::middleware::Authenticated;
use crate::auth::pass;
use crate::context::{Actor, Ctx, Draft};

/// True if the answer may be one that is not for everyone. Looks at nothing but headers: every visitor pays for it.
pub fn may_be_member(headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION) || pass_in(headers).is_some()
}

/// The same context, asking as the member who shows an access token or the pass of a browser; as a visitor if there is none,
/// or none that holds: whoever was signed out reads on as everyone does.
pub async fn reading(request: &Request, cx: &Ctx) -> Ctx {
    match member(request, cx).await {
        Some(actor) => cx.acting(actor),
        None => cx.acting(Actor::Visitor),
    }
}

async fn member(request: &Request, cx: &Ctx) -> Option<Actor> {
    if let Some(Authenticated(Ok(actor))) = request.extensions().get::<Authenticated>() {
        return Some(actor.clone());
    }
    let pass = pass_in(request.headers())?;
    // On the heap, since next to nobody shows one.
    Box::pin(pass::actor_of(cx, pass)).await
}

/// Sends what was made for one member.
pub fn send_private(draft: Draft) -> Response {
    let mut response = Response::builder()
        .status(StatusCode::from_u16(draft.status).unwrap_or(StatusCode::OK))
        .content_type(draft.content_type)
        .body(draft.bytes);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

/// Leads on for good (RFC 9110, 15.4.9), to an address that depends on who asks.
pub fn send_on(address: &str) -> Response {
    Response::builder()
        .status(StatusCode::PERMANENT_REDIRECT)
        .header(header::LOCATION, address)
        .header(header::CACHE_CONTROL, "private, no-store")
        .finish()
}

fn pass_in(headers: &HeaderMap) -> Option<&str> {
    let sent = headers.get_all(header::COOKIE).into_iter();
    let cookies = sent
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'));
    cookies
        .filter_map(|cookie| cookie.trim().strip_prefix(pass::COOKIE)?.strip_prefix('='))
        .find(|pass| !pass.is_empty())
}
