//! Subscribers as operators see them.

use std::collections::HashMap;

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Set,
};
use shared::access::Permission;
use shared::list::{Order, SubscriberList};
use shared::subscriber::{NewSubscriber, Scope, Subscriber, SubscriberPatch, Subscription};
use shared::{PageId, SubscriberId, SubscriptionId, Validate};

use super::delivery::hide;
use super::paging::{Paging, SortKey};
use super::subscription::{self as wishes, Wish};
use super::{page, scope, search};
use crate::context::{Audit, Ctx};
use crate::entity::{subscriber, subscription};
use crate::error::{Error, Result};

/// Which subscribers a list holds; newest first.
#[derive(Debug, Default)]
pub struct SubscriberFilter {
    pub page_id: Option<PageId>,
    /// Part of the address.
    pub q: Option<String>,
    pub is_confirmed: Option<bool>,
}

pub async fn list(cx: &Ctx, filter: SubscriberFilter, paging: &Paging) -> Result<SubscriberList> {
    cx.actor.require(Permission::ManageSubscribers)?;
    let mut query = subscriber::Entity::find();
    if let Some(page_id) = filter.page_id {
        query = query.filter(subscriber::Column::PageId.eq(page_id));
    }
    if let Some(wanted) = matching(filter.q, filter.is_confirmed)? {
        let owners = subscription::Entity::find()
            .select_only()
            .column(subscription::Column::SubscriberId)
            .filter(wanted)
            .into_query();
        query = query.filter(subscriber::Column::Id.in_subquery(owners));
    }
    let rows = paging
        .apply(query, subscriber::Column::Id, subscriber::Column::Id, Order::Desc)
        .all(&cx.db)
        .await?;
    let (rows, next_cursor) = paging.cut(rows, |row| (SortKey::Number(row.id.0), row.id.0));
    Ok(SubscriberList {
        items: views(cx, rows).await?,
        next_cursor,
    })
}

fn matching(q: Option<String>, is_confirmed: Option<bool>) -> Result<Option<Condition>> {
    let words = search::words(q)?;
    if words.is_none() && is_confirmed.is_none() {
        return Ok(None);
    }
    let confirmed = is_confirmed.map(|is_confirmed| {
        let column = subscription::Column::ConfirmedAt;
        if is_confirmed {
            column.is_not_null()
        } else {
            column.is_null()
        }
    });
    let contains = words.map(|words| search::contains(subscription::Column::Target, &words));
    Ok(Some(Condition::all().add_option(contains).add_option(confirmed)))
}

pub async fn get(cx: &Ctx, id: SubscriberId) -> Result<Subscriber> {
    cx.actor.require(Permission::ManageSubscribers)?;
    view(cx, find(cx, id).await?).await
}

/// Adds a subscriber; unless the operator vouches for the consent, the owner of the address is asked.
pub async fn create(cx: &Ctx, input: NewSubscriber) -> Result<Subscriber> {
    cx.actor.require(Permission::ManageSubscribers)?;
    input.validate()?;
    let is_confirmed = input.is_confirmed.unwrap_or(false);
    let page = page::resolve(cx, input.page_id).await?;
    let scope = input.scope.unwrap_or_else(Scope::all);
    scope::check(&cx.db, page.id, &scope).await?;

    let mut tx = cx.begin().await?;
    let wish = Wish {
        page: page.id,
        target: wishes::address(&input.email)?,
        scope,
        locale: input.locale.unwrap_or(page.locale),
        confirmed_at: is_confirmed.then(|| tx.now()),
    };
    let row = wishes::insert(&tx, &wish).await?;
    if !is_confirmed {
        wishes::ask(&mut tx, row.id).await?;
    }
    let entry = Audit::of("subscriber.create", row.subscriber_id.0, hide(&wish.target)).after(&wish.scope);
    tx.commit(entry).await?;
    get(cx, row.subscriber_id).await
}

pub async fn update(cx: &Ctx, id: SubscriberId, patch: SubscriberPatch) -> Result<Subscriber> {
    cx.actor.require(Permission::ManageSubscribers)?;
    patch.validate()?;
    let before = find(cx, id).await?;
    let rows = subscriptions(cx, id).await?;
    if let Some(scope) = &patch.scope {
        scope::check(&cx.db, before.page_id, scope).await?;
    }

    let tx = cx.begin().await?;
    let mut changed = before.into_active_model();
    changed.updated_at = Set(tx.now());
    if let Some(locale) = patch.locale {
        changed.locale = Set(locale);
    }
    changed.update(tx.conn()).await?;
    if let Some(scope) = &patch.scope {
        for row in &rows {
            wishes::set_scope(&tx, row, scope).await?;
        }
    }
    tx.commit(Audit::of("subscriber.update", id.0, name(&rows)).after(&patch.scope))
        .await?;
    get(cx, id).await
}

/// Removes a subscriber, with what was on its way to them.
pub async fn delete(cx: &Ctx, id: SubscriberId) -> Result<()> {
    cx.actor.require(Permission::ManageSubscribers)?;
    find(cx, id).await?;
    let rows = subscriptions(cx, id).await?;
    let tx = cx.begin().await?;
    subscriber::Entity::delete_by_id(id).exec(tx.conn()).await?;
    tx.commit(Audit::of("subscriber.delete", id.0, name(&rows))).await
}

/// Sends the mail that asks for a confirmation once more.
pub async fn resend(cx: &Ctx, id: SubscriberId) -> Result<()> {
    cx.actor.require(Permission::ManageSubscribers)?;
    find(cx, id).await?;
    let rows = subscriptions(cx, id).await?;
    let mut tx = cx.begin().await?;
    let mut asked = false;
    for row in rows.iter().filter(|row| row.confirmed_at.is_none()) {
        wishes::ask(&mut tx, row.id).await?;
        asked = true;
    }
    if !asked {
        return Err(Error::conflict("the subscriber has confirmed already"));
    }
    tx.commit(Audit::of("subscriber.resend", id.0, name(&rows))).await
}

async fn find(cx: &Ctx, id: SubscriberId) -> Result<subscriber::Model> {
    subscriber::Entity::find_by_id(id)
        .one(&cx.db)
        .await?
        .ok_or_else(|| Error::not_found("subscriber"))
}

async fn subscriptions(cx: &Ctx, id: SubscriberId) -> Result<Vec<subscription::Model>> {
    Ok(subscription::Entity::find()
        .filter(subscription::Column::SubscriberId.eq(id))
        .order_by_asc(subscription::Column::Id)
        .all(&cx.db)
        .await?)
}

fn name(rows: &[subscription::Model]) -> String {
    rows.first().map(|row| hide(&row.target)).unwrap_or_default()
}

async fn view(cx: &Ctx, row: subscriber::Model) -> Result<Subscriber> {
    views(cx, vec![row])
        .await?
        .pop()
        .ok_or_else(|| Error::not_found("subscriber"))
}

async fn views(cx: &Ctx, rows: Vec<subscriber::Model>) -> Result<Vec<Subscriber>> {
    let owners: Vec<SubscriberId> = rows.iter().map(|row| row.id).collect();
    let wishes = subscription::Entity::find()
        .filter(subscription::Column::SubscriberId.is_in(owners))
        .order_by_asc(subscription::Column::Id)
        .all(&cx.db)
        .await?;
    let ids: Vec<SubscriptionId> = wishes.iter().map(|row| row.id).collect();
    let mut scopes = scope::read(&cx.db, &ids).await?;
    let mut by_owner: HashMap<SubscriberId, Vec<Subscription>> = HashMap::new();
    for row in wishes {
        let scope = scopes.remove(&row.id).unwrap_or_else(Scope::all);
        by_owner
            .entry(row.subscriber_id)
            .or_default()
            .push(row.into_subscription(scope));
    }
    let assemble = |row: subscriber::Model| {
        let subscriptions = by_owner.remove(&row.id).unwrap_or_default();
        row.into_subscriber(subscriptions)
    };
    Ok(rows.into_iter().map(assemble).collect())
}
