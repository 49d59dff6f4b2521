//! What subscribers may hear of.

use sea_orm::entity::prelude::*;
use shared::event::EventKind;
use shared::{EventId, PageId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: EventId,
    pub page_id: PageId,
    pub kind: EventKind,
    pub subject: String,
    pub incident_id: Option<i64>,
    pub maintenance_id: Option<i64>,
    pub payload: String,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
