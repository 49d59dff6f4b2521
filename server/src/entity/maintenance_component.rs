//! What is worked on.

use sea_orm::entity::prelude::*;
use shared::{ComponentId, MaintenanceId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "maintenance_component")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub maintenance_id: MaintenanceId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub component_id: ComponentId,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
