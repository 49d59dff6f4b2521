//! What was found out later. A correction is written down beside the timeline, never into it; closed days that it touches are
//! added up once more into rows of their own, and the rows they had stay.

use std::collections::HashMap;

use chrono::NaiveDate;
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Set,
};
use shared::component::ComponentStatus;
use shared::status_page::Cause;
use shared::uptime::Spent;
use shared::{ComponentId, IncidentId, PageId, Timestamp};

use super::Range;
use super::chain;
use super::fold::{self, Change, Correction, Interval};
use crate::context::Tx;
use crate::entity::{component, status_change, status_correction, uptime_day, uptime_day_correction};
use crate::error::Result;

/// Rows in one statement.
const ROWS: usize = 500;

/// What is to be put right about a component.
#[derive(Debug, Clone)]
pub struct Finding {
    pub range: Range,
    pub status: ComponentStatus,
    /// True if it can only worsen what was written down.
    pub is_at_least: bool,
    pub reason: String,
    pub incident: Option<IncidentId>,
}

/// Writes a finding down, and adds up anew the closed days it touches. The caller holds the component's row, so that no day is
/// closed meanwhile.
pub async fn correct(tx: &Tx<'_>, component: &component::Model, finding: Finding) -> Result<status_correction::Model> {
    let author = tx.cx.actor.member().ok();
    let Finding {
        range,
        status,
        is_at_least,
        reason,
        incident,
    } = finding;
    let row = status_correction::ActiveModel {
        id: NotSet,
        page_id: Set(component.page_id),
        component_id: Set(component.id),
        starts_at: Set(range.from),
        ends_at: Set(range.to),
        status: Set(status),
        is_at_least: Set(is_at_least),
        reason: Set(reason),
        incident_id: Set(incident),
        author_id: Set(author),
        author_name: Set(author.map(|_| tx.cx.actor.name().to_owned())),
        created_at: Set(tx.now()),
    };
    let row = row.insert(tx.conn()).await?;
    for some in corrected_days(tx, &row).await?.chunks(ROWS) {
        let some = some.iter().cloned().map(uptime_day_correction::ActiveModel::from);
        uptime_day_correction::Entity::insert_many(some)
            .exec_without_returning(tx.conn())
            .await?;
    }
    Ok(row)
}

async fn corrected_days(tx: &Tx<'_>, new: &status_correction::Model) -> Result<Vec<uptime_day_correction::Model>> {
    let conn = tx.conn();
    let days = uptime_day::Entity::find()
        .filter(uptime_day::Column::ComponentId.eq(new.component_id))
        .filter(uptime_day::Column::EndsAt.gt(new.starts_at))
        .filter(uptime_day::Column::StartsAt.lt(new.ends_at))
        .order_by_asc(uptime_day::Column::StartsAt)
        .all(conn)
        .await?;
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return Ok(Vec::new());
    };
    let range = Range {
        from: first.starts_at,
        to: last.ends_at,
    };
    let corrections = of_component(conn, new.component_id, range).await?;
    let mut timeline = Timeline::of_days(conn, first, last).await?;
    let mut hashes = last_hashes(conn, new.component_id, first, last).await?;
    let mut rows = Vec::with_capacity(days.len());
    for day in &days {
        let spent = fold::spent(&fold::corrected(timeline.next(day), &corrections));
        let hash = hashes.remove(&day.day).unwrap_or_else(|| day.hash.clone());
        rows.push(row(day, new, spent, &hash, tx.now()));
    }
    Ok(rows)
}

/// The entries of the timeline that are in some closed days, as they are in them.
struct Timeline {
    /// How it was when the day before ended, and the last entry in that.
    status: ComponentStatus,
    last_change_id: i64,
    entries: Vec<status_change::Model>,
}

impl Timeline {
    async fn of_days(conn: &impl ConnectionTrait, first: &uptime_day::Model, last: &uptime_day::Model) -> Result<Self> {
        let day_before = uptime_day::Entity::find()
            .filter(uptime_day::Column::ComponentId.eq(first.component_id))
            .filter(uptime_day::Column::StartsAt.lt(first.starts_at))
            .order_by_desc(uptime_day::Column::StartsAt)
            .one(conn)
            .await?;
        let status = day_before
            .as_ref()
            .map_or(ComponentStatus::Unknown, |day| day.end_status);
        let after = day_before.map_or(0, |day| day.last_change_id);
        let entries = status_change::Entity::find()
            .filter(status_change::Column::ComponentId.eq(first.component_id))
            .filter(status_change::Column::Id.gt(after))
            .filter(status_change::Column::Id.lte(last.last_change_id))
            .order_by_asc(status_change::Column::Id)
            .all(conn)
            .await?;
        Ok(Self {
            status,
            last_change_id: after,
            entries,
        })
    }

    /// The stretches of a day, which holds the entries up to its last one that the day before does not hold.
    fn next(&mut self, day: &uptime_day::Model) -> Vec<Interval> {
        let own = |entry: &&status_change::Model| (self.last_change_id + 1..=day.last_change_id).contains(&entry.id);
        let changes: Vec<Change> = self.entries.iter().filter(own).map(Change::from).collect();
        let before = Change::carried(day.starts_at, self.status);
        (self.status, self.last_change_id) = (day.end_status, day.last_change_id);
        fold::intervals(before, &changes, day.starts_at, day.ends_at)
    }
}

async fn last_hashes(
    conn: &impl ConnectionTrait,
    component: ComponentId,
    first: &uptime_day::Model,
    last: &uptime_day::Model,
) -> Result<HashMap<String, String>> {
    let rows = uptime_day_correction::Entity::find()
        .filter(uptime_day_correction::Column::ComponentId.eq(component))
        .filter(uptime_day_correction::Column::Day.between(first.day.clone(), last.day.clone()))
        .order_by_asc(uptime_day_correction::Column::CorrectionId)
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.day, row.hash)).collect())
}

fn row(
    day: &uptime_day::Model,
    new: &status_correction::Model,
    spent: Spent,
    before: &str,
    now: Timestamp,
) -> uptime_day_correction::Model {
    let [
        operational_ms,
        unknown_ms,
        under_maintenance_ms,
        degraded_performance_ms,
        partial_outage_ms,
        major_outage_ms,
    ] = spent.columns();
    uptime_day_correction::Model {
        component_id: day.component_id,
        day: day.day.clone(),
        correction_id: new.id,
        page_id: day.page_id,
        operational_ms,
        unknown_ms,
        under_maintenance_ms,
        degraded_performance_ms,
        partial_outage_ms,
        major_outage_ms,
        hash: chain::of_correction(before, day.component_id, &day.day, new.id, &spent),
        created_at: now,
    }
}

/// What was put right about a component in a range, in the order in which it was.
pub async fn rows_of_component(
    conn: &impl ConnectionTrait,
    component: ComponentId,
    range: Range,
) -> Result<Vec<status_correction::Model>> {
    Ok(status_correction::Entity::find()
        .filter(status_correction::Column::ComponentId.eq(component))
        .filter(status_correction::Column::EndsAt.gt(range.from))
        .filter(status_correction::Column::StartsAt.lt(range.to))
        .order_by_asc(status_correction::Column::Id)
        .all(conn)
        .await?)
}

/// The same, as the fold takes it.
pub async fn of_component(
    conn: &impl ConnectionTrait,
    component: ComponentId,
    range: Range,
) -> Result<Vec<Correction>> {
    let rows = rows_of_component(conn, component, range).await?;
    Ok(rows.iter().map(Correction::from).collect())
}

/// What was put right about the components of a page since a moment.
pub async fn of_page(
    conn: &impl ConnectionTrait,
    page: PageId,
    since: Timestamp,
) -> Result<HashMap<ComponentId, Vec<Correction>>> {
    let rows = status_correction::Entity::find()
        .filter(status_correction::Column::PageId.eq(page))
        .filter(status_correction::Column::EndsAt.gt(since))
        .order_by_asc(status_correction::Column::Id)
        .all(conn)
        .await?;
    let mut found: HashMap<ComponentId, Vec<Correction>> = HashMap::new();
    for row in rows {
        found.entry(row.component_id).or_default().push(Correction::from(&row));
    }
    Ok(found)
}

/// Closed days of a page as corrections left them, from one day on.
pub async fn days_of_page(
    conn: &impl ConnectionTrait,
    page: PageId,
    first: NaiveDate,
) -> Result<HashMap<(ComponentId, String), Spent>> {
    let rows = uptime_day_correction::Entity::find()
        .filter(uptime_day_correction::Column::PageId.eq(page))
        .filter(uptime_day_correction::Column::Day.gte(first.to_string()))
        .order_by_asc(uptime_day_correction::Column::CorrectionId)
        .all(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.component_id, row.day.clone()), row.spent()))
        .collect())
}

/// Closed days of a component as corrections left them, from one day to another.
pub async fn days_of_component(
    conn: &impl ConnectionTrait,
    component: ComponentId,
    (first, last): (&str, &str),
) -> Result<HashMap<String, Spent>> {
    let rows = uptime_day_correction::Entity::find()
        .filter(uptime_day_correction::Column::ComponentId.eq(component))
        .filter(uptime_day_correction::Column::Day.between(first, last))
        .order_by_asc(uptime_day_correction::Column::CorrectionId)
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.day.clone(), row.spent())).collect())
}

impl From<&status_correction::Model> for Correction {
    fn from(row: &status_correction::Model) -> Self {
        let (cause, cause_id) = match row.incident_id {
            Some(incident) => (Cause::Incident, Some(incident.0)),
            None => (Cause::Correction, Some(row.id.0)),
        };
        Self {
            from: row.starts_at,
            to: row.ends_at,
            status: row.status,
            is_at_least: row.is_at_least,
            cause,
            cause_id,
        }
    }
}
