//! Uptime: the same fold for the page, the API and whatever else shows a figure, and the way back from a figure to what it
//! was made from.
//!
//! [`fold`] is the arithmetic over the timeline, [`closing`] adds up each day once it is over and [`months`] each month,
//! [`chain`] ties them together, [`corrections`] is what was found out later, [`rules`] how a page counts, [`open`] the days that go on, [`bars`] what is shown;
//! [`report`] and [`explain`] answer for any range.

mod bars;
mod chain;
mod closing;
mod corrections;
mod days;
mod explain;
mod fold;
mod months;
mod open;
mod rules;

use chrono::Days;
use chrono_tz::Tz;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Select};
use shared::component::ComponentStatus;
use shared::problem::FieldCode;
use shared::time::days;
use shared::uptime::{BAR_DAYS, Ratio, Spent, UptimeReport, Weights};
use shared::{Coded, ComponentId, PageId, Timestamp};

pub use bars::bars;
pub use chain::{History, verify};
pub use closing::close_days;
pub use corrections::{Finding, correct};
pub use days::bad_days;
pub use explain::explain;
pub use months::months;

use self::fold::{Change, Interval};
use crate::context::Ctx;
use crate::domain::calendar::{Day, midnight};
use crate::entity::{component, page, status_change, uptime_day};
use crate::error::{Error, Result};

/// A stretch of time that is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Range {
    /// What the bars of a page show.
    pub fn of_bars(zone: Tz, now: Timestamp) -> Self {
        let first = Day::of(zone, now).date - Days::new(u64::from(BAR_DAYS) - 1);
        Self {
            from: midnight(zone, first),
            to: now,
        }
    }

    /// What was asked for; up to now, and as far back as the bars, if left out. What has not been yet cannot be measured.
    pub fn asked(from: Option<Timestamp>, to: Option<Timestamp>, now: Timestamp) -> Result<Self> {
        let to = to.unwrap_or(now).min(now);
        let from = from.unwrap_or_else(|| to - days(u64::from(BAR_DAYS)));
        if from < to {
            Ok(Self { from, to })
        } else {
            let text = format!("is {from}, which is not before {to}, the end of the range or now");
            Err(Error::field("from", FieldCode::OutOfRange, text))
        }
    }
}

/// The uptime of a public component in a range.
pub async fn report(cx: &Ctx, page: &page::Model, code: &str, range: Range) -> Result<UptimeReport> {
    let id = ComponentId::from_code(code).ok_or_else(|| Error::not_found("component"))?;
    let (page, weights) = (page.id, rules::weights(page));
    cx.read_public(move |cx| async move {
        let component = public_component(&cx, page, id).await?;
        let spent = Box::pin(spent(&cx, id, range)).await?;
        Ok(figure(&component, range, &spent, weights))
    })
    .await
}

async fn public_component(cx: &Ctx, page: PageId, id: ComponentId) -> Result<component::Model> {
    let row = component::Entity::find_by_id(id)
        .filter(component::Column::PageId.eq(page))
        .filter(component::Column::IsPublic.eq(true))
        .one(&cx.db)
        .await?;
    row.ok_or_else(|| Error::not_found("component"))
}

fn figure(component: &component::Model, range: Range, spent: &Spent, weights: Weights) -> UptimeReport {
    UptimeReport {
        component_id: component.id.code(),
        name: component.name.clone(),
        from: range.from,
        to: range.to,
        percent: spent.ratio(weights).map(Ratio::percent),
        measured_ms: spent.measured(weights),
        down_ms: spent.down(weights),
        weights: weights.into(),
        operational_ms: spent.operational,
        degraded_performance_ms: spent.degraded_performance,
        partial_outage_ms: spent.partial_outage,
        major_outage_ms: spent.major_outage,
        under_maintenance_ms: spent.under_maintenance,
        unknown_ms: spent.unknown,
    }
}

/// Closed days as they were closed, and the fold over what lies before and after them.
async fn spent(cx: &Ctx, id: ComponentId, range: Range) -> Result<Spent> {
    let closed = uptime_day::Entity::find()
        .filter(uptime_day::Column::ComponentId.eq(id))
        .filter(uptime_day::Column::StartsAt.gte(range.from))
        .filter(uptime_day::Column::EndsAt.lte(range.to))
        .order_by_asc(uptime_day::Column::StartsAt)
        .all(&cx.db)
        .await?;
    let corrections = corrections::of_component(&cx.db, id, range).await?;
    let fold = |intervals| fold::spent(&fold::corrected(intervals, &corrections));
    let (Some(first), Some(last)) = (closed.first(), closed.last()) else {
        return Ok(fold(intervals(cx, id, range).await?));
    };
    let before = Range {
        to: first.starts_at,
        ..range
    };
    let after = Range {
        from: last.ends_at,
        ..range
    };
    let corrected = corrections::days_of_component(&cx.db, id, (&first.day, &last.day)).await?;
    let day = |day: &uptime_day::Model| corrected.get(&day.day).copied().unwrap_or_else(|| day.spent());
    let days = closed.iter().fold(Spent::default(), |sum, one| sum.plus(day(one)));
    let edges = fold(intervals(cx, id, before).await?);
    let known = Known {
        status: last.end_status,
        last_change_id: last.last_change_id,
    };
    let since = fold(intervals_since(cx, id, after, known).await?);
    Ok(edges.plus(days).plus(since))
}

/// What the timeline says of a range.
async fn intervals(cx: &Ctx, id: ComponentId, range: Range) -> Result<Vec<Interval>> {
    if range.from >= range.to {
        return Ok(Vec::new());
    }
    let before = status_at(cx, id, range.from).await?;
    let entries = entries(id).filter(status_change::Column::CreatedAt.gt(range.from));
    fold_entries(cx, before, entries, range).await
}

/// The same where it is known how it was at the beginning, and the last entry that is in that.
async fn intervals_since(cx: &Ctx, id: ComponentId, range: Range, known: Known) -> Result<Vec<Interval>> {
    let before = Change::carried(range.from, known.status);
    let entries = entries(id).filter(status_change::Column::Id.gt(known.last_change_id));
    fold_entries(cx, before, entries, range).await
}

/// How it was when the last closed day ended.
struct Known {
    status: ComponentStatus,
    last_change_id: i64,
}

fn entries(id: ComponentId) -> Select<status_change::Entity> {
    status_change::Entity::find().filter(status_change::Column::ComponentId.eq(id))
}

async fn status_at(cx: &Ctx, id: ComponentId, at: Timestamp) -> Result<Change> {
    let last = entries(id)
        .filter(status_change::Column::CreatedAt.lte(at))
        .order_by_desc(status_change::Column::CreatedAt)
        .order_by_desc(status_change::Column::Id)
        .one(&cx.db)
        .await?;
    Ok(last.as_ref().map_or(Change::unknown(at), Change::from))
}

async fn fold_entries(
    cx: &Ctx,
    before: Change,
    entries: Select<status_change::Entity>,
    Range { from, to }: Range,
) -> Result<Vec<Interval>> {
    let rows = entries
        .filter(status_change::Column::CreatedAt.lt(to))
        .order_by_asc(status_change::Column::Id)
        .all(&cx.db)
        .await?;
    let changes: Vec<Change> = rows.iter().map(Change::from).collect();
    Ok(fold::intervals(before, &changes, from, to))
}
