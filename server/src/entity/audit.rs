//! Who did what.

use sea_orm::entity::prelude::*;
use shared::audit::ActorKind;
use shared::{AuditId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: AuditId,
    pub actor_kind: ActorKind,
    pub actor_id: Option<i64>,
    pub actor_name: String,
    pub action: String,
    pub subject_kind: String,
    pub subject_id: Option<i64>,
    pub subject_name: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub request_id: Option<String>,
    pub ip_address: Option<String>,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for shared::audit::AuditEntry {
    fn from(row: Model) -> Self {
        let Model {
            id,
            actor_kind,
            actor_id,
            actor_name,
            action,
            subject_kind,
            subject_id,
            subject_name,
            before,
            after,
            request_id,
            ip_address,
            created_at,
        } = row;
        let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        let (before, after) = (json(before), json(after));
        Self {
            id,
            actor_kind,
            actor_id,
            actor_name,
            action,
            subject_kind,
            subject_id,
            subject_name,
            before,
            after,
            request_id,
            ip_address,
            created_at,
        }
    }
}
