//! The one sentence: how things are, for the banner, the title and the favicon.

use shared::component::ComponentStatus;
use shared::incident::IncidentStatus;
use shared::status_page::{Overall, PublicMaintenance};

use crate::components::words;
use crate::i18n::{Locale, t};
use crate::pages::status::{Frame, PublicView};
use crate::time::Clock;

/// What the page says before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Headline {
    AllOperational,
    /// Every component is well, yet an incident is open.
    OpenIncident,
    Unknown,
    Maintenance,
    Degraded,
    PartialOutage,
    MajorOutage,
}

impl Headline {
    /// The sentence for a state.
    pub const fn of(overall: &Overall) -> Self {
        match overall.status {
            ComponentStatus::Operational | ComponentStatus::Unknown if overall.open_incidents > 0 => Self::OpenIncident,
            ComponentStatus::Operational => Self::AllOperational,
            ComponentStatus::Unknown => Self::Unknown,
            ComponentStatus::UnderMaintenance => Self::Maintenance,
            ComponentStatus::DegradedPerformance => Self::Degraded,
            ComponentStatus::PartialOutage => Self::PartialOutage,
            ComponentStatus::MajorOutage => Self::MajorOutage,
        }
    }

    /// The status whose colour and shape go with it.
    pub const fn status(self) -> ComponentStatus {
        match self {
            Self::AllOperational => ComponentStatus::Operational,
            Self::Unknown => ComponentStatus::Unknown,
            Self::Maintenance => ComponentStatus::UnderMaintenance,
            Self::OpenIncident | Self::Degraded => ComponentStatus::DegradedPerformance,
            Self::PartialOutage => ComponentStatus::PartialOutage,
            Self::MajorOutage => ComponentStatus::MajorOutage,
        }
    }

    /// "Some systems are not available"
    pub fn sentence(self, locale: Locale) -> &'static str {
        match self {
            Self::AllOperational => t::status::headline::all_operational(locale),
            Self::OpenIncident => t::status::headline::open_incident(locale),
            Self::Unknown => t::status::headline::unknown(locale),
            Self::Maintenance => t::status::headline::maintenance(locale),
            Self::Degraded => t::status::headline::degraded(locale),
            Self::PartialOutage => t::status::headline::partial_outage(locale),
            Self::MajorOutage => t::status::headline::major_outage(locale),
        }
    }

    /// "Partial outage"
    pub fn short(self, locale: Locale) -> &'static str {
        match self {
            Self::AllOperational => t::status::headline::all_operational(locale),
            Self::OpenIncident => t::status::headline::incident(locale),
            Self::Unknown | Self::Maintenance | Self::Degraded | Self::PartialOutage | Self::MajorOutage => {
                words::component_status(locale, self.status())
            }
        }
    }

    /// The name of the favicon that goes with it.
    pub const fn favicon(self) -> &'static str {
        match self {
            Self::AllOperational => "operational",
            Self::Unknown => "unknown",
            Self::Maintenance => "maintenance",
            Self::OpenIncident | Self::Degraded => "degraded",
            Self::PartialOutage | Self::MajorOutage => "outage",
        }
    }
}

/// The title of a document: "Partial outage · Acme".
pub fn title(locale: Locale, clock: &Clock, frame: &Frame, view: &PublicView) -> String {
    let subject = match view {
        PublicView::Overview { .. } => Headline::of(&frame.overall).short(locale).into(),
        PublicView::Incident { incident, .. } => incident_title(locale, &incident.title, incident.status),
        PublicView::Maintenance { maintenance } => maintenance_title(locale, maintenance),
        PublicView::History { history, .. } => t::status::history_of(locale, clock.month_name(&history.month)),
        #[cfg(feature = "ssr")]
        PublicView::Plain(view) => crate::pages::status::plain::title(locale, view),
        #[cfg(not(feature = "ssr"))]
        PublicView::Plain(_) => String::new(),
    };
    format!("{subject} · {}", frame.page.name)
}

/// "Resolved: Slow API"
pub fn incident_title(locale: Locale, title: &str, status: IncidentStatus) -> String {
    format!("{}: {title}", words::incident_status(locale, status))
}

/// "Scheduled: New database"
pub fn maintenance_title(locale: Locale, maintenance: &PublicMaintenance) -> String {
    format!(
        "{}: {}",
        words::maintenance_status(locale, maintenance.status),
        maintenance.title
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: ComponentStatus, open_incidents: u32) -> Headline {
        Headline::of(&Overall { status, open_incidents })
    }

    #[test]
    fn the_worst_component_decides() {
        assert_eq!(said(ComponentStatus::Operational, 0), Headline::AllOperational);
        assert_eq!(said(ComponentStatus::MajorOutage, 0), Headline::MajorOutage);
        assert_eq!(said(ComponentStatus::PartialOutage, 3), Headline::PartialOutage);
        assert_eq!(said(ComponentStatus::UnderMaintenance, 0), Headline::Maintenance);
    }

    #[test]
    fn an_incident_without_components_is_not_all_well() {
        assert_eq!(said(ComponentStatus::Operational, 1), Headline::OpenIncident);
        assert_eq!(said(ComponentStatus::Unknown, 1), Headline::OpenIncident);
    }
}
