//! Who works here, and what they did.

use sea_orm_migration::prelude::*;

use crate::column::{self, *};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: &[&str] = &[
    "member",
    "session",
    "sign_in_throttle",
    "audit",
    "idempotency",
    "setting",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        member(manager).await?;
        session(manager).await?;
        sign_in_throttle(manager).await?;
        audit(manager).await?;
        idempotency(manager).await?;
        setting(manager).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        column::drop(manager, TABLES).await
    }
}

async fn member(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "member")
            .col(id())
            .col(string("email", 254))
            .col(string("name", 200))
            .col(word("role"))
            .col(maybe_string("password_hash", 256))
            .col(maybe_string("invitation_hash", 64))
            .col(maybe_number("invitation_expires_at"))
            .col(flag("is_active"))
            .col(string("locale", 16))
            .col(maybe_number("last_sign_in_at"))
            .col(number("created_at"))
            .col(number("updated_at")),
        [unique("member", &["email"]), unique("member", &["invitation_hash"])],
    )
    .await
}

/// One row for each refresh token ever given out; those of one sign-in share a family.
async fn session(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "session")
            .col(id())
            .col(string("family", 36))
            .col(number("member_id"))
            .col(string("refresh_hash", 64))
            .col(number("expires_at"))
            .col(maybe_number("rotated_at"))
            .col(maybe_number("ended_at"))
            .col(maybe_string("ip_address", 45))
            .col(maybe_string("user_agent", 300))
            .col(number("created_at"))
            .foreign_key(&mut reference("session", "member_id", "member", OnDelete::Cascade)),
        [
            unique("session", &["refresh_hash"]),
            index("session", &["family"]),
            index("session", &["expires_at"]),
        ],
    )
    .await
}

async fn sign_in_throttle(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "sign_in_throttle")
            .col(string("key", 64))
            .col(count("failures"))
            .col(number("blocked_until"))
            .col(number("updated_at"))
            .primary_key(Index::create().col("key")),
        [index("sign_in_throttle", &["updated_at"])],
    )
    .await
}

async fn audit(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "audit")
            .col(id())
            .col(word("actor_kind"))
            .col(maybe_number("actor_id"))
            .col(string("actor_name", 254))
            .col(string("action", 64))
            .col(word("subject_kind"))
            .col(maybe_number("subject_id"))
            .col(string("subject_name", 254))
            .col(maybe_text("before", manager))
            .col(maybe_text("after", manager))
            .col(maybe_string("request_id", 36))
            .col(maybe_string("ip_address", 45))
            .col(number("created_at")),
        [
            index("audit", &["created_at"]),
            index("audit", &["subject_kind", "subject_id"]),
        ],
    )
    .await
}

/// Answers to requests that carried an `Idempotency-Key`.
async fn idempotency(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "idempotency")
            .col(string("key", 64))
            .col(string("request_hash", 64))
            .col({
                let mut column = ColumnDef::new("status");
                column.integer().null();
                column
            })
            .col(maybe_text("body", manager))
            .col(number("created_at"))
            .primary_key(Index::create().col("key")),
        [index("idempotency", &["created_at"])],
    )
    .await
}

/// Facts about the installation that are not configuration.
async fn setting(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "setting")
            .col(string("key", 64))
            .col(text("value", manager))
            .col(number("updated_at"))
            .primary_key(Index::create().col("key")),
        [],
    )
    .await
}
