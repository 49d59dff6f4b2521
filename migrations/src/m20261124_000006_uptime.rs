//! Uptime: closed days, added up once, and the ways into the timeline by time.

use sea_orm_migration::prelude::*;

use crate::column::{self, *};

#[derive(DeriveMigrationName)]
pub struct Migration;

const CHANGES_OF_PAGE: &str = "ix_status_change_page_id_created_at";
const CHANGES_OF_COMPONENT: &str = "ix_status_change_component_id_created_at";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_index(index("status_change", &["page_id", "created_at"]))
            .await?;
        manager
            .create_index(index("status_change", &["component_id", "created_at"]))
            .await?;
        uptime_day(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        column::drop(manager, &["uptime_day"]).await?;
        for name in [CHANGES_OF_PAGE, CHANGES_OF_COMPONENT] {
            manager
                .drop_index(Index::drop().name(name).table("status_change").to_owned())
                .await?;
        }
        Ok(())
    }
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
