//! Removes what has served its time. Each deletion stands alone, so one that fails keeps no other from being done.

use sea_orm::{DbErr, DeleteResult};

use super::{Env, JobError};
use crate::domain::retention;

pub async fn run(env: &Env) -> Result<(), JobError> {
    let removed: Vec<(&str, Result<DeleteResult, DbErr>)> = retention::purge(&env.cx).await;
    for (what, outcome) in removed {
        let count = outcome.map_err(JobError::retry)?.rows_affected;
        if count > 0 {
            tracing::info!(what, count, "removed what has served its time");
        }
    }
    Ok(())
}
