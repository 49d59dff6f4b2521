//! Titles and messages written beforehand.

use sea_orm::entity::prelude::*;
use shared::incident::{Impact, IncidentStatus};
use shared::template::TemplateKind;
use shared::{PageId, TemplateId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "template")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: TemplateId,
    pub page_id: PageId,
    pub kind: TemplateKind,
    pub name: String,
    pub title: Option<String>,
    pub message: String,
    pub status: Option<IncidentStatus>,
    pub impact: Option<Impact>,
    /// A list of `shared::template::TemplateVariable` as JSON.
    pub variables: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
