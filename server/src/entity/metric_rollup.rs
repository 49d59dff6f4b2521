//! What the points of a minute, an hour or a day add up to.

use sea_orm::entity::prelude::*;
use shared::{MetricId, Timestamp};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "metric_rollup")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub metric_id: MetricId,
    /// A minute, an hour or a day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub width_ms: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub starts_at: Timestamp,
    /// How many.
    pub points: i64,
    pub total: f64,
    pub lowest: f64,
    pub highest: f64,
    pub latest: f64,
    pub latest_at: Timestamp,
    /// From which quantiles are told, in the binary form of DDSketch.
    pub sketch: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
