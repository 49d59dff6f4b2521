//! The one place that knows what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use shared::Timestamp;

/// Tells the time: the machine's, or what a test says.
#[derive(Clone, Default)]
pub struct Clock {
    /// Milliseconds since 1970, if a test holds the hands.
    held: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The machine's clock.
    pub const fn system() -> Self {
        Self { held: None }
    }

    /// A clock that stands at `start` until it is moved.
    pub fn held_at(start: Timestamp) -> Self {
        Self {
            held: Some(Arc::new(AtomicI64::new(start.as_millis()))),
        }
    }

    #[allow(clippy::disallowed_methods)]
    pub fn now(&self) -> Timestamp {
        match &self.held {
            Some(ms) => Timestamp::from_millis(ms.load(Ordering::SeqCst)),
            None => chrono::Utc::now().into(),
        }
    }

    /// Sets a held clock back, as an operator or a wrong time server does; the machine's clock cannot be moved.
    pub fn turn_back(&self, by: Duration) {
        if let Some(ms) = &self.held {
            ms.fetch_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }

    /// Moves a held clock on; the machine's clock cannot be moved.
    pub fn advance(&self, by: Duration) {
        if let Some(ms) = &self.held {
            ms.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }
}
