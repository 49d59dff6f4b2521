//! Around every request: an id, a span, a limit on the body, who is asking, and the same headers on every answer.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use poem::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use poem::{Endpoint, IntoResponse, Middleware, Request, Response};
use sha2::{Digest, Sha256};
use shared::problem::{Code, Problem};
use tracing::Instrument;

use super::body::{self, BODY_MAX, Unread};
use super::problem::{Cause, from_poem, problem_response, respond};
use crate::auth;
use crate::context::{Actor, Ctx, Origin};
use crate::domain::idempotency::{self, Claim};
use crate::error::Error;
use crate::metrics;

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Answers under these addresses, or the requests themselves, hold credentials: neither they nor their hashes are kept.
const NEVER_KEPT: &[&str] = &[
    "/api/v3/sessions",
    "/api/v3/setup",
    "/api/v3/invitations",
    "/api/v3/members",
    "/api/v3/me",
];
/// Scripts and styles come from here only; WebAssembly may be compiled.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Who the bearer token says is asking; absent when there is no token.
#[derive(Clone)]
pub struct Authenticated(pub Result<Actor, Arc<Error>>);

/// Wraps all doors.
pub struct Doors {
    pub cx: Ctx,
}

impl<E: Endpoint> Middleware<E> for Doors {
    type Output = DoorsEndpoint<E>;

    fn transform(&self, inner: E) -> Self::Output {
        DoorsEndpoint {
            inner,
            cx: self.cx.clone(),
        }
    }
}

pub struct DoorsEndpoint<E> {
    inner: E,
    cx: Ctx,
}

impl<E: Endpoint> Endpoint for DoorsEndpoint<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let started = std::time::Instant::now();
        let origin = origin(&self.cx, &request);
        let id = origin.request_id.clone().unwrap_or_default();
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let is_secure = is_secure(&self.cx, &request);
        let span = tracing::info_span!("request", id, %method, path);
        request.extensions_mut().insert(self.cx.from_origin(origin));
        let mut response = self.answer(request).instrument(span.clone()).await;
        finish(&mut response, &id, is_secure);
        if self.cx.stop.is_cancelled() {
            // The next request is better sent elsewhere than on a connection that is about to close.
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let elapsed = started.elapsed();
        let route = route(&path);
        metrics::REQUESTS
            .with_label_values(&[method.as_str(), route, response.status().as_str()])
            .inc();
        metrics::LATENCY
            .with_label_values(&[route])
            .observe(elapsed.as_secs_f64());
        let cause = response.extensions().get::<Cause>().map(|cause| cause.0.clone());
        let _entered = span.enter();
        let status = response.status().as_u16();
        match cause {
            Some(cause) => tracing::error!(status, ?elapsed, cause, "failed"),
            None => tracing::debug!(status, ?elapsed, "answered"),
        }
        Ok(response)
    }
}

impl<E: Endpoint> DoorsEndpoint<E> {
    async fn answer(&self, mut request: Request) -> Response {
        let body = match body::read(request.take_body()).await {
            Ok(body) => body,
            Err(reason) => return unreadable(&reason),
        };
        let cx = request
            .extensions()
            .get::<Ctx>()
            .cloned()
            .unwrap_or_else(|| self.cx.clone());
        if let Some(token) = bearer(&request) {
            let who = auth::session::actor_of(&cx, &token).await.map_err(Arc::new);
            request.extensions_mut().insert(Authenticated(who));
        }
        let claim = match self.claim(&cx, &request, &body).await {
            Ok(claim) => claim,
            Err(error) => return respond(&error),
        };
        request.set_body(body);
        match claim {
            None => self.guarded(request).await,
            Some(Claim::Answered { status, body }) => replay(status, body),
            Some(Claim::Ours(key)) => self.kept(&cx, key, request).await,
        }
    }

    /// Calls the handler; what it throws, even a panic, is an answer.
    async fn guarded(&self, request: Request) -> Response {
        match AssertUnwindSafe(self.inner.call(request)).catch_unwind().await {
            Ok(Ok(response)) => response.into_response(),
            Ok(Err(error)) => from_poem(error),
            Err(panic) => {
                let text = panic
                    .downcast_ref::<String>()
                    .cloned()
                    .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                let mut response = problem_response(&Problem::new(Code::Internal));
                response
                    .extensions_mut()
                    .insert(Cause(format!("panic: {}", text.unwrap_or_default())));
                response
            }
        }
    }

    async fn claim(&self, cx: &Ctx, request: &Request, body: &[u8]) -> Result<Option<Claim>, Error> {
        let Some(key) = request.headers().get(&IDEMPOTENCY_KEY) else {
            return Ok(None);
        };
        let path = request.uri().path();
        if request.method() != Method::POST || NEVER_KEPT.iter().any(|prefix| path.starts_with(prefix)) {
            return Ok(None);
        }
        let who = match request.extensions().get::<Authenticated>() {
            Some(Authenticated(Ok(actor))) => format!("{}:{}", actor.kind(), actor.number().unwrap_or_default()),
            _ => return Ok(None),
        };
        let mut hash = Sha256::new();
        hash.update(path.as_bytes());
        hash.update([0]);
        hash.update(body);
        idempotency::claim(cx, &who, key.as_bytes(), &hex::encode(hash.finalize()))
            .await
            .map(Some)
    }

    /// Answers, and keeps the answer for a repetition of the request.
    async fn kept(&self, cx: &Ctx, key: String, request: Request) -> Response {
        let mut response = self.guarded(request).await;
        let status = response.status();
        let Ok(body) = response.take_body().into_bytes().await else {
            return response;
        };
        let kept = if status.is_success() {
            idempotency::keep(cx, &key, status.as_u16(), &body).await
        } else {
            idempotency::abandon(cx, &key).await
        };
        if let Err(error) = kept {
            tracing::warn!(%error, "the answer could not be kept under its idempotency key");
        }
        response.set_body(body);
        response
    }
}

fn unreadable(reason: &Unread) -> Response {
    let (code, detail) = match reason {
        Unread::TooLarge => (Code::TooLarge, format!("the body has more than {BODY_MAX} bytes")),
        Unread::TooSlow => (Code::TimedOut, "the body did not come to its end in time".into()),
        Unread::Broken => (Code::Malformed, "the body could not be read".into()),
    };
    problem_response(&Problem {
        detail: Some(detail),
        ..Problem::new(code)
    })
}

fn replay(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    Response::builder()
        .status(status)
        .content_type("application/json; charset=utf-8")
        .header("idempotency-replayed", "true")
        .body(body)
}

fn bearer(request: &Request) -> Option<String> {
    let text = request.header(header::AUTHORIZATION)?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// Where the request came from; proxies are believed only if they are configured.
fn origin(cx: &Ctx, request: &Request) -> Origin {
    let given = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok());
    let is_sound =
        |id: &&str| (8..=36).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let request_id = given
        .filter(is_sound)
        .map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned);
    let user_agent = request
        .header(header::USER_AGENT)
        .map(|text| text.chars().take(300).collect());
    Origin {
        request_id: Some(request_id),
        ip: client_ip(cx, request),
        user_agent,
    }
}

fn client_ip(cx: &Ctx, request: &Request) -> Option<IpAddr> {
    let peer = request.remote_addr().as_socket_addr().map(|addr| addr.ip());
    let trusted = &cx.config.http.trusted_proxies;
    let is_trusted = |ip: &IpAddr| trusted.contains(ip);
    if !peer.is_some_and(|ip| is_trusted(&ip)) {
        return peer;
    }
    let chain = request.header("x-forwarded-for").unwrap_or_default();
    // From the right: the first address that is not one of our proxies is the nearest one they vouch for.
    let client = chain
        .rsplit(',')
        .filter_map(|part| part.trim().parse().ok())
        .find(|ip| !is_trusted(ip));
    client.or(peer)
}

fn is_secure(cx: &Ctx, request: &Request) -> bool {
    let peer = request.remote_addr().as_socket_addr().map(|addr| addr.ip());
    let is_proxied = peer.is_some_and(|ip| cx.config.http.trusted_proxies.contains(&ip));
    is_proxied && request.header("x-forwarded-proto") == Some("https")
}

/// The headers every answer has, and the request id inside problems.
fn finish(response: &mut Response, id: &str, is_secure: bool) {
    if let Some(problem) = response.extensions().get::<Problem>().cloned() {
        let problem = Problem {
            instance: Some(id.to_owned()),
            ..problem
        };
        response.set_body(serde_json::to_vec(&problem).unwrap_or_default());
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("strict-origin-when-cross-origin"),
    );
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if is_secure {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        );
    }
}

/// The route for counters: few and known names, whatever visitors ask for.
pub fn route(path: &str) -> &'static str {
    const ROUTES: &[&str] = &[
        "/api/v3/status",
        "/api/v3/stream",
        "/api/v3/history",
        "/api/v3/public",
        "/api/v3/subscriptions",
        "/api/v3/sessions",
        "/api/v3/setup",
        "/api/v3/invitations",
        "/api/v3/me",
        "/api/v3/members",
        "/api/v3/pages",
        "/api/v3/component-groups",
        "/api/v3/components",
        "/api/v3/incidents",
        "/api/v3/maintenances",
        "/api/v3/templates",
        "/api/v3/announcements",
        "/api/v3/subscribers",
        "/api/v3/deliveries",
        "/api/v3/audit",
        "/api/v3/system",
        "/api/v3/docs",
        "/assets",
        "/admin",
        "/incidents",
        "/maintenance",
        "/components",
        "/feed.atom",
        "/feed.rss",
        "/feed.json",
        "/maintenance.ics",
        "/badge.svg",
        "/badge.json",
        "/history",
        "/subscribe",
        "/confirm",
        "/manage",
        "/unsubscribe",
        "/health",
        "/metrics",
        "/theme",
    ];
    if path == "/" {
        return "/";
    }
    let fits = |route: &&&str| {
        path.strip_prefix(**route)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    ROUTES.iter().find(fits).copied().unwrap_or("other")
}
