//! Who wants to hear.

use sea_orm::entity::prelude::*;
use shared::{PageId, SubscriberId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "subscriber")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: SubscriberId,
    pub page_id: PageId,
    pub locale: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// As operators see it.
    pub fn into_subscriber(
        self,
        subscriptions: Vec<shared::subscriber::Subscription>,
    ) -> shared::subscriber::Subscriber {
        let Self {
            id,
            page_id,
            locale,
            created_at,
            updated_at: _,
        } = self;
        shared::subscriber::Subscriber {
            id,
            page_id,
            locale,
            subscriptions,
            created_at,
        }
    }
}
