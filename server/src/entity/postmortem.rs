//! What incidents taught.

use sea_orm::entity::prelude::*;
use shared::postmortem::Postmortem;
use shared::{IncidentId, MemberId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "postmortem")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub incident_id: IncidentId,
    pub message: String,
    pub published_at: Option<Timestamp>,
    pub edited_at: Option<Timestamp>,
    pub author_id: Option<MemberId>,
    pub author_name: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::incident::Entity",
        from = "Column::IncidentId",
        to = "super::incident::Column::Id"
    )]
    Incident,
}

impl Related<super::incident::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Incident.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for Postmortem {
    fn from(row: Model) -> Self {
        let Model {
            incident_id,
            message,
            published_at,
            edited_at,
            author_id: _,
            author_name,
            created_at,
            updated_at,
        } = row;
        Self {
            incident_id,
            message,
            published_at,
            edited_at,
            author: author_name,
            created_at,
            updated_at,
        }
    }
}
