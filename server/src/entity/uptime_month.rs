//! A closed month of a component: the sum of its days as they were when the last of them was closed.

use sea_orm::entity::prelude::*;
use shared::uptime::Spent;
use shared::{ComponentId, PageId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "uptime_month")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub component_id: ComponentId,
    /// `2026-11`
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: String,
    pub page_id: PageId,
    pub operational_ms: i64,
    pub unknown_ms: i64,
    pub under_maintenance_ms: i64,
    pub degraded_performance_ms: i64,
    pub partial_outage_ms: i64,
    pub major_outage_ms: i64,
    /// SHA-256 over the month and the hash of its last day, as hexadecimal digits.
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
