//! Why a message was not taken.

use std::time::Duration;

/// Why the other side did not take it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It may do so later.
    #[error("{reason}")]
    Later {
        reason: String,
        /// Not before so long, if it said so.
        after: Option<Duration>,
    },
    /// It never will.
    #[error("{0}")]
    Never(String),
    /// Nobody answers there: no mail would have been taken.
    #[error("{0}")]
    Unreachable(String),
}

impl SendError {
    /// Later, whenever we like.
    pub fn later(reason: impl Into<String>) -> Self {
        Self::Later {
            reason: reason.into(),
            after: None,
        }
    }

    /// The same, but not before at most `most`: nobody puts us off for ever.
    #[must_use]
    pub fn at_most_after(self, most: Duration) -> Self {
        match self {
            Self::Later { reason, after } => Self::Later {
                reason,
                after: after.map(|after| after.min(most)),
            },
            Self::Never(_) | Self::Unreachable(_) => self,
        }
    }

    /// The same with another reason.
    #[must_use]
    pub fn map_reason(self, change: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Later { reason, after } => Self::Later {
                reason: change(reason),
                after,
            },
            Self::Never(reason) => Self::Never(change(reason)),
            Self::Unreachable(reason) => Self::Unreachable(change(reason)),
        }
    }
}
