//! The Prometheus that a metric is pulled from.

use sea_orm::entity::prelude::*;
use shared::metric::MetricAuth;
use shared::{MetricId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "metric_source")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub metric_id: MetricId,
    pub url: String,
    pub query: String,
    pub interval_s: i64,
    pub auth: MetricAuth,
    pub username: Option<String>,
    /// A password or token under the installation's key.
    pub sealed_secret: Option<String>,
    /// When it is asked next.
    pub due_at: Timestamp,
    pub last_success_at: Option<Timestamp>,
    pub last_error: Option<String>,
    pub last_error_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for shared::metric::MetricSource {
    fn from(row: Model) -> Self {
        let Model {
            metric_id: _,
            url,
            query,
            interval_s,
            auth,
            username,
            sealed_secret,
            due_at: _,
            last_success_at,
            last_error,
            last_error_at,
            created_at: _,
        } = row;
        Self {
            url,
            query,
            interval_s: u32::try_from(interval_s).unwrap_or(u32::MAX),
            auth,
            username,
            has_secret: sealed_secret.is_some(),
            last_success_at,
            last_error,
            last_error_at,
        }
    }
}
