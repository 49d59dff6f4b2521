//! Months: closed once all their days are, and told newest first.

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use shared::uptime::{MonthUptime, Ratio, Spent, UptimeMonths, Weights};
use shared::{Coded, ComponentId, Timestamp};

use super::closing::{day_of, last_closed};
use super::{Range, chain, corrections, public_component, rules, spent};
use crate::context::{Ctx, Tx};
use crate::domain::calendar::{Day, midnight};
use crate::entity::{component, page, uptime_day, uptime_day_correction, uptime_month};
use crate::error::{Error, Result};

/// The part of a day's name that is its month's.
const MONTH: usize = "2026-11".len();

/// Closes the months of a component whose days are all closed. The caller holds the component's row.
pub async fn close(tx: &Tx<'_>, component: ComponentId, zone: Tz) -> Result<()> {
    let last_day = last_closed(tx.conn(), component).await?;
    let Some(next) = last_day.as_ref().and_then(day_of).map(|day| day.following(zone)) else {
        return Ok(());
    };
    let last = uptime_month::Entity::find()
        .filter(uptime_month::Column::ComponentId.eq(component))
        .order_by_desc(uptime_month::Column::Month)
        .one(tx.conn())
        .await?;
    let open = last
        .as_ref()
        .map_or_else(String::new, |last| format!("{}-32", last.month));
    let days = uptime_day::Entity::find()
        .filter(uptime_day::Column::ComponentId.eq(component))
        .filter(uptime_day::Column::Day.gt(open))
        .filter(uptime_day::Column::Day.lt(next.date.format("%Y-%m").to_string()))
        .order_by_asc(uptime_day::Column::StartsAt)
        .all(tx.conn())
        .await?;
    let mut hash = last.map(|last| last.hash).unwrap_or_default();
    for (month, (page_id, spent)) in by_month(tx.conn(), component, &days).await? {
        hash = chain::of_month(&hash, component, &month, &spent);
        let [
            operational_ms,
            unknown_ms,
            under_maintenance_ms,
            degraded_performance_ms,
            partial_outage_ms,
            major_outage_ms,
        ] = spent.columns();
        let row = uptime_month::Model {
            component_id: component,
            month,
            page_id,
            operational_ms,
            unknown_ms,
            under_maintenance_ms,
            degraded_performance_ms,
            partial_outage_ms,
            major_outage_ms,
            hash: hash.clone(),
            created_at: tx.now(),
        };
        uptime_month::Entity::insert(uptime_month::ActiveModel::from(row))
            .exec_without_returning(tx.conn())
            .await?;
    }
    Ok(())
}

/// The days added up by month, as corrections left them.
async fn by_month(
    conn: &impl ConnectionTrait,
    component: ComponentId,
    days: &[uptime_day::Model],
) -> Result<BTreeMap<String, (shared::PageId, Spent)>> {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return Ok(BTreeMap::new());
    };
    let mut corrected = corrections::days_of_component(conn, component, (&first.day, &last.day)).await?;
    let mut months: BTreeMap<String, (shared::PageId, Spent)> = BTreeMap::new();
    for day in days {
        let spent = corrected.remove(&day.day).unwrap_or_else(|| day.spent());
        let month = months
            .entry(day.day[..MONTH].to_owned())
            .or_insert((day.page_id, Spent::default()));
        month.1 = month.1.plus(spent);
    }
    Ok(months)
}

/// The uptime of a public component in its last months, the present one among them.
pub async fn months(cx: &Ctx, page: &page::Model, code: &str, most: u64) -> Result<UptimeMonths> {
    let id = ComponentId::from_code(code).ok_or_else(|| Error::not_found("component"))?;
    let zone: Tz = page.time_zone.parse().unwrap_or(Tz::UTC);
    let (page, weights) = (page.id, rules::weights(page));
    cx.read_public(move |cx| async move {
        let component = public_component(&cx, page, id).await?;
        let mut months = Box::pin(open(&cx, zone, &component, weights)).await?;
        months.extend(Box::pin(closed(&cx, id, weights, most)).await?);
        months.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(UptimeMonths {
            component_id: id.code(),
            weights: weights.into(),
            months,
        })
    })
    .await
}

/// The months that are not closed yet, newest first: the present one, and on its first day for some minutes the one before.
async fn open(cx: &Ctx, zone: Tz, component: &component::Model, weights: Weights) -> Result<Vec<MonthUptime>> {
    let now = cx.clock.now();
    let last = last_month(&cx.db, component.id).await?;
    let after_last = last.and_then(|month| format!("{month}-01").parse().ok().map(next_month));
    let today = Day::of(zone, now).date;
    let mut months = Vec::new();
    let mut month = after_last.unwrap_or_else(|| first_of(Day::of(zone, component.created_at).date));
    while month <= today {
        let range = Range {
            from: midnight(zone, month),
            to: midnight(zone, next_month(month)).min(now),
        };
        let spent = if range.from < range.to {
            spent(cx, component.id, range).await?
        } else {
            Spent::default()
        };
        months.push(told(month.format("%Y-%m").to_string(), &spent, weights, (false, false)));
        month = next_month(month);
    }
    months.reverse();
    Ok(months)
}

async fn last_month(conn: &impl ConnectionTrait, component: ComponentId) -> Result<Option<String>> {
    let row = uptime_month::Entity::find()
        .filter(uptime_month::Column::ComponentId.eq(component))
        .order_by_desc(uptime_month::Column::Month)
        .one(conn)
        .await?;
    Ok(row.map(|row| row.month))
}

/// Closed months, newest first, as corrections left them.
async fn closed(cx: &Ctx, component: ComponentId, weights: Weights, most: u64) -> Result<Vec<MonthUptime>> {
    let rows = uptime_month::Entity::find()
        .filter(uptime_month::Column::ComponentId.eq(component))
        .order_by_desc(uptime_month::Column::Month)
        .limit(most)
        .all(&cx.db)
        .await?;
    let corrected = corrected_months(cx, component, &rows).await?;
    let month = |row: uptime_month::Model| match corrected.get(&row.month) {
        Some(spent) => told(row.month, spent, weights, (true, true)),
        None => {
            let spent = row.spent();
            told(row.month, &spent, weights, (true, false))
        }
    };
    Ok(rows.into_iter().map(month).collect())
}

/// Those months of which something was put right after they were closed, added up anew.
async fn corrected_months(
    cx: &Ctx,
    component: ComponentId,
    rows: &[uptime_month::Model],
) -> Result<HashMap<String, Spent>> {
    let closed: HashMap<&str, Timestamp> = rows.iter().map(|row| (row.month.as_str(), row.created_at)).collect();
    let late = uptime_day_correction::Entity::find()
        .filter(uptime_day_correction::Column::ComponentId.eq(component))
        .all(&cx.db)
        .await?
        .into_iter()
        .filter(|row| closed.get(&row.day[..MONTH]).is_some_and(|at| row.created_at >= *at));
    let late: Vec<String> = late.map(|row| row.day[..MONTH].to_owned()).collect();
    let (Some(first), Some(last)) = (late.iter().min(), late.iter().max()) else {
        return Ok(HashMap::new());
    };
    let days = uptime_day::Entity::find()
        .filter(uptime_day::Column::ComponentId.eq(component))
        .filter(uptime_day::Column::Day.between(first.clone(), format!("{last}-32")))
        .order_by_asc(uptime_day::Column::StartsAt)
        .all(&cx.db)
        .await?;
    let months = by_month(&cx.db, component, &days).await?.into_iter();
    Ok(months
        .filter(|(month, _)| late.contains(month))
        .map(|(month, (_, spent))| (month, spent))
        .collect())
}

fn told(month: String, spent: &Spent, weights: Weights, (is_closed, is_corrected): (bool, bool)) -> MonthUptime {
    MonthUptime {
        month,
        percent: spent.ratio(weights).map(Ratio::percent),
        measured_ms: spent.measured(weights),
        down_ms: spent.down(weights),
        is_closed,
        is_corrected,
    }
}

fn first_of(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

fn next_month(first: NaiveDate) -> NaiveDate {
    first_of(first) + chrono::Months::new(1)
}
