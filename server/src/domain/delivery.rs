//! Deliveries: one event on its way to one subscription.
//!
//! A delivery is created by `jobs::fan_out`, tried by `jobs::deliver`, and ends as delivered or given up.
//! Every try leaves an attempt row; operators read them in the console. How a message is written and sent is
//! `notify`'s business.

use std::collections::HashMap;
use std::time::Duration;

use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, JoinType,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, RelationTrait, Select, Set,
};
use shared::access::Permission;
use shared::delivery::{Attempt, AttemptOutcome, Delivery, DeliveryDetail, DeliveryStatus};
use shared::list::{DeliveryList, Order};
use shared::subscriber::Channel;
use shared::time::{hours, minutes};
use shared::{DeliveryId, EventId, IncidentId, MaintenanceId, PageId, SubscriptionId, Timestamp};

use super::paging::{Paging, SortKey};
use crate::context::{Audit, Ctx, Job, Tx};
use crate::entity::{attempt, delivery, event, subscription};
use crate::error::{Error, Result};

/// How long to wait after each failure; after the last one it is given up.
const WAITS: &[Duration] = &[minutes(1), minutes(5), minutes(30), hours(2), hours(6), hours(24)];
/// What the columns for answers hold.
const MAX_ANSWER: usize = 1_000;

/// Which deliveries a list holds; newest first.
#[derive(Debug, Default)]
pub struct DeliveryFilter {
    pub page_id: Option<PageId>,
    pub incident_id: Option<IncidentId>,
    pub maintenance_id: Option<MaintenanceId>,
    pub status: Option<DeliveryStatus>,
    pub channel: Option<Channel>,
}

/// Deliveries of ours to try, until the lease ends.
#[derive(Debug)]
pub struct Batch {
    pub deliveries: Vec<delivery::Model>,
    lease: String,
}

/// How one try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    pub delivery: DeliveryId,
    /// Which try it was, from 1.
    pub count: i32,
    pub outcome: AttemptOutcome,
    /// What the other side said.
    pub answer: String,
    pub duration: Duration,
}

pub async fn list(cx: &Ctx, filter: DeliveryFilter, paging: &Paging) -> Result<DeliveryList> {
    cx.actor.require(Permission::ReadConsole)?;
    let mut wanted = Condition::all()
        .add_option(filter.page_id.map(|id| event::Column::PageId.eq(id)))
        .add_option(filter.incident_id.map(|id| event::Column::IncidentId.eq(id.0)))
        .add_option(filter.maintenance_id.map(|id| event::Column::MaintenanceId.eq(id.0)));
    wanted = wanted
        .add_option(filter.status.map(|status| delivery::Column::Status.eq(status)))
        .add_option(filter.channel.map(|channel| delivery::Column::Channel.eq(channel)));
    let query = delivery::Entity::find()
        .join(JoinType::InnerJoin, delivery::Relation::Event.def())
        .filter(wanted);
    let rows = paging
        .apply(query, delivery::Column::Id, delivery::Column::Id, Order::Desc)
        .all(&cx.db)
        .await?;
    let (rows, next_cursor) = paging.cut(rows, |row| (SortKey::Number(row.id.0), row.id.0));
    Ok(DeliveryList {
        items: views(cx, rows).await?,
        next_cursor,
    })
}

pub async fn get(cx: &Ctx, id: DeliveryId) -> Result<DeliveryDetail> {
    cx.actor.require(Permission::ReadConsole)?;
    let row = find(cx, id).await?;
    let address = subscription::Entity::find_by_id(row.subscription_id)
        .one(&cx.db)
        .await?;
    let address = address.map(|row| row.target).unwrap_or_default();
    let delivery = view(cx, row).await?;
    let rows = attempt::Entity::find()
        .filter(attempt::Column::DeliveryId.eq(id))
        .order_by_desc(attempt::Column::Id)
        .all(&cx.db)
        .await?;
    let shown = |row: attempt::Model| {
        let attempt = Attempt::from(row);
        let detail = conceal(&attempt.detail, &address, &delivery.target);
        Attempt { detail, ..attempt }
    };
    let attempts = rows.into_iter().map(shown).collect();
    Ok(DeliveryDetail { delivery, attempts })
}

/// Tries a delivery again, now. One that arrived is sent once more; its tries so far stay on record.
pub async fn retry(cx: &Ctx, id: DeliveryId) -> Result<Delivery> {
    cx.actor.require(Permission::ManageSubscribers)?;
    let mut tx = cx.begin().await?;
    let before = delivery::Entity::find_by_id(id)
        .one(tx.conn())
        .await?
        .ok_or_else(|| Error::not_found("delivery"))?;
    let row = delivery::ActiveModel {
        id: Set(id),
        status: Set(DeliveryStatus::Waiting),
        attempt_count: Set(0),
        next_attempt_at: Set(Some(tx.now())),
        leased_by: Set(None),
        leased_until: Set(None),
        finished_at: Set(None),
        ..Default::default()
    }
    .update(tx.conn())
    .await?;
    tx.enqueue(&Job::Deliver).await?;
    let name = format!("delivery {id}");
    let entry = Audit::of("delivery.retry", id.0, name)
        .before(&before.status)
        .after(&row.status);
    tx.commit(entry).await?;
    view(cx, row).await
}

/// Writes a delivery for each of these subscriptions, unless there is one: an event goes to a subscription once.
pub async fn create(tx: &Tx<'_>, event: EventId, to: Select<subscription::Entity>) -> Result<()> {
    // The database copies from table to table: nothing per subscription crosses to us and back.
    let rows = to
        .select_only()
        .expr(Expr::value(event))
        .column(subscription::Column::Id)
        .column(subscription::Column::Channel)
        .expr(Expr::value(DeliveryStatus::Waiting))
        .expr(Expr::value(0))
        .expr(Expr::value(tx.now()))
        .expr(Expr::value(tx.now()))
        .into_query();
    let columns = [
        delivery::Column::EventId,
        delivery::Column::SubscriptionId,
        delivery::Column::Channel,
        delivery::Column::Status,
        delivery::Column::AttemptCount,
        delivery::Column::NextAttemptAt,
        delivery::Column::CreatedAt,
    ];
    // MySQL does nothing by setting a column to itself; `id` would be that of either table.
    let once = OnConflict::columns([delivery::Column::EventId, delivery::Column::SubscriptionId])
        .do_nothing_on([delivery::Column::EventId])
        .to_owned();
    let mut insert = Query::insert();
    insert.into_table(delivery::Entity).columns(columns).on_conflict(once);
    insert.select_from(rows).map_err(anyhow::Error::from)?;
    tx.conn().execute(&insert).await?;
    Ok(())
}

/// Takes up to `limit` deliveries that are due, oldest first.
pub async fn claim(cx: &Ctx, limit: u64) -> Result<Batch> {
    let now = cx.clock.now();
    let lease = uuid::Uuid::new_v4().to_string();
    let due: Vec<DeliveryId> = delivery::Entity::find()
        .select_only()
        .column(delivery::Column::Id)
        .filter(is_due(now))
        .order_by_asc(delivery::Column::NextAttemptAt)
        .order_by_asc(delivery::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(&cx.db)
        .await?;
    if due.is_empty() {
        let deliveries = Vec::new();
        return Ok(Batch { deliveries, lease });
    }
    // Another worker may have been quicker with some of them: what counts is what we hold afterwards.
    delivery::Entity::update_many()
        .col_expr(delivery::Column::LeasedBy, Expr::value(lease.clone()))
        .col_expr(delivery::Column::LeasedUntil, Expr::value(now + lease_time(cx)))
        .filter(delivery::Column::Id.is_in(due.iter().copied()))
        .filter(is_due(now))
        .exec(&cx.db)
        .await?;
    let deliveries = delivery::Entity::find()
        .filter(delivery::Column::Id.is_in(due))
        .filter(delivery::Column::LeasedBy.eq(lease.clone()))
        .order_by_asc(delivery::Column::Id)
        .all(&cx.db)
        .await?;
    Ok(Batch { deliveries, lease })
}

fn is_due(now: Timestamp) -> Condition {
    let free = Condition::any()
        .add(delivery::Column::LeasedUntil.is_null())
        .add(delivery::Column::LeasedUntil.lte(now));
    Condition::all()
        .add(delivery::Column::Status.eq(DeliveryStatus::Waiting))
        .add(delivery::Column::NextAttemptAt.lte(now))
        .add(free)
}

/// Records tries, and with them what becomes of the deliveries, all in one transaction. Leaves alone what someone else
/// has taken over.
pub async fn record(cx: &Ctx, batch: &Batch, tries: &[Tried]) -> Result<()> {
    if record_together(cx, batch, tries).await? {
        return Ok(());
    }
    for tried in tries {
        record_together(cx, batch, std::slice::from_ref(tried)).await?;
    }
    Ok(())
}

/// All or, if someone has taken over one of them, none: then false.
async fn record_together(cx: &Ctx, batch: &Batch, tries: &[Tried]) -> Result<bool> {
    let tx = cx.begin().await?;
    let (delivered, failed): (Vec<&Tried>, Vec<&Tried>) = tries
        .iter()
        .partition(|tried| tried.outcome == AttemptOutcome::Delivered);
    let mut are_ours = delivered.is_empty() || finish(&tx, batch, &delivered).await?;
    for tried in failed {
        are_ours = are_ours && put_off(&tx, batch, tried).await?;
    }
    if are_ours {
        remember(&tx, tries).await?;
        tx.commit(Audit::Bookkeeping).await?;
    }
    Ok(are_ours)
}

/// They arrived. False if one of them is not ours.
async fn finish(tx: &Tx<'_>, batch: &Batch, tries: &[&Tried]) -> Result<bool> {
    let updated = free(batch, tries.iter().map(|tried| tried.delivery))
        .col_expr(delivery::Column::Status, Expr::value(DeliveryStatus::Delivered))
        .col_expr(
            delivery::Column::AttemptCount,
            Expr::col(delivery::Column::AttemptCount).add(1),
        )
        .col_expr(delivery::Column::NextAttemptAt, Expr::value(None::<Timestamp>))
        .col_expr(delivery::Column::LastError, Expr::value(None::<String>))
        .col_expr(delivery::Column::FinishedAt, Expr::value(tx.now()))
        .exec(tx.conn())
        .await?;
    Ok(usize::try_from(updated.rows_affected) == Ok(tries.len()))
}

/// It did not arrive: another try later, or none. False if it is not ours.
async fn put_off(tx: &Tx<'_>, batch: &Batch, tried: &Tried) -> Result<bool> {
    let next = next_attempt(tried.outcome, tried.count, tx.now());
    let (status, finished_at) = match next {
        Some(_) => (DeliveryStatus::Waiting, None),
        None => (DeliveryStatus::GivenUp, Some(tx.now())),
    };
    let updated = free(batch, [tried.delivery])
        .col_expr(delivery::Column::Status, Expr::value(status))
        .col_expr(delivery::Column::AttemptCount, Expr::value(tried.count))
        .col_expr(delivery::Column::NextAttemptAt, Expr::value(next))
        .col_expr(delivery::Column::LastError, Expr::value(shorten(&tried.answer)))
        .col_expr(delivery::Column::FinishedAt, Expr::value(finished_at))
        .exec(tx.conn())
        .await?;
    Ok(updated.rows_affected == 1)
}

async fn remember(tx: &Tx<'_>, tries: &[Tried]) -> Result<()> {
    let row = |tried: &Tried| attempt::ActiveModel {
        id: NotSet,
        delivery_id: Set(tried.delivery),
        outcome: Set(tried.outcome),
        detail: Set(shorten(&tried.answer)),
        duration_ms: Set(i64::try_from(tried.duration.as_millis()).unwrap_or(i64::MAX)),
        created_at: Set(tx.now()),
    };
    attempt::Entity::insert_many(tries.iter().map(row))
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

fn shorten(answer: &str) -> String {
    answer.chars().take(MAX_ANSWER).collect()
}

/// How long a claim lasts without a sign of life.
pub fn lease_time(cx: &Ctx) -> Duration {
    Duration::from_secs(cx.config.jobs.lease_s)
}

/// A sign of life: what is still ours stays ours for another while.
pub async fn renew(cx: &Ctx, batch: &Batch) -> Result<()> {
    delivery::Entity::update_many()
        .col_expr(
            delivery::Column::LeasedUntil,
            Expr::value(cx.clock.now() + lease_time(cx)),
        )
        .filter(is_held(batch, batch.ids()))
        .exec(&cx.db)
        .await?;
    Ok(())
}

/// Gives back what was claimed and not tried.
pub async fn release(cx: &Ctx, batch: &Batch) -> Result<()> {
    free(batch, batch.ids()).exec(&cx.db).await?;
    Ok(())
}

/// Calls back what a clock that was set back has left in a time to come, so that nothing waits for that time once more.
pub async fn call_back(cx: &Ctx) -> Result<()> {
    let now = cx.clock.now();
    let lease_end = now + lease_time(cx);
    // Not freed: whoever holds it may be sending, and shows it before this lease ends.
    delivery::Entity::update_many()
        .col_expr(delivery::Column::LeasedUntil, Expr::value(lease_end))
        .filter(delivery::Column::LeasedUntil.gt(lease_end))
        .exec(&cx.db)
        .await?;
    delivery::Entity::update_many()
        .col_expr(delivery::Column::NextAttemptAt, Expr::value(now))
        .filter(delivery::Column::NextAttemptAt.gt(now))
        .filter(delivery::Column::CreatedAt.gt(now))
        .exec(&cx.db)
        .await?;
    Ok(())
}

impl Batch {
    fn ids(&self) -> impl Iterator<Item = DeliveryId> {
        self.deliveries.iter().map(|row| row.id)
    }
}

/// Those that are still ours. The ids lead to them; an index over leases would have to be kept up with every mail.
fn is_held(batch: &Batch, ids: impl IntoIterator<Item = DeliveryId>) -> Condition {
    Condition::all()
        .add(delivery::Column::Id.is_in(ids))
        .add(delivery::Column::LeasedBy.eq(batch.lease.clone()))
}

/// An update of those that are still ours, which sets them free.
fn free(batch: &Batch, ids: impl IntoIterator<Item = DeliveryId>) -> sea_orm::UpdateMany<delivery::Entity> {
    delivery::Entity::update_many()
        .filter(is_held(batch, ids))
        .col_expr(delivery::Column::LeasedBy, Expr::value(None::<String>))
        .col_expr(delivery::Column::LeasedUntil, Expr::value(None::<i64>))
}

/// When to try again after the `count`th try; never after success, a refusal for good, or the last wait.
fn next_attempt(outcome: AttemptOutcome, count: i32, now: Timestamp) -> Option<Timestamp> {
    match outcome {
        AttemptOutcome::Delivered | AttemptOutcome::Refused => None,
        AttemptOutcome::FailedForNow => {
            let wait = WAITS.get(usize::try_from(count - 1).ok()?)?;
            Some(now + *wait)
        }
    }
}

async fn find(cx: &Ctx, id: DeliveryId) -> Result<delivery::Model> {
    delivery::Entity::find_by_id(id)
        .one(&cx.db)
        .await?
        .ok_or_else(|| Error::not_found("delivery"))
}

async fn view(cx: &Ctx, row: delivery::Model) -> Result<Delivery> {
    views(cx, vec![row])
        .await?
        .pop()
        .ok_or_else(|| Error::not_found("delivery"))
}

async fn views(cx: &Ctx, rows: Vec<delivery::Model>) -> Result<Vec<Delivery>> {
    let events: Vec<EventId> = rows.iter().map(|row| row.event_id).collect();
    let events: HashMap<EventId, event::Model> = event::Entity::find()
        .filter(event::Column::Id.is_in(events))
        .all(&cx.db)
        .await?
        .into_iter()
        .map(|row| (row.id, row))
        .collect();
    let targets: Vec<SubscriptionId> = rows.iter().map(|row| row.subscription_id).collect();
    let targets: HashMap<SubscriptionId, String> = subscription::Entity::find()
        .filter(subscription::Column::Id.is_in(targets))
        .all(&cx.db)
        .await?
        .into_iter()
        .map(|row| (row.id, row.target))
        .collect();
    let may_see = cx.actor.may(Permission::ManageSubscribers);
    let view = |row: delivery::Model| {
        let event = events.get(&row.event_id)?;
        let target = targets.get(&row.subscription_id)?;
        let shown = if may_see { target.clone() } else { hide(target) };
        let last_error = row.last_error.as_ref().map(|error| conceal(error, target, &shown));
        Some(assemble(delivery::Model { last_error, ..row }, event, shown))
    };
    Ok(rows.into_iter().filter_map(view).collect())
}

fn assemble(row: delivery::Model, event: &event::Model, target: String) -> Delivery {
    let delivery::Model {
        id,
        event_id,
        subscription_id: _,
        channel,
        status,
        attempt_count,
        next_attempt_at,
        leased_by: _,
        leased_until: _,
        last_error,
        created_at,
        finished_at,
    } = row;
    Delivery {
        id,
        event_id,
        event_kind: event.kind,
        incident_id: event.incident_id.map(IncidentId),
        maintenance_id: event.maintenance_id.map(MaintenanceId),
        subject: event.subject.clone(),
        channel,
        target,
        status,
        attempt_count,
        next_attempt_at,
        last_error,
        created_at,
        finished_at,
    }
}

/// `a…@example.org`
pub fn hide(address: &str) -> String {
    let (local, domain) = address.split_once('@').unwrap_or((address, ""));
    format!("{}…@{domain}", local.chars().next().unwrap_or_default())
}

/// An answer of the other side, which likes to repeat the address.
fn conceal(answer: &str, address: &str, shown: &str) -> String {
    if address.is_empty() || address == shown {
        return answer.to_owned();
    }
    answer.replace(address, shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let now = Timestamp::from_millis(0);
        let next = |count| next_attempt(AttemptOutcome::FailedForNow, count, now);
        assert_eq!(next(1), Some(now + minutes(1)));
        assert_eq!(next(6), Some(now + hours(24)));
        assert_eq!(next(7), None);
        assert_eq!(next_attempt(AttemptOutcome::Refused, 1, now), None);
        assert_eq!(next_attempt(AttemptOutcome::Delivered, 1, now), None);
    }

    #[test]
    fn hidden_addresses_tell_the_domain_only() {
        assert_eq!(hide("ana@example.org"), "a…@example.org");
        let answer = conceal("550 <ana@example.org>: who?", "ana@example.org", "a…@example.org");
        assert_eq!(answer, "550 <a…@example.org>: who?");
    }
}
