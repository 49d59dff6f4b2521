//! What every use case is handed: the database, who asks, what time it is, and where changes are told.

mod absence;
mod actor;
mod audit;
mod body;
mod cache;
mod clock;
mod closed;
pub mod database;
pub mod follow;
mod group;
mod live;
mod news;
pub mod outbox;
mod replica;
mod seal;
pub mod secrets;
mod tx;

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{DatabaseConnection, DbBackend};
use shared::component::{Component, SetComponentStatus};
use shared::{ComponentId, MemberId, MetricId};
use tokio::sync::{Mutex, MutexGuard, Notify};
use tokio_util::sync::CancellationToken;

pub use actor::{Actor, Origin};
pub use audit::Audit;
pub use body::{Body, Draft};
pub use cache::{Answer, Cache, Cached, Kept};
pub use clock::Clock;
pub use closed::{ClosedDay, ClosedDays, History, OpenDay, Tail, Tails};
pub use group::Group;
pub use live::Live;
pub use news::{Line, News};
pub use outbox::Job;
pub use replica::Replica;
pub use secrets::{Secrets, Signer};
pub use tx::Tx;

use crate::config::Config;
use crate::error::Result;

/// How long a process may believe that someone is still signed in.
const SIGN_IN_TTL: Duration = Duration::from_secs(2);

/// Metrics whose points are written at the same time by one process, at most.
const POINT_TURNS: u8 = 8;

/// A change of status that someone asked for.
pub struct StatusWrite {
    pub cx: Ctx,
    pub id: ComponentId,
    pub input: SetComponentStatus,
}

/// Changes of status that share transactions.
pub type StatusWrites = Group<StatusWrite, Result<Component>>;

/// Groups of changes written at the same time. SQLite writes one at a time, whoever asks.
fn queues(db: &DatabaseConnection) -> usize {
    match db.get_database_backend() {
        DbBackend::Sqlite => 1,
        _ => 4,
    }
}

/// What every use case is handed. Cheap to clone.
#[derive(Clone)]
pub struct Ctx {
    pub db: DatabaseConnection,
    /// Where public pages are read, if there is such a place.
    pub replica: Option<Replica>,
    pub actor: Actor,
    pub origin: Origin,
    pub clock: Clock,
    pub cache: Cache,
    pub config: Arc<Config>,
    pub secrets: Arc<Secrets>,
    /// Who was signed in a moment ago, by member and sign-in. Forgotten when a sign-in ends here; another process may take
    /// [`SIGN_IN_TTL`] to notice.
    pub sign_ins: moka::future::Cache<(MemberId, String), Actor>,
    /// Changes of status that are about to be written, in one queue or in several that hold different components.
    pub status_queues: Arc<[Arc<StatusWrites>]>,
    /// Whose turn it is to write points of a metric, by a part of its id: who waits here waits without a connection.
    pub point_turns: Arc<[Mutex<()>]>,
    /// Rung when there is new work for the workers of this process.
    pub bell: Arc<Notify>,
    /// Where other processes are told of changes.
    pub line: Line,
    /// Cancelled when this process was told to stop.
    pub stop: CancellationToken,
}

impl Ctx {
    /// The context of the process itself, asking as a visitor until told otherwise, alone: without replica and without line.
    pub fn new(db: DatabaseConnection, config: Config, secrets: Secrets, clock: Clock) -> Self {
        Self {
            status_queues: (0..queues(&db)).map(|_| Arc::default()).collect(),
            db,
            replica: None,
            actor: Actor::Visitor,
            origin: Origin::default(),
            clock,
            cache: Cache::default(),
            config: Arc::new(config),
            secrets: Arc::new(secrets),
            sign_ins: moka::future::Cache::builder()
                .max_capacity(10_000)
                .time_to_live(SIGN_IN_TTL)
                .build(),
            point_turns: (0..POINT_TURNS).map(|_| Mutex::default()).collect(),
            bell: Arc::new(Notify::new()),
            line: Line::Absent,
            stop: CancellationToken::new(),
        }
    }

    /// The queue for changes of a component: always the same one, so that no two groups wait for each other's rows.
    pub fn status_writes(&self, id: ComponentId) -> &Arc<StatusWrites> {
        let queues = self.status_queues.len() as u64;
        let place = usize::try_from(id.0.unsigned_abs() % queues).unwrap_or(0);
        &self.status_queues[place]
    }

    /// Waits for the turn to write points of a metric; it ends with what is given.
    pub async fn point_turn(&self, id: MetricId) -> MutexGuard<'_, ()> {
        let turns = self.point_turns.len() as u64;
        let place = usize::try_from(id.0.unsigned_abs() % turns).unwrap_or(0);
        self.point_turns[place].lock().await
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
