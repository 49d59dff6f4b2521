//! How a page counts uptime, what was found out later about days that are closed, and months that are closed.

use sea_orm_migration::prelude::*;

use crate::column::{self, *};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for mut column in page_columns() {
            add(manager, "page", &mut column).await?;
        }
        let mut weight = count("uptime_weight");
        add(manager, "component", weight.default(1)).await?;
        status_correction(manager).await?;
        uptime_day_correction(manager).await?;
        uptime_month(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        column::drop(manager, &["status_correction", "uptime_day_correction", "uptime_month"]).await?;
        remove(manager, "component", "uptime_weight").await?;
        for column in page_columns() {
            remove(manager, "page", &column.get_column_name()).await?;
        }
        Ok(())
    }
}

fn page_columns() -> Vec<ColumnDef> {
    vec![
        count("partial_outage_percent").default(30).to_owned(),
        flag("counts_maintenance").default(false).to_owned(),
        count("uptime_places").default(2).to_owned(),
        word("group_uptime").default("mean").to_owned(),
    ]
}

/// Written and never changed: what is wrong in one is put right by another.
async fn status_correction(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "status_correction")
            .col(id())
            .col(number("page_id"))
            .col(number("component_id"))
            .col(number("starts_at"))
            .col(number("ends_at"))
            .col(word("status"))
            // It can only worsen what was written down.
            .col(flag("is_at_least"))
            .col(text("reason", manager))
            .col(maybe_number("incident_id"))
            .col(maybe_number("author_id"))
            .col(maybe_string("author_name", 200))
            .col(number("created_at"))
            .foreign_key(&mut reference(
                "status_correction",
                "component_id",
                "component",
                OnDelete::Cascade,
            )),
        [
            index("status_correction", &["component_id", "ends_at"]),
            index("status_correction", &["page_id", "ends_at"]),
        ],
    )
    .await
}

/// A closed day as a correction left it; the row of the day itself stays what it was.
async fn uptime_day_correction(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut table = table(manager, "uptime_day_correction");
    table
        .col(number("component_id"))
        .col(string("day", 10))
        .col(number("correction_id"))
        .col(number("page_id"));
    spent(&mut table);
    table
        .col(string("hash", 64))
        .col(number("created_at"))
        .primary_key(Index::create().col("component_id").col("day").col("correction_id"))
        .foreign_key(&mut reference(
            "uptime_day_correction",
            "component_id",
            "component",
            OnDelete::Cascade,
        ));
    create(
        manager,
        &mut table,
        [index("uptime_day_correction", &["page_id", "day"])],
    )
    .await
}

/// Written once, when all days of a month are closed.
async fn uptime_month(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut table = table(manager, "uptime_month");
    table
        .col(number("component_id"))
        .col(string("month", 7))
        .col(number("page_id"));
    spent(&mut table);
    table
        .col(string("hash", 64))
        .col(number("created_at"))
        .primary_key(Index::create().col("component_id").col("month"))
        .foreign_key(&mut reference(
            "uptime_month",
            "component_id",
            "component",
            OnDelete::Cascade,
        ));
    create(manager, &mut table, [index("uptime_month", &["page_id", "month"])]).await
}

fn spent(table: &mut TableCreateStatement) {
    for status in [
        "operational_ms",
        "unknown_ms",
        "under_maintenance_ms",
        "degraded_performance_ms",
        "partial_outage_ms",
        "major_outage_ms",
    ] {
        table.col(number(status));
    }
}
