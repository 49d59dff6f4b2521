//! What they want to hear, and where.

use sea_orm::entity::prelude::*;
use shared::subscriber::Channel;
use shared::{PageId, SubscriberId, SubscriptionId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "subscription")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: SubscriptionId,
    pub page_id: PageId,
    pub subscriber_id: SubscriberId,
    pub channel: Channel,
    pub target: String,
    pub follows_all: bool,
    pub confirmed_at: Option<Timestamp>,
    pub confirmation_sent_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::subscriber::Entity",
        from = "Column::SubscriberId",
        to = "super::subscriber::Column::Id"
    )]
    Subscriber,
}

impl Related<super::subscriber::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Subscriber.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// As operators see it.
    pub fn into_subscription(self, scope: shared::subscriber::Scope) -> shared::subscriber::Subscription {
        let Self {
            id,
            page_id: _,
            subscriber_id: _,
            channel,
            target,
            follows_all: _,
            confirmed_at,
            confirmation_sent_at: _,
            created_at: _,
            updated_at: _,
        } = self;
        shared::subscriber::Subscription {
            id,
            channel,
            target,
            scope,
            confirmed_at,
        }
    }
}
