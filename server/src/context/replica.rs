//! A read replica: a copy of the database that follows the primary, for reading public pages.
//!
//! It may lag and it may be away, so it is asked before each load which versions it has reached, and whatever is wrong with
//! it, the primary answers instead. An answer made from it is thus never older than what this process knows of.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sea_orm::{DatabaseConnection, EntityTrait, QuerySelect};
use shared::PageId;

use super::Ctx;
use crate::entity::page;
use crate::error::{Error, Result};
use crate::metrics;

/// How long a replica may take for a load before the primary is asked: there is a visitor waiting.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a replica that is away is left alone.
const PAUSE: Duration = Duration::from_secs(5);

/// The replica, and since when it has been away.
#[derive(Clone)]
pub struct Replica {
    db: DatabaseConnection,
    away_since: Arc<Mutex<Option<Instant>>>,
}

impl Ctx {
    /// Loads what visitors may see: from the replica if it is there and has seen all that is known here, else from the primary.
    pub async fn read_public<T, F>(&self, load: impl Fn(Self) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        if let Some(replica) = &self.replica
            && let Some(loaded) = replica.try_load(self, &load).await
        {
            metrics::READS.with_label_values(&["replica"]).inc();
            return Ok(loaded);
        }
        metrics::READS.with_label_values(&["primary"]).inc();
        // On the heap: what is loaded is a large future, and every door would carry it on its stack.
        Box::pin(load(self.clone())).await
    }
}

impl Replica {
    pub fn new(db: DatabaseConnection) -> Self {
        Self {
            db,
            away_since: Arc::default(),
        }
    }

    /// Nothing if the primary should be asked. That something is not there is believed from the primary only.
    async fn try_load<T, F>(&self, cx: &Ctx, load: &impl Fn(Ctx) -> F) -> Option<T>
    where
        F: Future<Output = Result<T>>,
    {
        if self.is_left_alone() {
            return None;
        }
        let attempt = async {
            if !self.has_caught_up(cx).await? {
                return Ok(None);
            }
            let there = Ctx {
                db: self.db.clone(),
                ..cx.clone()
            };
            match load(there).await {
                Ok(loaded) => Ok(Some(loaded)),
                Err(Error::Refused(_)) => Ok(None),
                Err(error) => Err(error),
            }
        };
        let outcome = tokio::time::timeout(PATIENCE, attempt).await;
        let outcome = outcome.unwrap_or_else(|_| Err(anyhow::anyhow!("no answer in {PATIENCE:?}").into()));
        self.note(outcome.as_ref().err());
        outcome.ok().flatten()
    }

    /// True if the replica has reached the version that each of its pages is known to have here.
    async fn has_caught_up(&self, cx: &Ctx) -> Result<bool> {
        let query = page::Entity::find()
            .select_only()
            .columns([page::Column::Id, page::Column::Version]);
        let reached: Vec<(PageId, i64)> = query.into_tuple().all(&self.db).await?;
        Ok(reached
            .iter()
            .all(|(id, version)| *version >= cx.cache.live(*id).version()))
    }

    fn is_left_alone(&self) -> bool {
        let since = *self.away_since.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|since| since.elapsed() < PAUSE)
    }

    /// Says once that the replica is away, and once that it is back.
    fn note(&self, trouble: Option<&Error>) {
        let mut since = self.away_since.lock().unwrap_or_else(PoisonError::into_inner);
        match (trouble, since.is_some()) {
            (Some(error), false) => {
                tracing::warn!(%error, "the read replica is away; public pages are read from the primary")
            }
            (None, true) => tracing::info!("the read replica is back"),
            (Some(_), true) | (None, false) => {}
        }
        *since = trouble.map(|_| Instant::now());
    }
}
