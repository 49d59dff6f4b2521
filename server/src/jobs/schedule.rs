//! Keeps the schedule: each tick becomes a job under the key `name@tick`, so of many nodes one adds it.

use std::time::Duration;

use super::{Env, queue};
use crate::context::{Ctx, database, outbox};
use crate::domain::delivery;
use crate::domain::schedule::{SCHEDULE, Scheduled};
use crate::error::Result;

/// The schedule counts in quarters of a minute, so looking this often is never late by much.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Ticks for ever.
pub async fn run(env: Env) {
    let mut clockwork = tokio::time::interval(LOOK_EVERY);
    let mut done = vec![None; SCHEDULE.len()];
    // Before this process began it may have been set back as well.
    let (mut is_set_back, mut last) = (true, env.cx.clock.now());
    loop {
        clockwork.tick().await;
        let now = env.cx.clock.now();
        is_set_back |= now < last;
        last = now;
        if is_set_back {
            match call_back(&env.cx).await {
                Ok(()) => is_set_back = false,
                Err(error) => tracing::warn!(%error, "what a set-back clock left in the future cannot be called back"),
            }
        }
        for (scheduled, done) in SCHEDULE.iter().zip(&mut done) {
            let tick = scheduled.latest(now);
            if *done == Some(tick) {
                continue;
            }
            match add(&env.cx, scheduled).await {
                Ok(()) => *done = Some(tick),
                Err(error) => tracing::warn!(name = scheduled.name, %error, "a scheduled job cannot be added"),
            }
        }
        env.cx.bell.notify_one();
    }
}

/// Work that was put off to a time which is now further away than it was.
async fn call_back(cx: &Ctx) -> Result<()> {
    queue::call_back(cx).await?;
    delivery::call_back(cx).await
}

/// Adds what the schedule says is due now and is not there yet.
pub async fn tick(cx: &Ctx) -> Result<()> {
    call_back(cx).await?;
    for scheduled in SCHEDULE {
        add(cx, scheduled).await?;
    }
    Ok(())
}

async fn add(cx: &Ctx, scheduled: &Scheduled) -> Result<()> {
    let now = cx.clock.now();
    let tick = scheduled.latest(now);
    let add = || outbox::enqueue(&cx.db, &scheduled.job, tick, now, Some(scheduled.key(tick)));
    database::unless_deadlocked(add).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sea_orm::{EntityTrait, PaginatorTrait};

    use super::*;
    use crate::entity::outbox as row;
    use crate::testing::app;

    #[tokio::test]
    async fn two_nodes_ticking_add_each_job_once() {
        let cx = app().await;
        tick(&cx).await.unwrap();
        tick(&cx).await.unwrap();
        let rows = row::Entity::find().count(&cx.db).await.unwrap();
        assert_eq!(rows, SCHEDULE.len() as u64);
        cx.clock.advance(Duration::from_secs(60));
        tick(&cx).await.unwrap();
        assert_eq!(row::Entity::find().count(&cx.db).await.unwrap(), rows + 4);
    }
}
