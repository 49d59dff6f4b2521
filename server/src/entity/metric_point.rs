//! A measurement, as it came.

use sea_orm::entity::prelude::*;
use shared::{MetricId, Timestamp};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "metric_point")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub metric_id: MetricId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub at: Timestamp,
    pub value: f64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
