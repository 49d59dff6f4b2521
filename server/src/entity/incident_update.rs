//! Entries in incidents' timelines; what they said before is in `incident_update_revision`.

use sea_orm::entity::prelude::*;
use shared::incident::IncidentStatus;
use shared::{IncidentId, IncidentUpdateId, MemberId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "incident_update")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: IncidentUpdateId,
    pub incident_id: IncidentId,
    pub status: IncidentStatus,
    pub message: String,
    pub author_id: Option<MemberId>,
    pub author_name: Option<String>,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
