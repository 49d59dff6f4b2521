//! Every try of a delivery.

use sea_orm::entity::prelude::*;
use shared::delivery::AttemptOutcome;
use shared::{AttemptId, DeliveryId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attempt")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: AttemptId,
    pub delivery_id: DeliveryId,
    pub outcome: AttemptOutcome,
    pub detail: String,
    pub duration_ms: i64,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for shared::delivery::Attempt {
    fn from(row: Model) -> Self {
        let Model {
            id,
            delivery_id: _,
            outcome,
            detail,
            duration_ms,
            created_at,
        } = row;
        Self {
            id,
            outcome,
            detail,
            duration_ms,
            created_at,
        }
    }
}
