//! Days of uptime, as this process remembers them: those that are closed, and how far those that are not have been added up.

use std::collections::HashMap;

use chrono::NaiveDate;
use chrono_tz::Tz;
use shared::component::ComponentStatus;
use shared::uptime::Spent;
use shared::{ComponentId, Timestamp};

/// A day and how it was spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosedDay {
    pub date: NaiveDate,
    pub spent: Spent,
}

/// The closed days of a component, and where the timeline goes on after them.
#[derive(Debug, Clone)]
pub struct History {
    /// Oldest first.
    pub days: Vec<ClosedDay>,
    pub last_starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub end_status: ComponentStatus,
    pub last_change_id: i64,
}

/// The closed days of all components of a page.
pub type ClosedDays = HashMap<ComponentId, History>;

/// A day that is not closed, as far as it has been added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenDay {
    pub date: NaiveDate,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub spent: Spent,
}

/// The days of a component that are not closed, up to an entry of its timeline, and how it was from there on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail {
    /// Oldest first, at least one.
    pub days: Vec<OpenDay>,
    pub at: Timestamp,
    pub status: ComponentStatus,
    pub last_change_id: i64,
}

/// The same for all components of a page, so that a change does not have the whole day added up again.
#[derive(Debug, Clone)]
pub struct Tails {
    pub zone: Tz,
    /// Entries of the timeline up to this one are in it.
    pub last_change_id: i64,
    pub of: HashMap<ComponentId, Tail>,
}
