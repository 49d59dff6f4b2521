//! Planned work.

use sea_orm::entity::prelude::*;
use shared::maintenance::MaintenanceStatus;
use shared::{MaintenanceId, PageId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "maintenance")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: MaintenanceId,
    pub page_id: PageId,
    pub title: String,
    pub message: String,
    pub status: MaintenanceStatus,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub actual_started_at: Option<Timestamp>,
    pub actual_ended_at: Option<Timestamp>,
    pub starts_by_itself: bool,
    pub ends_by_itself: bool,
    pub is_quiet: bool,
    pub reminder_minutes: Option<i64>,
    pub reminded_at: Option<Timestamp>,
    pub recurrence: Option<String>,
    pub recurrence_time_zone: Option<String>,
    pub series_id: Option<MaintenanceId>,
    pub series_starts_at: Option<Timestamp>,
    pub occurs_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
