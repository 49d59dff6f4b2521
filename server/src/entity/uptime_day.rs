//! A closed day of a component, added up once and never changed.

use sea_orm::entity::prelude::*;
use shared::component::ComponentStatus;
use shared::uptime::Spent;
use shared::{ComponentId, PageId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "uptime_day")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub component_id: ComponentId,
    /// `2026-11-24`, in the time zone the page had then.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: String,
    pub page_id: PageId,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub operational_ms: i64,
    pub unknown_ms: i64,
    pub under_maintenance_ms: i64,
    pub degraded_performance_ms: i64,
    pub partial_outage_ms: i64,
    pub major_outage_ms: i64,
    /// How it was when the day ended.
    pub end_status: ComponentStatus,
    /// The last entry of the timeline that is in here.
    pub last_change_id: i64,
    /// SHA-256 over the day and the hash of the day before, as hexadecimal digits.
    pub hash: String,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// How long each status lasted.
    pub fn spent(&self) -> Spent {
        Spent::from_columns([
            self.operational_ms,
            self.unknown_ms,
            self.under_maintenance_ms,
            self.degraded_performance_ms,
            self.partial_outage_ms,
            self.major_outage_ms,
        ])
    }
}
