//! Subscribers as operators see them.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, SelectStatement, SimpleExpr};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Set,
};
use shared::access::Permission;
use shared::channel::Channel;
use shared::list::{Order, SubscriberList};
use shared::preferences::Preferences;
use shared::subscriber::{NewSubscriber, Scope, Subscriber, SubscriberPatch, Subscription};
use shared::system::TestMailResult;
use shared::{PageId, SubscriberId, SubscriptionId, Timestamp, Validate};

use super::paging::{Paging, SortKey};
use super::subscription::{self as wishes, Wish};
use super::system::{SendsTests, TestOrder};
use super::{page as pages, preferences, scope, search, status_page, target};
use crate::context::{Audit, Ctx};
use crate::entity::{page, subscriber, subscription};
use crate::error::{Error, Result};

/// Which subscribers a list holds; newest first.
#[derive(Debug, Default)]
pub struct SubscriberFilter {
    pub page_id: Option<PageId>,
    /// The address, or a label.
    pub q: Option<String>,
    pub is_confirmed: Option<bool>,
}

pub async fn list(cx: &Ctx, filter: SubscriberFilter, paging: &Paging) -> Result<SubscriberList> {
    cx.actor.require(Permission::ManageSubscribers)?;
    let mut query = subscriber::Entity::find();
    if let Some(page_id) = filter.page_id {
        query = query.filter(subscriber::Column::PageId.eq(page_id));
    }
    if let Some(words) = search::words(filter.q)? {
        // An address is kept sealed, so it is found as a whole only.
        let owners = owners(subscription::Column::TargetHash.is_in(hashes(cx, &words)));
        let found = Condition::any()
            .add(subscriber::Column::Id.in_subquery(owners))
            .add(search::contains(subscriber::Column::Labels, &words));
        query = query.filter(found);
    }
    if let Some(is_confirmed) = filter.is_confirmed {
        let column = subscription::Column::ConfirmedAt;
        let wanted = if is_confirmed {
            column.is_not_null()
        } else {
            column.is_null()
        };
        query = query.filter(subscriber::Column::Id.in_subquery(owners(wanted)));
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

/// Those who have a subscription of which this holds.
fn owners(wanted: SimpleExpr) -> SelectStatement {
    subscription::Entity::find()
        .select_only()
        .column(subscription::Column::SubscriberId)
        .filter(wanted)
        .into_query()
}

/// What an address would be kept as, on whichever channel it is one.
fn hashes(cx: &Ctx, words: &str) -> Vec<String> {
    let of = |channel: &Channel| {
        let address = channel.parse_target(words).ok()?;
        Some(target::hash(&cx.secrets, *channel, &address))
    };
    Channel::ALL.iter().filter_map(of).collect()
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
    let page = pages::resolve(cx, input.page_id).await?;
    let scope = input.scope.unwrap_or_else(Scope::all);
    scope::check(&cx.db, page.id, &scope, None).await?;
    let preferences = input.preferences.unwrap_or_else(Preferences::everything);
    pages::check_time_zone(preferences.time_zone.as_deref())?;
    let channel = input.channel.unwrap_or(Channel::Email);

    let mut tx = cx.begin().await?;
    let wish = Wish {
        page: page.id,
        channel,
        target: wishes::address(channel, &input.target)?,
        scope,
        preferences,
        labels: input.labels,
        locale: input.locale.unwrap_or(page.locale),
        confirmed_at: is_confirmed.then(|| tx.now()),
    };
    let row = wishes::insert(&tx, &wish).await?;
    if !is_confirmed {
        wishes::ask(&mut tx, row.id).await?;
    }
    let entry = Audit::of("subscriber.create", row.subscriber_id.0, channel.hide(&wish.target)).after(&wish.scope);
    tx.commit(entry).await?;
    get(cx, row.subscriber_id).await
}

pub async fn update(cx: &Ctx, id: SubscriberId, patch: SubscriberPatch) -> Result<Subscriber> {
    cx.actor.require(Permission::ManageSubscribers)?;
    patch.validate()?;
    let before = find(cx, id).await?;
    let rows = subscriptions(cx, id).await?;
    if let Some(scope) = &patch.scope {
        let ids: Vec<SubscriptionId> = rows.iter().map(|row| row.id).collect();
        let known = scope::read(&cx.db, &ids).await?;
        scope::check(&cx.db, before.page_id, scope, known.values().next()).await?;
    }
    let zone = patch
        .preferences
        .as_ref()
        .and_then(|wanted| wanted.time_zone.as_deref());
    pages::check_time_zone(zone)?;

    let tx = cx.begin().await?;
    let mut changed = before.into_active_model();
    changed.updated_at = Set(tx.now());
    if let Some(locale) = patch.locale {
        changed.locale = Set(locale);
    }
    if let Some(labels) = &patch.labels {
        changed.labels = Set(labels.join(","));
    }
    changed.update(tx.conn()).await?;
    for row in &rows {
        if let Some(scope) = &patch.scope {
            wishes::set_scope(&tx, row, scope).await?;
        }
        if let Some(wanted) = &patch.preferences {
            wishes::set_preferences(&tx, row, wanted).await?;
        }
    }
    tx.commit(Audit::of("subscriber.update", id.0, name(cx, &rows)).after(&patch.scope))
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
    tx.commit(Audit::of("subscriber.delete", id.0, name(cx, &rows))).await
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
    tx.commit(Audit::of("subscriber.resend", id.0, name(cx, &rows))).await
}

/// Sends again where nothing was sent any more because nothing had arrived for long.
pub async fn resume(cx: &Ctx, id: SubscriberId) -> Result<Subscriber> {
    cx.actor.require(Permission::ManageSubscribers)?;
    find(cx, id).await?;
    let rows = subscriptions(cx, id).await?;
    let tx = cx.begin().await?;
    subscription::Entity::update_many()
        .col_expr(subscription::Column::FailingSince, Expr::value(None::<Timestamp>))
        .col_expr(subscription::Column::SuspendedAt, Expr::value(None::<Timestamp>))
        .filter(subscription::Column::SubscriberId.eq(id))
        .exec(tx.conn())
        .await?;
    tx.commit(Audit::of("subscriber.resume", id.0, name(cx, &rows))).await?;
    get(cx, id).await
}

/// Sends a test message at once, and tells what the other side said. Only to those who confirmed: nobody else asked for it.
pub async fn test(cx: &Ctx, id: SubscriberId, sender: &dyn SendsTests) -> Result<TestMailResult> {
    cx.actor.require(Permission::ManageSubscribers)?;
    let owner = find(cx, id).await?;
    let rows = subscriptions(cx, id).await?;
    let confirmed = rows.iter().find(|row| row.confirmed_at.is_some());
    let row = confirmed.ok_or_else(|| Error::conflict("the subscriber has not confirmed yet"))?;
    let page = page::Entity::find_by_id(owner.page_id).one(&cx.db).await?;
    let page = page.ok_or_else(|| Error::not_found("page"))?;
    let order = TestOrder {
        channel: row.channel,
        to: target::open(&cx.secrets, row)?,
        secret: target::open_secret(&cx.secrets, row)?,
        locale: owner.locale,
        page: status_page::public_page(cx, &page),
        at: cx.clock.now(),
    };
    let tx = cx.begin().await?;
    tx.commit(Audit::of("subscriber.test", id.0, name(cx, &rows))).await?;
    Ok(sender.send(order).await)
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

fn name(cx: &Ctx, rows: &[subscription::Model]) -> String {
    rows.first()
        .map(|row| target::hidden(&cx.secrets, row))
        .unwrap_or_default()
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
    let mut by_owner: HashMap<SubscriberId, Vec<subscription::Model>> = HashMap::new();
    for row in wishes {
        by_owner.entry(row.subscriber_id).or_default().push(row);
    }
    let mut assemble = |row: subscriber::Model| {
        let own = by_owner.remove(&row.id).unwrap_or_default();
        let subscriptions = own.into_iter().map(|wish| {
            let scope = scopes.remove(&wish.id).unwrap_or_else(Scope::all);
            Ok(Subscription {
                id: wish.id,
                channel: wish.channel,
                target: target::open(&cx.secrets, &wish)?,
                scope,
                preferences: preferences::read(&wish, &row),
                confirmed_at: wish.confirmed_at,
                suspended_at: wish.suspended_at,
            })
        });
        let subscriptions = subscriptions.collect::<Result<_>>()?;
        Ok(row.into_subscriber(subscriptions))
    };
    rows.into_iter().map(&mut assemble).collect()
}
