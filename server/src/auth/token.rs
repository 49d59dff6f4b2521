//! Access tokens: JWTs that say who signed in, and by which sign-in. Good for 15 minutes.

use std::time::Duration;

use jwt_simple::prelude::{HS256Key, JWTClaims, MACLike, UnixTimeStamp, VerificationOptions};
use serde::{Deserialize, Serialize};
use shared::problem::Code;
use shared::time::minutes;
use shared::{MemberId, Timestamp};

use crate::context::Ctx;
use crate::error::{Error, Result};

/// How long an access token is good for. Sessions that end are noticed at once, so this only bounds a stolen key's use.
pub const LIFETIME: Duration = minutes(15);
/// Longer texts are not ours, and not worth decoding.
const MAX_LENGTH: usize = 1_024;

/// Who signed in, and by which sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    pub member: MemberId,
    pub family: String,
}

#[derive(Serialize, Deserialize)]
struct Extra {
    family: String,
}

/// A new token, and when it ends.
pub fn issue(cx: &Ctx, claims: &Claims) -> Result<(String, Timestamp)> {
    let now = cx.clock.now();
    let ends = seconds(now + LIFETIME);
    let token = key(cx).authenticate(JWTClaims {
        issued_at: Some(seconds(now)),
        expires_at: Some(ends),
        invalid_before: None,
        issuer: None,
        subject: Some(claims.member.to_string()),
        audiences: None,
        jwt_id: None,
        nonce: None,
        custom: Extra {
            family: claims.family.clone(),
        },
    })?;
    // The token knows whole seconds only; promise no more than it keeps.
    let ends_ms = i64::try_from(ends.as_secs() * 1_000).unwrap_or(i64::MAX);
    Ok((token, Timestamp::from_millis(ends_ms)))
}

/// What a token says, if it is ours and still good.
pub fn read(cx: &Ctx, token: &str) -> Result<Claims> {
    let options = VerificationOptions {
        artificial_time: Some(seconds(cx.clock.now())),
        // Nodes whose clocks differ a little must still take each other's tokens.
        time_tolerance: Some(UnixTimeStamp::from_secs(5)),
        max_token_length: Some(MAX_LENGTH),
        ..VerificationOptions::default()
    };
    let claims = key(cx)
        .verify_token::<Extra>(token, Some(options))
        .map_err(|_| expired())?;
    let member = claims
        .subject
        .and_then(|subject| subject.parse().ok())
        .ok_or_else(expired)?;
    Ok(Claims {
        member,
        family: claims.custom.family,
    })
}

fn expired() -> Error {
    Error::refused(Code::Unauthenticated, "the access token is wrong or has expired")
}

fn key(cx: &Ctx) -> HS256Key {
    HS256Key::from_bytes(&cx.secrets.key("access-token"))
}

fn seconds(at: Timestamp) -> UnixTimeStamp {
    UnixTimeStamp::from_secs(u64::try_from(at.as_millis() / 1_000).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Secrets;
    use crate::testing;

    fn claims() -> Claims {
        Claims {
            member: MemberId(7),
            family: "f".into(),
        }
    }

    #[tokio::test]
    async fn a_token_is_good_for_fifteen_minutes() {
        let app = testing::app().await;
        let (token, ends) = issue(&app.cx, &claims()).unwrap();
        assert_eq!(ends.since(app.cx.clock.now()), LIFETIME);
        app.cx.clock.advance(LIFETIME);
        assert_eq!(read(&app.cx, &token).unwrap(), claims());
        app.cx.clock.advance(Duration::from_secs(6));
        assert_eq!(read(&app.cx, &token).unwrap_err().code(), Code::Unauthenticated);
    }

    #[tokio::test]
    async fn a_token_of_another_key_or_algorithm_is_refused() {
        use base64::Engine as _;
        let app = testing::app().await;
        let mut other = app.cx.clone();
        other.secrets = std::sync::Arc::new(Secrets::random());
        let (token, _) = issue(&other, &claims()).unwrap();
        assert!(read(&app.cx, &token).is_err());

        let (token, _) = issue(&app.cx, &claims()).unwrap();
        let none = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        let payload = token.split('.').nth(1).unwrap();
        assert!(read(&app.cx, &format!("{none}.{payload}.")).is_err());
        assert!(read(&app.cx, "nonsense").is_err());
    }
}
