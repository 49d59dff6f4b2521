//! The pass: a cookie by which the public page knows a signed-in member. It opens nothing but what members may read there.
//!
//! It names the sign-in under a seal, so nothing about it has to be stored; with the sign-in it ends. The refresh token is not
//! sent to the page, and no script sees either.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::MemberId;
use subtle::ConstantTimeEq as _;

use super::session;
use super::token::Claims;
use crate::context::{Actor, Ctx, Secrets};

/// The name of the cookie.
pub const COOKIE: &str = "signet_pass";

const PURPOSE: &str = "page-pass";
/// Longer texts are not ours.
const MAX_LENGTH: usize = 200;

/// The pass of a sign-in.
pub fn issue(secrets: &Secrets, member: MemberId, family: &str) -> String {
    let name = format!("{member}.{family}");
    let seal = URL_SAFE_NO_PAD.encode(secrets.signer(PURPOSE).sign(name.as_bytes()));
    format!("{name}.{seal}")
}

/// Who shows a pass; nobody if it is not ours, or if the sign-in has ended.
pub async fn actor_of(cx: &Ctx, pass: &str) -> Option<Actor> {
    session::actor_of_sign_in(cx, &read(&cx.secrets, pass)?).await.ok()
}

fn read(secrets: &Secrets, pass: &str) -> Option<Claims> {
    let (name, seal) = pass.rsplit_once('.').filter(|_| pass.len() <= MAX_LENGTH)?;
    let seal = URL_SAFE_NO_PAD.decode(seal).ok()?;
    let ours = secrets.signer(PURPOSE).sign(name.as_bytes());
    let is_ours: bool = ours.as_slice().ct_eq(&seal).into();
    let (member, family) = name.split_once('.').filter(|_| is_ours)?;
    Some(Claims {
        member: member.parse().ok()?,
        family: family.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_names_its_own_sign_in_and_no_other() {
        let secrets = Secrets::random();
        let pass = issue(&secrets, MemberId(7), "0f3c");
        let claims = read(&secrets, &pass).unwrap();
        assert_eq!((claims.member, claims.family.as_str()), (MemberId(7), "0f3c"));
        assert!(read(&Secrets::random(), &pass).is_none());
        assert!(read(&secrets, &pass.replacen('7', "8", 1)).is_none());
        for nonsense in ["", ".", "7.0f3c", "7.0f3c.", &"7".repeat(500)] {
            assert!(read(&secrets, nonsense).is_none(), "{nonsense:?}");
        }
    }
}
