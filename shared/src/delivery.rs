//! Deliveries: one event on its way to one subscription, and every try.

use crate::channel::Channel;
use crate::event::EventKind;
use crate::{AttemptId, Check, DeliveryId, EventId, IncidentId, MaintenanceId, PageId, Timestamp, Validate};

words! {
    /// Where a delivery stands.
    pub enum DeliveryStatus {
        /// To be tried, for the first time or again.
        Waiting = "waiting",
        /// The other side took it.
        Delivered = "delivered",
        /// It will not be tried again, unless someone says so.
        GivenUp = "given_up",
    }

    /// How one try ended.
    pub enum AttemptOutcome {
        Delivered = "delivered",
        /// Refused or unreachable for now.
        FailedForNow = "failed_for_now",
        /// Refused for good.
        Refused = "refused",
    }
}

input! {
    /// Which of the deliveries that were given up are to be sent again: all that fit.
    pub struct RetryDeliveries {
        pub page_id: Option<PageId>,
        pub incident_id: Option<IncidentId>,
        pub maintenance_id: Option<MaintenanceId>,
        pub channel: Option<Channel>,
    }
}

impl Validate for RetryDeliveries {
    fn check(&self, _: &mut Check) {}
}

output! {
    /// How many are sent again.
    pub struct DeliveriesRetried {
        pub count: u64,
    }

    /// How far a fan-out has come.
    pub struct DeliveryProgress {
        pub waiting: u64,
        pub delivered: u64,
        pub given_up: u64,
    }


    /// One event on its way to one subscription.
    pub struct Delivery {
        pub id: DeliveryId,
        pub event_id: EventId,
        pub event_kind: EventKind,
        pub incident_id: Option<IncidentId>,
        pub maintenance_id: Option<MaintenanceId>,
        /// What the event was about: an incident's title or a component's name.
        pub subject: String,
        pub channel: Channel,
        /// The address, for those who may manage subscribers; otherwise hidden: `a…@example.org`.
        pub target: String,
        pub status: DeliveryStatus,
        pub attempt_count: i32,
        /// When it is tried next, if it is waiting.
        pub next_attempt_at: Option<Timestamp>,
        /// What the other side said last.
        pub last_error: Option<String>,
        pub created_at: Timestamp,
        pub finished_at: Option<Timestamp>,
    }

    /// One try.
    pub struct Attempt {
        pub id: AttemptId,
        pub outcome: AttemptOutcome,
        /// What the other side said.
        pub detail: String,
        pub duration_ms: i64,
        pub created_at: Timestamp,
    }

    /// A delivery with all its tries, newest first.
    pub struct DeliveryDetail {
        pub delivery: Delivery,
        pub attempts: Vec<Attempt>,
    }
}
