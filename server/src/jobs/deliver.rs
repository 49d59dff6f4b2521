//! Sends what is due: claims deliveries in batches, writes and sends many at once, records each try.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use futures::{StreamExt as _, stream};
use shared::delivery::AttemptOutcome;

use super::{Env, JobError, letter};
use crate::context::{Audit, Job};
use crate::domain::delivery::{self, Batch, Tried};
use crate::domain::dispatch::{self, Dispatch};
use crate::error::Result;
use crate::notify::{self, Mail, SendError};

/// Deliveries claimed in one go: enough to keep all connections busy, few enough to share with other nodes.
const BATCH: u64 = 200;
/// A job that has run this long leaves the rest to the next, so that a stop does not wait for a long queue.
const LONGEST: Duration = Duration::from_secs(30);

/// Sends until nothing is due.
pub async fn run(env: &Env) -> Result<(), JobError> {
    send_all(env).await.map_err(JobError::retry)
}

async fn send_all(env: &Env) -> Result<()> {
    let begun = Instant::now();
    while !env.is_stopping() {
        let batch = delivery::claim(&env.cx, BATCH).await?;
        if batch.deliveries.is_empty() {
            return Ok(());
        }
        let sent = send_batch(env, &batch).await;
        // Frees what a stop or an error has left over; without leftovers it changes nothing.
        delivery::release(&env.cx, &batch).await?;
        sent?;
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

async fn send_batch(env: &Env, batch: &Batch) -> Result<()> {
    let dispatches = dispatch::load(&env.cx, batch).await?;
    let tries = dispatches.into_iter().take_while(|_| !env.is_stopping());
    let sending = stream::iter(tries)
        .map(|dispatch| async move {
            let tried = send(env, &dispatch).await;
            let outcome = tried.outcome.as_str();
            let channel = dispatch.delivery.channel.as_str();
            crate::metrics::DELIVERIES.with_label_values(&[channel, outcome]).inc();
            delivery::record(&env.cx, batch, &dispatch.delivery, &tried).await
        })
        .buffer_unordered(env.cx.config.mail.concurrency)
        .collect::<Vec<Result<()>>>();
    tokio::select! {
        outcomes = sending => outcomes.into_iter().collect(),
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

/// One try.
async fn send(env: &Env, dispatch: &Dispatch) -> Tried {
    let begun = Instant::now();
    let (outcome, answer) = match write_and_send(env, dispatch).await {
        Ok(answer) => (AttemptOutcome::Delivered, answer),
        Err(SendError::Later(reason)) => (AttemptOutcome::FailedForNow, reason),
        Err(SendError::Never(reason)) => (AttemptOutcome::Refused, reason),
    };
    Tried {
        outcome,
        answer,
        duration: begun.elapsed(),
    }
}

async fn write_and_send(env: &Env, dispatch: &Dispatch) -> Result<String, SendError> {
    let letter = letter::of_dispatch(dispatch).map_err(|reason| SendError::Never(reason.into()))?;
    let message = notify::render(&letter).map_err(|error| SendError::Never(format!("{error:#}")))?;
    let mail = Mail {
        id: format!("delivery-{}", dispatch.delivery.id),
        to: &dispatch.target,
        from_name: &dispatch.page.name,
        unsubscribe_url: Some(format!("{}/unsubscribe/{}", dispatch.page.url, dispatch.token)),
        message: &message,
    };
    env.mailer.send(&mail).await
}
