//! How a request travels: signed, repeated after a refresh, and turned into a value or an [`ApiError`].
//!
//! When the session has ended for good, a request does not fail: it waits while the person signs in again over the
//! page, and is then sent once more. Nothing typed is lost, and the `Idempotency-Key` keeps a repeat harmless.

use std::fmt::{Display, Write};
use std::time::Duration;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use gloo_net::http::{Request, RequestBuilder, Response};
use gloo_timers::future::sleep;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::problem::Code;
use shared::session::Session;
use shared::time::{hours, minutes};
use shared::{FieldError, Problem, Timestamp};

use super::Api;
use crate::json;
use crate::state::browser;

const ROOT: &str = "/api/v3";
const LEAST_WAIT: Duration = Duration::from_secs(20);
/// What tabs of one browser wait for before they refresh.
const REFRESH_LOCK: &str = "signet.refresh";

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq)]
pub enum ApiError {
    /// The server says why.
    Problem(Box<Problem>),
    /// No answer arrived, or none that can be read.
    Offline,
}

/// What the server answered, or why it did not.
pub type ApiResult<T> = Result<T, ApiError>;

/// A thing and the version of it that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Versioned<T> {
    pub item: T,
    pub etag: Option<String>,
}

/// Names one submission of a form, so that sending it twice does it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmitKey(String);

impl SubmitKey {
    /// A key that nobody has used.
    pub fn new() -> Self {
        Self(browser::random_uuid())
    }
}

impl Default for SubmitKey {
    fn default() -> Self {
        Self::new()
    }
}

impl ApiError {
    /// The word a program can react to, if the server gave one.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Problem(problem) => Some(problem.code),
            Self::Offline => None,
        }
    }

    /// The fields that need attention.
    pub fn fields(&self) -> &[FieldError] {
        match self {
            Self::Problem(problem) => &problem.errors,
            Self::Offline => &[],
        }
    }

    fn is_signed_out(&self) -> bool {
        self.code() == Some(Code::Unauthenticated)
    }
}

#[derive(Clone, Copy)]
enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// A request before it is sent; it can be sent more than once.
pub(super) struct Call {
    method: Method,
    path: String,
    body: Option<String>,
    key: Option<SubmitKey>,
    etag: Option<String>,
}

impl Call {
    fn new(method: Method, path: impl Into<String>, body: Option<String>) -> Self {
        Self {
            method,
            path: path.into(),
            body,
            key: None,
            etag: None,
        }
    }

    pub(super) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::Get, path, None)
    }

    pub(super) fn post(path: impl Into<String>, input: &impl Serialize) -> Self {
        Self::new(Method::Post, path, Some(json::write(input)))
    }

    /// A POST whose path says it all.
    pub(super) fn bare_post(path: impl Into<String>) -> Self {
        Self::new(Method::Post, path, None)
    }

    pub(super) fn put(path: impl Into<String>, input: &impl Serialize) -> Self {
        Self::new(Method::Put, path, Some(json::write(input)))
    }

    pub(super) fn patch(path: impl Into<String>, input: &impl Serialize) -> Self {
        Self::new(Method::Patch, path, Some(json::write(input)))
    }

    pub(super) fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::Delete, path, None)
    }

    pub(super) fn query(mut self, query: Query) -> Self {
        self.path.push_str(&query.0);
        self
    }

    pub(super) fn keyed(mut self, key: &SubmitKey) -> Self {
        self.key = Some(key.clone());
        self
    }

    pub(super) fn if_match(mut self, etag: Option<String>) -> Self {
        self.etag = etag;
        self
    }

    fn builder(&self, token: Option<&str>) -> RequestBuilder {
        let url = format!("{ROOT}{}", self.path);
        let mut builder = match self.method {
            Method::Get => Request::get(&url),
            Method::Post => Request::post(&url),
            Method::Put => Request::put(&url),
            Method::Patch => Request::patch(&url),
            Method::Delete => Request::delete(&url),
        };
        builder = builder.header("Accept", "application/json");
        if let Some(token) = token {
            builder = builder.header("Authorization", &format!("Bearer {token}"));
        }
        if let Some(key) = &self.key {
            builder = builder.header("Idempotency-Key", &key.0);
        }
        if let Some(etag) = &self.etag {
            builder = builder.header("If-Match", etag);
        }
        builder
    }

    async fn send(&self, token: Option<&str>) -> ApiResult<Answer> {
        let builder = self.builder(token);
        let request = match &self.body {
            Some(body) => builder.header("Content-Type", "application/json").body(body.as_str()),
            None => builder.build(),
        };
        let response = request.map_err(offline)?.send().await.map_err(offline)?;
        Answer::read(response).await
    }
}

/// A query string in the making; what is empty is left out.
#[derive(Default)]
pub(super) struct Query(String);

impl Query {
    pub(super) fn with(mut self, name: &str, value: impl Display) -> Self {
        let mark = if self.0.is_empty() { '?' } else { '&' };
        let value = browser::encode(&value.to_string());
        // Writing to a String cannot fail.
        let _ = write!(self.0, "{mark}{name}={value}");
        self
    }

    pub(super) fn maybe(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub(super) fn text(self, name: &str, value: &str) -> Self {
        self.maybe(name, Some(value.trim()).filter(|value| !value.is_empty()))
    }
}

struct Answer {
    body: String,
    etag: Option<String>,
}

impl Answer {
    async fn read(response: Response) -> ApiResult<Self> {
        let etag = response.headers().get("etag");
        let is_ok = response.ok();
        let body = response.text().await.map_err(offline)?;
        if is_ok {
            return Ok(Self { body, etag });
        }
        // A proxy in between may answer with a page of its own.
        let problem = json::read::<Problem>(&body).map_err(|_| ApiError::Offline)?;
        Err(ApiError::Problem(Box::new(problem)))
    }

    fn parse<T: DeserializeOwned>(&self) -> ApiResult<T> {
        let body = if self.body.is_empty() { "null" } else { &self.body };
        json::read(body).map_err(|error| {
            leptos::logging::error!("the answer cannot be read: {error}");
            ApiError::Offline
        })
    }
}

impl Api {
    /// Sends a request that needs nobody to be signed in.
    pub(super) async fn open<T: DeserializeOwned>(self, call: Call) -> ApiResult<T> {
        unsigned(call).await?.parse()
    }

    /// Sends a request as whoever is signed in.
    pub(super) async fn ask<T: DeserializeOwned>(self, call: Call) -> ApiResult<T> {
        self.exchange(call).await?.parse()
    }

    /// As [`Api::ask`], where all that matters is that it was done.
    pub(super) async fn tell(self, call: Call) -> ApiResult<()> {
        self.exchange(call).await.map(|_| ())
    }

    /// As [`Api::ask`], for things that have a version.
    pub(super) async fn ask_versioned<T: DeserializeOwned>(self, call: Call) -> ApiResult<Versioned<T>> {
        let answer = self.exchange(call).await?;
        Ok(Versioned {
            item: answer.parse()?,
            etag: answer.etag,
        })
    }

    /// In a box, so that what it takes to exchange is in the bundle once and not in every operation.
    fn exchange(self, call: Call) -> LocalBoxFuture<'static, ApiResult<Answer>> {
        Box::pin(async move {
            match self.send(&call).await {
                Err(error) if error.is_signed_out() => {}
                outcome => return outcome,
            }
            while !self.refresh().await? {
                self.session().sign_in_again().await?;
            }
            self.send(&call).await
        })
    }

    async fn send(self, call: &Call) -> ApiResult<Answer> {
        let token = self.session().token();
        call.send(token.as_deref()).await
    }

    /// Gets a new access token with the cookie; false if the cookie does not hold. Those who ask at the same time share one answer.
    pub(super) async fn refresh(self) -> ApiResult<bool> {
        let running = self.session().refreshing.get_value();
        let shared = running.unwrap_or_else(|| {
            let future: LocalBoxFuture<'static, ApiResult<bool>> = Box::pin(self.refresh_once());
            let shared = future.shared();
            self.session().refreshing.set_value(Some(shared.clone()));
            shared
        });
        shared.await
    }

    async fn refresh_once(self) -> ApiResult<bool> {
        // Each cookie is good for one refresh: two tabs that showed the same one would both be signed out.
        let outcome = browser::alone(REFRESH_LOCK, self.send_refresh()).await;
        let outcome = outcome.unwrap_or(Err(ApiError::Offline));
        self.session().refreshing.set_value(None);
        match outcome {
            Ok(session) => {
                self.session().enter(session);
                self.refresh_ahead();
                Ok(true)
            }
            Err(error) if error.is_signed_out() => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn send_refresh(self) -> ApiResult<Session> {
        self.open(Call::bare_post("/sessions/refresh")).await
    }

    /// Plans the next refresh for a minute before the access token ends.
    pub(super) fn refresh_ahead(self) {
        let Some(access) = self.session().access() else { return };
        let left = access.expires_at.since(Timestamp::from_millis(browser::now_ms()));
        // A browser's timer counts milliseconds in 32 bits, and a clock that is wrong must not make it spin.
        let wait = left.saturating_sub(minutes(1)).clamp(LEAST_WAIT, hours(12));
        spawn_local(async move {
            sleep(wait).await;
            let is_current = self.session().access().is_some_and(|now| now.token == access.token);
            if is_current {
                // A failure here is met again, and handled, by the next request.
                let _ = self.refresh().await;
            }
        });
    }
}

fn unsigned(call: Call) -> LocalBoxFuture<'static, ApiResult<Answer>> {
    Box::pin(async move { call.send(None).await })
}

fn offline(_: gloo_net::Error) -> ApiError {
    ApiError::Offline
}
