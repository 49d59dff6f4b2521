//! Maintenance with a timeline, a status for each component, reminders, and rules by which it comes again.

use sea_orm_migration::prelude::*;

use crate::column::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for mut column in columns() {
            add(manager, "maintenance", &mut column).await?;
        }
        let mut status = word("status");
        add(manager, "maintenance_component", status.default("under_maintenance")).await?;
        manager.create_index(occurrence_key()).await?;
        timeline(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::column::drop(manager, &["maintenance_update"]).await?;
        manager
            .drop_index(
                Index::drop()
                    .name("ux_maintenance_series_id_occurs_at")
                    .table("maintenance")
                    .to_owned(),
            )
            .await?;
        remove(manager, "maintenance_component", "status").await?;
        for column in columns() {
            remove(manager, "maintenance", &column.get_column_name()).await?;
        }
        Ok(())
    }
}

fn columns() -> Vec<ColumnDef> {
    vec![
        maybe_number("actual_started_at"),
        maybe_number("actual_ended_at"),
        flag("starts_by_itself").default(true).to_owned(),
        flag("ends_by_itself").default(true).to_owned(),
        flag("is_quiet").default(false).to_owned(),
        maybe_number("reminder_minutes"),
        maybe_number("reminded_at"),
        maybe_string("recurrence", 500),
        maybe_string("recurrence_time_zone", 64),
        // The first of those that belong together, which may be gone.
        maybe_number("series_id"),
        // Where the rule counts from: the beginning of the first.
        maybe_number("series_starts_at"),
        // When the rule says that this one begins; it may have been moved since.
        maybe_number("occurs_at"),
    ]
}

/// Of two nodes that make the next one, one does.
fn occurrence_key() -> IndexCreateStatement {
    unique("maintenance", &["series_id", "occurs_at"])
}

async fn timeline(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "maintenance_update")
            .col(id())
            .col(number("maintenance_id"))
            .col(word("status"))
            .col(text("message", manager))
            .col(maybe_number("author_id"))
            .col(maybe_string("author_name", 200))
            .col(number("created_at"))
            .foreign_key(&mut reference(
                "maintenance_update",
                "maintenance_id",
                "maintenance",
                OnDelete::Cascade,
            )),
        [index("maintenance_update", &["maintenance_id", "created_at"])],
    )
    .await
}
