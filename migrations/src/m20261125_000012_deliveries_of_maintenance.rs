//! Events know which maintenance they belong to, as they know their incident, so that what was sent of it can be found.

use sea_orm_migration::prelude::*;

use crate::column::{add, index, maybe_number, remove};

const COLUMN: &str = "maintenance_id";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, "event", &mut maybe_number(COLUMN)).await?;
        manager.create_index(index("event", &[COLUMN])).await?;
        fill(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::drop().name("ix_event_maintenance_id").table("event").to_owned();
        manager.drop_index(index).await?;
        remove(manager, "event", COLUMN).await
    }
}

/// Those there are say it in what they tell: `{"kind":"maintenance_planned","maintenance":7}`.
async fn fill(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let told = Query::select()
        .columns(["id", "payload"])
        .from("event")
        .and_where(Expr::col("kind").like("maintenance%"))
        .to_owned();
    for row in db.query_all(&told).await? {
        let (id, payload): (i64, String) = (row.try_get("", "id")?, row.try_get("", "payload")?);
        if let Some(maintenance) = maintenance_in(&payload) {
            let known = Query::update()
                .table("event")
                .value(COLUMN, maintenance)
                .and_where(Expr::col("id").eq(id))
                .to_owned();
            db.execute(&known).await?;
        }
    }
    Ok(())
}

fn maintenance_in(payload: &str) -> Option<i64> {
    let (_, rest) = payload.split_once("\"maintenance\":")?;
    let end = rest.find(|letter: char| !letter.is_ascii_digit())?;
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_in_what_was_told() {
        let told = r#"{"kind":"maintenance_started","maintenance":17,"update":4}"#;
        assert_eq!(maintenance_in(told), Some(17));
        assert_eq!(maintenance_in(r#"{"kind":"incident_opened","incident":1}"#), None);
    }
}
