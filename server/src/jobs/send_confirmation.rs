//! The mail that asks a new subscriber to confirm; or tells one who has that there is nothing to do.

use shared::SubscriptionId;

use super::{Env, JobError};
use crate::domain::subscription;
use crate::notify::{self, Content, Letter, Mail, SendError};

/// Safe to repeat: what is sent depends on how the subscription stands when it is sent.
pub async fn run(env: &Env, id: SubscriptionId) -> Result<(), JobError> {
    let Some(asked) = subscription::asked(&env.cx, id).await.map_err(JobError::retry)? else {
        return Ok(());
    };
    let content = if asked.is_confirmed {
        Content::AlreadySubscribed
    } else {
        Content::Confirm { code: None }
    };
    let letter = Letter {
        locale: asked.locale,
        page: asked.page,
        token: Some(asked.token),
        content,
    };
    let message = notify::render(&letter).map_err(JobError::fail)?;
    let mail = Mail {
        id: format!("subscription-{id}-{}", uuid::Uuid::new_v4().simple()),
        to: &asked.target,
        from_name: &letter.page.name,
        message: &message,
    };
    deliver(env, &mail).await
}

/// Sends a mail that has no delivery to record it: the job's own tries and its reason are the record.
pub(super) async fn deliver(env: &Env, mail: &Mail<'_>) -> Result<(), JobError> {
    match env.mailer.send(mail).await {
        Ok(_) => Ok(()),
        Err(SendError::Later { reason, .. } | SendError::Unreachable(reason)) => Err(JobError::Retry(reason)),
        Err(SendError::Never(reason)) => Err(JobError::Fail(reason)),
    }
}
