//! A closed day as a correction left it. The day's own row stays what it was, so that both can be read.

use sea_orm::entity::prelude::*;
use shared::uptime::Spent;
use shared::{ComponentId, PageId, StatusCorrectionId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "uptime_day_correction")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub component_id: ComponentId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: String,
    /// Of several the latest counts.
    #[sea_orm(primary_key, auto_increment = false)]
    pub correction_id: StatusCorrectionId,
    pub page_id: PageId,
    pub operational_ms: i64,
    pub unknown_ms: i64,
    pub under_maintenance_ms: i64,
    pub degraded_performance_ms: i64,
    pub partial_outage_ms: i64,
    pub major_outage_ms: i64,
    /// SHA-256 over the day and the hash of what it was before, as hexadecimal digits.
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
