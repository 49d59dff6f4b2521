//! Maintenance that comes again: of what is to come only the next one is a row, made when the one before it starts, ends
//! or is called off, and in the same transaction.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, Set,
};
use shared::access::Permission;
use shared::maintenance::{MaintenanceStatus, PreviewRecurrence, RecurrencePreview};
use shared::{MaintenanceId, Timestamp, Validate};

use super::page;
use super::recurrence::Recurrence;
use crate::context::{Ctx, Tx};
use crate::entity::{maintenance, maintenance_component};
use crate::error::Result;

/// The beginnings that a preview tells.
const PREVIEWED: usize = 3;

/// When a rule would come round.
pub async fn preview(cx: &Ctx, input: PreviewRecurrence) -> Result<RecurrencePreview> {
    cx.actor.require(Permission::ManageMaintenance)?;
    input.validate()?;
    let zone = match input.time_zone {
        Some(zone) => zone,
        None => page::resolve(cx, None).await?.time_zone,
    };
    let recurrence = Recurrence::parse(&input.recurrence, input.starts_at, &zone)?;
    Ok(RecurrencePreview {
        starts_at: recurrence.following(input.starts_at, PREVIEWED),
    })
}

/// Makes a maintenance the first of a series, or, without a rule, one that stands alone.
pub fn begin(row: maintenance::Model, rule: Option<(String, String)>) -> Result<maintenance::Model> {
    let Some((recurrence, zone)) = rule else {
        return Ok(maintenance::Model {
            recurrence: None,
            ..row
        });
    };
    Recurrence::parse(&recurrence, row.starts_at, &zone)?;
    Ok(maintenance::Model {
        recurrence: Some(recurrence),
        recurrence_time_zone: Some(zone),
        series_id: Some(row.series_id.unwrap_or(row.id)),
        series_starts_at: Some(row.starts_at),
        occurs_at: Some(row.starts_at),
        ..row
    })
}

/// Makes the next one, unless there is one already or the rule has come to its end.
pub async fn continue_after(tx: &Tx<'_>, row: &maintenance::Model) -> Result<()> {
    let (Some(series), Some(occurs_at)) = (row.series_id, row.occurs_at) else {
        return Ok(());
    };
    let Some(next) = next_moment(row, occurs_at, tx.now())? else {
        return Ok(());
    };
    let later = maintenance::Entity::find()
        .filter(maintenance::Column::SeriesId.eq(series))
        .filter(maintenance::Column::OccursAt.gt(occurs_at))
        .count(tx.conn())
        .await?;
    if later == 0 {
        plan(tx, row, next).await?;
    }
    Ok(())
}

fn next_moment(row: &maintenance::Model, occurs_at: Timestamp, now: Timestamp) -> Result<Option<Timestamp>> {
    let (Some(rule), Some(zone), Some(from)) = (&row.recurrence, &row.recurrence_time_zone, row.series_starts_at)
    else {
        return Ok(None);
    };
    let length = row.ends_at.since(row.starts_at);
    Ok(Recurrence::read(rule, from, zone)?.next(occurs_at, length, now))
}

async fn plan(tx: &Tx<'_>, previous: &maintenance::Model, starts_at: Timestamp) -> Result<()> {
    let next = maintenance::Model {
        status: MaintenanceStatus::Scheduled,
        starts_at,
        ends_at: starts_at + previous.ends_at.since(previous.starts_at),
        actual_started_at: None,
        actual_ended_at: None,
        reminded_at: None,
        occurs_at: Some(starts_at),
        created_at: tx.now(),
        updated_at: tx.now(),
        ..previous.clone()
    };
    let next = maintenance::ActiveModel {
        id: NotSet,
        ..next.into_active_model().reset_all()
    };
    let next = next.insert(tx.conn()).await?;
    for part in parts(tx, previous.id).await? {
        maintenance_component::ActiveModel {
            maintenance_id: Set(next.id),
            component_id: Set(part.component_id),
            status: Set(part.status),
        }
        .insert(tx.conn())
        .await?;
    }
    Ok(())
}

async fn parts(tx: &Tx<'_>, id: MaintenanceId) -> Result<Vec<maintenance_component::Model>> {
    Ok(maintenance_component::Entity::find()
        .filter(maintenance_component::Column::MaintenanceId.eq(id))
        .all(tx.conn())
        .await?)
}

/// Takes the rule from all of a series, so that nothing follows any of them.
pub async fn stop(tx: &Tx<'_>, series: MaintenanceId) -> Result<()> {
    maintenance::Entity::update_many()
        .col_expr(maintenance::Column::Recurrence, Expr::value(None::<String>))
        .filter(maintenance::Column::SeriesId.eq(series))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Those of a series that are still to come.
pub async fn to_come(tx: &Tx<'_>, series: MaintenanceId) -> Result<Vec<maintenance::Model>> {
    Ok(maintenance::Entity::find()
        .filter(maintenance::Column::SeriesId.eq(series))
        .filter(maintenance::Column::Status.eq(MaintenanceStatus::Scheduled))
        .all(tx.conn())
        .await?)
}
