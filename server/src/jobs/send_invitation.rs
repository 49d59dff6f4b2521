//! The mail that invites a member.

use super::send_confirmation::deliver;
use super::{Env, JobError};
use crate::domain::{page, status_page};
use crate::notify::{self, Content, Letter, Mail};

pub async fn run(env: &Env, email: &str, name: &str, url: &str) -> Result<(), JobError> {
    let page = page::default(&env.cx).await.map_err(JobError::retry)?;
    let page = status_page::public_page(&env.cx, &page);
    let letter = Letter {
        locale: page.locale.clone(),
        page,
        token: None,
        content: Content::Invitation {
            name: name.to_owned(),
            url: url.to_owned(),
        },
    };
    let message = notify::render(&letter).map_err(JobError::fail)?;
    let mail = Mail {
        id: format!("invitation-{}", uuid::Uuid::new_v4().simple()),
        to: email,
        from_name: &letter.page.name,
        message: &message,
    };
    deliver(env, &mail).await
}
