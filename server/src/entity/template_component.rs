//! What a template affects, and how.

use sea_orm::entity::prelude::*;
use shared::component::ComponentStatus;
use shared::{ComponentId, TemplateId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "template_component")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub template_id: TemplateId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub component_id: ComponentId,
    pub status: ComponentStatus,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
