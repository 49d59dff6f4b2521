//! Sends what is due on the channels that are reached by HTTP. Each host has a few requests under way at a time and a short line
//! of others; what finds the line full comes back later. So one that is slow or gone keeps nobody else waiting.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use futures::stream::{FuturesUnordered, StreamExt as _};
use shared::DeliveryId;

use super::parcel::{self, Parcel};
use super::round::{self, Ended};
use super::{Env, JobError};
use crate::context::{Audit, Job};
use crate::domain::delivery::{self, Batch, Lane};
use crate::domain::dispatch;
use crate::error::Result;
use crate::notify::SendError;

/// Requests under way at a time.
const MOST: usize = 64;
/// The same to one host.
const MOST_TO_HOST: usize = 4;
/// Those that wait for one host.
const LINE: usize = 16;
/// Deliveries claimed in one go.
const BATCH: u64 = 200;
/// When what found a line full looks again.
const LATER: Duration = Duration::from_secs(15);
/// When what is for a host that does not answer looks again.
const MUCH_LATER: Duration = Duration::from_secs(60);
/// A job that has run this long claims no more, so that a stop does not wait for a long queue.
const LONGEST: Duration = Duration::from_secs(30);

/// Sends until nothing is due.
pub async fn run(env: &Env) -> Result<(), JobError> {
    let mut crowd = Crowd::default();
    let sent = crowd.send_all(env).await;
    // Frees what a stop or an error has left over; without leftovers it changes nothing.
    let released = delivery::release(&env.cx, &crowd.batch).await;
    sent.and(released).map_err(JobError::retry)
}

/// All that was claimed and is not done yet.
#[derive(Default)]
struct Crowd {
    batch: Batch,
    waiting: VecDeque<Parcel>,
    hosts: HashMap<String, Line>,
    silent: HashSet<String>,
}

/// How many wait for a host and are on their way to it.
#[derive(Default)]
struct Line {
    waiting: usize,
    sending: usize,
}

impl Crowd {
    async fn send_all(&mut self, env: &Env) -> Result<()> {
        let begun = Instant::now();
        let mut is_all_claimed = false;
        let mut sending = FuturesUnordered::new();
        let mut signs_of_life = tokio::time::interval(delivery::lease_time(&env.cx) / 3);
        signs_of_life.tick().await;
        loop {
            while !env.is_stopping() && sending.len() < MOST {
                if let Some(parcel) = self.next() {
                    sending.push(round::attempt(env, parcel));
                } else if is_all_claimed || begun.elapsed() > LONGEST {
                    break;
                } else {
                    is_all_claimed = self.claim(env).await? == 0;
                }
            }
            if sending.is_empty() {
                break;
            }
            tokio::select! {
                Some(ended) = async { (&mut sending).ready_chunks(MOST).next().await } => self.note(env, ended).await?,
                _ = signs_of_life.tick() => delivery::renew(&env.cx, &self.batch).await?,
            }
        }
        if is_all_claimed { Ok(()) } else { go_on_later(env).await }
    }

    /// The first in line whose host has a hand free.
    fn next(&mut self) -> Option<Parcel> {
        let is_free = |parcel: &Parcel| {
            self.hosts
                .get(&parcel.host)
                .is_none_or(|line| line.sending < MOST_TO_HOST)
        };
        let place = self.waiting.iter().position(is_free)?;
        let parcel = self.waiting.remove(place)?;
        let line = self.hosts.entry(parcel.host.clone()).or_default();
        line.waiting = line.waiting.saturating_sub(1);
        line.sending += 1;
        Some(parcel)
    }

    /// Takes more and puts it in line; what has to wait longer goes back. The answer is how many there were to take.
    async fn claim(&mut self, env: &Env) -> Result<usize> {
        let mut fresh = self.batch.same();
        let count = delivery::claim_more(&env.cx, &mut fresh, Lane::Web, BATCH).await?;
        let ready = dispatch::ready(&env.cx, &mut fresh).await?;
        let now = env.cx.clock.now();
        let mut later = ready.held;
        for parcel in parcel::pack(env, ready.dispatches) {
            let line = self.hosts.entry(parcel.host.clone()).or_default();
            if self.silent.contains(&parcel.host) {
                later.extend(parcel.ids().map(|id| (id, now + MUCH_LATER)));
            } else if line.waiting >= LINE {
                later.extend(parcel.ids().map(|id| (id, now + LATER)));
            } else {
                line.waiting += 1;
                self.waiting.push_back(parcel);
            }
        }
        delivery::postpone(&env.cx, &fresh, &later).await?;
        let gone: Vec<DeliveryId> = later.iter().map(|(id, _)| *id).collect();
        fresh.forget(&gone);
        self.batch.join(fresh);
        Ok(count)
    }

    async fn note(&mut self, env: &Env, ended: Vec<Ended>) -> Result<()> {
        let mut tries = Vec::new();
        for ended in ended {
            let host = ended.parcel.host.clone();
            if let Some(line) = self.hosts.get_mut(&host) {
                line.sending = line.sending.saturating_sub(1);
            }
            if matches!(ended.answer, Err(SendError::Unreachable(_))) {
                self.silent.insert(host);
            }
            tries.extend(round::judge(ended));
        }
        round::record(env, &self.batch, &tries).await?;
        let done: Vec<DeliveryId> = tries.iter().map(|tried| tried.delivery).collect();
        self.batch.forget(&done);
        self.send_away(env).await
    }

    /// What waits for a host that does not answer is given back untried.
    async fn send_away(&mut self, env: &Env) -> Result<()> {
        let (away, left): (VecDeque<Parcel>, VecDeque<Parcel>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|parcel| self.silent.contains(&parcel.host));
        self.waiting = left;
        let until = env.cx.clock.now() + MUCH_LATER;
        let ids: Vec<DeliveryId> = away.iter().flat_map(Parcel::ids).collect();
        let later: Vec<_> = ids.iter().map(|id| (*id, until)).collect();
        delivery::postpone(&env.cx, &self.batch, &later).await?;
        self.batch.forget(&ids);
        Ok(())
    }
}

async fn go_on_later(env: &Env) -> Result<()> {
    let mut tx = env.cx.begin().await?;
    tx.enqueue(&Job::DeliverWeb).await?;
    tx.commit(Audit::Bookkeeping).await
}
