//! What a figure was made from: each stretch of time, what it weighs, and why.

use std::collections::HashSet;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use shared::component::ComponentStatus;
use shared::status_page::Cause;
use shared::uptime::{UptimeExplanation, UptimeInterval, Weights};
use shared::{Coded, ComponentId, IncidentId, MaintenanceId, PageId};

use super::fold::{self, Interval};
use super::{Range, figure, intervals, public_component, spent};
use crate::context::Ctx;
use crate::domain::status;
use crate::entity::incident;
use crate::error::{Error, Result};

/// The uptime of a public component in a range, with all it was made from. At most `listed` stretches of time are listed, the
/// newest; the figure is made from all.
pub async fn explain(cx: &Ctx, page: PageId, code: &str, range: Range, listed: usize) -> Result<UptimeExplanation> {
    let id = ComponentId::from_code(code).ok_or_else(|| Error::not_found("component"))?;
    cx.read_public(move |cx| async move {
        let component = public_component(&cx, page, id).await?;
        let weights = Weights::default();
        let report = figure(&component, range, &spent(&cx, id, range).await?, weights);
        let mut found = intervals(&cx, id, range).await?;
        let left_out = found.len().saturating_sub(listed);
        found.drain(..left_out);
        let visible = visible_incidents(&cx, &found).await?;
        let intervals = found.iter().map(|one| told(one, weights, &visible)).collect();
        Ok(UptimeExplanation {
            report,
            intervals,
            is_cut: left_out > 0,
        })
    })
    .await
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
