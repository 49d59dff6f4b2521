//! Closing days: each day of each component is added up once, when it is over, and never again.
//!
//! A page that is asked for ninety days reads these rows and folds only what came after them. What is written down late, after
//! the day it belongs to was closed, counts from the next day on: history does not drift. What is put right later stands beside
//! it ([`corrections`]). Hashes tie the days together ([`chain`]).

use std::time::Duration;

use chrono_tz::Tz;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use shared::component::ComponentStatus;
use shared::time::minutes;
use shared::uptime::Spent;
use shared::{ComponentId, PageId, Timestamp};

use super::fold::{self, Change, Correction};
use super::{Range, chain, corrections, months};
use crate::context::{Audit, Ctx, Tx};
use crate::domain::calendar::Day;
use crate::entity::{component, page, status_change, uptime_day};
use crate::error::Result;

/// A change that was begun before midnight may be committed after it.
const GRACE: Duration = minutes(10);
/// Rows in one statement.
const ROWS: usize = 500;

/// Closes all days that are over. Safe to repeat, and on many nodes at once: who comes second changes nothing.
pub async fn close_days(cx: &Ctx) -> Result<()> {
    for page in page::Entity::find().all(&cx.db).await? {
        let zone = page.time_zone.parse().unwrap_or(Tz::UTC);
        let components = component::Entity::find()
            .filter(component::Column::PageId.eq(page.id))
            .all(&cx.db)
            .await?;
        for component in components {
            close_days_of(cx, page.id, component.id, zone).await?;
        }
    }
    Ok(())
}

async fn close_days_of(cx: &Ctx, page: PageId, component: ComponentId, zone: Tz) -> Result<()> {
    let over = cx.clock.now() - GRACE;
    if !has_day_over(&cx.db, component, zone, over).await? {
        return Ok(());
    }
    let tx = cx.begin().await?;
    // Whoever puts something right about the component waits, so that no day is closed without it.
    if !is_held(&tx, component).await? {
        return Ok(());
    }
    let last = last_closed(tx.conn(), component).await?;
    let after = last.as_ref().map_or(0, |last| last.last_change_id);
    let changes = status_change::Entity::find()
        .filter(status_change::Column::ComponentId.eq(component))
        .filter(status_change::Column::Id.gt(after))
        .order_by_asc(status_change::Column::Id)
        .all(tx.conn())
        .await?;
    let Some(first) = first_day(last.as_ref(), &changes, zone) else {
        return Ok(());
    };
    let days: Vec<Day> = std::iter::successors(Some(first), |day| Some(day.following(zone)))
        .take_while(|day| day.ends_at <= over)
        .collect();
    let range = Range {
        from: first.starts_at,
        to: over,
    };
    let corrections = corrections::of_component(tx.conn(), component, range).await?;
    let open = Open {
        page,
        component,
        changes: &changes,
        corrections: &corrections,
    };
    let rows = open.add_up(last.as_ref(), &days, tx.now());
    insert(&tx, rows).await?;
    months::close(&tx, component, zone).await?;
    tx.commit(Audit::Bookkeeping).await
}

/// Cheap, for it is asked of every component every time.
async fn has_day_over(conn: &impl ConnectionTrait, component: ComponentId, zone: Tz, over: Timestamp) -> Result<bool> {
    if let Some(last) = last_closed(conn, component).await? {
        return Ok(next_end(&last, zone) <= over);
    }
    let first = status_change::Entity::find()
        .filter(status_change::Column::ComponentId.eq(component))
        .order_by_asc(status_change::Column::Id)
        .one(conn)
        .await?;
    Ok(first.is_some_and(|first| first_known(zone, first.created_at).ends_at <= over))
}

async fn is_held(tx: &Tx<'_>, component: ComponentId) -> Result<bool> {
    let row = component::Entity::find_by_id(component).lock_exclusive().one(tx.conn());
    Ok(row.await?.is_some())
}

/// The last closed day of a component.
pub async fn last_closed(conn: &impl ConnectionTrait, component: ComponentId) -> Result<Option<uptime_day::Model>> {
    Ok(uptime_day::Entity::find()
        .filter(uptime_day::Column::ComponentId.eq(component))
        .order_by_desc(uptime_day::Column::StartsAt)
        .one(conn)
        .await?)
}

async fn insert(tx: &Tx<'_>, rows: Vec<uptime_day::Model>) -> Result<()> {
    for some in rows.chunks(ROWS) {
        let some = some.iter().cloned().map(uptime_day::ActiveModel::from);
        // MySQL does nothing by setting a column to itself.
        let once = OnConflict::columns([uptime_day::Column::ComponentId, uptime_day::Column::Day])
            .do_nothing_on([uptime_day::Column::ComponentId])
            .to_owned();
        uptime_day::Entity::insert_many(some)
            .on_conflict(once)
            .exec_without_returning(tx.conn())
            .await?;
    }
    Ok(())
}

/// The last closed day, as the calendar has it.
pub fn day_of(row: &uptime_day::Model) -> Option<Day> {
    Some(Day {
        date: row.day.parse().ok()?,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
    })
}

fn next_end(last: &uptime_day::Model, zone: Tz) -> Timestamp {
    day_of(last).map_or(last.ends_at, |day| day.following(zone).ends_at)
}

/// The day on which a timeline begins, from there on: of what was before, nobody can say anything.
pub fn first_known(zone: Tz, at: Timestamp) -> Day {
    Day {
        starts_at: at,
        ..Day::of(zone, at)
    }
}

/// The first day to close: the one after the last, or that of the first entry in the timeline.
fn first_day(last: Option<&uptime_day::Model>, changes: &[status_change::Model], zone: Tz) -> Option<Day> {
    match last {
        Some(last) => Some(day_of(last)?.following(zone)),
        None => Some(first_known(zone, changes.first()?.created_at)),
    }
}

/// What is known of the days to be closed.
struct Open<'a> {
    page: PageId,
    component: ComponentId,
    changes: &'a [status_change::Model],
    corrections: &'a [Correction],
}

impl Open<'_> {
    fn add_up(&self, last: Option<&uptime_day::Model>, days: &[Day], now: Timestamp) -> Vec<uptime_day::Model> {
        let mut status = last.map_or(ComponentStatus::Unknown, |last| last.end_status);
        let mut last_change_id = last.map_or(0, |last| last.last_change_id);
        let mut hash = last.map(|last| last.hash.clone()).unwrap_or_default();
        let mut left = self.changes;
        let mut rows = Vec::with_capacity(days.len());
        for day in days {
            // In the order they were written, up to the first that belongs to a later day.
            let count = left.iter().take_while(|change| change.created_at < day.ends_at).count();
            let (own, later) = left.split_at(count);
            left = later;
            let spent = self.spent(day, status, own);
            if let Some(end) = own.last() {
                (status, last_change_id) = (end.to_status, end.id);
            }
            hash = chain::of_day(&hash, self.component, day, &spent, status);
            rows.push(self.row(day, &spent, (status, last_change_id), &hash, now));
        }
        rows
    }

    fn spent(&self, day: &Day, before: ComponentStatus, own: &[status_change::Model]) -> Spent {
        let changes: Vec<Change> = own.iter().map(Change::from).collect();
        let before = Change::carried(day.starts_at, before);
        let intervals = fold::intervals(before, &changes, day.starts_at, day.ends_at);
        fold::spent(&fold::corrected(intervals, self.corrections))
    }

    fn row(
        &self,
        day: &Day,
        spent: &Spent,
        (end_status, last_change_id): (ComponentStatus, i64),
        hash: &str,
        created_at: Timestamp,
    ) -> uptime_day::Model {
        let [
            operational_ms,
            unknown_ms,
            under_maintenance_ms,
            degraded_performance_ms,
            partial_outage_ms,
            major_outage_ms,
        ] = spent.columns();
        uptime_day::Model {
            component_id: self.component,
            day: day.date.to_string(),
            page_id: self.page,
            starts_at: day.starts_at,
            ends_at: day.ends_at,
            operational_ms,
            unknown_ms,
            under_maintenance_ms,
            degraded_performance_ms,
            partial_outage_ms,
            major_outage_ms,
            end_status,
            last_change_id,
            hash: hash.to_owned(),
            created_at,
        }
    }
}

impl From<&status_change::Model> for Change {
    fn from(row: &status_change::Model) -> Self {
        Self {
            at: row.created_at,
            status: row.to_status,
            cause: Some(row.cause),
            cause_id: row.cause_id,
        }
    }
}
