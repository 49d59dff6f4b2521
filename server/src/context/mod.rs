//! What every use case is handed: the database, who asks, what time it is, and where changes are told.

mod actor;
mod audit;
mod cache;
mod clock;
pub mod database;
pub mod outbox;
pub mod secrets;
mod tx;

use std::sync::Arc;

use sea_orm::DatabaseConnection;
use tokio::sync::Notify;

pub use actor::{Actor, Origin};
pub use audit::Audit;
pub use cache::{Body, Cache, Cached};
pub use clock::Clock;
pub use outbox::Job;
pub use secrets::{Secrets, Signer};
pub use tx::Tx;

use crate::config::Config;

/// What every use case is handed. Cheap to clone.
#[derive(Clone)]
pub struct Ctx {
    pub db: DatabaseConnection,
    pub actor: Actor,
    pub origin: Origin,
    pub clock: Clock,
    pub cache: Cache,
    pub config: Arc<Config>,
    pub secrets: Arc<Secrets>,
    /// Rung when there is new work for the workers of this process.
    pub bell: Arc<Notify>,
}

impl Ctx {
    /// The context of the process itself, asking as a visitor until told otherwise.
    pub fn new(db: DatabaseConnection, config: Config, secrets: Secrets, clock: Clock) -> Self {
        Self {
            db,
            actor: Actor::Visitor,
            origin: Origin::default(),
            clock,
            cache: Cache::default(),
            config: Arc::new(config),
            secrets: Arc::new(secrets),
            bell: Arc::new(Notify::new()),
        }
    }

    /// The same, asked by someone else.
    #[must_use]
    pub fn acting(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }

    /// The same, asked by the server itself.
    #[must_use]
    pub fn as_system(&self, part: &'static str) -> Self {
        self.acting(Actor::System(part))
    }

    /// The same, with where the request came from.
    #[must_use]
    pub fn from_origin(&self, origin: Origin) -> Self {
        Self { origin, ..self.clone() }
    }
}
