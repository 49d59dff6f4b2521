//! The message an operator asks for, to see whether a channel works: sent at once, and the answer shown.

use async_trait::async_trait;
use shared::channel::{Channel, WebhookFormat};
use shared::system::TestMailResult;

use super::Env;
use crate::domain::system::{SendsTests, TestOrder};
use crate::notify::channel::{self, Note};
use crate::notify::{self, Content, Letter, Mail};

#[async_trait]
impl SendsTests for Env {
    async fn send(&self, order: TestOrder) -> TestMailResult {
        match try_send(self, order).await {
            Ok(detail) => TestMailResult { is_sent: true, detail },
            Err(detail) => TestMailResult { is_sent: false, detail },
        }
    }
}

async fn try_send(env: &Env, order: TestOrder) -> Result<String, String> {
    let TestOrder {
        channel,
        to,
        secret,
        locale,
        page,
        at,
    } = order;
    let letter = Letter {
        locale,
        page,
        token: None,
        content: Content::Test { at },
    };
    let id = format!("test-{}", uuid::Uuid::new_v4().simple());
    if channel != Channel::Email {
        let note = Note {
            letter: &letter,
            target: &to,
            secret: secret.as_deref(),
            format: WebhookFormat::Signet,
            delivery: &id,
            thread: None,
            overall: None,
            now: at,
        };
        let sent = channel::send(&env.channels, channel, &note).await;
        return sent.map(|receipt| receipt.said).map_err(|error| error.to_string());
    }
    let message = notify::render(&letter).map_err(|error| format!("{error:#}"))?;
    let mail = Mail {
        id,
        to: &to,
        from_name: &letter.page.name,
        message: &message,
    };
    env.mailer.send(&mail).await.map_err(|error| error.to_string())
}
