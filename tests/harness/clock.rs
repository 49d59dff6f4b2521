//! The clock of stories: it stands at a known moment and moves when it is told to.

use std::time::Duration;

use server::context::Clock;
use shared::Timestamp;

/// Tuesday, 24 November 2026, 10:00 UTC: a working day in no time zone's change of hours.
pub const START: i64 = 1_795_514_400_000;

/// A clock that stands at [`START`].
pub fn held() -> Clock {
    Clock::held_at(Timestamp::from_millis(START))
}

pub const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

pub const fn hours(count: u64) -> Duration {
    minutes(count * 60)
}

pub const fn days(count: u64) -> Duration {
    hours(count * 24)
}
