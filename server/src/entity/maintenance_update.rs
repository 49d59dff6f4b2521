//! Entries in the timelines of maintenance; never changed.

use sea_orm::entity::prelude::*;
use shared::maintenance::MaintenanceStatus;
use shared::{MaintenanceId, MaintenanceUpdateId, MemberId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "maintenance_update")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: MaintenanceUpdateId,
    pub maintenance_id: MaintenanceId,
    pub status: MaintenanceStatus,
    pub message: String,
    pub author_id: Option<MemberId>,
    pub author_name: Option<String>,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
