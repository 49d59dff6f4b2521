//! The audit trail, newest first. Entries are written by [`Tx::commit`](crate::context::Tx::commit), and by nothing else.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use shared::access::Permission;
use shared::audit::AuditEntry;
use shared::list::{AuditList, Order};
use shared::problem::FieldCode;

use super::paging::{Paging, SortKey};
use crate::context::Ctx;
use crate::entity::audit;
use crate::error::{Error, Result};

/// What was done to all things, to those of a kind, or to one of them.
pub async fn list(
    cx: &Ctx,
    subject_kind: Option<String>,
    subject_id: Option<i64>,
    paging: &Paging,
) -> Result<AuditList> {
    cx.actor.require(Permission::ReadAudit)?;
    let mut query = audit::Entity::find();
    if let Some(kind) = subject_kind {
        query = query.filter(audit::Column::SubjectKind.eq(word(kind)?));
    }
    if let Some(id) = subject_id {
        query = query.filter(audit::Column::SubjectId.eq(id));
    }
    let rows = paging
        .apply(query, audit::Column::Id, audit::Column::Id, Order::Desc)
        .all(&cx.db)
        .await?;
    let (rows, next_cursor) = paging.cut(rows, |row| (SortKey::Number(row.id.0), row.id.0));
    Ok(AuditList {
        items: rows.into_iter().map(AuditEntry::from).collect(),
        next_cursor,
    })
}

fn word(kind: String) -> Result<String> {
    if kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
        return Ok(kind);
    }
    Err(Error::field(
        "subject_kind",
        FieldCode::BadFormat,
        format!("{kind:?} is not a kind like incident"),
    ))
}

#[cfg(test)]
mod tests {
    use shared::access::Role;
    use shared::problem::Code;

    use super::*;
    use crate::context::Audit;
    use crate::testing::{self, App};

    async fn with_three_entries() -> App {
        let app = testing::app().await;
        for (action, id) in [("page.create", 1), ("incident.open", 1), ("incident.open", 2)] {
            let tx = app.begin().await.unwrap();
            tx.commit(Audit::of(action, id, "x").after(&serde_json::json!({ "id": id })))
                .await
                .unwrap();
        }
        app
    }

    async fn actions(app: &App, kind: Option<&str>, id: Option<i64>, paging: &Paging) -> (Vec<String>, Option<String>) {
        let admin = app.as_role(Role::Admin);
        let list = list(&admin, kind.map(str::to_owned), id, paging).await.unwrap();
        (
            list.items.into_iter().map(|entry| entry.action).collect(),
            list.next_cursor,
        )
    }

    #[tokio::test]
    async fn the_newest_comes_first_and_the_cursor_leads_on() {
        let app = with_three_entries().await;
        let (first, next) = actions(&app, None, None, &Paging::new(None, Some(2)).unwrap()).await;
        assert_eq!(first, ["incident.open", "incident.open"]);
        let (rest, end) = actions(&app, None, None, &Paging::new(next, Some(2)).unwrap()).await;
        assert_eq!((rest, end), (vec!["page.create".to_owned()], None));
    }

    #[tokio::test]
    async fn one_thing_has_a_trail_of_its_own() {
        let app = with_three_entries().await;
        let all = Paging::new(None, None).unwrap();
        assert_eq!(
            actions(&app, Some("incident"), Some(1), &all).await.0,
            ["incident.open"]
        );
        let error = list(&app.as_role(Role::Admin), Some("x\0".into()), None, &all)
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::Invalid);
    }

    #[tokio::test]
    async fn editors_do_not_read_it() {
        let app = with_three_entries().await;
        let error = list(&app.as_role(Role::Editor), None, None, &Paging::default())
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::Forbidden);
    }
}
