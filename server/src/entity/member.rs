//! People with a login.

use sea_orm::entity::prelude::*;
use shared::access::Role;
use shared::{MemberId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "member")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: MemberId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub password_hash: Option<String>,
    pub invitation_hash: Option<String>,
    pub invitation_expires_at: Option<Timestamp>,
    pub is_active: bool,
    pub locale: String,
    pub last_sign_in_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for shared::member::Member {
    fn from(row: Model) -> Self {
        let Model {
            id,
            email,
            name,
            role,
            password_hash,
            invitation_hash: _,
            invitation_expires_at: _,
            is_active,
            locale,
            last_sign_in_at,
            created_at,
            updated_at: _,
        } = row;
        Self {
            id,
            email,
            name,
            role,
            is_active,
            is_invited: password_hash.is_none(),
            locale,
            last_sign_in_at,
            created_at,
        }
    }
}
