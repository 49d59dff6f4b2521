//! Guessing passwords gets slower with each miss, by account and by address.
//!
//! A try is counted before it is judged, so that a hundred tries at the same moment are not a hundred free ones;
//! the one that turns out right is taken back. Only hashes of accounts and addresses are kept.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Set};
use shared::Timestamp;
use shared::time::{hours, minutes};

use crate::context::secrets::hash_token;
use crate::context::{Audit, Ctx, Tx};
use crate::entity::sign_in_throttle;
use crate::error::{Error, Result};

/// Misses by one account that cost nothing: people do mistype.
const FREE_BY_ACCOUNT: i32 = 5;
/// Misses from one address that cost nothing: an office shares one.
const FREE_BY_ADDRESS: i32 = 20;
/// The longest wait, short enough that nobody can lock a member out for a day.
const LONGEST_WAIT: Duration = minutes(15);
/// After so long without a try, all is forgotten.
const MEMORY: Duration = hours(24);

/// A try that was let through.
#[must_use]
#[derive(Debug)]
pub struct Try {
    account: String,
    address: Option<String>,
}

/// Counts a try to sign in and lets it through, or says how long to wait.
pub async fn admit(cx: &Ctx, email: &str) -> Result<Try> {
    let this = Try {
        account: hash_token(&format!("account:{}", email.to_lowercase())),
        address: cx.origin.ip.map(|ip| hash_token(&format!("address:{}", network(ip)))),
    };
    let tx = cx.begin().await?;
    let rows = lock(&tx, &this).await?;
    let blocked_until = rows.iter().map(|row| row.blocked_until).max().unwrap_or(tx.now());
    if blocked_until > tx.now() {
        return Err(Error::RateLimited(blocked_until.since(tx.now())));
    }
    for row in rows {
        let free = if row.key == this.account {
            FREE_BY_ACCOUNT
        } else {
            FREE_BY_ADDRESS
        };
        count(&tx, row, free).await?;
    }
    tx.commit(Audit::Bookkeeping).await?;
    Ok(this)
}

/// The try was right: the account starts afresh, and the address is not blamed for it.
pub async fn succeed(tx: &Tx<'_>, this: &Try) -> Result<()> {
    sign_in_throttle::Entity::delete_by_id(this.account.clone())
        .exec(tx.conn())
        .await?;
    let Some(address) = &this.address else {
        return Ok(());
    };
    if let Some(row) = sign_in_throttle::Entity::find_by_id(address.clone())
        .one(tx.conn())
        .await?
    {
        let failures = (row.failures - 1).max(0);
        let mut row = row.into_active_model();
        row.failures = Set(failures);
        row.blocked_until = Set(tx.now());
        row.update(tx.conn()).await?;
    }
    Ok(())
}

/// The rows of a try, made where missing, and held until the transaction ends.
async fn lock(tx: &Tx<'_>, this: &Try) -> Result<Vec<sign_in_throttle::Model>> {
    let keys: Vec<String> = [Some(this.account.clone()), this.address.clone()]
        .into_iter()
        .flatten()
        .collect();
    for key in &keys {
        let row = sign_in_throttle::ActiveModel {
            key: Set(key.clone()),
            failures: Set(0),
            blocked_until: Set(tx.now()),
            updated_at: Set(tx.now()),
        };
        // Writing the key over itself changes nothing, but takes the lock on a row that is there.
        let hold = OnConflict::column(sign_in_throttle::Column::Key)
            .update_column(sign_in_throttle::Column::Key)
            .to_owned();
        sign_in_throttle::Entity::insert(row)
            .on_conflict(hold)
            .exec_without_returning(tx.conn())
            .await?;
    }
    let rows = sign_in_throttle::Entity::find()
        .filter(sign_in_throttle::Column::Key.is_in(keys))
        .order_by_asc(sign_in_throttle::Column::Key)
        .all(tx.conn())
        .await?;
    Ok(rows)
}

async fn count(tx: &Tx<'_>, row: sign_in_throttle::Model, free: i32) -> Result<()> {
    let is_forgotten = tx.now().since(row.updated_at) >= MEMORY;
    let failures = if is_forgotten {
        1
    } else {
        row.failures.saturating_add(1)
    };
    let mut row = row.into_active_model();
    row.failures = Set(failures);
    row.blocked_until = Set(next_try(tx.now(), failures - free));
    row.updated_at = Set(tx.now());
    row.update(tx.conn()).await?;
    Ok(())
}

/// Two seconds after the first miss too many, and twice as long after each further one.
fn next_try(now: Timestamp, misses_too_many: i32) -> Timestamp {
    match u32::try_from(misses_too_many) {
        Err(_) | Ok(0) => now,
        Ok(n) => now + Duration::from_secs(2_u64.saturating_pow(n)).min(LONGEST_WAIT),
    }
}

/// One customer's part of the address space: a whole IPv4 address, the first 64 bits of an IPv6 one.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Origin;
    use crate::testing;

    async fn wait(cx: &Ctx, email: &str) -> Option<Duration> {
        match admit(cx, email).await {
            Ok(_) => None,
            Err(Error::RateLimited(wait)) => Some(wait),
            Err(other) => panic!("{other}"),
        }
    }

    fn from(cx: &Ctx, ip: &str) -> Ctx {
        cx.from_origin(Origin {
            ip: ip.parse().ok(),
            ..Origin::default()
        })
    }

    #[tokio::test]
    async fn after_five_misses_each_wait_is_twice_the_last() {
        let app = testing::app().await;
        let cx = &app.cx;
        for _ in 0..6 {
            assert_eq!(wait(cx, "ana@example.org").await, None);
        }
        for seconds in [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            let expected = Duration::from_secs(seconds);
            assert_eq!(wait(cx, "Ana@Example.org").await, Some(expected));
            assert_eq!(wait(cx, "bob@example.org").await, None, "others are not held up");
            cx.clock.advance(expected);
            // Bob's account is his own story, told above: let him start afresh.
            let tx = cx.begin().await.unwrap();
            let bob = Try {
                account: hash_token("account:bob@example.org"),
                address: None,
            };
            succeed(&tx, &bob).await.unwrap();
            tx.commit(Audit::Bookkeeping).await.unwrap();
            assert_eq!(wait(cx, "ana@example.org").await, None);
        }
    }

    #[tokio::test]
    async fn the_right_password_lets_an_account_start_afresh() {
        let app = testing::app().await;
        let cx = &app.cx;
        for _ in 0..4 {
            assert_eq!(wait(cx, "ana@example.org").await, None);
        }
        let right = admit(cx, "ana@example.org").await.unwrap();
        let tx = cx.begin().await.unwrap();
        succeed(&tx, &right).await.unwrap();
        tx.commit(Audit::Bookkeeping).await.unwrap();
        for _ in 0..6 {
            assert_eq!(wait(cx, "ana@example.org").await, None);
        }
        assert!(wait(cx, "ana@example.org").await.is_some());
    }

    #[tokio::test]
    async fn an_address_that_tries_many_accounts_has_to_wait() {
        let app = testing::app().await;
        let cx = &app.cx;
        let (here, neighbour) = (from(cx, "2001:db8::1"), from(cx, "2001:db8::2"));
        for number in 0..21 {
            assert_eq!(wait(&here, &format!("a{number}@example.org")).await, None);
        }
        assert!(wait(&neighbour, "b@example.org").await.is_some(), "the same customer");
        assert_eq!(wait(&from(cx, "2001:db8:0:1::1"), "b@example.org").await, None);
    }

    #[tokio::test]
    async fn a_day_later_all_is_forgotten() {
        let app = testing::app().await;
        let cx = &app.cx;
        for _ in 0..6 {
            assert_eq!(wait(cx, "ana@example.org").await, None);
        }
        cx.clock.advance(MEMORY);
        for _ in 0..6 {
            assert_eq!(wait(cx, "ana@example.org").await, None);
        }
    }

    #[tokio::test]
    async fn tries_at_the_same_moment_are_all_counted() {
        let app = testing::app().await;
        let cx = &app.cx;
        let tries = (0..12).map(|_| wait(cx, "ana@example.org"));
        let waits = futures::future::join_all(tries).await;
        assert_eq!(waits.iter().filter(|wait| wait.is_none()).count(), 6);
    }
}
