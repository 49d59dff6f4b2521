//! Closing days: each day of each component is added up once, when it is over, and never again.
//!
//! A page that is asked for ninety days reads these rows and folds only what came after them. What is written down late, after
//! the day it belongs to was closed, counts from the next day on: history does not drift. Each row's hash covers the one of the
//! day before, so that a row changed by hand, or left out, shows.

use std::time::Duration;

use chrono_tz::Tz;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder};
use sha2::{Digest, Sha256};
use shared::component::ComponentStatus;
use shared::time::minutes;
use shared::uptime::Spent;
use shared::{ComponentId, PageId, Timestamp};

use super::fold::{self, Change};
use crate::context::Ctx;
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
    let last = uptime_day::Entity::find()
        .filter(uptime_day::Column::ComponentId.eq(component))
        .order_by_desc(uptime_day::Column::StartsAt)
        .one(&cx.db)
        .await?;
    if last.as_ref().is_some_and(|last| next_end(last, zone) > over) {
        return Ok(());
    }
    let after = last.as_ref().map_or(0, |last| last.last_change_id);
    let changes = status_change::Entity::find()
        .filter(status_change::Column::ComponentId.eq(component))
        .filter(status_change::Column::Id.gt(after))
        .order_by_asc(status_change::Column::Id)
        .all(&cx.db)
        .await?;
    let Some(first) = first_day(last.as_ref(), &changes, zone) else {
        return Ok(());
    };
    let days: Vec<Day> = std::iter::successors(Some(first), |day| Some(day.following(zone)))
        .take_while(|day| day.ends_at <= over)
        .collect();
    let rows = add_up(page, component, last.as_ref(), &changes, &days, cx.clock.now());
    for some in rows.chunks(ROWS) {
        let some = some.iter().cloned().map(uptime_day::ActiveModel::from);
        // MySQL does nothing by setting a column to itself.
        let once = OnConflict::columns([uptime_day::Column::ComponentId, uptime_day::Column::Day])
            .do_nothing_on([uptime_day::Column::ComponentId])
            .to_owned();
        uptime_day::Entity::insert_many(some)
            .on_conflict(once)
            .exec_without_returning(&cx.db)
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

fn add_up(
    page: PageId,
    component: ComponentId,
    last: Option<&uptime_day::Model>,
    changes: &[status_change::Model],
    days: &[Day],
    now: Timestamp,
) -> Vec<uptime_day::Model> {
    let mut status = last.map_or(ComponentStatus::Unknown, |last| last.end_status);
    let mut last_change_id = last.map_or(0, |last| last.last_change_id);
    let mut hash = last.map(|last| last.hash.clone()).unwrap_or_default();
    let mut left = changes;
    let mut rows = Vec::with_capacity(days.len());
    for day in days {
        // In the order they were written, up to the first that belongs to a later day.
        let count = left.iter().take_while(|change| change.created_at < day.ends_at).count();
        let (own, later) = left.split_at(count);
        left = later;
        let folded: Vec<Change> = own.iter().map(Change::from).collect();
        let before = Change::carried(day.starts_at, status);
        let spent = fold::spent(&fold::intervals(before, &folded, day.starts_at, day.ends_at));
        if let Some(end) = own.last() {
            (status, last_change_id) = (end.to_status, end.id);
        }
        hash = chain(&hash, component, day, &spent, status);
        rows.push(row(page, component, day, &spent, (status, last_change_id), &hash, now));
    }
    rows
}

/// What a day's hash covers, one field after the other.
fn chain(before: &str, component: ComponentId, day: &Day, spent: &Spent, end: ComponentStatus) -> String {
    let Spent {
        operational,
        unknown,
        under_maintenance,
        degraded_performance,
        partial_outage,
        major_outage,
    } = spent;
    let text = format!(
        "{before}|{component}|{}|{}|{}|{operational}|{unknown}|{under_maintenance}|{degraded_performance}|{partial_outage}|{major_outage}|{end}",
        day.date,
        day.starts_at.as_millis(),
        day.ends_at.as_millis(),
    );
    hex::encode(Sha256::digest(text))
}

fn row(
    page_id: PageId,
    component_id: ComponentId,
    day: &Day,
    spent: &Spent,
    (end_status, last_change_id): (ComponentStatus, i64),
    hash: &str,
    created_at: Timestamp,
) -> uptime_day::Model {
    let ms = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
    uptime_day::Model {
        component_id,
        day: day.date.to_string(),
        page_id,
        starts_at: day.starts_at,
        ends_at: day.ends_at,
        operational_ms: ms(spent.operational),
        unknown_ms: ms(spent.unknown),
        under_maintenance_ms: ms(spent.under_maintenance),
        degraded_performance_ms: ms(spent.degraded_performance),
        partial_outage_ms: ms(spent.partial_outage),
        major_outage_ms: ms(spent.major_outage),
        end_status,
        last_change_id,
        hash: hash.to_owned(),
        created_at,
    }
}

/// Whether the closed days are still what was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum History {
    /// So many days fit together.
    Sound(usize),
    /// This day of a component, or one before it, was changed or taken away.
    Broken { component: ComponentId, day: String },
}

/// Looks at every closed day of every component.
pub async fn verify(db: &DatabaseConnection) -> Result<History> {
    let mut days = 0;
    for component in component::Entity::find().all(db).await? {
        let rows = uptime_day::Entity::find()
            .filter(uptime_day::Column::ComponentId.eq(component.id))
            .order_by_asc(uptime_day::Column::StartsAt)
            .all(db)
            .await?;
        if let Some(row) = first_broken(&rows) {
            return Ok(History::Broken {
                component: component.id,
                day: row.day.clone(),
            });
        }
        days += rows.len();
    }
    Ok(History::Sound(days))
}

/// The first closed day of a component whose hash does not fit what it says and the day before it.
fn first_broken(rows: &[uptime_day::Model]) -> Option<&uptime_day::Model> {
    let mut before = "";
    for row in rows {
        let fits = day_of(row)
            .is_some_and(|day| chain(before, row.component_id, &day, &row.spent(), row.end_status) == row.hash);
        if !fits {
            return Some(row);
        }
        before = &row.hash;
    }
    None
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
