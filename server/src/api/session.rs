//! `/sessions`: signing in, staying signed in, signing out. The refresh token and the pass travel in cookies that scripts
//! cannot read.

use poem::http::{HeaderValue, header};
use poem::web::cookie::{Cookie, CookieJar, SameSite};
use poem::{IntoResponse, Request, RequestBody, Response};
use poem_openapi::payload::Json;
use poem_openapi::registry::{MetaResponses, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions, OpenApi};
use shared::session::{Login, Session};
use shared::time::days;

use super::extract::Guest;
use super::input::Input;
use super::{ApiResult, Tag};
use crate::auth::pass;
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
    async fn create(&self, cx: Guest, input: Input<Login>) -> ApiResult<WithPass<NewSession>> {
        let signed_in = domain::session::login(&cx, input.0).await?;
        Ok(NewSession::of(&cx, signed_in))
    }

    /// Stay signed in
    ///
    /// Takes the cookie `signet_refresh` and sets its successor. A cookie works once: shown again, it ends the sign-in.
    #[oai(path = "/sessions/refresh", method = "post", operation_id = "refresh_session")]
    async fn refresh(&self, cx: Guest, cookie: RefreshCookie) -> ApiResult<WithPass<NextSession>> {
        let signed_in = domain::session::refresh(&cx, cookie.0).await?;
        Ok(NextSession::of(&cx, signed_in))
    }

    /// Sign out
    #[oai(path = "/sessions/logout", method = "post", operation_id = "delete_session")]
    async fn delete(&self, cx: Guest, cookie: RefreshCookie) -> ApiResult<WithPass<SignedOut>> {
        domain::session::logout(&cx, cookie.0).await?;
        Ok(SignedOut::of(&cx))
    }
}

/// Holds the refresh token. Nothing else needs it, so nothing else is sent it.
const REFRESH: Kind = Kind {
    name: "signet_refresh",
    path: "/api/v3/sessions",
    same_site: SameSite::Strict,
};
/// Holds the pass, which the page is sent also by those who follow a link to it.
const PASS: Kind = Kind {
    name: pass::COOKIE,
    path: "/",
    same_site: SameSite::Lax,
};

/// The refresh token a browser sends, if it has one.
pub struct RefreshCookie(Option<String>);

impl<'a> ApiExtractor<'a> for RefreshCookie {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::PoemExtractor];
    type ParamType = ();
    type ParamRawType = ();

    async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        let sent = request.header(header::COOKIE).unwrap_or_default();
        let jar: CookieJar = sent.parse().unwrap_or_default();
        let token = jar.get(REFRESH.name).map(|cookie| cookie.value_str().to_owned());
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
    pub fn of(cx: &Ctx, signed_in: SignedIn) -> WithPass<Self> {
        let refresh = REFRESH.holding(&cx.config, &signed_in.refresh_token);
        WithPass(
            Self::Made(Json(signed_in.session), refresh),
            PASS.holding(&cx.config, &signed_in.pass),
        )
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
    fn of(cx: &Ctx, signed_in: SignedIn) -> WithPass<Self> {
        let refresh = REFRESH.holding(&cx.config, &signed_in.refresh_token);
        WithPass(
            Self::Renewed(Json(signed_in.session), refresh),
            PASS.holding(&cx.config, &signed_in.pass),
        )
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
    fn of(cx: &Ctx) -> WithPass<Self> {
        WithPass(
            Self::Over(REFRESH.holding(&cx.config, "")),
            PASS.holding(&cx.config, ""),
        )
    }
}

/// An answer with the pass in a cookie beside that of the answer itself.
pub struct WithPass<R>(R, String);

impl<R: IntoResponse> IntoResponse for WithPass<R> {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        if let Ok(cookie) = HeaderValue::from_str(&self.1) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}

impl<R: ApiResponse> ApiResponse for WithPass<R> {
    fn meta() -> MetaResponses {
        R::meta()
    }

    fn register(registry: &mut Registry) {
        R::register(registry);
    }
}

/// A cookie that scripts cannot read.
struct Kind {
    name: &'static str,
    path: &'static str,
    same_site: SameSite,
}

impl Kind {
    /// The cookie with a value; with an empty one, the cookie that removes it.
    fn holding(&self, config: &Config, value: &str) -> String {
        let kept_for = if value.is_empty() { 0 } else { config.auth.session_days };
        let mut cookie = Cookie::new_with_str(self.name, value);
        cookie.set_path(self.path);
        cookie.set_http_only(true);
        cookie.set_same_site(self.same_site);
        cookie.set_secure(!is_on_this_machine(&config.public_url()));
        cookie.set_max_age(days(kept_for));
        cookie.to_string()
    }
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
