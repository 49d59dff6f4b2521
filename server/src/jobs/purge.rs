//! Removes what has served its time. Each deletion stands alone, so one that fails keeps no other from being done.

use sea_orm::DbErr;

use super::{Env, JobError};
use crate::domain::retention;

pub async fn run(env: &Env) -> Result<(), JobError> {
    let removed: Vec<(&str, Result<u64, DbErr>)> = retention::purge(&env.cx).await;
    for (what, outcome) in removed {
        let count = outcome.map_err(JobError::retry)?;
        if count > 0 {
            tracing::info!(what, count, "removed what has served its time");
        }
    }
    Ok(())
}
