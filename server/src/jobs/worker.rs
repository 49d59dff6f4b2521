//! apalis at work on our outbox: its workers drive [`dispatch`], and a [`Queue`] hands them what the table holds.
//!
//! How a job ends is written down here and not by apalis, which knows failures as text only.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use apalis::prelude::WorkerBuilderExt as _;
use apalis_core::backend::finalize::Ephemeral;
use apalis_core::backend::{Backend, BackendConfig};
use apalis_core::error::WorkerError;
use apalis_core::task::Task;
use apalis_core::task::builder::TaskBuilder;
use apalis_core::task::data::Data;
use apalis_core::task::task_id::TaskId;
use apalis_core::worker::builder::WorkerBuilder;
use apalis_core::worker::context::WorkerContext;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use sea_orm::DbErr;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::queue::{self, Claim, Lane};
use super::{Env, JobError, dispatch, schedule};

/// Works until `shutdown`: then finishes what is running and gives the rest back.
pub async fn run(env: Env, shutdown: CancellationToken) -> anyhow::Result<()> {
    let env = env.stopping_with(shutdown.clone());
    let bells: [Arc<Notify>; 3] = std::array::from_fn(|_| Arc::new(Notify::new()));
    let helpers = CancellationToken::new();
    let spread = tokio::spawn(
        helpers
            .clone()
            .run_until_cancelled_owned(spread_bell(env.clone(), bells.clone())),
    );
    let clockwork = tokio::spawn(shutdown.clone().run_until_cancelled_owned(schedule::run(env.clone())));

    let [mail, web, general] = bells;
    let outcome = tokio::try_join!(
        work(env.clone(), Lane::Mail, 1, mail, shutdown.clone()),
        work(env.clone(), Lane::Web, 1, web, shutdown.clone()),
        work(
            env.clone(),
            Lane::General,
            env.cx.config.jobs.concurrency,
            general,
            shutdown
        ),
    );
    helpers.cancel();
    let _ = tokio::join!(spread, clockwork);
    outcome.map(drop).map_err(anyhow::Error::from)
}

async fn work(
    env: Env,
    lane: Lane,
    concurrency: usize,
    bell: Arc<Notify>,
    shutdown: CancellationToken,
) -> Result<(), WorkerError> {
    let queue = Queue {
        env,
        lane,
        batch: concurrency,
        bell,
        state: State::Holding(VecDeque::new()),
    };
    WorkerBuilder::new(format!("{lane:?}"))
        .backend(queue)
        .concurrency(concurrency)
        .build(perform)
        .run_until(async move {
            shutdown.cancelled().await;
            Ok::<_, WorkerError>(())
        })
        .await
}

/// The bell of the context wakes one sleeper; each lane has a sleeper of its own.
async fn spread_bell(env: Env, lanes: [Arc<Notify>; 3]) {
    loop {
        env.cx.bell.notified().await;
        for lane in &lanes {
            lane.notify_one();
        }
    }
}

/// Runs one claimed job and writes down how it ended. Never fails itself: what cannot be written down is taken over
/// when the lease ends.
async fn perform(claim: Claim, env: Data<Env>) {
    let env = env.0;
    match queue::extend(&env.cx, &claim).await {
        Ok(true) => {}
        Ok(false) => return,
        Err(error) => return tracing::warn!(job = %claim.id, %error, "a job cannot be begun"),
    }
    if let Err(error) = perform_held(&env, &claim).await {
        tracing::warn!(job = %claim.id, kind = %claim.kind, %error, "how a job ended cannot be written down");
    }
}

/// Runs a job whose lease was just taken.
pub async fn perform_held(env: &Env, claim: &Claim) -> Result<(), DbErr> {
    // A task of its own: it runs beside the others, and its panic stays its own.
    let running = tokio::spawn(run_claim(env.clone(), claim.clone()));
    let outcome = keep_lease(env, claim, running).await;
    let word = match &outcome {
        Ok(()) => "done",
        Err(JobError::Retry(reason)) => {
            tracing::warn!(job = %claim.id, kind = %claim.kind, attempt = claim.attempt, reason, "a job failed");
            "failed_for_now"
        }
        Err(JobError::Fail(reason)) => {
            tracing::error!(job = %claim.id, kind = %claim.kind, reason, "a job failed for good");
            "failed"
        }
    };
    crate::metrics::JOBS
        .with_label_values(&[claim.kind.as_str(), word])
        .inc();
    queue::acknowledge(&env.cx, claim, outcome).await
}

async fn run_claim(env: Env, claim: Claim) -> Result<(), JobError> {
    match claim.job {
        Ok(job) => dispatch(&env, job).await,
        Err(reason) => Err(JobError::Fail(reason)),
    }
}

async fn keep_lease(
    env: &Env,
    claim: &Claim,
    mut running: tokio::task::JoinHandle<Result<(), JobError>>,
) -> Result<(), JobError> {
    let mut signs_of_life = tokio::time::interval(queue::lease_time(&env.cx) / 3);
    signs_of_life.tick().await;
    loop {
        tokio::select! {
            ended = &mut running => return ended.unwrap_or_else(|panic| Err(JobError::retry(panic))),
            _ = signs_of_life.tick() => {
                if let Err(error) = queue::extend(&env.cx, claim).await {
                    tracing::warn!(job = %claim.id, %error, "a lease cannot be extended");
                }
            }
        }
    }
}

/// The outbox as apalis sees it.
struct Queue {
    env: Env,
    lane: Lane,
    batch: usize,
    bell: Arc<Notify>,
    state: State,
}

enum State {
    /// Claimed and not yet handed out.
    Holding(VecDeque<Claim>),
    Claiming(BoxFuture<'static, Result<Vec<Claim>, DbErr>>),
    /// Nothing was due: asleep until the bell rings or it is time to look again.
    Sleeping(BoxFuture<'static, ()>),
    Releasing(BoxFuture<'static, ()>),
}

/// The queue never gives up on its database, so it has nothing to fail with.
#[derive(Debug, thiserror::Error)]
enum Never {}

impl Queue {
    fn claim(&self) -> State {
        let (cx, lane) = (self.env.cx.clone(), self.lane);
        let limit = u64::try_from(self.batch).unwrap_or(1);
        State::Claiming(async move { queue::claim(&cx, lane, limit).await }.boxed())
    }

    fn sleep(&self) -> State {
        let (bell, wait) = (Arc::clone(&self.bell), self.env.poll_interval());
        State::Sleeping(
            async move {
                let _ = tokio::time::timeout(wait, bell.notified()).await;
            }
            .boxed(),
        )
    }

    fn release(&self, claims: VecDeque<Claim>) -> State {
        let cx = self.env.cx.clone();
        State::Releasing(
            async move {
                if let Err(error) = queue::release(&cx, &Vec::from(claims)).await {
                    tracing::warn!(%error, "claimed jobs cannot be given back; their leases will end");
                }
            }
            .boxed(),
        )
    }

    fn after_claiming(&self, claimed: Result<Vec<Claim>, DbErr>) -> State {
        match claimed {
            Ok(claims) if claims.is_empty() => self.sleep(),
            Ok(claims) => State::Holding(claims.into()),
            Err(error) => {
                tracing::warn!(%error, "the queue cannot be read");
                self.sleep()
            }
        }
    }
}

impl Backend for Queue {
    type Task = Task<Claim>;
    type Error = Never;

    fn poll_ready(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Never>> {
        Poll::Ready(Ok(()))
    }

    fn poll_next(&mut self, cx: &mut Context<'_>, _: &WorkerContext) -> Poll<Option<Result<Task<Claim>, Never>>> {
        loop {
            self.state = match &mut self.state {
                State::Holding(claims) => match claims.pop_front() {
                    Some(claim) => return Poll::Ready(Some(Ok(task(claim)))),
                    None => self.claim(),
                },
                State::Claiming(claiming) => {
                    let claimed = ready!(claiming.poll_unpin(cx));
                    self.after_claiming(claimed)
                }
                State::Sleeping(sleeping) => {
                    ready!(sleeping.poll_unpin(cx));
                    self.claim()
                }
                State::Releasing(_) => return Poll::Ready(None),
            }
        }
    }

    fn poll_close(&mut self, cx: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Never>> {
        loop {
            self.state = match &mut self.state {
                State::Claiming(claiming) => {
                    let claimed = ready!(claiming.poll_unpin(cx));
                    self.after_claiming(claimed)
                }
                State::Holding(claims) if !claims.is_empty() => {
                    let claims = std::mem::take(claims);
                    self.release(claims)
                }
                State::Holding(_) | State::Sleeping(_) => return Poll::Ready(Ok(())),
                State::Releasing(releasing) => {
                    ready!(releasing.poll_unpin(cx));
                    State::Holding(VecDeque::new())
                }
            }
        }
    }
}

fn task(claim: Claim) -> Task<Claim> {
    let id = TaskId::from_string(claim.id.to_string());
    let attempt = usize::try_from(claim.attempt).unwrap_or_default();
    TaskBuilder::new(claim).task_id(id).attempt(attempt).build()
}

impl BackendConfig for Queue {
    type Args = Claim;
    type Id = TaskId;
    type Kind = Ephemeral;
    type Config = ();
    type Layer = Data<Env>;

    fn config(&self) -> &() {
        &()
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> Data<Env> {
        Data::new(self.env.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sea_orm::EntityTrait;

    use super::*;
    use crate::context::{Audit, Job};
    use crate::entity::outbox;
    use crate::notify::Mailer;
    use crate::testing::app;

    #[tokio::test]
    async fn a_worker_starts_on_new_work_at_once_and_stops_when_told() {
        let app = app().await;
        let env = Env::new(&app, Mailer::new(&app.config).unwrap()).unwrap();
        let shutdown = CancellationToken::new();
        let worker = tokio::spawn(run(env.clone(), shutdown.clone()));
        tokio::time::sleep(Duration::from_millis(200)).await;

        let mut tx = env.cx.begin().await.unwrap();
        tx.enqueue(&Job::Purge).await.unwrap();
        tx.commit(Audit::Bookkeeping).await.unwrap();
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let rows = outbox::Entity::find().all(&env.cx.db).await.unwrap();
            if rows.iter().all(|row| row.finished_at.is_some()) {
                break;
            }
        }
        let rows = outbox::Entity::find().all(&env.cx.db).await.unwrap();
        assert!(rows.iter().all(|row| row.finished_at.is_some()), "{rows:?}");

        shutdown.cancel();
        tokio::time::timeout(Duration::from_secs(10), worker)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
    }

    /// It is tried again later, like any job that failed, and what runs beside it runs on.
    #[tokio::test]
    async fn a_job_that_panics_has_failed_and_nothing_else_has() {
        let app = app().await;
        let env = Env::new(&app, Mailer::new(&app.config).unwrap()).unwrap();
        let mut tx = env.cx.begin().await.unwrap();
        for _ in 0..2 {
            tx.enqueue(&Job::Purge).await.unwrap();
        }
        tx.commit(Audit::Bookkeeping).await.unwrap();
        let claims = queue::claim(&env.cx, Lane::All, 2).await.unwrap();

        let panicking = tokio::spawn(async { panic!("poison") });
        let outcome = keep_lease(&env, &claims[0], panicking).await;
        assert!(
            matches!(&outcome, Err(JobError::Retry(reason)) if reason.contains("poison")),
            "{outcome:?}"
        );
        queue::acknowledge(&env.cx, &claims[0], outcome).await.unwrap();
        perform_held(&env, &claims[1]).await.unwrap();
        let left = outbox::Entity::find().all(&env.cx.db).await.unwrap();
        assert_eq!(left.len(), 1);
        assert!(left[0].last_error.as_ref().unwrap().contains("poison"));
    }
}
