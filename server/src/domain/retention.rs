//! How long things are kept, and what goes afterwards.

use std::time::Duration;

use sea_orm::{ColumnTrait, Condition, DbErr, DeleteResult, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use shared::time::{days, hours};

use super::metric_points;
use crate::context::Ctx;
use crate::entity::{idempotency, outbox, session, sign_in_throttle, subscriber, subscription};

/// A finished job's row only keeps its twin away, which no schedule makes so late.
const FINISHED_JOBS: Duration = hours(24);
/// Long enough to look into what went wrong.
const PARKED_JOBS: Duration = days(90);
/// A confirmation that was not given after a week will not be given.
const UNCONFIRMED: Duration = days(7);
/// An ended sign-in is kept for a while: a stolen token shown again still tells on itself.
const ENDED_SESSIONS: Duration = days(30);
const IDEMPOTENCY_KEYS: Duration = hours(24);
const THROTTLES: Duration = hours(24);

/// Removes all that has served its time: what, and how many rows.
pub async fn purge(cx: &Ctx) -> Vec<(&'static str, Result<u64, DbErr>)> {
    let removed = by_age(cx).await.into_iter();
    let mut removed: Vec<_> = removed
        .map(|(what, outcome)| (what, outcome.map(|done| done.rows_affected)))
        .collect();
    removed.push(("metric points", metric_points::purge(cx).await));
    removed
}

async fn by_age(cx: &Ctx) -> Vec<(&'static str, Result<DeleteResult, DbErr>)> {
    let before = |age: Duration| cx.clock.now() - age;
    let old_jobs = Condition::any()
        .add(outbox::Column::FinishedAt.lt(before(FINISHED_JOBS)))
        .add(outbox::Column::ParkedAt.lt(before(PARKED_JOBS)));
    vec![
        (
            "jobs",
            outbox::Entity::delete_many().filter(old_jobs).exec(&cx.db).await,
        ),
        ("subscribers", unconfirmed(cx).await),
        (
            "sessions",
            session::Entity::delete_many()
                .filter(session::Column::ExpiresAt.lt(before(ENDED_SESSIONS)))
                .exec(&cx.db)
                .await,
        ),
        (
            "idempotency keys",
            idempotency::Entity::delete_many()
                .filter(idempotency::Column::CreatedAt.lt(before(IDEMPOTENCY_KEYS)))
                .exec(&cx.db)
                .await,
        ),
        (
            "throttles",
            sign_in_throttle::Entity::delete_many()
                .filter(sign_in_throttle::Column::UpdatedAt.lt(before(THROTTLES)))
                .exec(&cx.db)
                .await,
        ),
    ]
}

/// Subscriptions go with their subscribers. The last mail counts, not the first wish.
async fn unconfirmed(cx: &Ctx) -> Result<DeleteResult, DbErr> {
    let limit = cx.clock.now() - UNCONFIRMED;
    let asked_long_ago = subscription::Entity::find()
        .select_only()
        .column(subscription::Column::SubscriberId)
        .filter(subscription::Column::ConfirmedAt.is_null())
        .filter(subscription::Column::ConfirmationSentAt.lt(limit))
        .into_query();
    subscriber::Entity::delete_many()
        .filter(subscriber::Column::Id.in_subquery(asked_long_ago))
        .exec(&cx.db)
        .await
}
