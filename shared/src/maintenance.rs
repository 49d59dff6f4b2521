//! Maintenance: planned work, once or again and again, and its timeline.

use crate::component::ComponentStatus;
use crate::incident::{AFFECTED_MAX, AffectedComponent, ComponentEffect};
use crate::problem::FieldCode;
use crate::text::{NAME_MAX, PROSE_MAX};
use crate::{Check, MaintenanceId, MaintenanceUpdateId, PageId, Patch, Timestamp, Validate};

words! {
    /// Where a maintenance stands.
    pub enum MaintenanceStatus {
        /// To come.
        Scheduled = "scheduled",
        /// Being worked on.
        InProgress = "in_progress",
        /// The work is done; whether it was done well is looked at.
        Verifying = "verifying",
        /// Over.
        Completed = "completed",
        /// Called off.
        Cancelled = "cancelled",
    }

    /// What maintenance is sorted by.
    pub enum MaintenanceSort {
        StartsAt = "starts_at",
        UpdatedAt = "updated_at",
    }
}

impl MaintenanceStatus {
    /// Work begins, is looked at (and perhaps gone on with), and ends; until it ends it can be called off. Nothing leads
    /// back from the end.
    pub const fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Scheduled, Self::InProgress | Self::Cancelled)
            | (Self::InProgress, Self::Verifying | Self::Completed | Self::Cancelled)
            | (Self::Verifying, Self::InProgress | Self::Completed | Self::Cancelled) => true,
            (Self::Scheduled, Self::Scheduled | Self::Verifying | Self::Completed)
            | (Self::InProgress, Self::Scheduled | Self::InProgress)
            | (Self::Verifying, Self::Scheduled | Self::Verifying)
            | (Self::Completed | Self::Cancelled, _) => false,
        }
    }

    /// Being worked on: its components have the status it gives them.
    pub const fn is_running(self) -> bool {
        matches!(self, Self::InProgress | Self::Verifying)
    }

    /// Completed or called off.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }
}

output! {
    /// One entry in a maintenance's timeline; it is never changed.
    pub struct MaintenanceUpdate {
        pub id: MaintenanceUpdateId,
        pub status: MaintenanceStatus,
        /// Markdown; empty if there was nothing to say beyond the status.
        pub message: String,
        /// The member who did it; absent if the clock did. Visitors are not told.
        pub author: Option<String>,
        pub created_at: Timestamp,
    }

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
        /// Newest first.
        pub updates: Vec<MaintenanceUpdate>,
        /// As planned.
        pub starts_at: Timestamp,
        /// As planned.
        pub ends_at: Timestamp,
        /// When it really began.
        pub actual_started_at: Option<Timestamp>,
        /// When it really ended.
        pub actual_ended_at: Option<Timestamp>,
        /// The clock starts it; otherwise a person does.
        pub starts_by_itself: bool,
        /// The clock ends it; otherwise a person does, and until then it goes on.
        pub ends_by_itself: bool,
        /// While it runs, nobody is mailed about its components alone.
        pub is_quiet: bool,
        /// How long before the beginning subscribers are reminded.
        pub reminder_minutes: Option<u32>,
        /// When they were.
        pub reminded_at: Option<Timestamp>,
        /// How it comes again, as RFC 5545 writes it: `FREQ=WEEKLY;BYDAY=TU`.
        pub recurrence: Option<String>,
        /// Where the hours of the rule are those of the clock on the wall.
        pub recurrence_time_zone: Option<String>,
        /// The first of those that belong together.
        pub series_id: Option<MaintenanceId>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }

    /// When a rule comes round.
    pub struct RecurrencePreview {
        /// The next few beginnings after the first.
        pub starts_at: Vec<Timestamp>,
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
        /// What each component is while the work goes on.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub components: Vec<ComponentEffect>,
        pub starts_at: Timestamp,
        /// After `starts_at`, and not in the past.
        pub ends_at: Timestamp,
        /// The clock starts it. True if left out.
        pub starts_by_itself: Option<bool>,
        /// The clock ends it. True if left out.
        pub ends_by_itself: Option<bool>,
        /// While it runs, nobody is mailed about its components alone. False if left out.
        pub is_quiet: Option<bool>,
        /// Remind subscribers this long before; not at all if left out.
        pub reminder_minutes: Option<u32>,
        /// Once if left out; else a rule as RFC 5545 writes it: `FREQ=WEEKLY;BYDAY=TU`.
        pub recurrence: Option<String>,
        /// Where the hours of the rule are those of the clock on the wall; the page's if left out.
        pub recurrence_time_zone: Option<String>,
        /// Tell subscribers that it is planned. True if left out.
        pub notify: Option<bool>,
    }

    /// What to change about a maintenance; what is left out stays. It is about this one, not the others of its series.
    pub struct MaintenancePatch {
        pub title: Option<String>,
        /// Markdown.
        pub message: Option<String>,
        /// In place of those before.
        pub components: Option<Vec<ComponentEffect>>,
        /// Only before it has begun.
        pub starts_at: Option<Timestamp>,
        /// Only before it is over.
        pub ends_at: Option<Timestamp>,
        pub starts_by_itself: Option<bool>,
        pub ends_by_itself: Option<bool>,
        pub is_quiet: Option<bool>,
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        pub reminder_minutes: Patch<u32>,
        /// Only before it has begun: the series goes on from this one by the new rule.
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        pub recurrence: Patch<String>,
        pub recurrence_time_zone: Option<String>,
    }

    /// A step of a maintenance: it starts, is verified or is completed.
    pub struct AdvanceMaintenance {
        /// Markdown; without it the timeline says the status alone.
        pub message: Option<String>,
        /// Tell subscribers. True if left out.
        pub notify: Option<bool>,
    }

    /// A maintenance to call off.
    pub struct CancelMaintenance {
        /// Markdown; without it the timeline says the status alone.
        pub message: Option<String>,
        /// Also those that would follow. False if left out: then the next one stays or is planned.
        pub whole_series: Option<bool>,
        /// Tell subscribers. True if left out.
        pub notify: Option<bool>,
    }

    /// An entry to add to a maintenance's timeline.
    pub struct NewMaintenanceUpdate {
        /// Markdown.
        pub message: String,
        /// Tell subscribers. True if left out.
        pub notify: Option<bool>,
    }

    /// A rule to try out.
    pub struct PreviewRecurrence {
        /// The first beginning.
        pub starts_at: Timestamp,
        /// A rule as RFC 5545 writes it: `FREQ=WEEKLY;BYDAY=TU`.
        pub recurrence: String,
        /// The zone of the default page if left out.
        pub time_zone: Option<String>,
    }
}

/// The status a component has while it is worked on, unless the plan says otherwise.
pub const STATUS_WHILE_RUNNING: ComponentStatus = ComponentStatus::UnderMaintenance;
/// Reminders come at most four weeks before.
pub const REMINDER_MINUTES_MAX: u32 = 4 * 7 * 24 * 60;
/// The longest rule.
pub const RECURRENCE_MAX: usize = 500;

impl NewMaintenance {
    /// Work from one moment to another, and nothing else said; the message repeats the title until one is given.
    pub fn between(title: impl Into<String>, starts_at: Timestamp, ends_at: Timestamp) -> Self {
        let title = title.into();
        Self {
            page_id: None,
            message: title.clone(),
            title,
            components: Vec::new(),
            starts_at,
            ends_at,
            starts_by_itself: None,
            ends_by_itself: None,
            is_quiet: None,
            reminder_minutes: None,
            recurrence: None,
            recurrence_time_zone: None,
            notify: None,
        }
    }

    /// Adds a component that is under maintenance while the work goes on.
    #[must_use]
    pub fn on(mut self, id: crate::ComponentId) -> Self {
        let status = STATUS_WHILE_RUNNING;
        self.components.push(ComponentEffect { id, status });
        self
    }

    /// Lets it come again by a rule.
    #[must_use]
    pub fn again(mut self, recurrence: impl Into<String>) -> Self {
        self.recurrence = Some(recurrence.into());
        self
    }
}

impl MaintenancePatch {
    /// Changes nothing.
    pub const fn nothing() -> Self {
        Self {
            title: None,
            message: None,
            components: None,
            starts_at: None,
            ends_at: None,
            starts_by_itself: None,
            ends_by_itself: None,
            is_quiet: None,
            reminder_minutes: Patch::Keep,
            recurrence: Patch::Keep,
            recurrence_time_zone: None,
        }
    }
}

impl Validate for NewMaintenance {
    fn check(&self, check: &mut Check) {
        check.line("title", &self.title, NAME_MAX);
        check.prose("message", &self.message, PROSE_MAX);
        components(check, &self.components);
        window(check, self.starts_at, self.ends_at);
        reminder(check, self.reminder_minutes);
        check.optional_line("recurrence", self.recurrence.as_ref(), RECURRENCE_MAX);
    }
}

impl Validate for MaintenancePatch {
    fn check(&self, check: &mut Check) {
        if let Some(title) = &self.title {
            check.line("title", title, NAME_MAX);
        }
        if let Some(message) = &self.message {
            check.prose("message", message, PROSE_MAX);
        }
        components(check, self.components.as_deref().unwrap_or_default());
        if let (Some(starts_at), Some(ends_at)) = (self.starts_at, self.ends_at) {
            window(check, starts_at, ends_at);
        }
        reminder(check, self.reminder_minutes.value().copied());
        check.optional_line("recurrence", self.recurrence.value(), RECURRENCE_MAX);
    }
}

impl Validate for AdvanceMaintenance {
    fn check(&self, check: &mut Check) {
        check.optional_prose("message", self.message.as_ref(), PROSE_MAX);
    }
}

impl Validate for CancelMaintenance {
    fn check(&self, check: &mut Check) {
        check.optional_prose("message", self.message.as_ref(), PROSE_MAX);
    }
}

impl Validate for NewMaintenanceUpdate {
    fn check(&self, check: &mut Check) {
        check.prose("message", &self.message, PROSE_MAX);
    }
}

impl Validate for PreviewRecurrence {
    fn check(&self, check: &mut Check) {
        check.line("recurrence", &self.recurrence, RECURRENCE_MAX);
    }
}

/// The end comes after the beginning; the server asks the same of a patched window.
pub fn window(check: &mut Check, starts_at: Timestamp, ends_at: Timestamp) {
    if starts_at >= ends_at {
        check.fail(
            "ends_at",
            FieldCode::OutOfRange,
            format!("is {ends_at}; expected a moment after starts_at, {starts_at}"),
        );
    }
}

fn reminder(check: &mut Check, minutes: Option<u32>) {
    let Some(minutes) = minutes.filter(|minutes| !(1..=REMINDER_MINUTES_MAX).contains(minutes)) else {
        return;
    };
    check.fail(
        "reminder_minutes",
        FieldCode::OutOfRange,
        format!("is {minutes}; 1 to {REMINDER_MINUTES_MAX} are possible"),
    );
}

fn components(check: &mut Check, components: &[ComponentEffect]) {
    check.at_most("components", components, AFFECTED_MAX);
    check.distinct(
        "components",
        &components.iter().map(|effect| effect.id).collect::<Vec<_>>(),
    );
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_status() -> impl Strategy<Value = MaintenanceStatus> {
        proptest::sample::select(MaintenanceStatus::ALL)
    }

    proptest! {
        /// However it goes, what is over stays over, and what has begun never waits again.
        #[test]
        fn no_walk_leads_back(steps in proptest::collection::vec(any_status(), 0..20)) {
            let (mut at, mut has_begun) = (MaintenanceStatus::Scheduled, false);
            for next in steps {
                prop_assert!(!(at.is_over() && at.may_become(next)));
                if at.may_become(next) {
                    at = next;
                    has_begun |= at.is_running();
                    prop_assert!(!(has_begun && at == MaintenanceStatus::Scheduled));
                }
            }
        }

        /// What is not over can be called off, and nothing becomes what it is already.
        #[test]
        fn only_what_is_not_over_can_be_called_off(status in any_status()) {
            prop_assert_eq!(status.may_become(MaintenanceStatus::Cancelled), !status.is_over());
            prop_assert!(!status.may_become(status));
        }
    }
}
