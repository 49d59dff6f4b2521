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
use std::vec;

use futures::future::{Fuse, FusedFuture as _, FutureExt as _};
use futures::stream::{FuturesUnordered, StreamExt as _};
use shared::delivery::AttemptOutcome;

use super::Env;
use super::parcel::Parcel;
use crate::domain::delivery::{self, Batch, Tried};
use crate::domain::dispatch::Dispatch;
use crate::error::Result;
use crate::notify::SendError;
use crate::notify::channel::Receipt;

/// Pauses while the database does not take the record of what was sent.
const PAUSES: u32 = 10;
const PAUSE: Duration = Duration::from_secs(1);

/// How far a round has come.
struct Round {
    waiting: vec::IntoIter<Parcel>,
    /// Sent, and not on record yet.
    sent: Vec<Tried>,
    /// So many are being written down just now.
    being_recorded: usize,
    is_reachable: bool,
}

/// Sends and records. Ends early when there is nobody to send to, or when we are told to stop; false in the first case.
pub async fn send(env: &Env, batch: &Batch, parcels: Vec<Parcel>) -> Result<bool> {
    let most = env.cx.config.mail.concurrency;
    let mut round = Round::of(parcels);
    let mut sending = FuturesUnordered::new();
    let mut recording = pin!(Fuse::terminated());
    loop {
        while !env.is_stopping()
            && sending.len() + round.unrecorded() < most
            && let Some(parcel) = round.next()
        {
            sending.push(attempt(env, parcel));
        }
        if recording.is_terminated() && !round.sent.is_empty() {
            let sent = round.take_sent();
            recording.set(async move { record(env, batch, &sent).await }.fuse());
        }
        if recording.is_terminated() && sending.is_empty() {
            return Ok(round.is_reachable);
        }
        tokio::select! {
            // First all that has ended, so that as much as possible is recorded together.
            biased;
            Some(ended) = async { (&mut sending).ready_chunks(most).next().await } => {
                ended.into_iter().for_each(|ended| round.note(ended));
            }
            outcome = &mut recording, if !recording.is_terminated() => {
                outcome?;
                round.being_recorded = 0;
            }
        }
    }
}

impl Round {
    fn of(parcels: Vec<Parcel>) -> Self {
        Self {
            waiting: parcels.into_iter(),
            sent: Vec::new(),
            being_recorded: 0,
            is_reachable: true,
        }
    }

    fn next(&mut self) -> Option<Parcel> {
        self.waiting.next().filter(|_| self.is_reachable)
    }

    fn unrecorded(&self) -> usize {
        self.sent.len() + self.being_recorded
    }

    fn take_sent(&mut self) -> Vec<Tried> {
        self.being_recorded = self.sent.len();
        mem::take(&mut self.sent)
    }

    /// The first that found nobody there has lost a try; the others go back untried.
    fn note(&mut self, ended: Ended) {
        let found_nobody = matches!(ended.answer, Err(SendError::Unreachable(_)));
        if self.is_reachable || !found_nobody {
            self.sent.extend(judge(ended));
        }
        self.is_reachable &= !found_nobody;
    }
}

/// A try that is over.
pub struct Ended {
    pub parcel: Parcel,
    pub answer: Result<Receipt, SendError>,
    duration: Duration,
}

pub async fn attempt(env: &Env, parcel: Parcel) -> Ended {
    let begun = Instant::now();
    let answer = parcel.send(env).await;
    let duration = begun.elapsed();
    Ended {
        parcel,
        answer,
        duration,
    }
}

/// What is to be written down of it, for each delivery that went with it.
pub fn judge(ended: Ended) -> Vec<Tried> {
    let Ended {
        parcel,
        answer,
        duration,
    } = ended;
    let channel = parcel.dispatch.delivery.channel;
    let (mut message_id, mut after) = (None, None);
    let (outcome, answer) = match answer {
        Ok(receipt) => {
            message_id = receipt.message_id;
            (AttemptOutcome::Delivered, receipt.said)
        }
        Err(SendError::Never(reason)) => (AttemptOutcome::Refused, reason),
        Err(SendError::Later { reason, after: wanted }) => {
            after = wanted;
            (AttemptOutcome::FailedForNow, reason)
        }
        Err(SendError::Unreachable(reason)) => {
            tracing::warn!(%channel, reason, "nobody takes messages there; deliveries wait");
            (AttemptOutcome::FailedForNow, reason)
        }
    };
    let tried = |dispatch: &Dispatch| {
        crate::metrics::DELIVERIES
            .with_label_values(&[channel.as_str(), outcome.as_str()])
            .inc();
        Tried {
            delivery: dispatch.delivery.id,
            subscription: dispatch.subscription.id,
            failing_since: dispatch.subscription.failing_since,
            count: dispatch.delivery.attempt_count + 1,
            outcome,
            after,
            message_id: message_id.clone(),
            answer: answer.clone(),
            duration,
        }
    };
    parcel.all().map(tried).collect()
}

/// What was sent must not be sent again, so a database that is away for a moment is waited for.
pub async fn record(env: &Env, batch: &Batch, sent: &[Tried]) -> Result<()> {
    for _ in 0..PAUSES {
        match delivery::record(&env.cx, batch, sent).await {
            Ok(()) => return Ok(()),
            Err(error) => tracing::warn!(%error, sent = sent.len(), "what was sent cannot be recorded yet"),
        }
        tokio::time::sleep(PAUSE).await;
    }
    delivery::record(&env.cx, batch, sent).await
}
