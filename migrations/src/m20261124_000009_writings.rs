//! What is written before, after and besides incidents: templates, postmortems, announcements.

use sea_orm_migration::prelude::*;

use crate::column::{self, *};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: &[&str] = &["template", "template_component", "postmortem", "announcement"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        template(manager).await?;
        template_component(manager).await?;
        postmortem(manager).await?;
        announcement(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        column::drop(manager, TABLES).await
    }
}

async fn template(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "template")
            .col(id())
            .col(number("page_id"))
            .col(word("kind"))
            .col(string("name", 200))
            .col(maybe_string("title", 500))
            .col(text("message", manager))
            .col(maybe_string("status", 32))
            .col(maybe_string("impact", 32))
            // A list as JSON: it is read and written as a whole.
            .col(text("variables", manager))
            .col(number("created_at"))
            .col(number("updated_at"))
            .foreign_key(&mut reference("template", "page_id", "page", OnDelete::Cascade)),
        [unique("template", &["page_id", "name"])],
    )
    .await
}

async fn template_component(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "template_component")
            .col(number("template_id"))
            .col(number("component_id"))
            .col(word("status"))
            .primary_key(Index::create().col("template_id").col("component_id"))
            .foreign_key(&mut reference(
                "template_component",
                "template_id",
                "template",
                OnDelete::Cascade,
            ))
            .foreign_key(&mut reference(
                "template_component",
                "component_id",
                "component",
                OnDelete::Cascade,
            )),
        [index("template_component", &["component_id"])],
    )
    .await
}

/// One for each incident, at most.
async fn postmortem(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "postmortem")
            .col(number("incident_id").primary_key())
            .col(text("message", manager))
            .col(maybe_number("published_at"))
            .col(maybe_number("edited_at"))
            .col(maybe_number("author_id"))
            .col(maybe_string("author_name", 200))
            .col(number("created_at"))
            .col(number("updated_at"))
            .foreign_key(&mut reference(
                "postmortem",
                "incident_id",
                "incident",
                OnDelete::Cascade,
            )),
        [],
    )
    .await
}

async fn announcement(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "announcement")
            .col(id())
            .col(number("page_id"))
            .col(string("title", 200))
            .col(text("message", manager))
            .col(word("status"))
            .col(number("starts_at"))
            .col(maybe_number("ends_at"))
            .col(maybe_number("actual_started_at"))
            .col(maybe_number("actual_ended_at"))
            .col(flag("notify"))
            .col(number("created_at"))
            .col(number("updated_at"))
            .foreign_key(&mut reference("announcement", "page_id", "page", OnDelete::Cascade)),
        [
            index("announcement", &["page_id", "starts_at"]),
            index("announcement", &["status", "starts_at"]),
        ],
    )
    .await
}
