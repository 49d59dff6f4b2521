//! Requests that may be repeated: the first one is carried out, a repetition gets the first one's answer.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set, SqlErr};
use sha2::{Digest, Sha256};
use shared::problem::Code;

use crate::context::Ctx;
use crate::entity::idempotency;
use crate::error::{Error, Result};

/// A request that has not been answered for this long died with its process.
const ABANDONED_AFTER: Duration = Duration::from_secs(60);

/// Whose turn it is.
#[derive(Debug)]
pub enum Claim {
    /// Ours: carry it out, then [`keep`] or [`abandon`] under this key.
    Ours(String),
    /// It was carried out before.
    Answered { status: u16, body: String },
}

/// Claims a caller's key for a request.
pub async fn claim(cx: &Ctx, who: &str, key: &[u8], request_hash: &str) -> Result<Claim> {
    let key = hex::encode(
        Sha256::new()
            .chain_update(who)
            .chain_update([0])
            .chain_update(key)
            .finalize(),
    );
    let now = cx.clock.now();
    let row = idempotency::ActiveModel {
        key: Set(key.clone()),
        request_hash: Set(request_hash.to_owned()),
        status: Set(None),
        body: Set(None),
        created_at: Set(now),
    };
    let Err(error) = row.clone().insert(&cx.db).await else {
        return Ok(Claim::Ours(key));
    };
    if !matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) {
        return Err(error.into());
    }
    let Some(known) = idempotency::Entity::find_by_id(key.clone()).one(&cx.db).await? else {
        return Err(running());
    };
    if known.request_hash != request_hash {
        return Err(Error::refused(
            Code::IdempotencyMismatch,
            "the key was used for another request",
        ));
    }
    match (known.status, known.body) {
        (Some(status), Some(body)) => Ok(Claim::Answered {
            status: u16::try_from(status).unwrap_or(200),
            body,
        }),
        _ if now.since(known.created_at) < ABANDONED_AFTER => Err(running()),
        _ => take_over(cx, key, known.created_at).await,
    }
}

async fn take_over(cx: &Ctx, key: String, seen: shared::Timestamp) -> Result<Claim> {
    let taken = idempotency::Entity::update_many()
        .col_expr(idempotency::Column::CreatedAt, Expr::value(cx.clock.now()))
        .filter(idempotency::Column::Key.eq(key.clone()))
        .filter(idempotency::Column::CreatedAt.eq(seen))
        .exec(&cx.db)
        .await?;
    if taken.rows_affected == 1 {
        Ok(Claim::Ours(key))
    } else {
        Err(running())
    }
}

fn running() -> Error {
    Error::conflict("the first request with this key is still running")
}

/// Keeps the answer for repetitions.
pub async fn keep(cx: &Ctx, key: &str, status: u16, body: &[u8]) -> Result<()> {
    idempotency::Entity::update_many()
        .col_expr(idempotency::Column::Status, Expr::value(i32::from(status)))
        .col_expr(
            idempotency::Column::Body,
            Expr::value(String::from_utf8_lossy(body).into_owned()),
        )
        .filter(idempotency::Column::Key.eq(key))
        .exec(&cx.db)
        .await?;
    Ok(())
}

/// Forgets a request that failed, so that it can be tried again.
pub async fn abandon(cx: &Ctx, key: &str) -> Result<()> {
    idempotency::Entity::delete_by_id(key.to_owned()).exec(&cx.db).await?;
    Ok(())
}
