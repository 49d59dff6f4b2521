//! Keeps the schedule: each tick becomes a job under the key `name@tick`, so of many nodes one adds it.

use std::time::Duration;

use sea_orm::DbErr;

use super::Env;
use crate::context::{Ctx, database, outbox};
use crate::domain::schedule::{SCHEDULE, Scheduled};

/// The schedule counts in half minutes, so looking this often is never late by much.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Ticks for ever.
pub async fn run(env: Env) {
    let mut clockwork = tokio::time::interval(LOOK_EVERY);
    let mut done = vec![None; SCHEDULE.len()];
    loop {
        clockwork.tick().await;
        for (scheduled, done) in SCHEDULE.iter().zip(&mut done) {
            let tick = scheduled.latest(env.cx.clock.now());
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

/// Adds what the schedule says is due now and is not there yet.
pub async fn tick(cx: &Ctx) -> Result<(), DbErr> {
    for scheduled in SCHEDULE {
        add(cx, scheduled).await?;
    }
    Ok(())
}

async fn add(cx: &Ctx, scheduled: &Scheduled) -> Result<(), DbErr> {
    let now = cx.clock.now();
    let tick = scheduled.latest(now);
    let add = || outbox::enqueue(&cx.db, &scheduled.job, tick, now, Some(scheduled.key(tick)));
    database::unless_deadlocked(add).await
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
        assert_eq!(row::Entity::find().count(&cx.db).await.unwrap(), rows + 2);
    }
}
