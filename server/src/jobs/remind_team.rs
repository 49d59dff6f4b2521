//! The mail that tells a member of an incident that has had no update for long.

use shared::{IncidentId, MemberId};

use super::send_confirmation::deliver;
use super::{Env, JobError};
use crate::domain::incident_clock;
use crate::notify::{self, Content, Letter, Mail};

/// Safe to repeat: once there is an update, or the incident is over, nothing is sent.
pub async fn run(env: &Env, incident: IncidentId, member: MemberId) -> Result<(), JobError> {
    let found = incident_clock::reminder(&env.cx, incident, member).await;
    let Some(reminder) = found.map_err(JobError::retry)? else {
        return Ok(());
    };
    let letter = Letter {
        locale: reminder.locale,
        page: reminder.page,
        token: None,
        content: Content::TeamReminder {
            title: reminder.title,
            hours: reminder.hours,
            url: reminder.url,
        },
    };
    let message = notify::render(&letter).map_err(JobError::fail)?;
    let mail = Mail {
        id: format!("reminder-{incident}-{member}-{}", uuid::Uuid::new_v4().simple()),
        to: &reminder.to,
        from_name: &letter.page.name,
        message: &message,
    };
    deliver(env, &mail).await
}
