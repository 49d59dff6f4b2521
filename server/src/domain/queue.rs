//! How much work is waiting, and for how long.

use std::fmt::Write as _;

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use shared::Timestamp;
use shared::access::Permission;
use shared::delivery::DeliveryStatus;

use crate::context::Ctx;
use crate::entity::{delivery, outbox};
use crate::error::Result;

/// The state of the queue.
#[derive(Debug, Clone)]
pub struct QueueState {
    /// Jobs that are due or running.
    pub waiting: u64,
    /// Since when the oldest of them has been due.
    pub oldest_due_at: Option<Timestamp>,
    /// Jobs that were given up.
    pub parked: u64,
    pub deliveries_waiting: u64,
    pub deliveries_given_up: u64,
    now: Timestamp,
}

pub async fn state(cx: &Ctx) -> Result<QueueState> {
    cx.actor.require(Permission::ReadConsole)?;
    let now = cx.clock.now();
    let due = || {
        outbox::Entity::find()
            .filter(outbox::Column::FinishedAt.is_null())
            .filter(outbox::Column::ParkedAt.is_null())
            .filter(outbox::Column::RunAt.lte(now))
    };
    let deliveries = |status: DeliveryStatus| {
        delivery::Entity::find()
            .filter(delivery::Column::Status.eq(status))
            .count(&cx.db)
    };
    Ok(QueueState {
        waiting: due().count(&cx.db).await?,
        oldest_due_at: due()
            .order_by_asc(outbox::Column::RunAt)
            .one(&cx.db)
            .await?
            .map(|row| row.run_at),
        parked: outbox::Entity::find()
            .filter(outbox::Column::ParkedAt.is_not_null())
            .count(&cx.db)
            .await?,
        deliveries_waiting: deliveries(DeliveryStatus::Waiting).await?,
        deliveries_given_up: deliveries(DeliveryStatus::GivenUp).await?,
        now,
    })
}

impl QueueState {
    /// Gauges in Prometheus' text format.
    pub fn to_prometheus(&self) -> String {
        let age = self.oldest_due_at.map_or(0.0, |at| self.now.since(at).as_secs_f64());
        let mut text = String::new();
        let mut gauge = |name: &str, help: &str, value: f64| {
            // Writing into a String cannot fail.
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
        };
        gauge(
            "signet_queue_depth",
            "Jobs that are due or running.",
            self.waiting as f64,
        );
        gauge(
            "signet_queue_oldest_age_seconds",
            "For how long the oldest of them has been due.",
            age,
        );
        gauge("signet_queue_parked", "Jobs that were given up.", self.parked as f64);
        gauge(
            "signet_deliveries_waiting",
            "Deliveries to be tried.",
            self.deliveries_waiting as f64,
        );
        gauge(
            "signet_deliveries_given_up",
            "Deliveries that were given up.",
            self.deliveries_given_up as f64,
        );
        text
    }
}
