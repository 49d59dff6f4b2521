//! Background work: what the outbox asks for, one file per job. Every job looks before it acts and may run twice.
//!
//! [`queue`] keeps the table, [`worker`] lets apalis drive [`dispatch`], [`schedule`] adds what is due again and again.

pub mod background;
mod deliver;
mod deliver_web;
mod fan_out;
mod letter;
mod parcel;
mod prometheus;
mod pull_metrics;
mod purge;
pub mod queue;
mod remind_team;
mod round;
pub mod schedule;
mod send_confirmation;
mod send_invitation;
mod test_mail;
#[cfg(test)]
mod tests;
pub mod worker;

use std::fmt::Display;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::context::{Ctx, Job};
use crate::domain;
use crate::notify::Mailer;
use crate::notify::channel::Channels;
use crate::outbound::Outbound;

/// What jobs are handed. Cheap to clone.
#[derive(Clone)]
pub struct Env {
    pub cx: Ctx,
    pub mailer: Mailer,
    pub outbound: Outbound,
    pub channels: Channels,
    /// Long jobs look at it between two steps.
    stopping: CancellationToken,
}

/// Why a job was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobError {
    /// It may work later.
    Retry(String),
    /// It will never work; a person has to look.
    Fail(String),
}

impl JobError {
    /// For `map_err`: it may work later.
    pub fn retry(reason: impl Display) -> Self {
        Self::Retry(reason.to_string())
    }

    /// For `map_err`: it will never work.
    pub fn fail(reason: impl Display) -> Self {
        Self::Fail(reason.to_string())
    }
}

impl Env {
    /// An error if a secret of a channel stands in a file that cannot be read.
    pub fn new(cx: &Ctx, mailer: Mailer) -> anyhow::Result<Self> {
        Ok(Self {
            cx: cx.as_system("jobs"),
            mailer,
            outbound: Outbound::new(&cx.config.outbound),
            channels: Channels::new(&cx.config)?,
            stopping: CancellationToken::new(),
        })
    }

    fn stopping_with(self, stopping: CancellationToken) -> Self {
        Self { stopping, ..self }
    }

    fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    fn poll_interval(&self) -> Duration {
        Duration::from_millis(self.cx.config.jobs.poll_ms)
    }
}

/// The one place that knows who does what.
pub async fn dispatch(env: &Env, job: Job) -> Result<(), JobError> {
    match job {
        Job::FanOut { event } => fan_out::run(env, event).await,
        Job::FanOutAll { after, through } => fan_out::run_all(env, after, through).await,
        Job::Deliver => deliver::run(env).await,
        Job::DeliverWeb => deliver_web::run(env).await,
        Job::SendConfirmation { subscription } => send_confirmation::run(env, subscription).await,
        Job::SendInvitation { email, name, url } => send_invitation::run(env, &email, &name, &url).await,
        Job::RemindTeam { incident, member } => remind_team::run(env, incident, member).await,
        Job::SweepStatus => sweep(env).await.map_err(JobError::retry),
        Job::RollUp => domain::uptime::close_days(&env.cx).await.map_err(JobError::retry),
        Job::PullMetrics => pull_metrics::run(env).await,
        Job::Purge => purge::run(env).await,
    }
}

/// What the clock does. What goes wrong with one thing keeps no other from being done.
async fn sweep(env: &Env) -> Result<(), crate::error::Error> {
    let incidents = domain::incident_clock::sweep(&env.cx).await;
    let maintenance = domain::maintenance_clock::sweep(&env.cx).await;
    domain::announcement_clock::sweep(&env.cx).await?;
    incidents.and(maintenance)
}

/// Runs all that is due by the context's clock, and what comes of it, one after the other. For tests and commands.
pub async fn run_jobs(env: &Env) -> anyhow::Result<u64> {
    schedule::tick(&env.cx).await?;
    let mut done = 0;
    while let Some(claim) = queue::claim(&env.cx, queue::Lane::All, 1).await?.pop() {
        worker::perform_held(env, &claim).await?;
        done += 1;
    }
    Ok(done)
}
