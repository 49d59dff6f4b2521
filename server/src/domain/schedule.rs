//! What the server does again and again, and how often. `jobs::schedule` keeps the time.

use std::time::Duration;

use shared::Timestamp;
use shared::system::ScheduledJob;
use shared::time::{hours, minutes};

use crate::context::Job;

/// A job that comes back.
#[derive(Debug, Clone)]
pub struct Scheduled {
    pub name: &'static str,
    pub every: Duration,
    pub job: Job,
}

/// All jobs that come back.
pub const SCHEDULE: &[Scheduled] = &[
    Scheduled {
        name: "sweep_status",
        every: minutes(1),
        job: Job::SweepStatus,
    },
    // Fan-out starts deliveries at once; this picks up those that wait for another try.
    Scheduled {
        name: "deliver",
        every: Duration::from_secs(30),
        job: Job::Deliver,
    },
    Scheduled {
        name: "deliver_web",
        every: Duration::from_secs(30),
        job: Job::DeliverWeb,
    },
    // Pages close their days at different hours, and some zones are half an hour off.
    Scheduled {
        name: "roll_up",
        every: minutes(15),
        job: Job::RollUp,
    },
    // No source is asked more often.
    Scheduled {
        name: "pull_metrics",
        every: Duration::from_secs(15),
        job: Job::PullMetrics,
    },
    Scheduled {
        name: "purge",
        every: hours(1),
        job: Job::Purge,
    },
];

impl Scheduled {
    /// The latest moment up to `now` at which it was due: the same on every machine.
    pub fn latest(&self, now: Timestamp) -> Timestamp {
        let step = i64::try_from(self.every.as_millis()).unwrap_or(i64::MAX).max(1);
        Timestamp::from_millis(now.as_millis().div_euclid(step) * step)
    }

    /// When it is due next.
    pub fn next(&self, now: Timestamp) -> Timestamp {
        self.latest(now) + self.every
    }

    /// The key that only one job of each tick can have.
    pub fn key(&self, tick: Timestamp) -> String {
        format!("{}@{}", self.name, tick.as_millis())
    }
}

/// The schedule as operators see it.
pub fn upcoming(now: Timestamp) -> Vec<ScheduledJob> {
    let upcoming = |scheduled: &Scheduled| ScheduledJob {
        name: scheduled.name.to_owned(),
        next_at: scheduled.next(now),
    };
    SCHEDULE.iter().map(upcoming).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_the_same_on_every_machine() {
        let at = |text| Timestamp::parse(text).unwrap();
        let sweep = &SCHEDULE[0];
        assert_eq!(sweep.latest(at("2026-11-24T03:00:59.999Z")), at("2026-11-24T03:00:00Z"));
        assert_eq!(sweep.next(at("2026-11-24T03:00:00Z")), at("2026-11-24T03:01:00Z"));
    }
}
