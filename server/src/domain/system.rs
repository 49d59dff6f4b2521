//! How the installation itself is, and whether mail works.

use async_trait::async_trait;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use shared::access::Permission;
use shared::channel::Channel;
use shared::delivery::AttemptOutcome;
use shared::status_page::PublicPage;
use shared::system::{MailMode, SystemState, TestMail, TestMailResult};
use shared::text::EmailAddress;
use shared::{Timestamp, Validate};

use super::{page, queue, schedule, status_page};
use crate::context::{Audit, Ctx, database};
use crate::entity::attempt;
use crate::error::{Error, Result};

/// A test mail to be sent.
#[derive(Debug)]
pub struct TestOrder {
    pub channel: Channel,
    pub to: String,
    /// What a webhook's signatures are made with.
    pub secret: Option<String>,
    pub locale: String,
    /// The page it speaks for.
    pub page: PublicPage,
    pub at: Timestamp,
}

/// Whoever can send messages; the domain cannot.
#[async_trait]
pub trait SendsTests: Send + Sync {
    /// Sends it at once; the answer tells how it went.
    async fn send(&self, order: TestOrder) -> TestMailResult;
}

/// What the console's overview shows of the machine room.
pub async fn get(cx: &Ctx) -> Result<SystemState> {
    cx.actor.require(Permission::ReadConsole)?;
    let queue = queue::state(cx).await?;
    let by_file = cx.config.mail.smtp_url.is_empty();
    Ok(SystemState {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        database: database::kind(&cx.db).to_owned(),
        mail_mode: if by_file { MailMode::File } else { MailMode::Smtp },
        mail_dir: by_file.then(|| cx.config.mail_dir().display().to_string()),
        last_mail_at: last_mail_at(cx).await?,
        jobs_waiting: queue.waiting,
        oldest_due_at: queue.oldest_due_at,
        jobs_parked: queue.parked,
        deliveries_waiting: queue.deliveries_waiting,
        deliveries_given_up: queue.deliveries_given_up,
        schedule: schedule::upcoming(cx.clock.now()),
    })
}

async fn last_mail_at(cx: &Ctx) -> Result<Option<Timestamp>> {
    let last = attempt::Entity::find()
        .filter(attempt::Column::Outcome.eq(AttemptOutcome::Delivered))
        .order_by_desc(attempt::Column::Id)
        .one(&cx.db)
        .await?;
    Ok(last.map(|row| row.created_at))
}

/// Sends a mail at once, and tells what the mail server said.
pub async fn send_test_mail(cx: &Ctx, input: TestMail, mailer: &dyn SendsTests) -> Result<TestMailResult> {
    cx.actor.require(Permission::ManagePages)?;
    input.validate()?;
    let to = EmailAddress::parse(&input.email)
        .map_err(|flaw| Error::field("email", flaw.code, flaw.message))?
        .into_string();
    let page = status_page::public_page(cx, &page::default(cx).await?);
    let at = cx.clock.now();
    let tx = cx.begin().await?;
    tx.commit(Audit::of("system.test_mail", None, Channel::Email.hide(&to)))
        .await?;
    let order = TestOrder {
        channel: Channel::Email,
        to,
        secret: None,
        locale: page.locale.clone(),
        page,
        at,
    };
    Ok(mailer.send(order).await)
}
