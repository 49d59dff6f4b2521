//! What they want to hear, and where.

use sea_orm::entity::prelude::*;
use shared::channel::{Channel, WebhookFormat};
use shared::preferences::Digest;
use shared::{PageId, SubscriberId, SubscriptionId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "subscription")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: SubscriptionId,
    pub page_id: PageId,
    pub subscriber_id: SubscriberId,
    pub channel: Channel,
    /// Empty; an open address from before addresses were sealed, until the next start.
    pub target: String,
    /// As `domain::target` seals it.
    pub sealed_target: Option<String>,
    pub target_hash: Option<String>,
    /// What the other side checks our signatures with.
    pub sealed_secret: Option<String>,
    pub follows_all: bool,
    pub confirmed_at: Option<Timestamp>,
    pub confirmation_sent_at: Option<Timestamp>,
    /// Bits of `EventKind`; 0 for all.
    pub kinds: i32,
    /// The rank of an impact.
    pub least_impact: i32,
    pub digest: Digest,
    pub webhook_format: WebhookFormat,
    /// Minutes since midnight.
    pub quiet_from: Option<i64>,
    pub quiet_to: Option<i64>,
    pub paused_until: Option<Timestamp>,
    pub failing_since: Option<Timestamp>,
    pub suspended_at: Option<Timestamp>,
    pub wrong_codes: i32,
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
