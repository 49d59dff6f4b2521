//! The mail an operator asks for, to see whether mail works: sent at once, and the answer shown.

use async_trait::async_trait;
use shared::system::TestMailResult;

use super::Env;
use crate::domain::system::{SendsTestMail, TestMailOrder};
use crate::notify::{self, Content, Letter, Mail};

#[async_trait]
impl SendsTestMail for Env {
    async fn send(&self, order: TestMailOrder) -> TestMailResult {
        match try_send(self, order).await {
            Ok(detail) => TestMailResult { is_sent: true, detail },
            Err(detail) => TestMailResult { is_sent: false, detail },
        }
    }
}

async fn try_send(env: &Env, order: TestMailOrder) -> Result<String, String> {
    let TestMailOrder { to, page, at } = order;
    let letter = Letter {
        locale: page.locale.clone(),
        page,
        token: None,
        content: Content::Test { at },
    };
    let message = notify::render(&letter).map_err(|error| format!("{error:#}"))?;
    let mail = Mail {
        id: format!("test-{}", uuid::Uuid::new_v4().simple()),
        to: &to,
        from_name: &letter.page.name,
        message: &message,
    };
    env.mailer.send(&mail).await.map_err(|error| error.to_string())
}
