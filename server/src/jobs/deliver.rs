//! Sends what is due: claims deliveries in batches, has them written and sent, until nothing is due.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use super::{Env, JobError, parcel, round};
use crate::context::{Audit, Job};
use crate::domain::delivery::{self, Batch, Lane};
use crate::domain::dispatch;
use crate::error::Result;

/// Deliveries claimed in one go: enough to keep all connections busy, few enough to share with other nodes.
const BATCH: u64 = 500;
/// A job that has run this long leaves the rest to the next, so that a stop does not wait for a long queue.
const LONGEST: Duration = Duration::from_secs(30);

/// Sends until nothing is due.
pub async fn run(env: &Env) -> Result<(), JobError> {
    send_all(env).await.map_err(JobError::retry)
}

async fn send_all(env: &Env) -> Result<()> {
    let begun = Instant::now();
    while !env.is_stopping() {
        let mut batch = delivery::claim(&env.cx, Lane::Mail, BATCH).await?;
        if batch.deliveries.is_empty() {
            return Ok(());
        }
        let sent = send_batch(env, &mut batch).await;
        // Frees what a stop or an error has left over; without leftovers it changes nothing.
        delivery::release(&env.cx, &batch).await?;
        if !sent? {
            // The schedule looks again soon.
            return Ok(());
        }
        if begun.elapsed() > LONGEST {
            break;
        }
    }
    go_on_later(env).await
}

async fn go_on_later(env: &Env) -> Result<()> {
    let mut tx = env.cx.begin().await?;
    tx.enqueue(&Job::Deliver).await?;
    tx.commit(Audit::Bookkeeping).await
}

/// False if there was nobody to send to.
async fn send_batch(env: &Env, batch: &mut Batch) -> Result<bool> {
    let ready = dispatch::ready(&env.cx, batch).await?;
    delivery::postpone(&env.cx, batch, &ready.held).await?;
    let parcels = parcel::pack(env, ready.dispatches);
    let batch = &*batch;
    tokio::select! {
        sent = round::send(env, batch, parcels) => sent,
        never = hold(env, batch) => match never {},
    }
}

/// Keeps the batch ours while it is worked on, however slow the mail server is.
async fn hold(env: &Env, batch: &Batch) -> Infallible {
    loop {
        tokio::time::sleep(delivery::lease_time(&env.cx) / 3).await;
        if let Err(error) = delivery::renew(&env.cx, batch).await {
            tracing::warn!(%error, "the lease of a batch could not be renewed");
        }
    }
}
