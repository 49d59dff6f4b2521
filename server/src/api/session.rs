//! `/sessions`: signing in, staying signed in, signing out. The refresh token travels in a cookie that scripts cannot read.

use poem::http::header;
use poem::web::cookie::{Cookie, CookieJar, SameSite};
use poem::{Request, RequestBody};
use poem_openapi::payload::Json;
use poem_openapi::{ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions, OpenApi};
use shared::session::{Login, Session};
use shared::time::days;

use super::extract::Guest;
use super::input::Input;
use super::{ApiResult, Tag};
use crate::config::Config;
use crate::context::Ctx;
use crate::domain;
use crate::domain::session::SignedIn;

pub struct SessionApi;

#[OpenApi(tag = "Tag::Sessions")]
impl SessionApi {
    /// Sign in
    ///
    /// An unknown address, a wrong password and a disabled member get the same answer. Misses make the next try wait.
    #[oai(path = "/sessions", method = "post", operation_id = "create_session")]
    async fn create(&self, cx: Guest, input: Input<Login>) -> ApiResult<NewSession> {
        let signed_in = domain::session::login(&cx, input.0).await?;
        Ok(NewSession::of(&cx, signed_in))
    }

    /// Stay signed in
    ///
    /// Takes the cookie `signet_refresh` and sets its successor. A cookie works once: shown again, it ends the sign-in.
    #[oai(path = "/sessions/refresh", method = "post", operation_id = "refresh_session")]
    async fn refresh(&self, cx: Guest, cookie: RefreshCookie) -> ApiResult<NextSession> {
        let signed_in = domain::session::refresh(&cx, cookie.0).await?;
        Ok(NextSession::of(&cx, signed_in))
    }

    /// Sign out
    #[oai(path = "/sessions/logout", method = "post", operation_id = "delete_session")]
    async fn delete(&self, cx: Guest, cookie: RefreshCookie) -> ApiResult<SignedOut> {
        domain::session::logout(&cx, cookie.0).await?;
        Ok(SignedOut::of(&cx))
    }
}

const COOKIE: &str = "signet_refresh";
/// Nothing else needs the cookie, so nothing else is sent it.
const COOKIE_PATH: &str = "/api/v3/sessions";

/// The refresh token a browser sends, if it has one.
pub struct RefreshCookie(Option<String>);

impl<'a> ApiExtractor<'a> for RefreshCookie {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::PoemExtractor];
    type ParamType = ();
    type ParamRawType = ();

    async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        let sent = request.header(header::COOKIE).unwrap_or_default();
        let jar: CookieJar = sent.parse().unwrap_or_default();
        let token = jar.get(COOKIE).map(|cookie| cookie.value_str().to_owned());
        Ok(Self(token.filter(|token| !token.is_empty())))
    }
}

/// A sign-in that has begun.
#[derive(ApiResponse)]
pub enum NewSession {
    /// Signed in. The cookie holds the refresh token.
    #[oai(status = 201)]
    Made(Json<Session>, #[oai(header = "Set-Cookie")] String),
}

impl NewSession {
    pub fn of(cx: &Ctx, signed_in: SignedIn) -> Self {
        Self::Made(Json(signed_in.session), cookie(&cx.config, &signed_in.refresh_token))
    }
}

/// A sign-in that goes on.
#[derive(ApiResponse)]
enum NextSession {
    /// Still signed in. The cookie holds the next refresh token.
    #[oai(status = 200)]
    Renewed(Json<Session>, #[oai(header = "Set-Cookie")] String),
}

impl NextSession {
    fn of(cx: &Ctx, signed_in: SignedIn) -> Self {
        Self::Renewed(Json(signed_in.session), cookie(&cx.config, &signed_in.refresh_token))
    }
}

/// A sign-in that has ended.
#[derive(ApiResponse)]
enum SignedOut {
    /// Signed out. The cookie is taken back.
    #[oai(status = 204)]
    Over(#[oai(header = "Set-Cookie")] String),
}

impl SignedOut {
    fn of(cx: &Ctx) -> Self {
        Self::Over(cookie(&cx.config, ""))
    }
}

/// The cookie that holds a refresh token; with an empty one, the cookie that removes it.
fn cookie(config: &Config, refresh_token: &str) -> String {
    let kept_for = if refresh_token.is_empty() {
        0
    } else {
        config.auth.session_days
    };
    let mut cookie = Cookie::new_with_str(COOKIE, refresh_token);
    cookie.set_path(COOKIE_PATH);
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Strict);
    cookie.set_secure(!is_on_this_machine(&config.public_url()));
    cookie.set_max_age(days(kept_for));
    cookie.to_string()
}

/// Browsers keep secure cookies to https; on one's own machine there may be none.
fn is_on_this_machine(public_url: &str) -> bool {
    let host = public_url
        .strip_prefix("http://")
        .and_then(|rest| rest.split([':', '/']).next());
    matches!(host, Some("localhost" | "127.0.0.1"))
}

#[cfg(test)]
mod tests;
