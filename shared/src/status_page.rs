//! The public read model: what a visitor sees, in one document.

use crate::Timestamp;
use crate::component::ComponentStatus;
use crate::incident::{AffectedComponent, Impact, IncidentStatus};
use crate::incident_detail::IncidentLink;
use crate::maintenance::MaintenanceStatus;

words! {
    /// Why a component looks different from some moment on.
    pub enum Cause {
        /// A member set it.
        Member = "member",
        /// A program set it.
        Token = "token",
        /// An incident was opened, updated, resolved, hidden or deleted.
        Incident = "incident",
        /// A maintenance began or ended.
        Maintenance = "maintenance",
        /// A monitor saw it.
        Monitor = "monitor",
        /// It was put right later.
        Correction = "correction",
        /// It came with imported history.
        Import = "import",
        /// The server itself, such as an incident that was forgotten.
        System = "system",
    }

    /// What a search finds.
    pub enum HitKind {
        Incident = "incident",
        Maintenance = "maintenance",
    }
}

output! {
    /// A page as its visitors know it.
    pub struct PublicPage {
        /// The page's code.
        pub id: String,
        pub name: String,
        /// Markdown.
        pub description: Option<String>,
        /// The product's own site.
        pub website_url: Option<String>,
        /// The address of the page, without a slash at the end.
        pub url: String,
        pub locale: String,
        pub time_zone: String,
        /// `#rrggbb`
        pub accent: String,
    }

    /// The one sentence at the top.
    pub struct Overall {
        /// The worst effective status among the public components.
        pub status: ComponentStatus,
        /// Open public incidents, forgotten ones left out.
        pub open_incidents: u32,
    }

    /// A group as its visitors see it.
    pub struct PublicGroup {
        /// The group's code.
        pub id: String,
        /// The code of the group it stands in.
        pub parent_id: Option<String>,
        pub name: String,
        pub description: Option<String>,
        /// The worst among all that stands in it, however deep.
        pub status: ComponentStatus,
    }

    /// A component as its visitors see it.
    pub struct PublicComponent {
        /// The component's code.
        pub id: String,
        /// The code of its group.
        pub group_id: Option<String>,
        pub slug: String,
        pub name: String,
        pub description: Option<String>,
        pub link: Option<String>,
        /// The effective status.
        pub status: ComponentStatus,
    }

    /// A component touched by an incident or maintenance.
    pub struct PublicEffect {
        /// The component's code.
        pub id: String,
        pub name: String,
        pub status: ComponentStatus,
    }

    /// An entry in a public timeline.
    pub struct PublicUpdate {
        /// The update's code.
        pub id: String,
        pub status: IncidentStatus,
        /// Markdown.
        pub message: String,
        pub components: Vec<PublicEffect>,
        pub created_at: Timestamp,
        /// When it was last changed, if it was. The page's server says so; the app in the browser need not know.
        #[cfg_attr(not(feature = "openapi"), serde(skip_deserializing))]
        pub edited_at: Option<Timestamp>,
    }

    /// An incident as its visitors see it.
    pub struct PublicIncident {
        /// The incident's code, as in its address `/incidents/{code}`.
        pub id: String,
        pub title: String,
        pub status: IncidentStatus,
        pub impact: Impact,
        /// Open, but without an update for 30 days.
        pub is_forgotten: bool,
        pub components: Vec<PublicEffect>,
        /// Newest first.
        pub updates: Vec<PublicUpdate>,
        /// What belongs to it elsewhere. Only the server draws them.
        #[serde(default)]
        #[cfg_attr(not(feature = "openapi"), serde(skip_deserializing))]
        pub links: Vec<IncidentLink>,
        pub started_at: Timestamp,
        pub resolved_at: Option<Timestamp>,
        pub updated_at: Timestamp,
    }

    /// An entry in the public timeline of a maintenance.
    pub struct PublicMaintenanceUpdate {
        /// The update's code.
        pub id: String,
        pub status: MaintenanceStatus,
        /// Markdown; empty if there was nothing to say beyond the status.
        pub message: String,
        pub created_at: Timestamp,
    }

    /// A maintenance as its visitors see it.
    pub struct PublicMaintenance {
        /// The maintenance's code, as in its address `/maintenance/{code}`.
        pub id: String,
        pub title: String,
        /// Markdown.
        pub message: String,
        pub status: MaintenanceStatus,
        /// What each is while the work goes on.
        pub components: Vec<PublicEffect>,
        /// Newest first.
        pub updates: Vec<PublicMaintenanceUpdate>,
        /// As planned.
        pub starts_at: Timestamp,
        /// As planned.
        pub ends_at: Timestamp,
        /// When it really began.
        pub actual_started_at: Option<Timestamp>,
        /// When it really ended.
        pub actual_ended_at: Option<Timestamp>,
        pub updated_at: Timestamp,
    }

    /// All that the front of a page shows.
    pub struct StatusPage {
        pub page: PublicPage,
        /// Grows with every change a visitor could see.
        pub version: i64,
        /// When this was put together.
        pub as_of: Timestamp,
        pub overall: Overall,
        /// Open incidents and those that were made sticky: the sticky ones first, then the newest.
        pub incidents: Vec<PublicIncident>,
        /// Maintenance going on.
        pub maintenances: Vec<PublicMaintenance>,
        /// Maintenance to come, soonest first.
        pub upcoming: Vec<PublicMaintenance>,
        /// In the order of the page; nested by `parent_id`.
        pub groups: Vec<PublicGroup>,
        /// In the order of the page; those without `group_id` stand on their own.
        pub components: Vec<PublicComponent>,
        /// Other incidents resolved in the last [`HISTORY_DAYS`] days, newest first.
        pub recent: Vec<PublicIncident>,
    }

    /// A day of a month on which something was wrong or went on.
    pub struct HistoryDay {
        /// `2026-11-24`, in the page's time zone.
        pub day: String,
        /// The worst there was of any public component.
        pub status: ComponentStatus,
    }

    /// What happened in one month.
    pub struct HistoryMonth {
        /// `2026-11`, in the page's time zone.
        pub month: String,
        /// Incidents that began in the month, newest first.
        pub incidents: Vec<PublicIncident>,
        /// Maintenance that began in the month and is over, newest first.
        pub maintenances: Vec<PublicMaintenance>,
    }

    /// An incident or a maintenance in which words were found.
    pub struct SearchHit {
        pub kind: HitKind,
        /// Its code.
        pub id: String,
        pub title: String,
        /// When it began.
        pub began_at: Timestamp,
        /// A word with what stands around it, as it was written, in Markdown; the title if it stands nowhere else.
        pub excerpt: String,
    }

    /// What was found, newest first.
    pub struct SearchResults {
        pub items: Vec<SearchHit>,
        /// Give it back as `cursor` for the items that follow; absent when there are none.
        pub next_cursor: Option<String>,
    }

    /// Something changed: what the stream sends.
    pub struct StatusChanged {
        /// The page's version from now on.
        pub version: i64,
    }
}

/// Days of history on the front of a page.
pub const HISTORY_DAYS: u64 = 7;

impl PublicEffect {
    /// Without what only members know.
    pub fn of(part: &AffectedComponent) -> Self {
        Self {
            id: crate::Coded::code(part.id),
            name: part.name.clone(),
            status: part.status,
        }
    }
}
