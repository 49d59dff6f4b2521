//! Long lists come in pages of at most [`MAX_LIMIT`] items, walked by an opaque cursor.

/// Items in an answer unless the caller asks for another number.
pub const DEFAULT_LIMIT: u32 = 50;
/// The most items in one answer.
pub const MAX_LIMIT: u32 = 200;

/// A page of a list: the items, and where to go on. `next_cursor` is absent on the last page.
macro_rules! lists {
    ($($(#[$meta:meta])* $name:ident of $item:ty),+ $(,)?) => {
        output! {$(
            $(#[$meta])*
            pub struct $name {
                /// At most `limit` items, in the order asked for.
                pub items: Vec<$item>,
                /// Give it back as `cursor` for the items that follow; absent when there are none.
                pub next_cursor: Option<String>,
            }
        )+}
    };
}

lists! {
    /// Pages.
    PageList of crate::page::Page,
    /// Component groups.
    ComponentGroupList of crate::component::ComponentGroup,
    /// Components.
    ComponentList of crate::component::Component,
    /// Incidents.
    IncidentList of crate::incident::Incident,
    /// What an entry of a timeline said before, newest first.
    IncidentUpdateRevisionList of crate::incident_entry::IncidentUpdateRevision,
    /// Corrections of a component's status.
    StatusCorrectionList of crate::uptime::StatusCorrection,
    /// Maintenance.
    MaintenanceList of crate::maintenance::Maintenance,
    /// Templates.
    TemplateList of crate::template::Template,
    /// Announcements.
    AnnouncementList of crate::announcement::Announcement,
    /// Metrics.
    MetricList of crate::metric::Metric,
    /// Subscribers.
    SubscriberList of crate::subscriber::Subscriber,
    /// Deliveries.
    DeliveryList of crate::delivery::Delivery,
    /// Members.
    MemberList of crate::member::Member,
    /// Entries of the audit trail.
    AuditList of crate::audit::AuditEntry,
}

words! {
    /// Which end of a list comes first.
    pub enum Order {
        /// Smallest, oldest or first in the alphabet.
        Asc = "asc",
        /// Largest, newest or last in the alphabet.
        Desc = "desc",
    }
}
