//! A round of sending: the parcels of a batch, many at once, and every result on record.
//!
//! What was sent and is not on record yet goes out again after a crash. So at no time are there more than
//! `mail.concurrency` mails on their way or not on record, and the database is kept busy with recording: each time it is
//! free, all results that have come in meanwhile are written in one transaction.
//!
//! When there is nobody to send to, one mail has lost a try, and all others wait without.

use std::mem;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures::future::{Fuse, FusedFuture as _, FutureExt as _};
use futures::stream::{FuturesUnordered, StreamExt as _};
use shared::delivery::AttemptOutcome;

use super::Env;
use super::parcel::Parcel;
use crate::domain::delivery::{self, Batch, Tried};
use crate::error::Result;
use crate::notify::SendError;

/// Pauses while the database does not take the record of what was sent.
const PAUSES: u32 = 10;
const PAUSE: Duration = Duration::from_secs(1);

/// Sends and records. Ends early when there is nobody to send to, or when we are told to stop; false in the first case.
pub async fn send(env: &Env, batch: &Batch, parcels: Vec<Parcel>) -> Result<bool> {
    let most = env.cx.config.mail.concurrency;
    let mut waiting = parcels.into_iter();
    let mut is_reachable = true;
    let mut sending = FuturesUnordered::new();
    let mut sent: Vec<Tried> = Vec::new();
    let mut recording = pin!(Fuse::terminated());
    let mut being_recorded = 0;
    loop {
        while is_reachable && !env.is_stopping() && sending.len() + sent.len() + being_recorded < most {
            let Some(parcel) = waiting.next() else { break };
            sending.push(attempt(env, parcel));
        }
        if recording.is_terminated() && !sent.is_empty() {
            being_recorded = sent.len();
            recording.set(record(env, batch, mem::take(&mut sent)).fuse());
        }
        if recording.is_terminated() && sending.is_empty() {
            return Ok(is_reachable);
        }
        tokio::select! {
            biased;
            Some(ended) = async { (&mut sending).ready_chunks(most).next().await } => {
                for (parcel, answer, duration) in ended {
                    let found_nobody = matches!(answer, Err(SendError::Unreachable(_)));
                    if is_reachable || !found_nobody {
                        sent.push(judge(&parcel, answer, duration));
                    }
                    is_reachable &= !found_nobody;
                }
            }
            outcome = &mut recording, if !recording.is_terminated() => {
                outcome?;
                being_recorded = 0;
            }
        }
    }
}

async fn attempt(env: &Env, parcel: Parcel) -> (Parcel, Result<String, SendError>, Duration) {
    let begun = Instant::now();
    let answer = parcel.send(env).await;
    (parcel, answer, begun.elapsed())
}

fn judge(parcel: &Parcel, answer: Result<String, SendError>, duration: Duration) -> Tried {
    let row = &parcel.dispatch.delivery;
    let (outcome, answer) = match answer {
        Ok(answer) => (AttemptOutcome::Delivered, answer),
        Err(SendError::Never(reason)) => (AttemptOutcome::Refused, reason),
        Err(SendError::Later(reason)) => (AttemptOutcome::FailedForNow, reason),
        Err(SendError::Unreachable(reason)) => {
            tracing::warn!(reason, "the mail server takes no mail; deliveries wait");
            (AttemptOutcome::FailedForNow, reason)
        }
    };
    crate::metrics::DELIVERIES
        .with_label_values(&[row.channel.as_str(), outcome.as_str()])
        .inc();
    Tried {
        delivery: row.id,
        count: row.attempt_count + 1,
        outcome,
        answer,
        duration,
    }
}

/// What was sent must not be sent again, so a database that is away for a moment is waited for.
async fn record(env: &Env, batch: &Batch, sent: Vec<Tried>) -> Result<()> {
    for _ in 0..PAUSES {
        match delivery::record(&env.cx, batch, &sent).await {
            Ok(()) => return Ok(()),
            Err(error) => tracing::warn!(%error, sent = sent.len(), "what was sent cannot be recorded yet"),
        }
        tokio::time::sleep(PAUSE).await;
    }
    delivery::record(&env.cx, batch, &sent).await
}
