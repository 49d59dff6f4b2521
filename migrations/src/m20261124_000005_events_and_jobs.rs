//! What happened, who is told, and the work that is still to do.

use sea_orm_migration::prelude::*;

use crate::column::{self, *};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: &[&str] = &["event", "delivery", "attempt", "outbox"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        event(manager).await?;
        delivery(manager).await?;
        attempt(manager).await?;
        outbox(manager).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        column::drop(manager, TABLES).await
    }
}

async fn event(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "event")
            .col(id())
            .col(number("page_id"))
            .col(word("kind"))
            .col(string("subject", 200))
            .col(maybe_number("incident_id"))
            .col(text("payload", manager))
            .col(number("created_at"))
            .foreign_key(&mut reference("event", "page_id", "page", OnDelete::Cascade)),
        [index("event", &["incident_id"])],
    )
    .await
}

async fn delivery(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "delivery")
            .col(id())
            .col(number("event_id"))
            .col(number("subscription_id"))
            .col(word("channel"))
            .col(word("status"))
            .col(count("attempt_count"))
            .col(maybe_number("next_attempt_at"))
            .col(maybe_string("leased_by", 64))
            .col(maybe_number("leased_until"))
            .col(maybe_string("last_error", 1000))
            .col(number("created_at"))
            .col(maybe_number("finished_at"))
            .foreign_key(&mut reference("delivery", "event_id", "event", OnDelete::Cascade))
            .foreign_key(&mut reference(
                "delivery",
                "subscription_id",
                "subscription",
                OnDelete::Cascade,
            )),
        [
            unique("delivery", &["event_id", "subscription_id"]),
            index("delivery", &["status", "next_attempt_at"]),
            index("delivery", &["leased_by"]),
            index("delivery", &["subscription_id"]),
        ],
    )
    .await
}

async fn attempt(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "attempt")
            .col(id())
            .col(number("delivery_id"))
            .col(word("outcome"))
            .col(string("detail", 1000))
            .col(number("duration_ms"))
            .col(number("created_at"))
            .foreign_key(&mut reference("attempt", "delivery_id", "delivery", OnDelete::Cascade)),
        [index("attempt", &["delivery_id"])],
    )
    .await
}

/// The job queue: rows are written inside the transaction of the change that needs them.
async fn outbox(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "outbox")
            .col(id())
            .col(word("kind"))
            .col(text("payload", manager))
            .col(number("run_at"))
            .col(maybe_string("dedupe_key", 128))
            .col(count("attempts"))
            .col(maybe_string("leased_by", 64))
            .col(maybe_number("leased_until"))
            .col(maybe_number("parked_at"))
            .col(maybe_number("finished_at"))
            .col(maybe_text("last_error", manager))
            .col(number("created_at")),
        [
            unique("outbox", &["dedupe_key"]),
            index("outbox", &["finished_at", "parked_at", "run_at"]),
            index("outbox", &["leased_by"]),
        ],
    )
    .await
}
