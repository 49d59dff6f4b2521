//! Maintenance: planned work.

use crate::component::ComponentStatus;
use crate::incident::AffectedComponent;
use crate::problem::FieldCode;
use crate::text::{NAME_MAX, PROSE_MAX};
use crate::{Check, ComponentId, MaintenanceId, PageId, Timestamp, Validate};

words! {
    /// Where a maintenance stands.
    pub enum MaintenanceStatus {
        Scheduled = "scheduled",
        InProgress = "in_progress",
        Verifying = "verifying",
        Completed = "completed",
        Cancelled = "cancelled",
    }
}

impl MaintenanceStatus {
    /// Being worked on: its components are under maintenance.
    pub const fn is_running(self) -> bool {
        matches!(self, Self::InProgress | Self::Verifying)
    }
}

output! {
    /// Planned work with a beginning and an end.
    pub struct Maintenance {
        pub id: MaintenanceId,
        /// The last part of its address, `/maintenance/{code}`.
        pub code: String,
        pub page_id: PageId,
        pub title: String,
        /// Markdown.
        pub message: String,
        pub status: MaintenanceStatus,
        /// What each component is while the work goes on.
        pub components: Vec<AffectedComponent>,
        pub starts_at: Timestamp,
        pub ends_at: Timestamp,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

input! {
    /// Work to plan.
    pub struct NewMaintenance {
        /// The default page if left out.
        pub page_id: Option<PageId>,
        pub title: String,
        /// Markdown.
        pub message: String,
        /// Each is under maintenance while the work goes on.
        pub components: Vec<ComponentId>,
        pub starts_at: Timestamp,
        pub ends_at: Timestamp,
    }
}

/// The status a component has while it is worked on.
pub const STATUS_WHILE_RUNNING: ComponentStatus = ComponentStatus::UnderMaintenance;

impl Validate for NewMaintenance {
    fn check(&self, check: &mut Check) {
        check.line("title", &self.title, NAME_MAX);
        check.prose("message", &self.message, PROSE_MAX);
        check.at_most("components", &self.components, crate::incident::AFFECTED_MAX);
        check.distinct("components", &self.components);
        check.ensure(
            self.starts_at < self.ends_at,
            "ends_at",
            FieldCode::OutOfRange,
            "is not after starts_at",
        );
    }
}
