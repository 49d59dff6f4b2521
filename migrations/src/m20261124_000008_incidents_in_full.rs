//! Incidents that publish themselves, stay on top, turn out to be another, and have tags, links and data of one's own;
//! entries of their timelines whose earlier texts are kept.

use sea_orm_migration::prelude::*;

use crate::column::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for mut column in columns(manager) {
            add(manager, "incident", &mut column).await?;
        }
        add(manager, "incident_update", &mut maybe_number("edited_at")).await?;
        // The clock looks every minute for drafts that are due and for incidents that are still open.
        manager.create_index(index("incident", &["publish_at"])).await?;
        manager.create_index(index("incident", &["resolved_at"])).await?;
        tags(manager).await?;
        revisions(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::column::drop(manager, &["incident_tag", "incident_update_revision"]).await?;
        for name in ["ix_incident_publish_at", "ix_incident_resolved_at"] {
            manager
                .drop_index(Index::drop().name(name).table("incident").to_owned())
                .await?;
        }
        remove(manager, "incident_update", "edited_at").await?;
        for column in columns(manager) {
            remove(manager, "incident", &column.get_column_name()).await?;
        }
        Ok(())
    }
}

fn columns(manager: &SchemaManager<'_>) -> Vec<ColumnDef> {
    vec![
        maybe_number("publish_at"),
        flag("notify_on_publish").default(true).to_owned(),
        flag("is_sticky").default(false).to_owned(),
        // It may be gone since; what was merged stays merged.
        maybe_number("merged_into"),
        // When the team was last told that there has been no update for long.
        maybe_number("team_reminded_at"),
        // JSON; nothing asks for what is in them.
        maybe_text("links", manager),
        maybe_text("metadata", manager),
    ]
}

async fn tags(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "incident_tag")
            .col(number("incident_id"))
            .col(string("tag", 30))
            .primary_key(Index::create().col("incident_id").col("tag"))
            .foreign_key(&mut reference(
                "incident_tag",
                "incident_id",
                "incident",
                OnDelete::Cascade,
            )),
        [index("incident_tag", &["tag"])],
    )
    .await
}

/// What entries of timelines said before they were changed.
async fn revisions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "incident_update_revision")
            .col(id())
            .col(number("update_id"))
            .col(text("message", manager))
            .col(number("stood_at"))
            .col(maybe_number("editor_id"))
            .col(maybe_string("editor_name", 200))
            .col(number("edited_at"))
            .foreign_key(&mut reference(
                "incident_update_revision",
                "update_id",
                "incident_update",
                OnDelete::Cascade,
            )),
        [index("incident_update_revision", &["update_id", "id"])],
    )
    .await
}

/// SQLite takes one change of a table at a time.
async fn add(manager: &SchemaManager<'_>, name: &'static str, column: &mut ColumnDef) -> Result<(), DbErr> {
    manager
        .alter_table(Table::alter().table(name).add_column(column).to_owned())
        .await
}

async fn remove(manager: &SchemaManager<'_>, name: &'static str, column: &str) -> Result<(), DbErr> {
    manager
        .alter_table(Table::alter().table(name).drop_column(column.to_owned()).to_owned())
        .await
}
