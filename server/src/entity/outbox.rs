//! The job queue.

use sea_orm::entity::prelude::*;
use shared::{JobId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: JobId,
    pub kind: String,
    pub payload: String,
    pub run_at: Timestamp,
    pub dedupe_key: Option<String>,
    pub attempts: i32,
    pub leased_by: Option<String>,
    pub leased_until: Option<Timestamp>,
    pub parked_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub last_error: Option<String>,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
