//! What unit tests of the floors above the database stand on: a fresh database and a clock that stands still.

use std::ops::Deref;

use sea_orm::{ActiveModelTrait, ActiveValue::NotSet, Set};
use shared::Timestamp;
use shared::access::Role;
use tempfile::TempDir;

use crate::config::Config;
use crate::context::{Actor, Clock, Ctx, Secrets, database};
use crate::entity::member;

/// An installation of its own, gone when it is dropped.
pub struct App {
    pub cx: Ctx,
    _data: TempDir,
}

impl Deref for App {
    type Target = Ctx;
    fn deref(&self) -> &Ctx {
        &self.cx
    }
}

/// A new installation on SQLite, on a Tuesday in November.
pub async fn app() -> App {
    let data = tempfile::tempdir().unwrap();
    let config = Config {
        data_dir: data.path().to_owned(),
        ..Config::defaults().unwrap()
    };
    database::migrate(&config).await.unwrap();
    let db = database::open(&config).await.unwrap();
    let clock = Clock::held_at(Timestamp::parse("2026-11-24T08:00:00Z").unwrap());
    App {
        cx: Ctx::new(db, config, Secrets::random(), clock),
        _data: data,
    }
}

impl App {
    /// A member without a password, straight into the table.
    pub async fn member(&self, email: &str, role: Role) -> member::Model {
        let now = self.clock.now();
        let row = member::ActiveModel {
            id: NotSet,
            email: Set(email.to_owned()),
            name: Set("Ana Silva".to_owned()),
            role: Set(role),
            password_hash: Set(None),
            invitation_hash: Set(None),
            invitation_expires_at: Set(None),
            is_active: Set(true),
            locale: Set("en".to_owned()),
            last_sign_in_at: Set(None),
            created_at: Set(now),
            updated_at: Set(now),
        };
        row.insert(&self.db).await.unwrap()
    }

    /// The context of someone with a role, who is in no table.
    pub fn as_role(&self, role: Role) -> Ctx {
        self.acting(Actor::Member {
            id: shared::MemberId(i64::MAX),
            name: role.to_string(),
            role,
            family: "test".to_owned(),
        })
    }
}

/// Someone who hears of everything by mail, as a row that is in no table.
pub fn subscription() -> crate::entity::subscription::Model {
    let now = Timestamp::from_millis(0);
    crate::entity::subscription::Model {
        id: shared::SubscriptionId(1),
        page_id: shared::PageId(1),
        subscriber_id: shared::SubscriberId(1),
        channel: shared::channel::Channel::Email,
        target: "ana@example.org".into(),
        sealed_target: None,
        target_hash: None,
        sealed_secret: None,
        follows_all: true,
        confirmed_at: Some(now),
        confirmation_sent_at: None,
        kinds: 0,
        least_impact: 0,
        digest: shared::preferences::Digest::None,
        webhook_format: shared::channel::WebhookFormat::Signet,
        quiet_from: None,
        quiet_to: None,
        paused_until: None,
        failing_since: None,
        suspended_at: None,
        wrong_codes: 0,
        created_at: now,
        updated_at: now,
    }
}
