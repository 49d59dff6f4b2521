//! What each update said of components.

use sea_orm::entity::prelude::*;
use shared::component::ComponentStatus;
use shared::{ComponentId, IncidentUpdateId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "incident_update_component")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub update_id: IncidentUpdateId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub component_id: ComponentId,
    pub status: ComponentStatus,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::component::Entity",
        from = "Column::ComponentId",
        to = "super::component::Column::Id"
    )]
    Component,
}

impl Related<super::component::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Component.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
