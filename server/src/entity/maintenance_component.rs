//! What is worked on, and what it is meanwhile.

use sea_orm::entity::prelude::*;
use shared::component::ComponentStatus;
use shared::{ComponentId, MaintenanceId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "maintenance_component")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub maintenance_id: MaintenanceId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub component_id: ComponentId,
    pub status: ComponentStatus,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::maintenance::Entity",
        from = "Column::MaintenanceId",
        to = "super::maintenance::Column::Id"
    )]
    Maintenance,
    #[sea_orm(
        belongs_to = "super::component::Entity",
        from = "Column::ComponentId",
        to = "super::component::Column::Id"
    )]
    Component,
}

impl Related<super::maintenance::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Maintenance.def()
    }
}

impl Related<super::component::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Component.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
