//! What can be up or down.

use sea_orm::entity::prelude::*;
use shared::component::ComponentStatus;
use shared::{ComponentGroupId, ComponentId, PageId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "component")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ComponentId,
    pub page_id: PageId,
    pub group_id: Option<ComponentGroupId>,
    pub name: String,
    pub slug: String,
    pub description: Option<String>,
    pub link: Option<String>,
    pub status: ComponentStatus,
    pub position: i32,
    pub is_public: bool,
    pub uptime_weight: i32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// As members see it; the effective status is decided elsewhere, with incidents and maintenance in view.
    pub fn into_component(self, effective_status: ComponentStatus) -> shared::component::Component {
        let Self {
            id,
            page_id,
            group_id,
            name,
            slug,
            description,
            link,
            status,
            position,
            is_public,
            uptime_weight,
            created_at,
            updated_at,
        } = self;
        shared::component::Component {
            id,
            code: shared::Coded::code(id),
            page_id,
            group_id,
            name,
            slug,
            description,
            link,
            status,
            effective_status,
            position,
            is_public,
            uptime_weight: u32::try_from(uptime_weight).unwrap_or(1),
            created_at,
            updated_at,
        }
    }
}
