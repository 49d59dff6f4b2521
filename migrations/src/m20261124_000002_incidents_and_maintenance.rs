//! Unplanned and planned events, and the timeline of statuses they leave.

use sea_orm_migration::prelude::*;

use crate::column::{self, *};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: &[&str] = &[
    "incident",
    "incident_component",
    "incident_update",
    "incident_update_component",
    "maintenance",
    "maintenance_component",
    "status_change",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        incident(manager).await?;
        incident_component(manager).await?;
        incident_update(manager).await?;
        incident_update_component(manager).await?;
        maintenance(manager).await?;
        maintenance_component(manager).await?;
        status_change(manager).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        column::drop(manager, TABLES).await
    }
}

async fn incident(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "incident")
            .col(id())
            .col(number("page_id"))
            .col(string("title", 200))
            .col(word("status"))
            .col(word("impact"))
            .col(flag("is_impact_set"))
            .col(word("visibility"))
            .col(maybe_number("published_at"))
            .col(number("started_at"))
            .col(maybe_number("resolved_at"))
            .col(number("last_update_at"))
            .col(number("created_at"))
            .col(number("updated_at"))
            .foreign_key(&mut reference("incident", "page_id", "page", OnDelete::Cascade)),
        [
            index("incident", &["page_id", "started_at"]),
            index("incident", &["page_id", "resolved_at"]),
        ],
    )
    .await
}

/// The latest word of each incident on each component.
async fn incident_component(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "incident_component")
            .col(number("incident_id"))
            .col(number("component_id"))
            .col(word("status"))
            .primary_key(Index::create().col("incident_id").col("component_id"))
            .foreign_key(&mut reference(
                "incident_component",
                "incident_id",
                "incident",
                OnDelete::Cascade,
            ))
            .foreign_key(&mut reference(
                "incident_component",
                "component_id",
                "component",
                OnDelete::Cascade,
            )),
        [index("incident_component", &["component_id"])],
    )
    .await
}

async fn incident_update(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "incident_update")
            .col(id())
            .col(number("incident_id"))
            .col(word("status"))
            .col(text("message", manager))
            .col(maybe_number("author_id"))
            .col(maybe_string("author_name", 200))
            .col(number("created_at"))
            .foreign_key(&mut reference(
                "incident_update",
                "incident_id",
                "incident",
                OnDelete::Cascade,
            )),
        [index("incident_update", &["incident_id", "created_at"])],
    )
    .await
}

async fn incident_update_component(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "incident_update_component")
            .col(number("update_id"))
            .col(number("component_id"))
            .col(word("status"))
            .primary_key(Index::create().col("update_id").col("component_id"))
            .foreign_key(&mut reference(
                "incident_update_component",
                "update_id",
                "incident_update",
                OnDelete::Cascade,
            ))
            .foreign_key(&mut reference(
                "incident_update_component",
                "component_id",
                "component",
                OnDelete::Cascade,
            )),
        [],
    )
    .await
}

async fn maintenance(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "maintenance")
            .col(id())
            .col(number("page_id"))
            .col(string("title", 200))
            .col(text("message", manager))
            .col(word("status"))
            .col(number("starts_at"))
            .col(number("ends_at"))
            .col(number("created_at"))
            .col(number("updated_at"))
            .foreign_key(&mut reference("maintenance", "page_id", "page", OnDelete::Cascade)),
        [
            index("maintenance", &["page_id", "starts_at"]),
            index("maintenance", &["status", "starts_at"]),
        ],
    )
    .await
}

async fn maintenance_component(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "maintenance_component")
            .col(number("maintenance_id"))
            .col(number("component_id"))
            .primary_key(Index::create().col("maintenance_id").col("component_id"))
            .foreign_key(&mut reference(
                "maintenance_component",
                "maintenance_id",
                "maintenance",
                OnDelete::Cascade,
            ))
            .foreign_key(&mut reference(
                "maintenance_component",
                "component_id",
                "component",
                OnDelete::Cascade,
            )),
        [index("maintenance_component", &["component_id"])],
    )
    .await
}

/// Append-only: what visitors saw of each component, from when on, and why.
async fn status_change(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "status_change")
            .col(id())
            .col(number("page_id"))
            .col(number("component_id"))
            .col(word("from_status"))
            .col(word("to_status"))
            .col(word("cause"))
            .col(maybe_number("cause_id"))
            .col(number("created_at"))
            .foreign_key(&mut reference(
                "status_change",
                "component_id",
                "component",
                OnDelete::Cascade,
            )),
        [index("status_change", &["component_id", "id"])],
    )
    .await
}
