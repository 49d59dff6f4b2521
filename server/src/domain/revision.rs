//! Two people editing the same thing: the second is told instead of overwriting the first.

use shared::Timestamp;
use shared::problem::Code;

use crate::error::{Error, Result};

/// Refuses a change made on the sight of another revision than the present one. Without an expectation all is well.
pub fn unchanged(current: Timestamp, expected: Option<Timestamp>) -> Result<()> {
    match expected {
        Some(expected) if expected != current => Err(Error::refused(
            Code::Changed,
            "someone changed it since you read it: read it again",
        )),
        _ => Ok(()),
    }
}

/// The moment of a change, and in any case later than the one before: every change makes another revision.
pub fn next(previous: Timestamp, now: Timestamp) -> Timestamp {
    now.max(Timestamp::from_millis(previous.as_millis() + 1))
}
