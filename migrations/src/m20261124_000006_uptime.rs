//! Uptime: closed days, added up once, and the ways into the timeline by time. And one index less to keep up with every mail.

use sea_orm_migration::prelude::*;

use crate::column::{self, *};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_index(index("status_change", &["page_id", "created_at"]))
            .await?;
        manager
            .create_index(index("status_change", &["component_id", "created_at"]))
            .await?;
        // Deliveries are found by their ids.
        drop_index(manager, "delivery", "ix_delivery_leased_by").await?;
        uptime_day(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        column::drop(manager, &["uptime_day"]).await?;
        manager.create_index(index("delivery", &["leased_by"])).await?;
        drop_index(manager, "status_change", "ix_status_change_page_id_created_at").await?;
        drop_index(manager, "status_change", "ix_status_change_component_id_created_at").await
    }
}

async fn drop_index(manager: &SchemaManager<'_>, table: &'static str, name: &'static str) -> Result<(), DbErr> {
    manager
        .drop_index(Index::drop().name(name).table(table).to_owned())
        .await
}

/// Written once for each closed day of a component and never changed: each hash covers the one of the day before.
async fn uptime_day(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "uptime_day")
            .col(number("component_id"))
            .col(string("day", 10))
            .col(number("page_id"))
            .col(number("starts_at"))
            .col(number("ends_at"))
            .col(number("operational_ms"))
            .col(number("unknown_ms"))
            .col(number("under_maintenance_ms"))
            .col(number("degraded_performance_ms"))
            .col(number("partial_outage_ms"))
            .col(number("major_outage_ms"))
            .col(word("end_status"))
            .col(number("last_change_id"))
            .col(string("hash", 64))
            .col(number("created_at"))
            .primary_key(Index::create().col("component_id").col("day"))
            .foreign_key(&mut reference(
                "uptime_day",
                "component_id",
                "component",
                OnDelete::Cascade,
            )),
        [index("uptime_day", &["page_id", "day"])],
    )
    .await
}
