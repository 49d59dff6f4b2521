//! Unplanned events.

use sea_orm::entity::prelude::*;
use shared::incident::{Impact, IncidentStatus, Visibility};
use shared::{IncidentId, PageId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "incident")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: IncidentId,
    pub page_id: PageId,
    pub title: String,
    pub status: IncidentStatus,
    pub impact: Impact,
    pub is_impact_set: bool,
    pub visibility: Visibility,
    pub published_at: Option<Timestamp>,
    pub started_at: Timestamp,
    pub resolved_at: Option<Timestamp>,
    pub last_update_at: Timestamp,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub publish_at: Option<Timestamp>,
    pub notify_on_publish: bool,
    pub is_sticky: bool,
    pub merged_into: Option<IncidentId>,
    pub team_reminded_at: Option<Timestamp>,
    /// JSON, as `domain::incident_detail` writes it.
    pub links: Option<String>,
    /// JSON, as `domain::incident_detail` writes it.
    pub metadata: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
