//! What a figure was made from: each stretch of time, what it weighs, and why.

use std::collections::HashSet;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use shared::component::ComponentStatus;
use shared::status_page::Cause;
use shared::uptime::{PublicCorrection, UptimeExplanation, UptimeInterval, Weights};
use shared::{Coded, ComponentId, IncidentId, MaintenanceId};

use super::fold::{self, Change, Correction, Interval};
use super::{Range, corrections, entries, figure, public_component, rules, spent, status_at};
use crate::context::Ctx;
use crate::domain::status;
use crate::entity::{incident, page, status_change, status_correction};
use crate::error::{Error, Result};

/// The uptime of a public component in a range, with all it was made from. At most `listed` stretches of time are listed, the
/// newest; the figure is made from all.
pub async fn explain(cx: &Ctx, page: &page::Model, code: &str, range: Range, listed: u64) -> Result<UptimeExplanation> {
    let id = ComponentId::from_code(code).ok_or_else(|| Error::not_found("component"))?;
    let (page, weights) = (page.id, rules::weights(page));
    cx.read_public(move |cx| async move {
        let component = public_component(&cx, page, id).await?;
        let report = figure(&component, range, &Box::pin(spent(&cx, id, range)).await?, weights);
        let (found, is_cut) = Box::pin(newest(&cx, id, range, listed)).await?;
        let corrections = corrections::rows_of_component(&cx.db, id, range).await?;
        let late: Vec<Correction> = corrections.iter().map(Correction::from).collect();
        let found = fold::corrected(found, &late);
        let visible = visible_incidents(&cx, &found).await?;
        let intervals = found.iter().map(|one| told(one, weights, &visible)).collect();
        Ok(UptimeExplanation {
            report,
            intervals,
            is_cut,
            corrections: corrections.iter().filter_map(|row| public(row, &visible)).collect(),
        })
    })
    .await
}

/// The newest stretches of a range, and whether there are older ones. Reads no more of the timeline than it tells: whoever asks
/// for ten years of a busy component must not cost more than that.
async fn newest(cx: &Ctx, id: ComponentId, range: Range, listed: u64) -> Result<(Vec<Interval>, bool)> {
    let mut rows = entries(id)
        .filter(status_change::Column::CreatedAt.gt(range.from))
        .filter(status_change::Column::CreatedAt.lt(range.to))
        .order_by_desc(status_change::Column::Id)
        .limit(listed)
        .all(&cx.db)
        .await?;
    rows.reverse();
    let changes: Vec<Change> = rows.iter().map(Change::from).collect();
    let is_cut = rows.len() as u64 == listed;
    let found = match changes.split_first() {
        Some((first, later)) if is_cut => fold::intervals(*first, later, first.at, range.to),
        _ => {
            let before = status_at(cx, id, range.from).await?;
            fold::intervals(before, &changes, range.from, range.to)
        }
    };
    Ok((found, is_cut))
}

/// Of one that came from an incident, only if visitors may see that.
fn public(row: &status_correction::Model, visible: &HashSet<IncidentId>) -> Option<PublicCorrection> {
    let is_public = row.incident_id.is_none_or(|incident| visible.contains(&incident));
    is_public.then(|| PublicCorrection {
        from: row.starts_at,
        to: row.ends_at,
        status: row.status,
        reason: row.reason.clone(),
        created_at: row.created_at,
    })
}

async fn visible_incidents(cx: &Ctx, intervals: &[Interval]) -> Result<HashSet<IncidentId>> {
    let causes = intervals.iter().filter(|one| one.cause == Some(Cause::Incident));
    let ids: HashSet<IncidentId> = causes.filter_map(|one| one.cause_id.map(IncidentId)).collect();
    let rows = incident::Entity::find()
        .filter(incident::Column::Id.is_in(ids))
        .all(&cx.db)
        .await?;
    Ok(rows.into_iter().filter(status::is_visible).map(|row| row.id).collect())
}

fn told(interval: &Interval, weights: Weights, visible: &HashSet<IncidentId>) -> UptimeInterval {
    let weight = weight(interval.status, weights);
    let cause_id = match (interval.cause, interval.cause_id) {
        (Some(Cause::Incident), Some(id)) => Some(IncidentId(id)).filter(|id| visible.contains(id)).map(Coded::code),
        (Some(Cause::Maintenance), Some(id)) => Some(MaintenanceId(id).code()),
        _ => None,
    };
    #[allow(
        clippy::cast_precision_loss,
        reason = "a stretch of time has far less than 2^53 milliseconds"
    )]
    let ms = fold::millis(interval) as f64;
    UptimeInterval {
        from: interval.from,
        to: interval.to,
        status: interval.status,
        cause: interval.cause,
        cause_id,
        weight,
        is_measured: is_measured(interval.status, weights),
        down_ms: ms * weight,
    }
}

fn weight(status: ComponentStatus, weights: Weights) -> f64 {
    match status {
        ComponentStatus::MajorOutage => 1.0,
        ComponentStatus::PartialOutage => f64::from(weights.partial) / 1_000.0,
        ComponentStatus::Operational
        | ComponentStatus::Unknown
        | ComponentStatus::UnderMaintenance
        | ComponentStatus::DegradedPerformance => 0.0,
    }
}

fn is_measured(status: ComponentStatus, weights: Weights) -> bool {
    match status {
        ComponentStatus::Unknown => false,
        ComponentStatus::UnderMaintenance => weights.counts_maintenance,
        ComponentStatus::Operational
        | ComponentStatus::DegradedPerformance
        | ComponentStatus::PartialOutage
        | ComponentStatus::MajorOutage => true,
    }
}

#[cfg(test)]
mod tests {
    use shared::component::{NewComponent, SetComponentStatus};
    use shared::time::minutes;

    use super::*;
    use crate::domain::{component, component_status, page};
    use crate::testing::app;

    #[tokio::test]
    async fn a_long_list_is_cut_and_its_figure_is_not() {
        let app = app().await;
        let cx = app.as_system("test");
        page::ensure_default(&cx).await.unwrap();
        let api = component::create(&cx, NewComponent::named("API")).await.unwrap();
        let page = page::default(&cx).await.unwrap();
        let begun = cx.clock.now();
        for status in [ComponentStatus::MajorOutage, ComponentStatus::Operational].repeat(3) {
            cx.clock.advance(minutes(10));
            let input = SetComponentStatus { status, notify: None };
            component_status::set(&cx, api.id, input).await.unwrap();
        }
        cx.clock.advance(minutes(10));
        let range = Range::asked(Some(begun), None, cx.clock.now()).unwrap();

        let all = explain(&cx, &page, &api.code, range, 10).await.unwrap();
        assert_eq!((all.intervals.len(), all.is_cut), (7, false));
        let cut = explain(&cx, &page, &api.code, range, 3).await.unwrap();
        assert_eq!((&cut.intervals[..], cut.is_cut), (&all.intervals[4..], true));
        assert_eq!(cut.report, all.report);
        assert_eq!(cut.report.down_ms, 30 * 60 * 1_000);
    }
}
