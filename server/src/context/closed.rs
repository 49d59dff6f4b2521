//! Days that are closed, as this process remembers them.

use std::collections::HashMap;

use chrono::NaiveDate;
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
