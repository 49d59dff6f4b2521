//! From an event to deliveries: one for each subscription that should hear of it, however many there are.

use shared::{EventId, SubscriptionId};

use super::{Env, JobError};
use crate::context::{Audit, Job};
use crate::domain::{delivery, event, recipients};
use crate::error::Result;

/// Deliveries written in one go: bounds the length of a transaction.
const BATCH: u64 = 2_000;

/// Writes the deliveries of an event. Safe to repeat: an event goes to a subscription once.
pub async fn run(env: &Env, event: EventId) -> Result<(), JobError> {
    spread(env, event).await.map_err(JobError::retry)
}

/// The same for all events after one and up to another.
pub async fn run_all(env: &Env, after: EventId, through: EventId) -> Result<(), JobError> {
    let events = event::ids(&env.cx, after, through).await.map_err(JobError::retry)?;
    for event in events {
        run(env, event).await?;
    }
    Ok(())
}

/// The first batch is on its way while the second is written.
async fn spread(env: &Env, event: EventId) -> Result<()> {
    let Some(audience) = recipients::of_event(&env.cx, event).await? else {
        return Ok(());
    };
    let mut last = SubscriptionId(0);
    while let Some(end) = audience.end_of_batch(&env.cx.db, last, BATCH).await? {
        let mut tx = env.cx.begin().await?;
        delivery::create(&tx, event, audience.between(last, end)).await?;
        tx.enqueue(&Job::Deliver).await?;
        tx.enqueue(&Job::DeliverWeb).await?;
        tx.commit(Audit::Bookkeeping).await?;
        last = end;
    }
    Ok(())
}
