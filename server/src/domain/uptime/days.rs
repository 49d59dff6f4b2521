//! The days of a month on which not all was well, whatever component it was: what a calendar shows.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use shared::PageId;
use shared::component::ComponentStatus;
use shared::status_page::HistoryDay;

use super::{bars, corrections};
use crate::context::Ctx;
use crate::domain::status_page;
use crate::entity::{page, uptime_day};
use crate::error::Result;

/// The days of a month (`2026-11`) that were not all operational, oldest first. The bars know the last days; what is older was
/// closed long ago.
pub async fn bad_days(cx: &Ctx, page: &page::Model, month: &str) -> Result<Vec<HistoryDay>> {
    let recent = bars(cx, page).await?.components;
    let first_of_bars = recent.first().map_or_else(String::new, |bar| bar.first_day.clone());
    let mut worst = BTreeMap::new();
    if first_of_bars.as_str() > month {
        worst = closed(cx, page.id, month, &first_of_bars).await?;
    }
    for day in recent.into_iter().flat_map(|bar| bar.exceptions) {
        if day.day.starts_with(month) && day.status != ComponentStatus::Unknown {
            worsen(&mut worst, day.day, day.status);
        }
    }
    Ok(worst
        .into_iter()
        .map(|(day, status)| HistoryDay { day, status })
        .collect())
}

fn worsen(worst: &mut BTreeMap<String, ComponentStatus>, day: String, status: ComponentStatus) {
    let entry = worst.entry(day).or_insert(status);
    *entry = entry.worse(status);
}

/// Closed days of a month that end before a day, as corrections left them. Only those that were not all well are read.
async fn closed(cx: &Ctx, page: PageId, month: &str, before: &str) -> Result<BTreeMap<String, ComponentStatus>> {
    let (from, before) = (format!("{month}-01"), before.min(&format!("{month}-32")).to_owned());
    cx.read_public(move |cx| {
        let (from, before) = (from.clone(), before.clone());
        async move {
            let public = status_page::public_ids(&status_page::components(&cx, page).await?);
            let first: NaiveDate = from.parse().unwrap_or_default();
            let corrected = corrections::days_of_page(&cx.db, page, first).await?;
            let rows = uptime_day::Entity::find()
                .filter(uptime_day::Column::PageId.eq(page))
                .filter(uptime_day::Column::Day.gte(from))
                .filter(uptime_day::Column::Day.lt(before.clone()))
                .filter(not_all_well())
                .all(&cx.db)
                .await?;
            let closed = rows
                .into_iter()
                .map(|row| ((row.component_id, row.day.clone()), row.spent()));
            let mut spent: BTreeMap<_, _> = closed.collect();
            spent.extend(corrected.into_iter().filter(|((_, day), _)| *day < before));
            let mut worst = BTreeMap::new();
            for ((component, day), spent) in spent {
                let status = spent.worst();
                let is_told = !matches!(status, ComponentStatus::Operational | ComponentStatus::Unknown);
                if is_told && public.contains(&component) {
                    worsen(&mut worst, day, status);
                }
            }
            Ok(worst)
        }
    })
    .await
}

fn not_all_well() -> Condition {
    use uptime_day::Column::{DegradedPerformanceMs, MajorOutageMs, PartialOutageMs, UnderMaintenanceMs};
    [
        UnderMaintenanceMs,
        DegradedPerformanceMs,
        PartialOutageMs,
        MajorOutageMs,
    ]
    .into_iter()
    .fold(Condition::any(), |any, column| any.add(column.gt(0)))
}
