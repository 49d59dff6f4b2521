//! Pages.

use sea_orm::entity::prelude::*;
use shared::{PageId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "page")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: PageId,
    pub slug: String,
    pub name: String,
    pub description: Option<String>,
    pub website_url: Option<String>,
    pub host: Option<String>,
    pub is_default: bool,
    pub locale: String,
    pub time_zone: String,
    pub accent: String,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for shared::page::Page {
    fn from(row: Model) -> Self {
        let Model {
            id,
            slug,
            name,
            description,
            website_url,
            host,
            is_default,
            locale,
            time_zone,
            accent,
            version: _,
            created_at,
            updated_at,
        } = row;
        let code = shared::Coded::code(id);
        Self {
            id,
            code,
            slug,
            name,
            description,
            website_url,
            host,
            is_default,
            locale,
            time_zone,
            accent,
            created_at,
            updated_at,
        }
    }
}
