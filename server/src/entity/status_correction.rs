//! What was found out later about how a component was. Written once and never changed.

use sea_orm::entity::prelude::*;
use shared::component::ComponentStatus;
use shared::{ComponentId, IncidentId, MemberId, PageId, StatusCorrectionId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "status_correction")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: StatusCorrectionId,
    pub page_id: PageId,
    pub component_id: ComponentId,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub status: ComponentStatus,
    /// True if it can only worsen what was written down; otherwise it takes its place.
    pub is_at_least: bool,
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    /// The incident that was told late.
    pub incident_id: Option<IncidentId>,
    pub author_id: Option<MemberId>,
    pub author_name: Option<String>,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for shared::uptime::StatusCorrection {
    fn from(row: Model) -> Self {
        let Model {
            id,
            page_id: _,
            component_id,
            starts_at,
            ends_at,
            status,
            is_at_least,
            reason,
            incident_id,
            author_id: _,
            author_name,
            created_at,
        } = row;
        Self {
            id,
            component_id,
            from: starts_at,
            to: ends_at,
            status,
            is_at_least,
            reason,
            incident_id,
            author: author_name,
            created_at,
        }
    }
}
