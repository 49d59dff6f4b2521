//! The outbox: the table of work to do, written inside the transaction of the change that needs it.

use sea_orm::{ActiveModelTrait, ActiveValue::NotSet, ConnectionTrait, DbErr, Set, SqlErr};
use serde::{Deserialize, Serialize};
use shared::{EventId, IncidentId, MemberId, SubscriptionId, Timestamp};

use crate::entity::outbox;

/// A unit of background work. Each is safe to run twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Job {
    /// Write a delivery for each subscription that should hear of the event.
    FanOut { event: EventId },
    /// The same for all events after one and up to another.
    FanOutAll { after: EventId, through: EventId },
    /// Send mails that are due.
    Deliver,
    /// Send what is due on the channels that are reached by HTTP.
    DeliverWeb,
    /// Send a subscription the link that confirms it.
    SendConfirmation { subscription: SubscriptionId },
    /// Mail a member the link of an invitation that was just made; the link itself is in `url`.
    SendInvitation { email: String, name: String, url: String },
    /// Mail a member that an incident has had no update for long.
    RemindTeam { incident: IncidentId, member: MemberId },
    /// Publish drafts, remind of maintenance, start and end it and announcements on time, remind the team, and note what
    /// visitors see differently since.
    SweepStatus,
    /// Add up the days that have closed.
    RollUp,
    /// Ask the sources of metrics that are due.
    PullMetrics,
    /// Remove what has served its time: expired sessions, finished jobs, unconfirmed subscriptions.
    Purge,
}

impl Job {
    /// The word in the `kind` column.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::FanOut { .. } => "fan_out",
            Self::FanOutAll { .. } => "fan_out_all",
            Self::Deliver => "deliver",
            Self::DeliverWeb => "deliver_web",
            Self::SendConfirmation { .. } => "send_confirmation",
            Self::SendInvitation { .. } => "send_invitation",
            Self::RemindTeam { .. } => "remind_team",
            Self::SweepStatus => "sweep_status",
            Self::RollUp => "roll_up",
            Self::PullMetrics => "pull_metrics",
            Self::Purge => "purge",
        }
    }
}

/// Adds a job to the table. With a `dedupe_key` that is there already nothing is added, and that is fine.
pub async fn enqueue(
    conn: &impl ConnectionTrait,
    job: &Job,
    run_at: Timestamp,
    now: Timestamp,
    dedupe_key: Option<String>,
) -> Result<(), DbErr> {
    let payload = serde_json::to_string(job).map_err(|error| DbErr::Custom(error.to_string()))?;
    let row = outbox::ActiveModel {
        id: NotSet,
        kind: Set(job.kind().into()),
        payload: Set(payload),
        run_at: Set(run_at),
        dedupe_key: Set(dedupe_key),
        attempts: Set(0),
        leased_by: Set(None),
        leased_until: Set(None),
        parked_at: Set(None),
        finished_at: Set(None),
        last_error: Set(None),
        created_at: Set(now),
    };
    match row.insert(conn).await {
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => Ok(()),
        other => other.map(drop),
    }
}
