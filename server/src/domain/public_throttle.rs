//! How often one place may ask for what costs something: a subscription, which can send a mail to someone who did not ask for
//! it, a code, which could be guessed, and a search, which reads all there is. (How often one address is written to is for [`super::subscription`] to say,
//! across all nodes.)

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::LazyLock;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::context::Ctx;
use crate::error::{Error, Result};

/// Subscriptions asked for a minute from one place, in the long run.
const SUBSCRIPTIONS: NonZeroU32 = NonZeroU32::new(10).expect("ten is not zero");
/// Codes typed a minute from one place.
const CODES: NonZeroU32 = NonZeroU32::new(20).expect("twenty is not zero");
/// Searches a minute from one place; what somebody else has searched for since the last change costs nothing.
const SEARCHES: NonZeroU32 = NonZeroU32::new(30).expect("thirty is not zero");
/// Places remembered before those that have been quiet are forgotten.
const MANY: usize = 10_000;

/// By installation and place: tests are many installations in one process.
static SUBSCRIBING: Limiter = LazyLock::new(|| RateLimiter::keyed(Quota::per_minute(SUBSCRIPTIONS)));
static CONFIRMING: Limiter = LazyLock::new(|| RateLimiter::keyed(Quota::per_minute(CODES)));
static SEARCHING: Limiter = LazyLock::new(|| RateLimiter::keyed(Quota::per_minute(SEARCHES)));

type Limiter = LazyLock<DefaultKeyedRateLimiter<(String, IpAddr)>>;

/// Refuses for a while who asks for subscriptions too often.
pub fn subscribing(cx: &Ctx) -> Result<()> {
    check(cx, &SUBSCRIBING)
}

/// Refuses for a while who types too many codes.
pub fn confirming(cx: &Ctx) -> Result<()> {
    check(cx, &CONFIRMING)
}

/// Refuses for a while who searches too often.
pub fn searching(cx: &Ctx) -> Result<()> {
    check(cx, &SEARCHING)
}

fn check(cx: &Ctx, limiter: &Limiter) -> Result<()> {
    let Some(ip) = cx.origin.ip else {
        return Ok(());
    };
    if limiter.len() > MANY {
        limiter.retain_recent();
    }
    let key = (cx.secrets.fingerprint(), place(ip));
    limiter
        .check_key(&key)
        .map_err(|early| Error::RateLimited(early.wait_time_from(DefaultClock::default().now())))
}

/// Whoever has one IPv6 address has 2⁶⁴ of them.
fn place(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.into(),
            None => {
                let network = u128::from(v6) & !u128::from(u64::MAX);
                IpAddr::V6(network.into())
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Origin;
    use crate::testing::app;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn one_place_asking_too_often_is_told_to_wait_and_others_are_not() {
        let cx = app().await;
        let from = |text| Origin {
            ip: Some(ip(text)),
            ..Origin::default()
        };
        let here = cx.from_origin(from("2001:db8::1"));
        let passed = (0..20).filter(|_| subscribing(&here).is_ok()).count();
        assert_eq!(passed, 10);
        assert!(matches!(subscribing(&here), Err(Error::RateLimited(wait)) if wait.as_secs() <= 60));
        assert!(subscribing(&cx.from_origin(from("2001:db8::2"))).is_err());
        assert!(subscribing(&cx.from_origin(from("2001:db8:1::1"))).is_ok());
    }
}
