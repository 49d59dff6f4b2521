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
    /// With commas between them.
    pub labels: String,
    /// That of the page if there is none.
    pub time_zone: Option<String>,
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
            labels,
            time_zone: _,
            created_at,
            updated_at: _,
        } = self;
        shared::subscriber::Subscriber {
            id,
            page_id,
            locale,
            labels: labels
                .split(',')
                .filter(|label| !label.is_empty())
                .map(str::to_owned)
                .collect(),
            subscriptions,
            created_at,
        }
    }
}
