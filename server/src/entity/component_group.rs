//! Headings over components and other groups.

use sea_orm::entity::prelude::*;
use shared::{ComponentGroupId, PageId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "component_group")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ComponentGroupId,
    pub page_id: PageId,
    pub parent_id: Option<ComponentGroupId>,
    pub name: String,
    pub description: Option<String>,
    pub position: i32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for shared::component::ComponentGroup {
    fn from(row: Model) -> Self {
        let Model {
            id,
            page_id,
            parent_id,
            name,
            description,
            position,
            created_at,
            updated_at,
        } = row;
        Self {
            id,
            page_id,
            parent_id,
            name,
            description,
            position,
            created_at,
            updated_at,
        }
    }
}
