//! Events: what subscribers may hear of. `Tx::emit` writes them.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use shared::EventId;

use crate::context::Ctx;
use crate::entity::event;
use crate::error::Result;

/// The events after one and up to another, oldest first.
pub async fn ids(cx: &Ctx, after: EventId, through: EventId) -> Result<Vec<EventId>> {
    let ids = event::Entity::find()
        .select_only()
        .column(event::Column::Id)
        .filter(event::Column::Id.gt(after))
        .filter(event::Column::Id.lte(through))
        .order_by_asc(event::Column::Id)
        .into_tuple()
        .all(&cx.db)
        .await?;
    Ok(ids)
}
