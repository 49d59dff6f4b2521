//! Pages, and what stands on them.

use sea_orm_migration::prelude::*;

use crate::column::{self, *};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: &[&str] = &["page", "component_group", "component"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        page(manager).await?;
        component_group(manager).await?;
        component(manager).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        column::drop(manager, TABLES).await
    }
}

async fn page(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "page")
            .col(id())
            .col(string("slug", 60))
            .col(string("name", 200))
            .col(maybe_text("description", manager))
            .col(maybe_string("website_url", 2000))
            .col(maybe_string("host", 253))
            .col(flag("is_default"))
            .col(string("locale", 16))
            .col(string("time_zone", 64))
            .col(string("accent", 7))
            .col(number("version"))
            .col(number("created_at"))
            .col(number("updated_at")),
        [unique("page", &["slug"]), unique("page", &["host"])],
    )
    .await
}

async fn component_group(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "component_group")
            .col(id())
            .col(number("page_id"))
            .col(maybe_number("parent_id"))
            .col(string("name", 200))
            .col(maybe_text("description", manager))
            .col(count("position"))
            .col(number("created_at"))
            .col(number("updated_at"))
            .foreign_key(&mut reference("component_group", "page_id", "page", OnDelete::Cascade))
            .foreign_key(&mut reference(
                "component_group",
                "parent_id",
                "component_group",
                OnDelete::Forget,
            )),
        [index("component_group", &["page_id", "position"])],
    )
    .await
}

async fn component(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    create(
        manager,
        table(manager, "component")
            .col(id())
            .col(number("page_id"))
            .col(maybe_number("group_id"))
            .col(string("name", 200))
            .col(string("slug", 60))
            .col(maybe_text("description", manager))
            .col(maybe_string("link", 2000))
            .col(word("status"))
            .col(count("position"))
            .col(flag("is_public"))
            .col(number("created_at"))
            .col(number("updated_at"))
            .foreign_key(&mut reference("component", "page_id", "page", OnDelete::Cascade))
            .foreign_key(&mut reference(
                "component",
                "group_id",
                "component_group",
                OnDelete::Forget,
            )),
        [
            unique("component", &["page_id", "slug"]),
            index("component", &["page_id", "position"]),
        ],
    )
    .await
}
