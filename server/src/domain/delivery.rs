//! Deliveries: one event on its way to one subscription.
//!
//! A delivery is created by `jobs::fan_out`, tried by `jobs::deliver`, and ends as delivered or given up.
//! Every try leaves an attempt row; operators read them in the console. How a message is written and sent is
//! `notify`'s business.

use std::collections::HashMap;
use std::time::Duration;

use sea_orm::sea_query::{Expr, OnConflict, Query, SimpleExpr};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, JoinType,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, RelationTrait, Select, Set,
};
use shared::access::Permission;
use shared::channel::Channel;
use shared::delivery::{
    Attempt, AttemptOutcome, DeliveriesRetried, Delivery, DeliveryDetail, DeliveryProgress, DeliveryStatus,
    RetryDeliveries,
};
use shared::list::{DeliveryList, Order};
use shared::time::{hours, minutes};
use shared::{DeliveryId, EventId, IncidentId, MaintenanceId, PageId, SubscriptionId, Timestamp};

use super::paging::{Paging, SortKey};
use super::target;
use crate::context::{Audit, Ctx, Job, Tx};
use crate::entity::{attempt, delivery, event, subscription};
use crate::error::{Error, Result};

/// How long to wait after each failure; after the last one it is given up.
const WAITS: &[Duration] = &[minutes(1), minutes(5), minutes(30), hours(2), hours(6), hours(24)];
/// Where nothing has arrived for so long, nothing is sent any more.
const SUSPENDED_AFTER: Duration = shared::time::days(7);
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
    pub subscription: SubscriptionId,
    /// Since when nothing has arrived there, before this try.
    pub failing_since: Option<Timestamp>,
    /// Which try it was, from 1.
    pub count: i32,
    pub outcome: AttemptOutcome,
    /// When the other side wants to be asked again.
    pub after: Option<Duration>,
    /// What the other side calls the message.
    pub message_id: Option<String>,
    /// What the other side said.
    pub answer: String,
    pub duration: Duration,
}

pub async fn list(cx: &Ctx, filter: DeliveryFilter, paging: &Paging) -> Result<DeliveryList> {
    cx.actor.require(Permission::ReadConsole)?;
    let query = delivery::Entity::find()
        .join(JoinType::InnerJoin, delivery::Relation::Event.def())
        .filter(filter.of_events())
        .filter(filter.of_deliveries());
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

impl DeliveryFilter {
    fn of_events(&self) -> Condition {
        Condition::all()
            .add_option(self.page_id.map(|id| event::Column::PageId.eq(id)))
            .add_option(self.incident_id.map(|id| event::Column::IncidentId.eq(id.0)))
            .add_option(self.maintenance_id.map(|id| event::Column::MaintenanceId.eq(id.0)))
    }

    fn of_deliveries(&self) -> Condition {
        Condition::all()
            .add_option(self.status.map(|status| delivery::Column::Status.eq(status)))
            .add_option(self.channel.map(|channel| delivery::Column::Channel.eq(channel)))
    }
}

/// How many wait, arrived and were given up.
pub async fn progress(cx: &Ctx, filter: DeliveryFilter) -> Result<DeliveryProgress> {
    cx.actor.require(Permission::ReadConsole)?;
    let counts: Vec<(DeliveryStatus, i64)> = delivery::Entity::find()
        .select_only()
        .column(delivery::Column::Status)
        .column_as(delivery::Column::Id.count(), "deliveries")
        .join(JoinType::InnerJoin, delivery::Relation::Event.def())
        .filter(filter.of_events())
        .filter(filter.of_deliveries())
        .group_by(delivery::Column::Status)
        .into_tuple()
        .all(&cx.db)
        .await?;
    let count = |status| {
        let found = counts.iter().find(|(known, _)| *known == status);
        found.map_or(0, |(_, count)| u64::try_from(*count).unwrap_or(0))
    };
    Ok(DeliveryProgress {
        waiting: count(DeliveryStatus::Waiting),
        delivered: count(DeliveryStatus::Delivered),
        given_up: count(DeliveryStatus::GivenUp),
    })
}

/// Tries all again that were given up and fit.
pub async fn retry_all(cx: &Ctx, input: RetryDeliveries) -> Result<DeliveriesRetried> {
    cx.actor.require(Permission::ManageSubscribers)?;
    let filter = DeliveryFilter {
        page_id: input.page_id,
        incident_id: input.incident_id,
        maintenance_id: input.maintenance_id,
        status: Some(DeliveryStatus::GivenUp),
        channel: input.channel,
    };
    let events = event::Entity::find()
        .select_only()
        .column(event::Column::Id)
        .filter(filter.of_events())
        .into_query();
    let mut tx = cx.begin().await?;
    let updated = delivery::Entity::update_many()
        .col_expr(delivery::Column::Status, Expr::value(DeliveryStatus::Waiting))
        .col_expr(delivery::Column::AttemptCount, Expr::value(0))
        .col_expr(delivery::Column::NextAttemptAt, Expr::value(tx.now()))
        .col_expr(delivery::Column::FinishedAt, Expr::value(None::<Timestamp>))
        .filter(filter.of_deliveries())
        .filter(delivery::Column::EventId.in_subquery(events))
        .exec(tx.conn())
        .await?;
    let count = updated.rows_affected;
    tx.enqueue(&Job::Deliver).await?;
    tx.enqueue(&Job::DeliverWeb).await?;
    tx.commit(Audit::of("delivery.retry_all", None, format!("{count} deliveries")))
        .await?;
    Ok(DeliveriesRetried { count })
}

pub async fn get(cx: &Ctx, id: DeliveryId) -> Result<DeliveryDetail> {
    cx.actor.require(Permission::ReadConsole)?;
    let row = find(cx, id).await?;
    let address = subscription::Entity::find_by_id(row.subscription_id)
        .one(&cx.db)
        .await?;
    let address = address
        .map(|row| target::open(&cx.secrets, &row))
        .transpose()?
        .unwrap_or_default();
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
    let job = match row.channel {
        Channel::Email => Job::Deliver,
        _ => Job::DeliverWeb,
    };
    tx.enqueue(&job).await?;
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

/// Which deliveries a worker takes: mail has one server, the others have many, of which some are slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    Mail,
    /// What is reached by HTTP.
    Web,
}

impl Lane {
    fn holds(self) -> SimpleExpr {
        match self {
            Self::Mail => delivery::Column::Channel.eq(Channel::Email),
            Self::Web => delivery::Column::Channel.ne(Channel::Email),
        }
    }
}

/// Takes up to `limit` deliveries of a lane that are due, oldest first.
pub async fn claim(cx: &Ctx, lane: Lane, limit: u64) -> Result<Batch> {
    let mut batch = Batch::default();
    claim_more(cx, &mut batch, lane, limit).await?;
    Ok(batch)
}

/// Takes up to `limit` more into a batch; the answer is how many there were to take.
pub async fn claim_more(cx: &Ctx, batch: &mut Batch, lane: Lane, limit: u64) -> Result<usize> {
    let now = cx.clock.now();
    let due: Vec<DeliveryId> = delivery::Entity::find()
        .select_only()
        .column(delivery::Column::Id)
        .filter(is_due(now))
        .filter(lane.holds())
        .order_by_asc(delivery::Column::NextAttemptAt)
        .order_by_asc(delivery::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(&cx.db)
        .await?;
    let count = due.len();
    take(cx, batch, due).await?;
    Ok(count)
}

/// Takes what else is due for some subscriptions into a batch: a digest is one message.
pub async fn claim_for(cx: &Ctx, batch: &mut Batch, subscriptions: &[SubscriptionId]) -> Result<()> {
    if subscriptions.is_empty() {
        return Ok(());
    }
    let due: Vec<DeliveryId> = delivery::Entity::find()
        .select_only()
        .column(delivery::Column::Id)
        .filter(is_due(cx.clock.now()))
        .filter(delivery::Column::SubscriptionId.is_in(subscriptions.to_vec()))
        .order_by_asc(delivery::Column::Id)
        .into_tuple()
        .all(&cx.db)
        .await?;
    take(cx, batch, due).await
}

/// Puts the lease of a batch on those that are free.
async fn take(cx: &Ctx, batch: &mut Batch, due: Vec<DeliveryId>) -> Result<()> {
    let now = cx.clock.now();
    if due.is_empty() {
        return Ok(());
    }
    // Another worker may have been quicker with some of them: what counts is what we hold afterwards.
    delivery::Entity::update_many()
        .col_expr(delivery::Column::LeasedBy, Expr::value(batch.lease.clone()))
        .col_expr(delivery::Column::LeasedUntil, Expr::value(now + lease_time(cx)))
        .filter(delivery::Column::Id.is_in(due.iter().copied()))
        .filter(is_due(now))
        .exec(&cx.db)
        .await?;
    let taken = delivery::Entity::find()
        .filter(delivery::Column::Id.is_in(due))
        .filter(delivery::Column::LeasedBy.eq(batch.lease.clone()))
        .order_by_asc(delivery::Column::Id)
        .all(&cx.db)
        .await?;
    batch.deliveries.extend(taken);
    Ok(())
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
    name_messages(&tx, &delivered).await?;
    note_health(&tx, tries).await?;
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

/// What the other side calls them, where it says so.
async fn name_messages(tx: &Tx<'_>, delivered: &[&Tried]) -> Result<()> {
    for tried in delivered.iter().filter(|tried| tried.message_id.is_some()) {
        delivery::ActiveModel {
            id: Set(tried.delivery),
            message_id: Set(tried.message_id.clone()),
            ..Default::default()
        }
        .update(tx.conn())
        .await?;
    }
    Ok(())
}

/// Where nothing arrives for long, nothing is sent any more.
async fn note_health(tx: &Tx<'_>, tries: &[Tried]) -> Result<()> {
    for tried in tries {
        let arrived = tried.outcome == AttemptOutcome::Delivered;
        let (failing_since, suspended_at) = match (arrived, tried.failing_since) {
            (true, None) => continue,
            (true, Some(_)) => (None, None),
            (false, None) => (Some(tx.now()), None),
            (false, Some(since)) if tx.now().since(since) < SUSPENDED_AFTER => continue,
            (false, since) => (since, Some(tx.now())),
        };
        if suspended_at.is_some() {
            tracing::warn!(subscription = %tried.subscription, "nothing has arrived there for long; nothing is sent any more");
        }
        subscription::Entity::update_many()
            .col_expr(subscription::Column::FailingSince, Expr::value(failing_since))
            .col_expr(subscription::Column::SuspendedAt, Expr::value(suspended_at))
            .filter(subscription::Column::Id.eq(tried.subscription))
            .exec(tx.conn())
            .await?;
    }
    Ok(())
}

/// Gives deliveries back untried, to be looked at again later.
pub async fn postpone(cx: &Ctx, batch: &Batch, until: &[(DeliveryId, Timestamp)]) -> Result<()> {
    let mut by_time: HashMap<Timestamp, Vec<DeliveryId>> = HashMap::new();
    for (id, at) in until {
        by_time.entry(*at).or_default().push(*id);
    }
    for (at, ids) in by_time {
        free(batch, ids)
            .col_expr(delivery::Column::NextAttemptAt, Expr::value(at))
            .exec(&cx.db)
            .await?;
    }
    Ok(())
}

/// It did not arrive: another try later, or none. False if it is not ours.
async fn put_off(tx: &Tx<'_>, batch: &Batch, tried: &Tried) -> Result<bool> {
    let next = next_attempt(tried.outcome, tried.count, tx.now());
    // Sooner than the other side asked for would be refused again.
    let next = next.map(|at| Ord::max(at, tx.now() + tried.after.unwrap_or_default()));
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

impl Default for Batch {
    fn default() -> Self {
        Self {
            deliveries: Vec::new(),
            lease: uuid::Uuid::new_v4().to_string(),
        }
    }
}

impl Batch {
    /// An empty one under the same lease.
    pub fn same(&self) -> Self {
        Self {
            deliveries: Vec::new(),
            lease: self.lease.clone(),
        }
    }

    /// Takes in another under the same lease.
    pub fn join(&mut self, other: Self) {
        self.deliveries.extend(other.deliveries);
    }

    /// Leaves out what has been tried or given back.
    pub fn forget(&mut self, ids: &[DeliveryId]) {
        self.deliveries.retain(|row| !ids.contains(&row.id));
    }

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
        .map(|row| Ok((row.id, target::open(&cx.secrets, &row)?)))
        .collect::<Result<_>>()?;
    let may_see = cx.actor.may(Permission::ManageSubscribers);
    let view = |row: delivery::Model| {
        let event = events.get(&row.event_id)?;
        let target = targets.get(&row.subscription_id)?;
        let shown = if may_see {
            target.clone()
        } else {
            row.channel.hide(target)
        };
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
        message_id: _,
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
    fn an_answer_does_not_repeat_a_hidden_address() {
        let answer = conceal("550 <ana@example.org>: who?", "ana@example.org", "a…@example.org");
        assert_eq!(answer, "550 <a…@example.org>: who?");
    }
}
