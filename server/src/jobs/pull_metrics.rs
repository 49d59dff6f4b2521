//! Pulls points of metrics: asks the sources that are due, several at once, and keeps what each gave.

use futures::{StreamExt, stream};

use super::{Env, JobError};
use crate::domain::metric_source::{self, AsksPrometheus, Due};
use crate::error::Result;

/// Sources claimed in one go.
const BATCH: u64 = 32;
/// Asked at once: one that does not answer must not keep the others from their rhythm.
const AT_ONCE: usize = 8;

/// Asks until nothing is due.
pub async fn run(env: &Env) -> Result<(), JobError> {
    pull(env).await.map_err(JobError::retry)
}

async fn pull(env: &Env) -> Result<()> {
    while !env.is_stopping() {
        let due = metric_source::claim(&env.cx, BATCH).await?;
        if due.is_empty() {
            break;
        }
        let mut asking = stream::iter(due).map(|due| ask(env, due)).buffer_unordered(AT_ONCE);
        // One that cannot be kept must not break off the others, whose time has been moved on already.
        let mut outcome = Ok(());
        while let Some(kept) = asking.next().await {
            outcome = outcome.and(kept);
        }
        outcome?;
    }
    Ok(())
}

async fn ask(env: &Env, due: Due) -> Result<()> {
    let at = env.cx.clock.now();
    let outcome = match due.question {
        Ok(question) => env.ask(&question).await,
        Err(reason) => Err(reason),
    };
    metric_source::record(&env.cx, due.metric_id, at, outcome).await
}
