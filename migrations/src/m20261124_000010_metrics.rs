//! Metrics: their definitions, their points, what the points add up to, and where they are pulled from.

use sea_orm_migration::prelude::*;

use crate::column::{self, *};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: &[&str] = &["metric", "metric_point", "metric_rollup", "metric_source"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        metric(manager).await?;
        metric_point(manager).await?;
        metric_rollup(manager).await?;
        metric_source(manager).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        column::drop(manager, TABLES).await
    }
}

async fn metric(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "metric")
            .col(id())
            .col(number("page_id"))
            .col(string("slug", 60))
            .col(string("name", 200))
            .col(maybe_text("description", manager))
            .col(string("unit", 20))
            .col(word("aggregation"))
            .col(count("places"))
            .col(word("default_range"))
            .col(text("thresholds", manager))
            .col(flag("is_public"))
            .col(count("position"))
            .col(maybe_real("last_value"))
            .col(maybe_number("last_at"))
            .col(number("created_at"))
            .col(number("updated_at"))
            .foreign_key(&mut reference("metric", "page_id", "page", OnDelete::Cascade)),
        [
            unique("metric", &["page_id", "slug"]),
            index("metric", &["page_id", "position"]),
        ],
    )
    .await
}

/// As they came, one at a millisecond.
async fn metric_point(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "metric_point")
            .col(number("metric_id"))
            .col(number("at"))
            .col(real("value"))
            .primary_key(Index::create().col("metric_id").col("at"))
            .foreign_key(&mut reference("metric_point", "metric_id", "metric", OnDelete::Cascade)),
        [],
    )
    .await
}

/// What the points of a minute, an hour or a day (of UTC) add up to.
async fn metric_rollup(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "metric_rollup")
            .col(number("metric_id"))
            .col(number("width_ms"))
            .col(number("starts_at"))
            .col(number("points"))
            .col(real("total"))
            .col(real("lowest"))
            .col(real("highest"))
            .col(real("latest"))
            .col(number("latest_at"))
            .col(bytes("sketch"))
            .primary_key(Index::create().col("metric_id").col("width_ms").col("starts_at"))
            .foreign_key(&mut reference(
                "metric_rollup",
                "metric_id",
                "metric",
                OnDelete::Cascade,
            )),
        [],
    )
    .await
}

/// The Prometheus that a metric is pulled from.
async fn metric_source(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "metric_source")
            .col(number("metric_id"))
            .col(string("url", 2000))
            .col(text("query", manager))
            .col(number("interval_s"))
            .col(word("auth"))
            .col(maybe_string("username", 200))
            .col(maybe_text("sealed_secret", manager))
            .col(number("due_at"))
            .col(maybe_number("last_success_at"))
            .col(maybe_string("last_error", 500))
            .col(maybe_number("last_error_at"))
            .col(number("created_at"))
            .primary_key(Index::create().col("metric_id"))
            .foreign_key(&mut reference(
                "metric_source",
                "metric_id",
                "metric",
                OnDelete::Cascade,
            )),
        [index("metric_source", &["due_at"])],
    )
    .await
}
