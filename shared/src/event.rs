//! Events: what subscribers may hear of.

use crate::component::ComponentStatus;
use crate::{AnnouncementId, ComponentId, IncidentId, IncidentUpdateId, MaintenanceId, MaintenanceUpdateId};

words! {
    /// The kind of an event, which also names its templates.
    pub enum EventKind {
        IncidentOpened = "incident_opened",
        IncidentUpdated = "incident_updated",
        IncidentResolved = "incident_resolved",
        ComponentStatusChanged = "component_status_changed",
        MaintenancePlanned = "maintenance_planned",
        MaintenanceReminder = "maintenance_reminder",
        MaintenanceStarted = "maintenance_started",
        MaintenanceUpdated = "maintenance_updated",
        MaintenanceEnded = "maintenance_ended",
        MaintenanceCancelled = "maintenance_cancelled",
        PostmortemPublished = "postmortem_published",
        AnnouncementPublished = "announcement_published",
    }
}

impl EventKind {
    /// Its bit in a set of kinds.
    pub const fn bit(self) -> i32 {
        1 << self as i32
    }

    /// The set of some kinds.
    pub fn to_bits(kinds: &[Self]) -> i32 {
        kinds.iter().fold(0, |bits, kind| bits | kind.bit())
    }

    /// The kinds in a set.
    pub fn from_bits(bits: i32) -> Vec<Self> {
        Self::ALL
            .iter()
            .copied()
            .filter(|kind| bits & kind.bit() != 0)
            .collect()
    }

    /// True if it is about an incident, which has an impact.
    pub const fn is_of_incident(self) -> bool {
        matches!(
            self,
            Self::IncidentOpened | Self::IncidentUpdated | Self::IncidentResolved | Self::PostmortemPublished
        )
    }
}

/// What happened, as the outbox keeps it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A public incident was opened, published or reopened.
    IncidentOpened {
        incident: IncidentId,
        update: IncidentUpdateId,
    },
    IncidentUpdated {
        incident: IncidentId,
        update: IncidentUpdateId,
    },
    IncidentResolved {
        incident: IncidentId,
        update: IncidentUpdateId,
    },
    /// A component looks different, and not because of an incident (whose own mail says so).
    ComponentStatusChanged {
        component: ComponentId,
        from: ComponentStatus,
        to: ComponentStatus,
    },
    /// Work was planned.
    MaintenancePlanned { maintenance: MaintenanceId },
    /// Planned work begins soon.
    MaintenanceReminder { maintenance: MaintenanceId },
    MaintenanceStarted {
        maintenance: MaintenanceId,
        update: MaintenanceUpdateId,
    },
    /// There is something to say of it, or it is being verified.
    MaintenanceUpdated {
        maintenance: MaintenanceId,
        update: MaintenanceUpdateId,
    },
    MaintenanceEnded {
        maintenance: MaintenanceId,
        update: MaintenanceUpdateId,
    },
    MaintenanceCancelled {
        maintenance: MaintenanceId,
        update: MaintenanceUpdateId,
    },
    /// What an incident taught can be read.
    PostmortemPublished { incident: IncidentId },
    /// Visitors see it from now on.
    AnnouncementPublished { announcement: AnnouncementId },
}

impl Event {
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::IncidentOpened { .. } => EventKind::IncidentOpened,
            Self::IncidentUpdated { .. } => EventKind::IncidentUpdated,
            Self::IncidentResolved { .. } => EventKind::IncidentResolved,
            Self::ComponentStatusChanged { .. } => EventKind::ComponentStatusChanged,
            Self::MaintenancePlanned { .. } => EventKind::MaintenancePlanned,
            Self::MaintenanceReminder { .. } => EventKind::MaintenanceReminder,
            Self::MaintenanceStarted { .. } => EventKind::MaintenanceStarted,
            Self::MaintenanceUpdated { .. } => EventKind::MaintenanceUpdated,
            Self::MaintenanceEnded { .. } => EventKind::MaintenanceEnded,
            Self::MaintenanceCancelled { .. } => EventKind::MaintenanceCancelled,
            Self::PostmortemPublished { .. } => EventKind::PostmortemPublished,
            Self::AnnouncementPublished { .. } => EventKind::AnnouncementPublished,
        }
    }

    /// The maintenance it belongs to, if any, and the entry of its timeline that is news, if one is.
    pub const fn maintenance(&self) -> Option<(MaintenanceId, Option<MaintenanceUpdateId>)> {
        match self {
            Self::MaintenancePlanned { maintenance } | Self::MaintenanceReminder { maintenance } => {
                Some((*maintenance, None))
            }
            Self::MaintenanceStarted { maintenance, update }
            | Self::MaintenanceUpdated { maintenance, update }
            | Self::MaintenanceEnded { maintenance, update }
            | Self::MaintenanceCancelled { maintenance, update } => Some((*maintenance, Some(*update))),
            Self::IncidentOpened { .. }
            | Self::IncidentUpdated { .. }
            | Self::IncidentResolved { .. }
            | Self::ComponentStatusChanged { .. }
            | Self::PostmortemPublished { .. }
            | Self::AnnouncementPublished { .. } => None,
        }
    }

    /// The incident it belongs to, if any.
    pub const fn incident(&self) -> Option<IncidentId> {
        match self {
            Self::IncidentOpened { incident, .. }
            | Self::IncidentUpdated { incident, .. }
            | Self::IncidentResolved { incident, .. }
            | Self::PostmortemPublished { incident } => Some(*incident),
            Self::ComponentStatusChanged { .. }
            | Self::AnnouncementPublished { .. }
            | Self::MaintenancePlanned { .. }
            | Self::MaintenanceReminder { .. }
            | Self::MaintenanceStarted { .. }
            | Self::MaintenanceUpdated { .. }
            | Self::MaintenanceEnded { .. }
            | Self::MaintenanceCancelled { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bits are in databases: a kind that is added comes last.
    #[test]
    fn each_kind_keeps_its_bit() {
        let bits: Vec<i32> = EventKind::ALL.iter().map(|kind| kind.bit()).collect();
        assert_eq!(bits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048]);
        assert_eq!(EventKind::from_bits(EventKind::to_bits(EventKind::ALL)), EventKind::ALL);
        assert_eq!(EventKind::AnnouncementPublished.bit(), 2048);
    }
}
