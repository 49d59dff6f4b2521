//! Subscriptions on every channel, with wishes of their own, and their addresses sealed.

use sea_orm_migration::prelude::*;

use crate::column::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, mut column) in columns(manager) {
            add(manager, table, &mut column).await?;
        }
        // Kept open addresses apart; sealed ones are told apart by their hash. Addresses that are there are sealed at the next start.
        drop_index(manager, "ux_subscription_page_id_channel_target").await?;
        manager
            .create_index(unique("subscription", &["page_id", "channel", "target_hash"]))
            .await?;
        manager
            .create_index(index("subscription_scope", &["incident_id", "subscription_id"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_index(unique("subscription", &["page_id", "channel", "target"]))
            .await?;
        drop_index(manager, "ux_subscription_page_id_channel_target_hash").await?;
        let index = Index::drop()
            .name("ix_subscription_scope_incident_id_subscription_id")
            .table("subscription_scope")
            .to_owned();
        manager.drop_index(index).await?;
        for (table, column) in columns(manager) {
            remove(manager, table, &column.get_column_name()).await?;
        }
        Ok(())
    }
}

async fn drop_index(manager: &SchemaManager<'_>, name: &'static str) -> Result<(), DbErr> {
    manager
        .drop_index(Index::drop().name(name).table("subscription").to_owned())
        .await
}

fn columns(manager: &SchemaManager<'_>) -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("page", string("channels", 255).default("email").to_owned()),
        ("subscriber", string("labels", 500).default("").to_owned()),
        ("subscriber", maybe_string("time_zone", 64)),
        ("subscription", maybe_text("sealed_target", manager)),
        ("subscription", maybe_string("target_hash", 64)),
        // What the other side checks our signatures with.
        ("subscription", maybe_text("sealed_secret", manager)),
        // One bit for each kind of event; 0 for all.
        ("subscription", count("kinds").default(0).to_owned()),
        // 0 none, 1 minor, 2 major, 3 critical.
        ("subscription", count("least_impact").default(0).to_owned()),
        ("subscription", word("digest").default("none").to_owned()),
        ("subscription", word("webhook_format").default("signet").to_owned()),
        // Minutes since midnight in the subscriber's time zone.
        ("subscription", maybe_number("quiet_from")),
        ("subscription", maybe_number("quiet_to")),
        ("subscription", maybe_number("paused_until")),
        // The other side has refused for so long that nothing is sent any more.
        ("subscription", maybe_number("failing_since")),
        ("subscription", maybe_number("suspended_at")),
        // Wrong codes that were typed since the last one was sent.
        ("subscription", count("wrong_codes").default(0).to_owned()),
        ("subscription_scope", maybe_number("incident_id")),
        // What the other side calls the message.
        ("delivery", maybe_string("message_id", 255)),
    ]
}
