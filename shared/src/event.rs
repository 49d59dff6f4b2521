//! Events: what subscribers may hear of.

use crate::component::ComponentStatus;
use crate::{ComponentId, IncidentId, IncidentUpdateId};

words! {
    /// The kind of an event, which also names its templates.
    pub enum EventKind {
        IncidentOpened = "incident_opened",
        IncidentUpdated = "incident_updated",
        IncidentResolved = "incident_resolved",
        ComponentStatusChanged = "component_status_changed",
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
}

impl Event {
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::IncidentOpened { .. } => EventKind::IncidentOpened,
            Self::IncidentUpdated { .. } => EventKind::IncidentUpdated,
            Self::IncidentResolved { .. } => EventKind::IncidentResolved,
            Self::ComponentStatusChanged { .. } => EventKind::ComponentStatusChanged,
        }
    }

    /// The incident it belongs to, if any.
    pub const fn incident(&self) -> Option<IncidentId> {
        match self {
            Self::IncidentOpened { incident, .. }
            | Self::IncidentUpdated { incident, .. }
            | Self::IncidentResolved { incident, .. } => Some(*incident),
            Self::ComponentStatusChanged { .. } => None,
        }
    }
}
