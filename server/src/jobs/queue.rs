//! The queue: the outbox table, claimed in batches and acknowledged one by one. Nothing here is special to a database.
//!
//! A claim is a lease under a name that is used once. Whoever holds it may run the job; when it runs out, for want of
//! a sign of life, another worker takes over. A job that keeps failing is parked with its reason, not dropped.

use std::time::Duration;

use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use shared::{JobId, Timestamp};

use super::JobError;
use crate::context::{Ctx, Job, database};
use crate::entity::outbox;

/// Tries before a job is parked.
const MAX_ATTEMPTS: i32 = 8;
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// Waits differ by a fifth, so that what failed together does not return together.
const JITTER: f64 = 0.2;
/// What fits into a log line and a table cell.
const MAX_REASON: usize = 2_000;

/// Kinds of jobs that share a place in the process, so that one kind cannot keep all others waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Sending mail: long, and one at a time, for a run sends many at once itself.
    Mail,
    /// The same for the channels that are reached by HTTP.
    Web,
    /// All else.
    General,
    /// Each of them, for tests.
    All,
}

/// A job that is ours until the lease ends.
#[derive(Debug, Clone)]
pub struct Claim {
    pub id: JobId,
    pub job: Result<Job, String>,
    pub kind: String,
    /// Which try this is, from 1.
    pub attempt: i32,
    has_dedupe_key: bool,
    lease: String,
}

impl Lane {
    fn holds(self) -> SimpleExpr {
        let (mail, web) = (Job::Deliver.kind(), Job::DeliverWeb.kind());
        match self {
            Self::Mail => outbox::Column::Kind.eq(mail),
            Self::Web => outbox::Column::Kind.eq(web),
            Self::General => outbox::Column::Kind.is_not_in([mail, web]),
            Self::All => Expr::val(1).eq(1),
        }
    }
}

/// Takes up to `limit` jobs that are due, oldest first.
pub async fn claim(cx: &Ctx, lane: Lane, limit: u64) -> Result<Vec<Claim>, DbErr> {
    let now = cx.clock.now();
    let due: Vec<JobId> = outbox::Entity::find()
        .select_only()
        .column(outbox::Column::Id)
        .filter(is_due(now))
        .filter(lane.holds())
        .order_by_asc(outbox::Column::RunAt)
        .order_by_asc(outbox::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(&cx.db)
        .await?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let lease = uuid::Uuid::new_v4().to_string();
    // Looking and taking are two statements, so another worker may have been quicker: what counts is what we hold after.
    let take = outbox::Entity::update_many()
        .col_expr(outbox::Column::LeasedBy, Expr::value(lease.clone()))
        .col_expr(outbox::Column::LeasedUntil, Expr::value(until(cx)))
        .col_expr(outbox::Column::Attempts, Expr::col(outbox::Column::Attempts).add(1))
        .filter(outbox::Column::Id.is_in(due))
        .filter(is_due(now));
    database::unless_deadlocked(|| take.clone().exec(&cx.db)).await?;
    let rows = outbox::Entity::find()
        .filter(outbox::Column::LeasedBy.eq(lease))
        .order_by_asc(outbox::Column::RunAt)
        .order_by_asc(outbox::Column::Id)
        .all(&cx.db)
        .await?;
    Ok(rows.into_iter().filter_map(Claim::of).collect())
}

fn is_due(now: Timestamp) -> Condition {
    let free = Condition::any()
        .add(outbox::Column::LeasedUntil.is_null())
        .add(outbox::Column::LeasedUntil.lte(now));
    Condition::all()
        .add(outbox::Column::FinishedAt.is_null())
        .add(outbox::Column::ParkedAt.is_null())
        .add(outbox::Column::RunAt.lte(now))
        .add(free)
}

fn until(cx: &Ctx) -> Timestamp {
    cx.clock.now() + lease_time(cx)
}

/// How long a lease lasts without a sign of life.
pub fn lease_time(cx: &Ctx) -> Duration {
    Duration::from_secs(cx.config.jobs.lease_s)
}

impl Claim {
    fn of(row: outbox::Model) -> Option<Self> {
        Some(Self {
            id: row.id,
            job: serde_json::from_str(&row.payload).map_err(|error| format!("not a job: {error}")),
            kind: row.kind,
            attempt: row.attempts,
            has_dedupe_key: row.dedupe_key.is_some(),
            lease: row.leased_by?,
        })
    }
}

/// Shows that the job is still worked on. False if someone else has taken it over.
pub async fn extend(cx: &Ctx, claim: &Claim) -> Result<bool, DbErr> {
    let updated = held(claim)
        .col_expr(outbox::Column::LeasedUntil, Expr::value(until(cx)))
        .exec(&cx.db)
        .await?;
    Ok(updated.rows_affected > 0)
}

/// Writes down how the job ended. Does nothing if someone else has taken it over.
pub async fn acknowledge(cx: &Ctx, claim: &Claim, outcome: Result<(), JobError>) -> Result<(), DbErr> {
    match outcome {
        Ok(()) if claim.has_dedupe_key => finish(cx, claim).await,
        Ok(()) => remove(cx, claim).await,
        Err(JobError::Retry(reason)) if claim.attempt < MAX_ATTEMPTS => put_back(cx, claim, &reason).await,
        Err(JobError::Retry(reason) | JobError::Fail(reason)) => park(cx, claim, &reason).await,
    }
}

async fn remove(cx: &Ctx, claim: &Claim) -> Result<(), DbErr> {
    outbox::Entity::delete_many()
        .filter(is_held(claim))
        .exec(&cx.db)
        .await
        .map(drop)
}

// The row stays for as long as its key must keep another of its kind away.
async fn finish(cx: &Ctx, claim: &Claim) -> Result<(), DbErr> {
    free(claim)
        .col_expr(outbox::Column::FinishedAt, Expr::value(cx.clock.now()))
        .exec(&cx.db)
        .await
        .map(drop)
}

async fn put_back(cx: &Ctx, claim: &Claim, reason: &str) -> Result<(), DbErr> {
    let run_at = cx.clock.now() + back_off(claim.attempt, rand::random());
    free(claim)
        .col_expr(outbox::Column::RunAt, Expr::value(run_at))
        .col_expr(outbox::Column::LastError, Expr::value(shorten(reason)))
        .exec(&cx.db)
        .await
        .map(drop)
}

async fn park(cx: &Ctx, claim: &Claim, reason: &str) -> Result<(), DbErr> {
    free(claim)
        .col_expr(outbox::Column::ParkedAt, Expr::value(cx.clock.now()))
        .col_expr(outbox::Column::LastError, Expr::value(shorten(reason)))
        .exec(&cx.db)
        .await
        .map(drop)
}

/// Gives jobs back that were never begun.
pub async fn release(cx: &Ctx, claims: &[Claim]) -> Result<(), DbErr> {
    for claim in claims {
        free(claim)
            .col_expr(outbox::Column::Attempts, Expr::col(outbox::Column::Attempts).sub(1))
            .exec(&cx.db)
            .await?;
    }
    Ok(())
}

/// Calls back what a clock that was set back has left in a time to come, so that nothing waits for that time once more.
pub async fn call_back(cx: &Ctx) -> Result<(), DbErr> {
    let now = cx.clock.now();
    let not_before = now + LONGEST_WAIT.mul_f64(1.0 + JITTER);
    // Not freed: whoever holds it may be at work, and shows it before this lease ends.
    outbox::Entity::update_many()
        .col_expr(outbox::Column::LeasedUntil, Expr::value(until(cx)))
        .filter(outbox::Column::LeasedUntil.gt(until(cx)))
        .exec(&cx.db)
        .await?;
    // Ticks of the schedule that come again are to be kept again.
    outbox::Entity::delete_many()
        .filter(outbox::Column::FinishedAt.is_not_null())
        .filter(outbox::Column::RunAt.gt(now))
        .exec(&cx.db)
        .await?;
    let from_then = outbox::Column::CreatedAt
        .gt(now)
        .or(outbox::Column::RunAt.gt(not_before));
    outbox::Entity::update_many()
        .col_expr(outbox::Column::RunAt, Expr::value(now))
        .filter(outbox::Column::RunAt.gt(now))
        .filter(from_then)
        .exec(&cx.db)
        .await
        .map(drop)
}

fn is_held(claim: &Claim) -> Condition {
    Condition::all()
        .add(outbox::Column::Id.eq(claim.id))
        .add(outbox::Column::LeasedBy.eq(claim.lease.clone()))
}

fn held(claim: &Claim) -> sea_orm::UpdateMany<outbox::Entity> {
    outbox::Entity::update_many().filter(is_held(claim))
}

fn free(claim: &Claim) -> sea_orm::UpdateMany<outbox::Entity> {
    held(claim)
        .col_expr(outbox::Column::LeasedBy, Expr::value(None::<String>))
        .col_expr(outbox::Column::LeasedUntil, Expr::value(None::<i64>))
}

/// 5 s, 10 s, 20 s … up to 15 minutes, more or less.
fn back_off(attempt: i32, chance: u8) -> Duration {
    let doublings = u32::try_from(attempt.clamp(1, 16) - 1).unwrap_or(0);
    let plain = FIRST_WAIT.saturating_mul(1 << doublings);
    let plain = std::cmp::min(plain, LONGEST_WAIT);
    plain.mul_f64(1.0 - JITTER + 2.0 * JITTER * f64::from(chance) / 255.0)
}

fn shorten(reason: &str) -> String {
    reason.chars().take(MAX_REASON).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::outbox::enqueue;
    use crate::testing::app;

    #[tokio::test]
    async fn a_job_is_claimed_by_one_worker_and_taken_over_when_its_lease_ends() {
        let cx = app().await;
        enqueue(&cx.db, &Job::Purge, cx.clock.now(), cx.clock.now(), None)
            .await
            .unwrap();
        let first = claim(&cx, Lane::All, 10).await.unwrap();
        assert_eq!((first.len(), first[0].attempt), (1, 1));
        assert!(claim(&cx, Lane::All, 10).await.unwrap().is_empty());

        cx.clock.advance(lease_time(&cx));
        let second = claim(&cx, Lane::All, 10).await.unwrap();
        assert_eq!(second[0].attempt, 2);
        assert!(!extend(&cx, &first[0]).await.unwrap());
        assert!(extend(&cx, &second[0]).await.unwrap());

        acknowledge(&cx, &first[0], Ok(())).await.unwrap();
        assert_eq!(outbox::Entity::find().all(&cx.db).await.unwrap().len(), 1);
        acknowledge(&cx, &second[0], Ok(())).await.unwrap();
        assert!(outbox::Entity::find().all(&cx.db).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn two_workers_claiming_at_once_never_hold_the_same_job() {
        let cx = app().await;
        for _ in 0..40 {
            enqueue(&cx.db, &Job::Purge, cx.clock.now(), cx.clock.now(), None)
                .await
                .unwrap();
        }
        let all = futures::future::join_all((0..8).map(|_| claim(&cx, Lane::All, 10))).await;
        let mut ids: Vec<_> = all.into_iter().flat_map(Result::unwrap).map(|claim| claim.id).collect();
        let claimed = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), claimed);
    }

    #[tokio::test]
    async fn a_job_that_keeps_failing_is_parked_with_its_reason() {
        let cx = app().await;
        enqueue(&cx.db, &Job::Purge, cx.clock.now(), cx.clock.now(), None)
            .await
            .unwrap();
        for attempt in 1..=MAX_ATTEMPTS {
            let claims = claim(&cx, Lane::All, 1).await.unwrap();
            assert_eq!(claims[0].attempt, attempt);
            acknowledge(&cx, &claims[0], Err(JobError::retry("no route")))
                .await
                .unwrap();
            cx.clock.advance(LONGEST_WAIT * 2);
        }
        assert!(claim(&cx, Lane::All, 1).await.unwrap().is_empty());
        let row = outbox::Entity::find().one(&cx.db).await.unwrap().unwrap();
        assert!(row.parked_at.is_some());
        assert_eq!(row.last_error.as_deref(), Some("no route"));
    }

    #[tokio::test]
    async fn a_released_job_has_lost_no_try() {
        let cx = app().await;
        enqueue(&cx.db, &Job::Purge, cx.clock.now(), cx.clock.now(), None)
            .await
            .unwrap();
        let claims = claim(&cx, Lane::General, 5).await.unwrap();
        release(&cx, &claims).await.unwrap();
        assert_eq!(claim(&cx, Lane::General, 5).await.unwrap()[0].attempt, 1);
        assert!(claim(&cx, Lane::Mail, 5).await.unwrap().is_empty());
    }

    #[test]
    fn waits_double_and_end_at_a_quarter_of_an_hour() {
        let middle = |attempt| back_off(attempt, 128).as_secs();
        assert_eq!((middle(1), middle(2), middle(4)), (5, 10, 40));
        assert!(back_off(30, 255) <= LONGEST_WAIT.mul_f64(1.2));
        assert!(back_off(1, 0) >= FIRST_WAIT.mul_f64(0.8));
    }
}
