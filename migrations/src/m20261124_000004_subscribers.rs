//! Who wants to hear, and of what.

use sea_orm_migration::prelude::*;

use crate::column::{self, *};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: &[&str] = &["subscriber", "subscription", "subscription_scope"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        subscriber(manager).await?;
        subscription(manager).await?;
        subscription_scope(manager).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        column::drop(manager, TABLES).await
    }
}

async fn subscriber(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "subscriber")
            .col(id())
            .col(number("page_id"))
            .col(string("locale", 16))
            .col(number("created_at"))
            .col(number("updated_at"))
            .foreign_key(&mut reference("subscriber", "page_id", "page", OnDelete::Cascade)),
        [index("subscriber", &["page_id", "id"])],
    )
    .await
}

async fn subscription(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "subscription")
            .col(id())
            .col(number("page_id"))
            .col(number("subscriber_id"))
            .col(word("channel"))
            .col(string("target", 254))
            .col(flag("follows_all"))
            .col(maybe_number("confirmed_at"))
            .col(maybe_number("confirmation_sent_at"))
            .col(number("created_at"))
            .col(number("updated_at"))
            .foreign_key(&mut reference("subscription", "page_id", "page", OnDelete::Cascade))
            .foreign_key(&mut reference(
                "subscription",
                "subscriber_id",
                "subscriber",
                OnDelete::Cascade,
            )),
        [
            unique("subscription", &["page_id", "channel", "target"]),
            index("subscription", &["subscriber_id"]),
            index("subscription", &["page_id", "confirmed_at"]),
        ],
    )
    .await
}

async fn subscription_scope(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "subscription_scope")
            .col(id())
            .col(number("subscription_id"))
            .col(maybe_number("component_id"))
            .col(maybe_number("group_id"))
            .foreign_key(&mut reference(
                "subscription_scope",
                "subscription_id",
                "subscription",
                OnDelete::Cascade,
            ))
            .foreign_key(&mut reference(
                "subscription_scope",
                "component_id",
                "component",
                OnDelete::Cascade,
            ))
            .foreign_key(&mut reference(
                "subscription_scope",
                "group_id",
                "component_group",
                OnDelete::Cascade,
            )),
        [
            index("subscription_scope", &["component_id", "subscription_id"]),
            index("subscription_scope", &["group_id", "subscription_id"]),
            index("subscription_scope", &["subscription_id"]),
        ],
    )
    .await
}
