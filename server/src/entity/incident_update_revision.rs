//! What entries of timelines said before they were changed.

use sea_orm::entity::prelude::*;
use shared::{IncidentUpdateId, MemberId, RevisionId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "incident_update_revision")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: RevisionId,
    pub update_id: IncidentUpdateId,
    pub message: String,
    pub stood_at: Timestamp,
    pub editor_id: Option<MemberId>,
    pub editor_name: Option<String>,
    pub edited_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for shared::incident_entry::IncidentUpdateRevision {
    fn from(row: Model) -> Self {
        let Model {
            id,
            update_id,
            message,
            stood_at,
            editor_id: _,
            editor_name,
            edited_at,
        } = row;
        Self {
            id,
            update_id,
            message,
            stood_at,
            editor: editor_name,
            edited_at,
        }
    }
}
