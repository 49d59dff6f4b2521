//! The message that asks a new subscriber to confirm; or tells one who has that there is nothing to do.

use shared::SubscriptionId;
use shared::channel::{Channel, WebhookFormat};

use super::{Env, JobError};
use crate::domain::subscription;
use crate::notify::channel::{self, Note};
use crate::notify::{self, Content, Letter, Mail, SendError};

/// Safe to repeat: what is sent depends on how the subscription stands when it is sent.
pub async fn run(env: &Env, id: SubscriptionId) -> Result<(), JobError> {
    let Some(asked) = subscription::asked(&env.cx, id).await.map_err(JobError::retry)? else {
        return Ok(());
    };
    let content = if asked.is_confirmed {
        Content::AlreadySubscribed
    } else {
        Content::Confirm { code: asked.code }
    };
    let letter = Letter {
        locale: asked.locale,
        page: asked.page,
        token: Some(asked.token),
        content,
    };
    let message_id = format!("subscription-{id}-{}", uuid::Uuid::new_v4().simple());
    if asked.channel != Channel::Email {
        let note = Note {
            letter: &letter,
            target: &asked.target,
            secret: asked.secret.as_deref(),
            format: WebhookFormat::Signet,
            overall: None,
            delivery: &message_id,
            thread: None,
            now: env.cx.clock.now(),
        };
        let sent = channel::send(&env.channels, asked.channel, &note).await;
        return judge(sent.map(drop));
    }
    let message = notify::render(&letter).map_err(JobError::fail)?;
    let mail = Mail {
        id: message_id,
        to: &asked.target,
        from_name: &letter.page.name,
        message: &message,
    };
    deliver(env, &mail).await
}

/// Sends a mail that has no delivery to record it: the job's own tries and its reason are the record.
pub(super) async fn deliver(env: &Env, mail: &Mail<'_>) -> Result<(), JobError> {
    judge(env.mailer.send(mail).await.map(drop))
}

fn judge(sent: Result<(), SendError>) -> Result<(), JobError> {
    match sent {
        Ok(()) => Ok(()),
        Err(SendError::Later { reason, .. } | SendError::Unreachable(reason)) => Err(JobError::Retry(reason)),
        Err(SendError::Never(reason)) => Err(JobError::Fail(reason)),
    }
}
