//! The bars on the front of a page: the last ninety days of each component, in two queries for all of them.

use std::sync::Arc;

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use shared::component::ComponentStatus;
use shared::uptime::{BAR_DAYS, ComponentUptime, DayUptime, PageUptime, Ratio, Spent, Weights};
use shared::{Coded, ComponentId, PageId, Timestamp};

use super::{corrections, open, rules};
use crate::context::{ClosedDay, ClosedDays, Ctx, History};
use crate::domain::calendar::Day;
use crate::domain::status_page;
use crate::entity::{component, page, uptime_day};
use crate::error::Result;

/// The bars of all public components of a page.
pub async fn bars(cx: &Ctx, page: &page::Model) -> Result<PageUptime> {
    let page = Arc::new(page.clone());
    cx.read_public(move |cx| {
        let page = Arc::clone(&page);
        async move { of_page(&cx, &page).await }
    })
    .await
}

async fn of_page(cx: &Ctx, page: &page::Model) -> Result<PageUptime> {
    let components = status_page::components(cx, page.id).await?;
    let groups = status_page::groups(cx, page.id).await?;
    let bars = Box::pin(bars_of(cx, page, &components)).await?;
    let figures = components.iter().zip(&bars);
    let figures: Vec<_> = figures.filter_map(|(row, (_, ratio))| Some((row, (*ratio)?))).collect();
    Ok(PageUptime {
        weights: rules::weights(page).into(),
        places: rules::places(page),
        group_rule: page.group_uptime,
        percent: rules::of_all(page.group_uptime, &figures),
        groups: rules::of_groups(page.group_uptime, &groups, &figures),
        components: bars.into_iter().map(|(bar, _)| bar).collect(),
    })
}

/// The bars of these components with their figures, in their order.
async fn bars_of(
    cx: &Ctx,
    page: &page::Model,
    components: &[component::Model],
) -> Result<Vec<(ComponentUptime, Option<Ratio>)>> {
    let zone: Tz = page.time_zone.parse().unwrap_or(Tz::UTC);
    let today = Day::of(zone, cx.clock.now()).date;
    let first = today - Days::new(u64::from(BAR_DAYS) - 1);
    let closed = closed_days(cx, page.id, first).await?;
    let open = open::days(cx, page.id, zone, (&closed, components)).await?;
    let corrected = corrections::days_of_page(&cx.db, page.id, first).await?;
    let weights = rules::weights(page);
    let bar = |row: &component::Model| {
        let history = closed.get(&row.id);
        let open = open.get(&row.id).into_iter().flatten().copied();
        let closed = history.map(|history| history.days.as_slice()).unwrap_or_default();
        let closed = closed.iter().map(|day| ClosedDay {
            spent: corrected
                .get(&(row.id, day.date.to_string()))
                .copied()
                .unwrap_or(day.spent),
            ..*day
        });
        let shown = closed.chain(open).filter(|day| day.date >= first);
        assemble(row.id, first, shown, weights)
    };
    Ok(components.iter().map(bar).collect())
}

/// Days that are closed do not change, so they are read once in a while; days closed meanwhile are folded anew until then.
async fn closed_days(cx: &Ctx, page: PageId, first: NaiveDate) -> Result<Arc<ClosedDays>> {
    let load = load_closed_days(cx.clone(), page, first);
    cx.cache.closed_days((page, first), load).await
}

async fn load_closed_days(cx: Ctx, page: PageId, first: NaiveDate) -> Result<ClosedDays> {
    type Row = (
        ComponentId,
        String,
        Timestamp,
        Timestamp,
        i64,
        i64,
        i64,
        i64,
        i64,
        i64,
        ComponentStatus,
        i64,
    );
    let rows: Vec<Row> = uptime_day::Entity::find()
        .select_only()
        .columns([
            uptime_day::Column::ComponentId,
            uptime_day::Column::Day,
            uptime_day::Column::StartsAt,
            uptime_day::Column::EndsAt,
            uptime_day::Column::OperationalMs,
            uptime_day::Column::UnknownMs,
            uptime_day::Column::UnderMaintenanceMs,
            uptime_day::Column::DegradedPerformanceMs,
            uptime_day::Column::PartialOutageMs,
            uptime_day::Column::MajorOutageMs,
            uptime_day::Column::EndStatus,
            uptime_day::Column::LastChangeId,
        ])
        .filter(uptime_day::Column::PageId.eq(page))
        .filter(uptime_day::Column::Day.gte(first.to_string()))
        .order_by_asc(uptime_day::Column::StartsAt)
        .into_tuple()
        .all(&cx.db)
        .await?;
    let mut all = ClosedDays::new();
    for (id, day, starts_at, ends_at, up, unknown, maintenance, degraded, partial, major, status, last) in rows {
        let spent = Spent::from_columns([up, unknown, maintenance, degraded, partial, major]);
        let Ok(date) = day.parse() else { continue };
        let history = all.entry(id).or_insert_with(|| History {
            days: Vec::new(),
            last_starts_at: starts_at,
            ends_at,
            end_status: status,
            last_change_id: last,
        });
        history.days.push(ClosedDay { date, spent });
        (history.last_starts_at, history.ends_at) = (starts_at, ends_at);
        (history.end_status, history.last_change_id) = (status, last);
    }
    Ok(all)
}

fn assemble(
    component: ComponentId,
    first: NaiveDate,
    shown: impl Iterator<Item = ClosedDay>,
    weights: Weights,
) -> (ComponentUptime, Option<Ratio>) {
    let mut sum = Spent::default();
    let mut measured_days = 0;
    let mut known_from = None;
    let mut exceptions = Vec::new();
    for ClosedDay { date, spent } in shown {
        sum = sum.plus(spent);
        known_from.get_or_insert(date);
        measured_days += u32::from(spent.total() > spent.unknown);
        if !spent.is_plain() {
            exceptions.push(exception(date, &spent, weights));
        }
    }
    let ratio = sum.ratio(weights);
    let bar = ComponentUptime {
        component_id: component.code(),
        first_day: first.to_string(),
        days: BAR_DAYS,
        known_from: known_from.map(|day| day.to_string()),
        percent: ratio.map(Ratio::percent),
        measured_days,
        exceptions,
    };
    (bar, ratio)
}

fn exception(date: NaiveDate, spent: &Spent, weights: Weights) -> DayUptime {
    let seconds = |ms: u64| (ms > 0).then_some(ms.div_ceil(1_000));
    DayUptime {
        day: date.to_string(),
        status: spent.worst(),
        percent: spent.ratio(weights).map(Ratio::percent),
        major_outage_s: seconds(spent.major_outage),
        partial_outage_s: seconds(spent.partial_outage),
        degraded_performance_s: seconds(spent.degraded_performance),
        under_maintenance_s: seconds(spent.under_maintenance),
        unknown_s: seconds(spent.unknown),
    }
}
