//! Append-only: what visitors saw of each component, from when on, and why.

use sea_orm::entity::prelude::*;
use shared::component::ComponentStatus;
use shared::status_page::Cause;
use shared::{ComponentId, PageId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "status_change")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub page_id: PageId,
    pub component_id: ComponentId,
    pub from_status: ComponentStatus,
    pub to_status: ComponentStatus,
    pub cause: Cause,
    pub cause_id: Option<i64>,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
