//! A number over time.

use sea_orm::entity::prelude::*;
use shared::metric::{MetricAggregation, MetricRange, MetricThreshold};
use shared::{MetricId, PageId, Timestamp};

use super::metric_source;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "metric")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: MetricId,
    pub page_id: PageId,
    pub slug: String,
    pub name: String,
    pub description: Option<String>,
    pub unit: String,
    pub aggregation: MetricAggregation,
    pub places: i32,
    pub default_range: MetricRange,
    /// A list of thresholds as JSON.
    pub thresholds: String,
    pub is_public: bool,
    pub position: i32,
    pub last_value: Option<f64>,
    pub last_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub fn thresholds(&self) -> Vec<MetricThreshold> {
        serde_json::from_str(&self.thresholds).unwrap_or_default()
    }

    /// As members see it, with where it is pulled from.
    pub fn into_metric(self, source: Option<metric_source::Model>) -> shared::metric::Metric {
        let thresholds = self.thresholds();
        let Self {
            id,
            page_id,
            slug,
            name,
            description,
            unit,
            aggregation,
            places,
            default_range,
            thresholds: _,
            is_public,
            position,
            last_value,
            last_at,
            created_at,
            updated_at,
        } = self;
        shared::metric::Metric {
            id,
            page_id,
            slug,
            name,
            description,
            unit,
            aggregation,
            places: u32::try_from(places).unwrap_or(0),
            default_range,
            thresholds,
            is_public,
            position,
            source: source.map(Into::into),
            last_value,
            last_at,
            created_at,
            updated_at,
        }
    }
}
